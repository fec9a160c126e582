import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { deriveKeyring } from '../../src/crypto/keys.ts';
import { seal, unseal } from '../../src/crypto/sealed.ts';
import { primary } from '../../src/db/client.ts';
import { leaseRefresh, readLinked, releaseRefresh, replaceTokens } from '../../src/oauth/identity-store.ts';
import type { ConfiguredProvider, ProviderTokens } from '../../src/oauth/port.ts';
import { refreshedTokens } from '../../src/oauth/protocol.ts';
import { providerTokenShape } from '../../src/oauth/schemas.ts';
import type { IdentityRow } from '../../src/oauth/tables.ts';
import {
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  expectProblem,
  ORIGIN,
  registerVerified,
} from '../support/api.ts';
import { Browser, pickStrict } from '../support/browser.ts';
import { advance } from '../support/clock.ts';
import {
  asking,
  authorize,
  backIn,
  basic,
  createClient,
  decide,
  type MadeClient,
  pkce,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { PROVIDER_FAULTS, STRICT_CLIENT } from '../support/peers/ports.ts';
import { activityOf } from '../support/projection.ts';
import { submit, type Visitor } from '../support/visitor.ts';

const REALM = 'vault';
const PATH = `/realms/${REALM}`;
const keys = deriveKeyring({ AUTH_SECRET: env.AUTH_SECRET, AUTH_SECRET_PREVIOUS: [] }, 'provider-tokens');
let key: Record<string, string>;

beforeAll(async () => {
  await createRealm(REALM);
  await createRealm('failing');
  key = (await createApiKey(['provider-tokens:read'], { realm: REALM })).headers;
});

interface Stored {
  accessToken: string;
  refreshToken: string | null;
  expiresAt: number | null;
}
const storedOf = async (userId: string): Promise<Stored> => {
  const found = await env.DB.prepare('SELECT tokens FROM identities WHERE user_id = ?')
    .bind(userId)
    .first<any>();
  return (await unseal<Stored>(keys, found.tokens)) as Stored;
};
const signIn = async (name: string) => {
  const browser = new Browser();
  const back = await pickStrict(await browser.begin('strict', {}, PATH), name);
  expect((await browser.comeBack(back)).status).toBe(303);
  const { id } = (await (await browser.ask(`${PATH}/v1/me`)).json()) as { id: string };
  return { browser, id };
};
/** The token is due: who signs in at the provider meanwhile does so at the provider's own time. */
const makeDue = async (userId: string) => {
  const sealed = await seal(keys, { ...(await storedOf(userId)), expiresAt: Date.now() });
  await env.DB.prepare('UPDATE identities SET tokens = ? WHERE user_id = ?').bind(sealed, userId).run();
};
let next = 0;
/** Somebody who has signed in at the provider, by a name that nobody else has. */
const linked = async () => {
  next += 1;
  const name = `vault${next}`;
  return { name, ...(await signIn(name)) };
};
const take = (
  userId: string,
  options: { headers?: Record<string, string>; provider?: string; realm?: string } = {},
) =>
  call('POST', `/v1/users/${userId}/identities/${options.provider ?? 'strict'}/token`, {
    realm: options.realm ?? REALM,
    headers: options.headers ?? key,
  });
/** What the provider says to who comes with a token. */
const asksProvider = async (token: string) =>
  (await fetch(`${inject('peers').oauth.strict}/me`, { headers: { authorization: `Bearer ${token}` } }))
    .status;
const revokeAtProvider = (token: string) =>
  fetch(`${inject('peers').oauth.strict}/token/revocation`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from([STRICT_CLIENT.id, STRICT_CLIENT.secret].map((text) => new URLSearchParams({ v: text }).toString().slice(2)).join(':')).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token, token_type_hint: 'refresh_token' }),
  });

