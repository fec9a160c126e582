import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { createHash, randomBytes } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  freshAddress,
  PASSWORD,
  registerVerified,
} from '../support/api.ts';
import { Browser, pick, pickStrict } from '../support/browser.ts';
import { advance } from '../support/clock.ts';
import { codeOf, createClient, post, redeem } from '../support/oauth-client.ts';
import { visitor } from '../support/visitor.ts';

const APP = 'com.example.app:/callback';
const TARGETS = JSON.stringify([APP, 'https://app.example.com/callback', 'http://127.0.0.1/cb']);
const services = createServices(env as unknown as Bindings);

beforeAll(async () => {
  await env.DB.prepare('UPDATE realms SET redirect_targets = ?').bind(TARGETS).run();
  await createRealm('other', { redirect_targets: TARGETS });
});

function pkce() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

const exchange = (fields: Record<string, unknown>, realm?: string) =>
  call('POST', '/v1/oauth/token', { body: { grant_type: 'authorization_code', ...fields }, realm });

/** A code for the app, by a sign-in with Google. */
async function codeFor(account: string, redirectTo = APP) {
  const { verifier, challenge } = pkce();
  const browser = new Browser();
  const answer = await browser.signIn('google', account, {
    redirect_to: redirectTo,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'state of the app & more',
  });
  const location = new URL(answer.headers.get('location') as string);
  return { browser, location, verifier, code: location.searchParams.get('code') as string };
}

function expectRefused(answer: Awaited<ReturnType<typeof exchange>>, error = 'invalid_grant') {
  expect(answer.status, JSON.stringify(answer.body)).toBe(400);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.body).toEqual({ error, error_description: expect.stringMatching(/^[^"\\]+$/) });
}

describe('an app', () => {
  it('gets a code at its address, and tokens for it; the browser gets no session', async () => {
    const { browser, location, verifier, code } = await codeFor('user01@gmail.example');
    expect(location.href).toMatch(/^com\.example\.app:\/callback\?code=lkc\.usr_\w+\.[\w-]{43}&state=/);
    expect(location.searchParams.get('state')).toBe('state of the app & more');
    expect(location.searchParams.get('iss')).toBe('https://auth.test');
    expect(browser.cookies.has('__Host-latchkey')).toBe(false);
    const answer = await exchange({ code, code_verifier: verifier, redirect_to: APP });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: expect.stringMatching(/^lkr\./),
      user: { email: 'user01@gmail.example' },
    });
    expect((await call('GET', '/v1/me', { token: answer.body.access_token })).status).toBe(200);
  });

  it('may be any OAuth library: the form, and the names of RFC 6749', async () => {
    const server: oauth.AuthorizationServer = {
      issuer: 'https://auth.test',
      authorization_endpoint: 'https://auth.test/v1/oauth/strict/login',
      token_endpoint: 'https://auth.test/v1/oauth/token',
      authorization_response_iss_parameter_supported: true,
    };
    const client: oauth.Client = { client_id: 'any' };
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const browser = new Browser();
    const page = await browser.begin('strict', {
      redirect_to: 'http://127.0.0.1:53682/cb',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    });
    const back = await browser.comeBack(await pickStrict(page, 'alan'));
    const callback = oauth.validateAuthResponse(
      server,
      client,
      new URL(back.headers.get('location') as string),
      state,
    );
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      callback,
      'http://127.0.0.1:53682/cb',
      verifier,
      {
        [oauth.customFetch]: (url, init) => {
          const request = new Request(url, init as RequestInit);
          request.headers.set('cf-connecting-ip', freshAddress());
          return exports.default.fetch(request);
        },
      },
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response);
    expect((await call('GET', '/v1/me', { token: tokens.access_token })).body.email).toBe(
      'alan@strict.example',
    );
  });

  it('hears of a failure at its address too', async () => {
    const browser = new Browser();
    const query = { redirect_to: APP, code_challenge: pkce().challenge, state: 's' };
    const denied = await browser.comeBack(await pickStrict(await browser.begin('strict', query), null));
    const { searchParams } = new URL(denied.headers.get('location') as string);
    expect(Object.fromEntries(searchParams)).toEqual({
      error: 'access_denied',
      error_description: 'provider_denied: The sign-in was cancelled at the provider',
      state: 's',
      iss: 'https://auth.test',
    });
  });

  it('has to say where to, and by a good challenge', async () => {
    const login = (query: Record<string, string>) =>
      call('GET', `/v1/oauth/google/login?${new URLSearchParams(query)}`);
    const { challenge } = pkce();
    expectProblem(await login({ code_challenge: challenge }), 422, 'validation_failed');
    expectProblem(await login({ code_challenge: 'short', redirect_to: APP }), 422, 'validation_failed');
    const plain = { code_challenge: challenge, code_challenge_method: 'plain', redirect_to: APP };
    expectProblem(await login(plain), 422, 'validation_failed');
    const elsewhere = { code_challenge: challenge, redirect_to: 'https://evil.example' };
    expectProblem(await login(elsewhere), 400, 'redirect_not_allowed');
  });
});

