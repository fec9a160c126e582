import { env, exports } from 'cloudflare:workers';
import { createRemoteJWKSet, decodeProtectedHeader, errors, customFetch as joseFetch, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, createRealm, freshAddress, login, ORIGIN, PASSWORD, register } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';

/** Somebody else's service that verifies our access tokens and knows nothing but the issuer. */
interface RelyingParty {
  /** Gives the subject; throws when the token does not hold. */
  verify(token: string): Promise<string | undefined>;
  /** How many times it has asked for the keys. */
  keyRequests(): number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ROTATION_DAYS = 90;
const services = createServices(env as unknown as Bindings);

/** HTTP to the Worker, as from a host of its own. */
function network() {
  const asked: string[] = [];
  const address = freshAddress();
  return {
    asked,
    fetch: (url: string, init: object): Promise<Response> => {
      asked.push(new URL(url).pathname);
      const request = new Request(url, init as RequestInit);
      request.headers.set('cf-connecting-ip', address);
      return exports.default.fetch(request);
    },
  };
}

/** The usual middleware: discovery by hand, then jose. `options` are those of its key cache. */
async function withJose(issuer: string, options: { cooldownDuration?: number } = {}): Promise<RelyingParty> {
  const { asked, fetch } = network();
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`, {})).json<any>();
  expect(metadata.issuer).toBe(issuer);
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri), { ...options, [joseFetch]: fetch });
  return {
    async verify(token) {
      const { payload } = await jwtVerify(token, keys, { issuer, audience: issuer, typ: 'at+jwt' });
      return payload.sub;
    },
    keyRequests: () => asked.filter((path) => path.endsWith('/jwks.json')).length,
  };
}

/** A strict one, which wants all that RFC 9068 does. */
async function withOauth4webapi(issuer: string): Promise<RelyingParty> {
  const { asked, fetch } = network();
  const url = new URL(issuer);
  const response = await oauth.discoveryRequest(url, { algorithm: 'oidc', [oauth.customFetch]: fetch });
  const server = await oauth.processDiscoveryResponse(url, response);
  return {
    async verify(token) {
      const request = new Request('https://api.example.com/', {
        headers: { authorization: `Bearer ${token}` },
      });
      return (await oauth.validateJwtAccessToken(server, request, issuer, { [oauth.customFetch]: fetch }))
        .sub;
    },
    keyRequests: () => asked.filter((path) => path.endsWith('/jwks.json')).length,
  };
}

const PARTIES = [
  { library: 'jose', meet: withJose },
  { library: 'oauth4webapi', meet: withOauth4webapi },
];
const REALMS = [
  { realm: undefined, issuer: ORIGIN },
  { realm: 'acme', issuer: `${ORIGIN}/realms/acme` },
];

beforeAll(async () => {
  await createRealm('acme');
});

describe.each(PARTIES)('a relying party with $library', ({ meet }) => {
  it.each(REALMS)('verifies the tokens of $issuer from the issuer alone', async ({ realm, issuer }) => {
    const { user, access_token } = await register({}, { realm });
    const party = await meet(issuer);
    expect(await party.verify(access_token)).toBe(user.id);
    expect(await party.verify((await login(user.email, undefined, { realm })).body.access_token)).toBe(
      user.id,
    );
    expect(party.keyRequests()).toBe(1);
  });

  it.each(REALMS)('refuses the token of another realm than $issuer', async ({ realm, issuer }) => {
    const { access_token } = await register({}, { realm: realm ? undefined : 'acme' });
    await expect((await meet(issuer)).verify(access_token)).rejects.toThrow(/no applicable key|"iss"/);
  });

  it('refuses a token that was changed', async () => {
    const { access_token } = await register();
    const [header, payload, signature] = access_token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, role: 'owner' })).toString('base64url');
    const party = await meet(ORIGIN);
    await expect(party.verify(`${header}.${forged}.${signature}`)).rejects.toThrow(/signature/);
  });

  it('refuses a token that has expired', async () => {
    const { access_token, expires_in } = await register();
    const party = await meet(ORIGIN);
    // Half a minute is forgiven to clocks that go wrong.
    advance(expires_in * 1000 + MINUTE);
    await expect(party.verify(access_token)).rejects.toThrow(/"exp"|expired/);
  });
});

describe('the keys of a realm', () => {
  it('do not verify the tokens of another, even for a consumer that forgets to compare issuers', async () => {
    const { access_token } = await register({}, { realm: 'acme' });
    const url = new URL(`${ORIGIN}/.well-known/jwks.json`);
    const keys = createRemoteJWKSet(url, { [joseFetch]: network().fetch });
    await expect(jwtVerify(access_token, keys)).rejects.toThrow(errors.JWKSNoMatchingKey);
  });

  it('may be kept for five minutes', async () => {
    const { headers } = await call('GET', '/.well-known/jwks.json');
    expect(headers.get('cache-control')).toBe('public, max-age=300');
  });
});

describe('a rotation of the signing keys', () => {
  it('fails no verification, neither of old tokens nor of new ones', async () => {
    await createRealm('long', { access_token_seconds: 3600 });
    const issuer = `${ORIGIN}/realms/long`;
    const { user } = await register({}, { realm: 'long' });
    advance(ROTATION_DAYS * DAY - 25 * MINUTE);
    let { access_token, refresh_token } = (await login(user.email, PASSWORD, { realm: 'long' })).body;
    const live = [{ token: access_token, until: Date.now() + HOUR }];
    // These never ask because a key is unknown to them: they know it in time or fail. Two, for their copies of the keys
    // must not both come of age when the Worker's does.
    const strict = () => withJose(issuer, { cooldownDuration: Number.MAX_SAFE_INTEGER });
    const known = [await withJose(issuer), await withOauth4webapi(issuer), await strict()];
    for (const party of known) expect(await party.verify(access_token)).toBe(user.id);
    advance(5 * MINUTE);
    known.push(await strict());
    for (const party of known) expect(await party.verify(access_token)).toBe(user.id);

    const steps: { signedBy: string | undefined; published: number }[] = [];
    for (let step = 0; step < 50; step += 1) {
      advance(5 * MINUTE);
      await services.signingKeys.rotate(Date.now(), PLENTY);
      const body = { refresh_token };
      const refreshed = await call('POST', '/v1/auth/refresh', { realm: 'long', body });
      ({ access_token, refresh_token } = refreshed.body);
      live.push({ token: access_token, until: Date.now() + HOUR });
      while (live[0] && live[0].until <= Date.now() + MINUTE) live.shift();
      const oldest = live[0]?.token as string;
      const parties = [...known, await withJose(issuer), await withOauth4webapi(issuer)];
      for (const [index, party] of parties.entries()) {
        const about = `party ${index} at step ${step}`;
        expect(await party.verify(access_token), about).toBe(user.id);
        expect(await party.verify(oldest), about).toBe(user.id);
      }
      const own = await call('GET', '/v1/auth/session', { realm: 'long', token: oldest });
      expect(own.status).toBe(200);
      const { keys } = (await call('GET', '/.well-known/jwks.json', { realm: 'long' })).body;
      steps.push({ signedBy: decodeProtectedHeader(access_token).kid, published: keys.length });
    }
    // It did rotate: another key signs in the end, and the first is published no more.
    expect(new Set(steps.map(({ signedBy }) => signedBy)).size).toBe(2);
    expect(steps.map(({ published }) => published).filter((n, i, all) => n !== all[i - 1])).toEqual([
      1, 2, 1,
    ]);
    expect(known[0]?.keyRequests()).toBeGreaterThan(1);
  });
});
