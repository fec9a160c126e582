import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { STRICT_CLIENT } from './ports.ts';

/**
 * A certified OpenID provider: PKCE, `iss`, userinfo, consent and a way to deny; refresh tokens rotate, and can be revoked. Whoever signs in is who they say:
 * `NAME` has the address `NAME@strict.example`; `nomail…` has none, and that of `unverified…` is not verified.
 */
export async function startStrict(redirectUris: string[]) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = quietly(
    () =>
      new Provider(issuer, {
        clients: [
          {
            client_id: STRICT_CLIENT.id,
            client_secret: STRICT_CLIENT.secret,
            redirect_uris: redirectUris,
            grant_types: ['authorization_code', 'refresh_token'],
          },
        ],
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'locale'] },
        findAccount: (_: unknown, id: string) => ({
          accountId: id,
          claims: () => ({
            sub: id,
            name: `Name of ${id}`,
            locale: 'fi-FI',
            ...(!id.startsWith('nomail') && {
              email: `${id.replace(/^unverified-/, '')}@strict.example`,
              email_verified: !id.startsWith('unverified'),
            }),
          }),
        }),
        features: { revocation: { enabled: true } },
        // One that is used again ends the grant.
        rotateRefreshToken: true,
        cookies: { keys: ['of the peer'] },
        ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 3600 },
      }),
  );
  server.on('request', provider.callback());
  return {
    url: issuer,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** It warns of what is right for a peer of tests: keys, store and pages are its own. */
export function quietly<T>(make: () => T): T {
  const { info, warn } = console;
  Object.assign(console, { info: () => {}, warn: () => {} });
  try {
    return make();
  } finally {
    Object.assign(console, { info, warn });
  }
}