describe('a code', () => {
  it('works once, also for many at once', async () => {
    const { verifier, code } = await codeFor('user02@gmail.example');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => exchange({ code, code_verifier: verifier, redirect_to: APP })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expectRefused(answer);
  });

  it.each([
    ['another verifier', { code_verifier: pkce().verifier }],
    ['another address', { redirect_to: 'https://app.example.com/callback' }],
    ['no address', { redirect_to: undefined }],
  ])('is spent by who has %s', async (_, wrong) => {
    const { verifier, code } = await codeFor('user03@gmail.example');
    const right = { code, code_verifier: verifier, redirect_to: APP };
    expectRefused(await exchange({ ...right, ...wrong }));
    expectRefused(await exchange(right));
  });

  it('is of its realm', async () => {
    const { verifier, code } = await codeFor('user04@gmail.example');
    expectRefused(await exchange({ code, code_verifier: verifier, redirect_to: APP }, 'other'));
  });

  it('lasts a minute', async () => {
    const { verifier, code } = await codeFor('user05@gmail.example');
    advance(60_000);
    expectRefused(await exchange({ code, code_verifier: verifier, redirect_to: APP }));
  });

  it('is worth nothing when the account was suspended or its password set meanwhile', async () => {
    const first = await codeFor('user06@gmail.example');
    const { body } = await exchange({ code: first.code, code_verifier: first.verifier, redirect_to: APP });
    const second = await codeFor('user06@gmail.example');
    await env.DB.prepare(
      'UPDATE users SET version = version + 1, credential_version = version + 1 WHERE id = ?',
    )
      .bind(body.user.id)
      .run();
    expectRefused(await exchange({ code: second.code, code_verifier: second.verifier, redirect_to: APP }));
    const third = await codeFor('user06@gmail.example');
    await changeDirectory(body.user.id, { status: 'suspended' });
    const refused = await exchange({ code: third.code, code_verifier: third.verifier, redirect_to: APP });
    expectRefused(refused);
    expect(refused.body.error_description).toBe('The account is suspended');
  });

  it('is kept as a hash, in the object of its user', async () => {
    const { code } = await codeFor('user07@gmail.example');
    const userId = code.split('.')[1] as string;
    const kept = await runInDurableObject(accountOf(userId), (_, { storage }) =>
      storage.kv.get('grant_codes'),
    );
    expect(kept).toMatchObject([{ grant: null, redirectUri: APP, sessionId: null }]);
    expect(JSON.stringify(kept)).not.toContain(code.split('.')[2]);
  });

  it('ends what it gave when somebody presents it again', async () => {
    const { verifier, code } = await codeFor('user08@gmail.example');
    const right = { code, code_verifier: verifier, redirect_to: APP };
    const { body } = await exchange(right);
    expectRefused(await exchange(right));
    expectProblem(await call('GET', '/v1/me', { token: body.access_token }), 401, 'session_ended');
  });

  it('is no code of another client, nor is that one of the product’s apps', async () => {
    const client = await createClient({ redirect_uris: ['https://app.example.com/callback'] });
    const { verifier, code } = await codeFor('user09@gmail.example', 'https://app.example.com/callback');
    const redirect_uri = 'https://app.example.com/callback';
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri };
    const asked = async (client_id: string) => (await post('token', { ...fields, client_id })).body.error;
    expect(await asked('latchkey')).toBe('invalid_client');
    expect(await asked(client.client_id)).toBe('invalid_grant');
    expectRefused(await exchange({ code, code_verifier: verifier, redirect_to: redirect_uri }));
    const theirs = await codeOf(client, await visitor());
    const presented = { code: theirs.code, code_verifier: theirs.verifier, redirect_to: redirect_uri };
    expectRefused(await exchange(presented));
    expect((await redeem(client, theirs)).body.error).toBe('invalid_grant');
  });

  it('is given by the session of our own pages, and ends with it', async () => {
    const { user, access_token: token } = await registerVerified();
    const { verifier, challenge } = pkce();
    const { body: session } = await call('GET', '/v1/auth/session', { token });
    const by = { userId: user.id, sessionId: session.session_id };
    const app = { realm: await services.realms.get('default'), redirectTo: APP, challenge };
    const client = { ip: '10.0.0.1', country: null, city: null, userAgent: null };
    const [first, second] = [
      await services.authorizationCodes.issue(app, by, client),
      await services.authorizationCodes.issue(app, by, client),
    ];
    const answer = await exchange({ code: first, code_verifier: verifier, redirect_to: APP });
    expect(answer.body.user.id).toBe(user.id);
    const sessions = await call('GET', '/v1/me/sessions', { token: answer.body.access_token });
    expect(sessions.body.data.find((one: any) => one.current).methods).toEqual(['pwd']);
    await call('POST', '/v1/auth/logout', { token });
    expectRefused(await exchange({ code: second, code_verifier: verifier, redirect_to: APP }));
    await expect(services.authorizationCodes.issue(app, by, client)).rejects.toMatchObject({
      code: 'session_ended',
    });
  });
});

