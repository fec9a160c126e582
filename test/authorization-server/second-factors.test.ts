import { beforeAll, describe, expect, it } from 'vitest';
import {
  call,
  createApiKey,
  createRealm,
  expectProblem,
  INTERNAL,
  login,
  ORIGIN,
  PASSWORD,
} from '../support/api.ts';
import { addApp, secondStep } from '../support/factors.ts';
import {
  asking,
  authorize,
  backIn,
  claimsOf,
  codeOf,
  connected,
  createClient,
  decide,
  type MadeClient,
  pkce,
  post,
  redeem,
} from '../support/oauth-client.ts';
import { cookiesOf, submit } from '../support/pages.ts';
import { type Visitor, visitor } from '../support/visitor.ts';

const REQUIRING = 'clients-mfa';
const LATER = 'clients-mfa-later';
const { challenge } = pkce();
let client: MadeClient;
let own: MadeClient;

beforeAll(async () => {
  await createRealm(REQUIRING, { mfa: 'required' });
  client = await createClient();
  own = await createClient({ first_party: true, scopes: ['openid', 'account'] });
});

/** Signs in anew by both steps in the browser; gives what it has then, and where it is led. */
async function inTwoSteps(page: string, email: string, code: string, cookie = '') {
  const first = await submit(page, { identifier: email, password: PASSWORD }, { headers: { cookie } });
  expect(first.status).toBe(303);
  const next = first.headers.get('location') ?? '';
  expect(next).toMatch(/^\/login\/second-step\?/);
  const done = await submit(
    next,
    { method: 'totp', totp: code },
    { headers: { cookie: [cookie, cookiesOf(first)].filter(Boolean).join('; ') } },
  );
  expect(done.status).toBe(303);
  return {
    cookie: cookiesOf(done),
    location: new URL(done.headers.get('location') ?? '', 'https://auth.test'),
  };
}

describe('where the account has a second factor', () => {
  it('no app gets anything by a session that was opened without it, and all by a sign-in with both steps', async () => {
    const who = await visitor();
    const { app } = await addApp(who.user.access_token);
    for (const one of [client, own]) {
      const search = asking(one, challenge, { scope: 'openid' });
      for (const answer of [await authorize(search, who), await decide(search, who)]) {
        expect(answer.status).toBe(303);
        expect(answer.headers.get('location')).toMatch(/^\/login\?.*prompt=login/);
      }
      const silent = asking(one, challenge, { scope: 'openid', prompt: 'none' });
      expect(backIn(await authorize(silent, who)).error).toBe('login_required');
    }
    const { verifier, challenge: mine } = pkce();
    const search = asking(own, mine, { scope: 'openid' });
    const toSignIn = (await authorize(search, who)).headers.get('location') ?? '';
    const { cookie, location } = await inTwoSteps(toSignIn, who.user.user.email, app.code(1), who.cookie);
    expect(location.pathname).toBe('/oauth2/authorize');
    const { code = '' } = backIn(await authorize(location.searchParams, { cookie }));
    const redirectUri = search.get('redirect_uri') ?? '';
    const { body } = await redeem(own, { code, verifier, redirectUri });
    for (const token of [body.id_token, body.access_token]) {
      expect(claimsOf(token)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' });
    }
  });

  it('that came between a code and its exchange, the code gives nothing', async () => {
    const who = await visitor();
    const given = await codeOf(client, who);
    await addApp(who.user.access_token);
    const answer = await redeem(client, given);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'invalid_grant', error_description: /second factor/ });
    expect((await redeem(client, given)).body.error).toBe('invalid_grant');
  });

  it('a refresh asks nobody, of what was granted with it or before', async () => {
    const { client: before, who, tokens } = await connected();
    await addApp(who.user.access_token);
    const { refresh_token } = tokens;
    const fields = { grant_type: 'refresh_token', refresh_token, client_id: before.client_id };
    expect((await post('token', fields)).status).toBe(200);
  });
});

