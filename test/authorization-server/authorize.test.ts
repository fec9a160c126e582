import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createServices } from '../../src/services.ts';
import { createRealm, login, ORIGIN, register } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import {
  asking,
  authorize,
  backIn,
  CALLBACK,
  claimsOf,
  codeOf,
  createClient,
  decide,
  type MadeClient,
  pkce,
  redeem,
} from '../support/oauth-client.ts';
import { open, submit, type Visitor, visitor, withoutOwnScripts } from '../support/visitor.ts';

const STATE = 'state of the app & more';
const { challenge } = pkce();
let client: MadeClient;
let own: MadeClient;
let who: Visitor;

beforeAll(async () => {
  await createRealm('authz-b');
  client = await createClient({
    client_uri: 'https://printer.example/',
    logo_uri: 'https://printer.example/x.png',
  });
  own = await createClient({ first_party: true, scopes: ['openid', 'profile', 'account'] });
  who = await visitor();
});

const said = (answer: Awaited<ReturnType<typeof authorize>>) => {
  const back = backIn(answer);
  expect(back).toMatchObject({ state: STATE, iss: ORIGIN });
  return back.error;
};

describe('a user who is asked', () => {
  it('sees who asks, on whose site, for what, as whom, and where it leads', async () => {
    const answer = await authorize(asking(client, challenge), who);
    expect(answer.status).toBe(200);
    for (const text of [
      'Photo Printer',
      'app.example.com',
      who.user.user.email,
      'see your email address',
      'while you are away',
    ]) {
      expect(answer.body).toContain(text);
    }
    expect(withoutOwnScripts(answer.body)).not.toContain('<script');
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect(answer.headers.get('content-security-policy')).toContain(
      "form-action 'self' https://app.example.com;",
    );
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('is asked in German too', async () => {
    const { body } = await authorize(asking(client, challenge, { ui_locales: 'de' }), who);
    expect(body).toContain('Erlauben');
    expect(body).toContain('Ihre E-Mail-Adresse sehen');
  });

  it('is not asked again for what was allowed, but when it widens', async () => {
    const user = await visitor();
    const one = await createClient();
    const narrow = asking(one, challenge, { scope: 'openid' });
    expect(backIn(await decide(narrow, user))).toMatchObject({
      code: expect.any(String),
      state: STATE,
      iss: ORIGIN,
    });
    expect(backIn(await authorize(narrow, user)).code).toBeTypeOf('string');
    const wide = asking(one, challenge, { scope: 'openid email' });
    expect((await authorize(wide, user)).status).toBe(200);
    expect(backIn(await decide(wide, user)).code).toBeTypeOf('string');
    expect(backIn(await authorize(narrow, user)).code).toBeTypeOf('string');
    expect(
      (await authorize(asking(one, challenge, { scope: 'openid', prompt: 'consent' }), user)).status,
    ).toBe(200);
  });

  it('may say no', async () => {
    expect(said(await decide(asking(client, challenge), who, 'deny'))).toBe('access_denied');
  });

  it('says so on our own page only, and as the user who was asked', async () => {
    const search = asking(client, challenge);
    const send = (fields: Record<string, string>, headers: Record<string, string>) =>
      submit(`/oauth2/consent?${search}`, fields, who, headers);
    const right = { decision: 'allow', user: who.user.user.id };
    for (const origin of ['https://evil.example', 'null', '']) {
      expect((await send(right, { origin })).status, origin).toBe(403);
    }
    // Somebody else has signed in meanwhile: they are asked.
    expect((await send({ ...right, user: 'usr_other' }, {})).status).toBe(200);
    expect((await send({ user: right.user }, {})).status).toBe(400);
  });

  it('is not asked by an app of our own', async () => {
    expect(backIn(await authorize(asking(own, challenge, { scope: 'openid account' }), who)).code).toBeTypeOf(
      'string',
    );
  });

  it('is asked even by that where another program could take the answer, but on a developer’s own machine', async () => {
    const [app, device] = ['com.example.app:/cb', 'http://127.0.0.1:50123/cb'];
    const redirect_uris = [app, 'http://127.0.0.1/cb'];
    const native = await createClient({ first_party: true, redirect_uris });
    const theirs = await createClient({ redirect_uris });
    for (const [one, redirect_uri] of [
      [native, app],
      [theirs, app],
      [theirs, device],
    ] as const) {
      const search = asking(one, challenge, { redirect_uri });
      expect((await authorize(search, who)).status).toBe(200);
      expect(backIn(await decide(search, who), redirect_uri).code).toBeTypeOf('string');
    }
    const search = asking(native, challenge, { redirect_uri: device });
    expect(backIn(await authorize(search, who), device).code).toBeTypeOf('string');
    const deployed = { ...env, SMS_PROVIDER: 'none', ENVIRONMENT: 'production' } as never;
    const answer = await createApp(createServices(deployed), deployed).request(
      `${ORIGIN}/oauth2/authorize?${search}`,
      { headers: { cookie: who.cookie } },
      deployed,
    );
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('Photo Printer');
  });
});

describe('somebody who is not signed in', () => {
  it('signs in on our page, and comes back', async () => {
    const search = asking(client, challenge, { login_hint: 'ada@example.com' });
    const sent = await authorize(search);
    expect(sent.status).toBe(303);
    const location = sent.headers.get('location') as string;
    expect(location.startsWith('/login?redirect_to=%2Foauth2%2Fauthorize%3F')).toBe(true);
    const page = await open(location);
    expect(page.body).toContain('value="ada@example.com"');
    // Browsers hold the redirects of a form against this.
    expect(page.headers.get('content-security-policy')).toContain('form-action');
    expect(page.headers.get('content-security-policy')).toContain('https://app.example.com');
    const user = await register();
    const answer = await submit(location, {
      identifier: user.user.email,
      password: 'three lighthouses at dusk',
    });
    expect(answer.status).toBe(303);
    const back = answer.headers.get('location') as string;
    expect(new URL(back, ORIGIN).pathname).toBe('/oauth2/authorize');
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const asked = await open(new URL(back, ORIGIN).href.slice(ORIGIN.length), { cookie });
    expect(asked.status).toBe(200);
    expect(asked.body).toContain('Photo Printer');
  });

  it('is sent to register by prompt=create', async () => {
    const { headers } = await authorize(asking(client, challenge, { prompt: 'create' }));
    expect(headers.get('location')).toMatch(/^\/register\?/);
  });

  it('of a realm signs in there', async () => {
    const there = await createClient({}, 'authz-b');
    const { headers } = await authorize(asking(there, challenge), { realm: 'authz-b' });
    expect(headers.get('location')).toMatch(
      /^\/realms\/authz-b\/login\?redirect_to=%2Frealms%2Fauthz-b%2Foauth2/,
    );
    const user = await visitor({}, { realm: 'authz-b' });
    const answer = await submit(
      `/oauth2/consent?${asking(there, challenge)}`,
      { decision: 'allow', user: user.user.user.id },
      user,
    );
    expect(backIn(answer).iss).toBe(`${ORIGIN}/realms/authz-b`);
  });
});

describe('prompt and max_age', () => {
  const ask = (more: Record<string, string>, user: Partial<Visitor> = who) =>
    authorize(asking(own, challenge, { scope: 'openid', ...more }), user);

  it('prompt=none shows nothing', async () => {
    expect(said(await ask({ prompt: 'none' }, {}))).toBe('login_required');
    expect(said(await authorize(asking(await createClient(), challenge, { prompt: 'none' }), who))).toBe(
      'consent_required',
    );
    expect(backIn(await ask({ prompt: 'none' })).code).toBeTypeOf('string');
  });

  it('prompt=login and max_age=0 ask for a sign-in that is newer than the request', async () => {
    for (const more of [{ prompt: 'login' }, { max_age: '0' }] as Record<string, string>[]) {
      const user = await visitor();
      const sent = await ask(more, user);
      const location = new URL(sent.headers.get('location') as string, ORIGIN);
      expect(location.pathname).toBe('/login');
      expect(location.searchParams.get('prompt')).toBe('login');
      const back = location.searchParams.get('redirect_to') as string;
      // The same browser, which has not signed in since.
      advance(1000);
      expect((await open(back, user)).headers.get('location')).toMatch(/^\/login/);
      const signedIn = await login(user.user.user.email, undefined, {
        headers: { origin: ORIGIN },
        body: { session_cookie: true },
      });
      const cookie = signedIn.headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; ');
      expect(backIn(await open(back, { cookie })).code).toBeTypeOf('string');
      // Nobody makes it up.
      const forged = back.replace(/signed_in_since=[^&]*/, 'signed_in_since=0.x');
      expect((await open(forged, { cookie })).headers.get('location')).toMatch(/^\/login/);
    }
  });

  it('max_age asks again when the proof is older', async () => {
    const user = await visitor();
    expect(backIn(await ask({ max_age: '60' }, user)).code).toBeTypeOf('string');
    advance(61_000);
    expect((await ask({ max_age: '60' }, user)).headers.get('location')).toMatch(/^\/login/);
    expect(said(await ask({ max_age: '60', prompt: 'none' }, user))).toBe('login_required');
  });

  it('prompt=select_account asks which', async () => {
    const answer = await ask({ prompt: 'select_account' });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('Use another account');
  });

  it('id_token_hint means one user', async () => {
    const made = await redeem(own, await codeOf(own, who, { scope: 'openid' }));
    const { id_token } = made.body;
    expect(backIn(await ask({ id_token_hint: id_token, prompt: 'none' })).code).toBeTypeOf('string');
    const other = await visitor();
    expect(said(await ask({ id_token_hint: id_token, prompt: 'none' }, other))).toBe('login_required');
    expect(said(await ask({ id_token_hint: made.body.access_token, prompt: 'none' }))).toBe(
      'invalid_request',
    );
  });
});

describe('what is wrong', () => {
  it.each([
    [{ client_id: null }, 400],
    [{ client_id: 'cli_00000000000000000000000000' }, 400],
    [{ redirect_uri: null }, 400],
    [{ redirect_uri: 'https://evil.example/callback' }, 400],
    [{ redirect_uri: `${CALLBACK}/` }, 400],
    [{ redirect_uri: `${CALLBACK}?x=1` }, 400],
  ])('%j is shown, and leads nowhere', async (more, status) => {
    for (const user of [{}, who]) {
      const answer = await authorize(asking(client, challenge, more), user);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('location')).toBeNull();
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
      expect(answer.body).not.toMatch(/(href|action|url)="?https:\/\/(evil|app)\.example/);
    }
  });

  it('a parameter that is there twice is shown', async () => {
    const search = asking(client, challenge);
    search.append('redirect_uri', CALLBACK);
    expect((await authorize(search, who)).status).toBe(400);
  });

  it.each([
    [{ response_type: null }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: 'code id_token' }, 'unsupported_response_type'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ code_challenge: null }, 'invalid_request'],
    [{ code_challenge_method: null }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge: 'short' }, 'invalid_request'],
    [{ scope: 'openid nonsense' }, 'invalid_scope'],
    [{ scope: 'account' }, 'invalid_scope'],
    [{ resource: 'https://elsewhere.example' }, 'invalid_target'],
    [{ prompt: 'none login' }, 'invalid_request'],
    [{ prompt: 'dance' }, 'invalid_request'],
    [{ max_age: '-1' }, 'invalid_request'],
    [{ request: 'x.y.z' }, 'request_not_supported'],
    [{ request_uri: 'https://app.example.com/x' }, 'request_uri_not_supported'],
    [{ registration: '{}' }, 'registration_not_supported'],
  ])('%j goes to the client as %s', async (more, error) => {
    expect(said(await authorize(asking(client, challenge, more), who))).toBe(error);
  });

  it('a client without the grant type is told so', async () => {
    const machine = await createClient({
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
    });
    expect(said(await authorize(asking(machine, challenge), who))).toBe('unauthorized_client');
  });
});