describe('a request for tokens', () => {
  const verifier = pkce().verifier;

  it.each([
    ['unsupported_grant_type', { grant_type: 'password', username: 'x', password: PASSWORD }],
    ['invalid_request', { grant_type: undefined, code: 'x', code_verifier: verifier }],
    ['invalid_request', { code_verifier: verifier, redirect_to: APP }],
    ['invalid_request', { code: 'x' }],
    ['invalid_request', { code: 'x', code_verifier: 'short' }],
    ['invalid_request', { code: ['x'], code_verifier: verifier }],
    ['invalid_grant', { code: 'x', code_verifier: verifier, redirect_to: APP }],
  ])('is refused as RFC 6749 says: %s', async (error, fields: Record<string, unknown>) => {
    expectRefused(await exchange(fields), error);
    const form = Object.entries({ grant_type: 'authorization_code', ...fields }).filter(([, value]) => value);
    const raw = new URLSearchParams(form.map(([name, value]) => [name, String(value)]));
    const sent = await call('POST', '/v1/oauth/token', { raw });
    if (!Array.isArray(fields.code)) expectRefused(sent, error);
  });

  it('is JSON or a form, and comes from an allowed origin', async () => {
    const headers = { 'content-type': 'text/plain' };
    expectProblem(
      await call('POST', '/v1/oauth/token', { raw: 'x', headers }),
      415,
      'unsupported_media_type',
    );
    const origin = { origin: 'https://evil.test' };
    expectProblem(
      await call('POST', '/v1/oauth/token', { body: {}, headers: origin }),
      403,
      'origin_not_allowed',
    );
    expectRefused(await call('POST', '/v1/oauth/token', {}), 'invalid_request');
  });
});