describe('where the realm requires a second factor', () => {
  let theirs: MadeClient;
  let first: MadeClient;
  let lacking: Visitor;
  beforeAll(async () => {
    theirs = await createClient({}, REQUIRING);
    first = await createClient({ first_party: true, scopes: ['openid', 'account'] }, REQUIRING);
    lacking = await visitor({}, { realm: REQUIRING });
  });

  it('a session that may only enrol gets no code, no consent, and no claims', async () => {
    for (const one of [theirs, first]) {
      const search = asking(one, challenge, { scope: 'openid' });
      for (const answer of [await authorize(search, lacking), await decide(search, lacking)]) {
        expect(answer.status).toBe(303);
        // From there they go on with the request.
        const toEnrol = new URL(answer.headers.get('location') ?? '', ORIGIN);
        expect(toEnrol.pathname).toBe(`/realms/${REQUIRING}/account/two-step`);
        const back = new URL(toEnrol.searchParams.get('redirect_to') ?? '', ORIGIN);
        expect(back.pathname).toBe(`/realms/${REQUIRING}/oauth2/authorize`);
        expect(back.searchParams.toString()).toBe(search.toString());
      }
      const silent = asking(one, challenge, { scope: 'openid', prompt: 'none' });
      expect(backIn(await authorize(silent, lacking)).error).toBe('interaction_required');
    }
    const token = lacking.user.access_token;
    expectProblem(await call('GET', '/oauth2/userinfo', { token, realm: REQUIRING }), 403, 'mfa_required');
    const { headers } = await createApiKey(['usage:write'], { realm: REQUIRING });
    expect((await post('introspect', { token }, { realm: REQUIRING, headers })).body).toEqual({
      active: false,
    });
    const asked = { token, resource: 'images' };
    const decision = await call('POST', '/v1/authorize', { realm: REQUIRING, headers, body: asked });
    expect(decision.body).toMatchObject({ allowed: false, reason: 'mfa_required' });
  });

  it('a sign-in that shows it gives codes as ever', async () => {
    const who = await visitor({}, { realm: REQUIRING });
    await addApp(who.user.access_token, REQUIRING);
    // The browser signed in before; it has to again.
    expect((await authorize(asking(theirs, challenge), who)).headers.get('location')).toContain(
      'prompt=login',
    );
  });

  it('by now, what apps got without one ends with their tokens', async () => {
    await createRealm(LATER, { mfa: 'optional' });
    const { client: app, who, tokens } = await connected({}, {}, LATER);
    const body = { mfa: 'required' };
    const { status } = await call('PATCH', `/v1/admin/realms/${LATER}`, { headers: INTERNAL, body });
    expect(status).toBe(200);
    const { access_token: token, refresh_token } = tokens;
    expectProblem(await call('GET', '/oauth2/userinfo', { token, realm: LATER }), 403, 'mfa_required');
    const { headers } = await createApiKey(['usage:write'], { realm: LATER });
    for (const shown of [token, refresh_token]) {
      const { body: said } = await post('introspect', { token: shown }, { realm: LATER, headers });
      expect(said).toEqual({ active: false });
    }
    const fields = { grant_type: 'refresh_token', refresh_token, client_id: app.client_id };
    const refreshed = await post('token', fields, { realm: LATER });
    expect(refreshed.status).toBe(400);
    expect(refreshed.body.error).toBe('invalid_grant');
    expect((await login(who.user.user.email, PASSWORD, { realm: LATER })).status).toBe(200);
  });
});

it('a second step by the API opens a session that gives codes', async () => {
  const who = await visitor();
  const { app } = await addApp(who.user.access_token);
  const headers = { origin: 'https://auth.test' };
  const first = await login(who.user.user.email, PASSWORD, { headers, body: { session_cookie: true } });
  const cookie = cookiesOf(first);
  const done = await secondStep(
    first.body.mfa_token,
    { method: 'totp', code: app.code(1) },
    { headers: { ...headers, cookie }, body: { session_cookie: true } },
  );
  expect(done.status, JSON.stringify(done.body)).toBe(200);
  const search = asking(client, challenge);
  expect(backIn(await decide(search, { ...who, cookie: cookiesOf(done) })).code).toBeTypeOf('string');
});