describe('the way of the answer', () => {
  it('keeps the query that the address has', async () => {
    const uri = `${CALLBACK}?tenant=1`;
    const one = await createClient({ first_party: true, redirect_uris: [uri] });
    const answer = await authorize(asking(one, challenge, { redirect_uri: uri, state: null }), who);
    expect(answer.headers.get('location')).toMatch(
      /^https:\/\/app\.example\.com\/callback\?tenant=1&code=[^&]+&iss=[^&]+$/,
    );
  });

  it('can be a form, which is sent with and without a script', async () => {
    const answer = await authorize(
      asking(own, challenge, { scope: 'openid', response_mode: 'form_post' }),
      who,
    );
    expect(answer.status).toBe(200);
    expect(answer.body).toContain(`action="${CALLBACK}"`);
    expect(answer.body).toMatch(/name="code" value="lkc\./);
    expect(answer.body).toContain('name="state" value="state of the app &amp; more"');
    expect(answer.body).toContain('<button type="submit">Continue</button>');
    const policy = answer.headers.get('content-security-policy') as string;
    expect(policy).toMatch(
      /script-src https:\/\/auth\.test\/pages\/kit\.[0-9a-f]{12}\.js 'sha256-[\w+/=]+';/,
    );
    expect(policy).toContain("form-action 'self' https://app.example.com;");
  });

  it('of a request by POST, from the client’s own site, is that by GET', async () => {
    const search = asking(own, challenge, { scope: 'openid' });
    const answer = await submit(
      '/oauth2/authorize',
      [...search] as [string, string][],
      {},
      { origin: 'https://app.example.com' },
    );
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`/oauth2/authorize?${search}`);
  });

  it('puts into the ID token what was asked for', async () => {
    const code = await codeOf(own, who, { scope: 'openid', nonce: 'n-0S6' });
    const { body } = await redeem(own, code);
    expect(claimsOf(body.id_token)).toMatchObject({ nonce: 'n-0S6', aud: own.client_id, iss: ORIGIN });
  });
});
