import type { SessionObjects } from '../account/contract.ts';
import type { GrantObjects } from '../account/grant-contract.ts';
import type { ApiKeys } from '../api-keys/service.ts';
import type { Keyring } from '../crypto/keys.ts';
import type { Standby } from '../db/standby.ts';
import type { Directory } from '../directory/service.ts';
import type { DpopProofs } from '../http/dpop.ts';
import type { Sessions } from '../sessions/service.ts';
import type { SigningKeys } from '../signing-keys/service.ts';
import { ClientAuthorizations } from './authorization-service.ts';
import { OAuthClients } from './client-service.ts';
import { isRegisteredUri } from './redirect-uris.ts';
import { SignedTokens } from './signed-tokens-service.ts';
import type { OAuthClientRow } from './tables.ts';
import type { TokenParts } from './token-service.ts';

/** What the authorization server is made of. */
export interface AuthorizationServerParts {
  d1: D1Database;
  standby: Standby;
  objects: (userId: string) => ReturnType<GrantObjects> & ReturnType<SessionObjects>;
  sessions: Sessions;
  directory: Directory;
  signingKeys: SigningKeys;
  apiKeys: ApiKeys;
  proofs: DpopProofs;
  /** Signs since when a request for authorization waits. */
  requestKeys: Keyring;
  /** Encrypts requests that clients have pushed. */
  pushedKeys: Keyring;
}

/** An OAuth 2.1 authorization server and OpenID provider, one for each realm. Made at its first use: not all isolates need it. */
export class AuthorizationServer {
  readonly clients: OAuthClients;
  readonly authorizations: ClientAuthorizations;
  readonly tokens: SignedTokens;
  readonly endpoints: TokenParts;
  readonly apiKeys: ApiKeys;
  readonly directory: Directory;

  constructor(parts: AuthorizationServerParts, limit: TokenParts['limit']) {
    const { d1, objects, sessions } = parts;
    this.apiKeys = parts.apiKeys;
    this.directory = parts.directory;
    this.clients = new OAuthClients(d1, parts.standby);
    this.tokens = new SignedTokens(parts.signingKeys);
    const shared = { clients: this.clients, objects, tokens: this.tokens };
    this.authorizations = new ClientAuthorizations({
      ...shared,
      requestKeys: parts.requestKeys,
      pushedKeys: parts.pushedKeys,
    });
    this.endpoints = { ...shared, d1, directory: parts.directory, proofs: parts.proofs, sessions, limit };
  }
}

/** Whether a client may have its users sent there after they signed out. */
export function isRegisteredLogoutUri({ postLogoutRedirectUris }: OAuthClientRow, uri: string): boolean {
  return isRegisteredUri(postLogoutRedirectUris, uri);
}
