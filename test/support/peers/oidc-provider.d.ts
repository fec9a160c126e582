/** The package has no types: what is used of it. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';

  interface Account {
    accountId: string;
    claims(): Record<string, unknown>;
  }

  export default class Provider {
    constructor(
      issuer: string,
      configuration: {
        clients: { client_id: string; client_secret: string; redirect_uris: string[] }[];
        claims: Record<string, string[]>;
        findAccount(context: unknown, id: string): Account;
        cookies: { keys: string[] };
        ttl: Record<string, number>;
      },
    );
    callback(): RequestListener;
  }
}