describe('an app that links an account', () => {
  async function ticketFor(token: string, account: string) {
    const { verifier, challenge } = pkce();
    const asked = await call('POST', '/v1/me/identities/google', {
      token,
      body: { redirect_to: APP, code_challenge: challenge, state: 's' },
    });
    expect(asked.status, JSON.stringify(asked.body)).toBe(200);
    const browser = new Browser();
    const page = new URL((await browser.ask(asked.body.url)).headers.get('location') as string);
    const back = await browser.comeBack(await pick('google', page, account));
    const { searchParams } = new URL(back.headers.get('location') as string);
    const complete = { code: searchParams.get('code'), code_verifier: verifier, redirect_to: APP };
    return { url: asked.body.url as string, browser, complete };
  }

  it('completes it under its own token', async () => {
    const { access_token: token } = await registerVerified();
    const { browser, complete } = await ticketFor(token, 'user10@gmail.example');
    expect(browser.cookies.has('__Host-latchkey')).toBe(false);
    expect((await call('GET', '/v1/me/identities', { token })).body.data).toEqual([]);
    const done = await call('POST', '/v1/me/identities/google', { token, body: complete });
    expect(done.status, JSON.stringify(done.body)).toBe(204);
    expect((await call('GET', '/v1/me/identities', { token })).body.data).toMatchObject([
      { provider: 'google', provider_name: 'Google', email: 'user10@gmail.example', last_login_at: null },
    ]);
    expectProblem(
      await call('POST', '/v1/me/identities/google', { token, body: complete }),
      400,
      'invalid_grant',
    );
  });

  it('gains nothing by luring somebody else to its URL', async () => {
    const [mallory, ada] = [await registerVerified(), await registerVerified()];
    // Ada's app gets the code, for it is Ada's browser, and knows nothing of the verifier; nor does it help her.
    const { complete } = await ticketFor(mallory.access_token, 'user11@gmail.example');
    const token = ada.access_token;
    expectProblem(
      await call('POST', '/v1/me/identities/google', { token, body: complete }),
      400,
      'invalid_grant',
    );
    expect((await call('GET', '/v1/me/identities', { token: mallory.access_token })).body.data).toEqual([]);
  });

  it('gets a code that opens no session, and no link by a code that does', async () => {
    const { access_token: token } = await registerVerified();
    const { complete } = await ticketFor(token, 'user12@gmail.example');
    expectRefused(await exchange(complete));
    const signIn = await codeFor('user13@gmail.example');
    const body = { code: signIn.code, code_verifier: signIn.verifier, redirect_to: APP };
    expectProblem(await call('POST', '/v1/me/identities/google', { token, body }), 400, 'invalid_grant');
  });

  it('has a ticket for ten minutes, for one provider, while its session lives', async () => {
    const { access_token: token } = await registerVerified();
    const { url } = await ticketFor(token, 'user14@gmail.example');
    const refused = async (path: string) =>
      expectProblem(await call('GET', path), 400, 'oauth_state_invalid');
    const { search, pathname } = new URL(url);
    await refused(`/v1/oauth/github/login${search}`);
    await refused(`${pathname}${search.slice(0, -4)}AAAA`);
    await refused(`${pathname}?ticket=x`);
    const browser = new Browser();
    const page = new URL((await browser.ask(url)).headers.get('location') as string);
    await call('POST', '/v1/auth/logout', { token });
    const back = await browser.comeBack(await pick('google', page, 'user14@gmail.example'));
    expect(back.headers.get('location')).toContain('error_description=session_ended');
    advance(600_000);
    await refused(pathname + search);
  });

  it('needs a challenge with a token', async () => {
    const { access_token: token } = await registerVerified();
    const ask = (body: object) => call('POST', '/v1/me/identities/google', { token, body });
    expectProblem(await ask({}), 422, 'validation_failed');
    expectProblem(await ask({ code_challenge: pkce().challenge }), 422, 'validation_failed');
    const evil = { code_challenge: pkce().challenge, redirect_to: 'https://evil.example' };
    expectProblem(await ask(evil), 400, 'redirect_not_allowed');
    expectProblem(await ask({ code: 'x' }), 400, 'invalid_grant');
  });
});