describe('a service', () => {
  it('gets the token that a user has at a provider, as long as it holds, and the user sees that', async () => {
    const { id } = await linked();
    const first = await take(id);
    expect(first.status, JSON.stringify(first.body)).toBe(200);
    expect(first.body).toEqual({
      provider: 'strict',
      access_token: (await storedOf(id)).accessToken,
      token_type: 'Bearer',
      expires_at: expect.any(String),
      scope: 'openid email profile offline_access',
    });
    expect(await asksProvider(first.body.access_token)).toBe(200);
    expect((await take(id)).body.access_token).toBe(first.body.access_token);
    expect(await activityOf(id)).toEqual(['registered', 'provider_token_taken', 'provider_token_taken']);
  });

  it('gets one that is refreshed when it is due; what the provider rotates is kept', async () => {
    const { id } = await linked();
    const before = await storedOf(id);
    for (let round = 0; round < 3; round += 1) {
      const last = await storedOf(id);
      await makeDue(id);
      const { body } = await take(id);
      expect(body.access_token).not.toBe(last.accessToken);
      expect(await asksProvider(body.access_token)).toBe(200);
      expect(await storedOf(id)).toMatchObject({ accessToken: body.access_token });
      expect((await storedOf(id)).refreshToken).not.toBe(last.refreshToken);
    }
    expect(before.refreshToken).not.toBeNull();
  });

  it('refreshes once, however many ask at once: a second time would end the grant there', async () => {
    const { id } = await linked();
    const before = await storedOf(id);
    await makeDue(id);
    const answers = await Promise.all(Array.from({ length: 8 }, () => take(id)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(new Set(answers.map(({ body }) => body.access_token)).size).toBe(1);
    expect(answers[0]?.body.access_token).not.toBe(before.accessToken);
    await makeDue(id);
    expect((await take(id)).status).toBe(200);
  });

  it('loses no refresh token when the user signs in there at the same time', async () => {
    const { id, name } = await linked();
    await makeDue(id);
    const [taken] = await Promise.all([take(id), signIn(name)]);
    expect(taken.status).toBe(200);
    await makeDue(id);
    const again = await take(id);
    expect(again.status, JSON.stringify(again.body)).toBe(200);
    expect(await asksProvider(again.body.access_token)).toBe(200);
  });

  it('keeps the new refresh token when a sign-in that brought none stored the old one meanwhile', async () => {
    const { id } = await linked();
    const before = await storedOf(id);
    // As that sign-in leaves it, in the moment before the answer of the provider is stored.
    await env.DB.prepare(
      `CREATE TRIGGER sign_in_between AFTER UPDATE OF refreshing_until ON identities WHEN NEW.user_id = '${id}' AND NEW.refreshing_until > 0
       BEGIN UPDATE identities SET tokens = '${await seal(keys, { ...before, accessToken: 'of the sign-in', expiresAt: Date.now() + 8_000_000 })}' WHERE user_id = NEW.user_id; END`,
    ).run();
    await makeDue(id);
    const { body, status } = await take(id);
    await env.DB.prepare('DROP TRIGGER sign_in_between').run();
    expect([status, body.access_token]).toEqual([200, 'of the sign-in']);
    expect((await storedOf(id)).refreshToken).not.toBe(before.refreshToken);
    await makeDue(id);
    expect((await take(id)).status).toBe(200);
  });

  it('goes on when whoever was to refresh has perished', async () => {
    const { id } = await linked();
    await makeDue(id);
    await env.DB.prepare('UPDATE identities SET refreshing_until = ? WHERE user_id = ?')
      .bind(Date.now() + 2000, id)
      .run();
    setTimeout(() => advance(2500), 500);
    expect((await take(id)).status).toBe(200);
  });

  it('that took too long gives nobody the right to refresh, and loses nothing of what the provider gave it', async () => {
    const { id } = await linked();
    const { db } = primary(env.DB);
    const ref = { userId: id, provider: 'strict' };
    const read = async () => (await readLinked(db, ref)).row as IdentityRow;
    const row = await read();
    const [first, second] = [Date.now() + 1, Date.now() + 20_000];
    expect(await leaseRefresh(db, row, { now: first - 1, until: first })).toBe(true);
    expect(await leaseRefresh(db, row, { now: first + 1, until: second })).toBe(true);
    await releaseRefresh(db, ref, first);
    expect(await leaseRefresh(db, row, { now: first + 2, until: second + 1 })).toBe(false);
    expect(await replaceTokens(db, row, { tokens: 'late', until: first })).toBe(true);
    expect(await read()).toMatchObject({ tokens: 'late', refreshingUntil: second });
    expect(await replaceTokens(db, row, { tokens: 'later', until: second })).toBe(false);
    await releaseRefresh(db, ref, second);
    expect((await read()).refreshingUntil).toBe(0);
  });

  it('has what the provider gave, though it refused somebody who asked with the same token after', async () => {
    const { id } = await linked();
    const before = await storedOf(id);
    const ended = await seal(keys, { ...before, accessToken: '', refreshToken: null });
    // As who refreshes in our place leaves it, in the moment before the answer of the provider is stored.
    await env.DB.prepare(
      `CREATE TRIGGER refused_between AFTER UPDATE OF refreshing_until ON identities WHEN NEW.user_id = '${id}' AND NEW.refreshing_until > 0
       BEGIN UPDATE identities SET tokens = '${ended}', refreshing_until = 0 WHERE user_id = NEW.user_id; END`,
    ).run();
    await makeDue(id);
    const { body, status } = await take(id);
    await env.DB.prepare('DROP TRIGGER refused_between').run();
    expect(status, JSON.stringify(body)).toBe(200);
    expect(await storedOf(id)).toMatchObject({ accessToken: body.access_token });
    expect(await asksProvider(body.access_token)).toBe(200);
  });

  it.each(PROVIDER_FAULTS.filter((fault) => fault !== 'hang'))(
    'is told when the provider does not answer as it should (%s), and nothing is lost',
    async (fault) => {
      const { user } = await registerVerified({}, { realm: 'failing' });
      const tokens = { accessToken: 'old', refreshToken: 'kept', expiresAt: Date.now(), scope: null };
      const sealed = await seal(keys, tokens);
      await env.DB.prepare(
        `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
         VALUES (?, 'failing', ?, ?, 0, '{}', ?, 1, 1)`,
      )
        .bind(user.id, fault, user.id, sealed)
        .run();
      const { headers } = await createApiKey(['provider-tokens:read'], { realm: 'failing' });
      for (let times = 0; times < 2; times += 1) {
        const answer = await take(user.id, { headers, provider: fault, realm: 'failing' });
        expectProblem(answer, 502, 'provider_unavailable');
        expect(JSON.stringify(answer.body)).not.toMatch(/old|kept/);
      }
      const { row } = await readLinked(primary(env.DB).db, { userId: user.id, provider: fault });
      expect(row).toMatchObject({ tokens: sealed, refreshingUntil: 0 });
    },
  );

  it('gets a fresh one when the user links the account again', async () => {
    const { id, name, browser } = await linked();
    const before = (await take(id)).body.access_token;
    const asked = await browser.ask(`${PATH}/v1/me/identities/strict`, {
      method: 'POST',
      headers: { origin: ORIGIN, 'content-type': 'application/json', accept: 'application/json' },
      body: '{}',
    });
    expect(asked.status).toBe(200);
    const { url } = (await asked.json()) as { url: string };
    expect((await browser.comeBack(await pickStrict(new URL(url), name))).status).toBe(303);
    const { body } = await take(id);
    expect(body.access_token).not.toBe(before);
    expect(await asksProvider(body.access_token)).toBe(200);
  });

  it('is told that the user has to link again when the provider has ended it, and asks there once', async () => {
    const { id, name } = await linked();
    const { refreshToken } = await storedOf(id);
    expect((await revokeAtProvider(refreshToken as string)).status).toBe(200);
    await makeDue(id);
    await Promise.all(
      [take(id), take(id)].map(async (one) => expectProblem(await one, 409, 'provider_link_ended')),
    );
    expect(await storedOf(id)).toMatchObject({ accessToken: '', refreshToken: null });
    expectProblem(await take(id), 409, 'provider_link_ended');
    await signIn(name);
    expect((await take(id)).status).toBe(200);
  });

  it('gets what the provider gave while that does not answer, if it still holds', async () => {
    const { id } = await linked();
    const before = await storedOf(id);
    const set = async (tokens: object) =>
      env.DB.prepare('UPDATE identities SET provider = ?, tokens = ? WHERE user_id = ?')
        .bind('gone', await seal(keys, tokens), id)
        .run();
    await set({ ...before, expiresAt: Date.now() + 30_000 });
    // It is not switched on any more.
    expectProblem(await take(id, { provider: 'gone' }), 404, 'provider_not_found');
    await set({ ...before, expiresAt: null });
    expect((await take(id, { provider: 'gone' })).body).toMatchObject({
      access_token: before.accessToken,
      expires_at: null,
    });
  });

  it('needs a key with that very scope, of that realm, and a user who is there, active, and linked', async () => {
    const { id } = await linked();
    await createRealm('vault-b');
    const foreign = (await createApiKey(['provider-tokens:read'], { realm: 'vault-b' })).headers;
    const admin = (await createApiKey(['admin'], { realm: REALM })).headers;
    for (const headers of [admin, (await createApiKey(['users:read'], { realm: REALM })).headers]) {
      expectProblem(await take(id, { headers }), 403, 'insufficient_scope');
    }
    expectProblem(await take(id, { headers: foreign }), 401, 'invalid_api_key');
    expectProblem(await take(id, { headers: foreign, realm: 'vault-b' }), 404, 'user_not_found');
    expectProblem(await take(id, { headers: {} }), 401, 'authentication_required');
    expectProblem(await take(`usr_${'0'.repeat(26)}`), 404, 'user_not_found');
    expectProblem(await take('nobody'), 404, 'user_not_found');
    expectProblem(await take(id, { provider: 'google' }), 404, 'identity_not_found');
    await changeDirectory(id, { status: 'suspended' });
    expectProblem(await take(id), 403, 'account_suspended');
  });
});

describe('what a provider says of a token', () => {
  const said = (answer: object) => {
    const body = new URLSearchParams({ body: JSON.stringify(answer) });
    const token = `https://127.0.0.1:${inject('peers').clientDocuments}/${crypto.randomUUID()}?${body}`;
    const configured = {
      provider: { clientAuthentication: 'body' },
      endpoints: { token },
      clientId: 'latchkey',
      clientSecret: async () => 'secret',
    } as unknown as ConfiguredProvider;
    return refreshedTokens(configured, { ...known });
  };
  const known = { accessToken: 'old', refreshToken: 'kept', expiresAt: 0, scope: null };

  it.each([
    ['a number', 3600, 3600],
    ['a text', '3600', 3600],
    ['more than a time can be', 1e300, 365 * 86_400],
    ['more than a number can be', '1e999', 365 * 86_400],
    ['less than nothing', -5, 0],
  ])('is when it ends, also where that is %s', async (_, expires_in, seconds) => {
    const tokens = await said({ access_token: 'new', expires_in });
    const { expires_at: at } = providerTokenShape('strict', tokens as ProviderTokens);
    expect(Math.abs(Date.parse(at as string) - Date.now() - seconds * 1000)).toBeLessThan(60_000);
  });

  it.each([undefined, null, '', 'soon', {}])('is not when it ends where that is %j', async (expires_in) => {
    expect(await said({ access_token: 'new', expires_in })).toMatchObject({ expiresAt: null });
  });

  it.each([undefined, null, '', 7])(
    'is no refresh token where that is %j: it keeps its own',
    async (refresh_token) => {
      const tokens = await said({ access_token: 'new', refresh_token });
      expect(tokens).toMatchObject({ accessToken: 'new', refreshToken: 'kept' });
    },
  );

  it('is no access token where that is empty', async () => {
    await expect(said({ access_token: '' })).rejects.toMatchObject({ code: 'provider_rejected' });
  });
});

describe('a client', () => {
  const CLIENT = {
    name: 'Calendar',
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    scopes: ['openid', 'provider_token:strict', 'provider_token:google'],
  };
  const scope = 'openid provider_token:strict';
  let client: MadeClient;
  beforeAll(async () => {
    client = await createClient(CLIENT, REALM);
  });
  const cookieOf = (browser: Browser) =>
    [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const visitorOf = ({ browser, id }: { browser: Browser; id: string }) =>
    ({ realm: REALM, cookie: cookieOf(browser), user: { user: { id } } }) as unknown as Visitor;
  const tokenOf = async (of: MadeClient, who: Visitor, scope: string) => {
    const { challenge, verifier } = pkce();
    const search = asking(of, challenge, { scope });
    const { code } = backIn(await decide(search, who));
    const redirectUri = search.get('redirect_uri') as string;
    return (await redeem(of, { code: code as string, verifier, redirectUri }, {}, REALM)).body.access_token;
  };
  const exchange = (of: MadeClient, subject_token: string, more: Record<string, string> = {}) =>
    post(
      'token',
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        requested_token_type: 'urn:latchkey:token-type:provider-access-token',
        provider: 'strict',
        ...more,
      },
      { realm: REALM, headers: basic(of) },
    );

  it('gets it by its own token of a user who has allowed that, until they disconnect it', async () => {
    const made = await linked();
    const who = visitorOf(made);
    const page = await authorize(asking(client, pkce().challenge, { scope }), who);
    expect(page.body).toContain('use your account at Strict as you do');
    const token = await tokenOf(client, who, scope);
    const { body, status } = await exchange(client, token);
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toEqual({
      access_token: (await storedOf(made.id)).accessToken,
      issued_token_type: 'urn:latchkey:token-type:provider-access-token',
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'openid email profile offline_access',
    });
    expect(await asksProvider(body.access_token)).toBe(200);
    expect(await activityOf(made.id)).toContain('provider_token_taken');
    expect((await exchange(client, token, { provider: 'google' })).body.error).toBe('invalid_scope');
    await submit('/account/apps', { form: 'disconnect', app: client.client_id }, who);
    expect((await exchange(client, token)).body.error).toBe('invalid_request');
  });

  it('gets none by a token without the scope, of another client or that was passed on, and none that is not linked', async () => {
    const made = await linked();
    const who = visitorOf(made);
    const plain = await tokenOf(client, who, 'openid');
    expect((await exchange(client, plain)).body.error).toBe('invalid_scope');
    const other = await createClient(CLIENT, REALM);
    const token = await tokenOf(client, who, `${scope} provider_token:google`);
    expect((await exchange(other, token)).body.error).toBe('invalid_request');
    expect((await exchange(client, 'nonsense')).body.error).toBe('invalid_request');
    expect((await exchange(client, token, { provider: 'google' })).body.error).toBe('invalid_target');
    const passed = await exchange(client, token, {
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
    expect(passed.status).toBe(200);
    expect((await exchange(client, passed.body.access_token)).body.error).toBe('invalid_request');
    const acting = await call('POST', `/v1/admin/users/${made.id}/impersonate`, {
      headers: (await createApiKey(['admin'], { realm: REALM })).headers,
      realm: REALM,
      body: { reason: 'Ticket 3' },
    });
    expect(acting.status).toBe(201);
    expect((await exchange(client, acting.body.access_token)).body.error).toBe('invalid_request');
    const without = await createClient({ ...CLIENT, scopes: ['openid'] }, REALM);
    const asked = await authorize(asking(without, pkce().challenge, { scope }), who);
    expect(backIn(asked).error).toBe('invalid_scope');
  });
});
