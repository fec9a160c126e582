import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { OAuth2Server } from 'oauth2-mock-server';
import { type Answer, startHttp } from './http.ts';
import type { BROKEN_TOKENS, PROVIDER_FAULTS } from './ports.ts';

type Claims = Record<string, unknown>;
type Changes = Partial<Record<(typeof BROKEN_TOKENS)[number], (claims: Claims) => void>>;

/** What is wrong with the ID token of each client. */
const WRONG_CLAIMS: Changes = {
  'wrong-aud': (claims) => {
    claims.aud = 'somebody-else';
  },
  'many-aud': (claims) => {
    claims.aud = ['many-aud', 'somebody-else'];
  },
  'wrong-azp': (claims) => {
    claims.azp = 'somebody-else';
  },
  'wrong-iss': (claims) => {
    claims.iss = 'https://evil.test';
  },
  'wrong-nonce': (claims) => {
    claims.nonce = 'another';
  },
  'no-nonce': (claims) => {
    claims.nonce = undefined;
  },
  'no-sub': (claims) => {
    claims.sub = undefined;
  },
  'no-exp': (claims) => {
    claims.exp = undefined;
  },
  expired: (claims) => {
    claims.exp = Math.floor(Date.now() / 1000) - 60;
  },
};

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An OpenID provider whose tokens are wrong in a way that its client's id says. */
export async function startBroken() {
  const server = new OAuth2Server();
  const key = await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  const address = server.address();
  const url = `http://127.0.0.1:${address.port}`;
  server.issuer.url = url;
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

  server.service.on('beforeWellKnownOpenIdConfiguration', ({ body }) => {
    body.token_endpoint_auth_methods_supported = ['client_secret_post'];
  });
  server.service.on('beforeTokenSigning', ({ payload }, { body }) => {
    const client = String(body.client_id);
    Object.assign(payload, {
      aud: client,
      email: `${client}@broken.example`,
      email_verified: true,
      name: client,
    });
    WRONG_CLAIMS[client as keyof Changes]?.(payload as Claims);
  });
  server.service.on('beforeResponse', (response, { body: { client_id: client } }) => {
    const { body } = response;
    if (!body) return;
    const [head = '', claims = ''] = String(body.id_token).split('.');
    const header = JSON.parse(Buffer.from(head, 'base64url').toString());
    const signedBy = (changes: object, signer: (text: string) => Buffer) => {
      const text = `${encode({ ...header, ...changes })}.${claims}`;
      body.id_token = `${text}.${signer(text).toString('base64url')}`;
    };
    const byStranger = (text: string) => sign('sha256', Buffer.from(text), stranger.privateKey);
    if (client === 'alg-none') signedBy({ alg: 'none' }, () => Buffer.alloc(0));
    if (client === 'alg-hs256') {
      const pem = createPublicKey({ key: { ...key } as never, format: 'jwk' }).export({
        type: 'spki',
        format: 'pem',
      });
      signedBy({ alg: 'HS256' }, (text) => createHmac('sha256', pem).update(text).digest());
    }
    if (client === 'wrong-key') signedBy({}, byStranger);
    if (client === 'unknown-key') signedBy({ kid: 'unknown' }, byStranger);
    if (client === 'changed') {
      const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), sub: 'somebody-else' };
      body.id_token = String(body.id_token).replace(claims, encode(changed));
    }
    if (client === 'no-token') delete body.id_token;
  });
  return { url, stop: () => server.stop() };
}

/** A provider that can be found, and then fails in the way that its issuer's path says. */
export async function startFailing() {
  const server = await startHttp(async ({ path }): Promise<Answer | 'hang' | 'drop'> => {
    const [, fault] = path.split('/') as [string, (typeof PROVIDER_FAULTS)[number]];
    const issuer = `http://127.0.0.1:${server.port}/${fault}`;
    if (path.endsWith('/openid-configuration')) {
      return {
        status: 200,
        body: JSON.stringify({
          issuer: fault === 'wrong-issuer' ? 'https://evil.test' : issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
        }),
      };
    }
    if (fault === 'hang' || fault === 'drop') return fault;
    if (fault === 'redirect') return { status: 307, headers: { location: `${issuer}/elsewhere` } };
    if (fault === 'html')
      return { status: 200, body: '<p>Hello</p>', headers: { 'content-type': 'text/html' } };
    if (fault === 'huge') return { status: 200, body: JSON.stringify({ access_token: 'x'.repeat(300_000) }) };
    if (fault === 'broken-json') return { status: 200, body: '{"access_token":' };
    return { status: 500, body: '{}' };
  });
  return { url: `http://127.0.0.1:${server.port}`, stop: server.stop };
}
