import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { responsesAreOver } from '../support/after-response.ts';
import { call, createRealm, expectProblem, ORIGIN, register, registerVerified } from '../support/api.ts';
import { SoftwareAuthenticator } from '../support/authenticator.ts';
import { advance } from '../support/clock.ts';
import { mailTo, tokenTo } from '../support/mail.ts';
import { cookiesOf, submit } from '../support/pages.ts';
import { signIn } from '../support/passkeys.ts';
import { activityOf } from '../support/projection.ts';

const MINUTE = 60_000;
const address = () => `${crypto.randomUUID()}@example.com`;

beforeAll(async () => {
  await createRealm('pk-first', { registration: 'verify_first' });
  await createRealm('pk-closed', { registration: 'closed' });
});

const begin = (body: object, realm?: string, headers: Record<string, string> = {}) =>
  call('POST', '/v1/auth/passkeys/register/options', { realm, body, headers });

/** Registers by a passkey; the answer may be a failure. */
async function join(body: object, options: { realm?: string; authenticator?: SoftwareAuthenticator } = {}) {
  const { realm, authenticator = await SoftwareAuthenticator.make({}) } = options;
  const begun = await begin(body, realm);
  expect(begun.status, JSON.stringify(begun.body)).toBe(200);
  const { flow, public_key } = begun.body;
  const credential = await authenticator.create(public_key);
  const sent = { flow, credential };
  return {
    answer: await call('POST', '/v1/auth/passkeys/register', { realm, body: sent }),
    authenticator,
    public_key,
    sent,
  };
}

describe('an account by a passkey alone', () => {
  it('is made, is signed in by both factors, and has no password', async () => {
    const email = address();
    const { answer, authenticator, public_key } = await join({
      email,
      name: 'Ada',
      username: `a${Date.now()}`,
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    expect(answer.body.user).toMatchObject({ email, name: 'Ada', email_verified: false, anonymous: false });
    expect(public_key.user).toMatchObject({ name: email, displayName: 'Ada' });
    const token = answer.body.access_token;
    const session = await call('GET', '/v1/auth/session', { token });
    expect(session.body).toMatchObject({ amr: ['hwk', 'user', 'mfa'], acr: 'aal2' });
    expect((await call('GET', '/v1/me/passkeys', { token })).body.data).toHaveLength(1);
    const back = await signIn(authenticator);
    expect(back.body.user.id).toBe(answer.body.user.id);
    const verify = await tokenTo(email, /^Welcome/);
    expect((await call('POST', '/v1/auth/email/verify', { body: { token: verify } })).status).toBe(200);
    expect((await signIn(authenticator)).status).toBe(200);
    const password = await env.DB.prepare('SELECT 1 FROM passwords WHERE user_id = ?')
      .bind(answer.body.user.id)
      .first();
    expect(password).toBeNull();
    expect(await activityOf(answer.body.user.id)).toEqual([
      'registered',
      'signed_in',
      'email_verified',
      'signed_in',
    ]);
  });

  it('is made once, however often the request comes', async () => {
    const email = address();
    const authenticator = await SoftwareAuthenticator.make({});
    const { flow, public_key } = (await begin({ email })).body;
    const body = { flow, credential: await authenticator.create(public_key) };
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => call('POST', '/v1/auth/passkeys/register', { body })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
    const users = await env.DB.prepare('SELECT count(*) AS n FROM users WHERE email = ?')
      .bind(email)
      .first('n');
    expect(users).toBe(1);
  });

  it('is refused for a known address and a taken username, and nothing of it stays', async () => {
    const known = await register();
    expectProblem((await join({ email: known.user.email })).answer, 409, 'user_exists');
    const { user } = await register({ username: `taken${Date.now()}` });
    const email = address();
    const taken = await join({ email, username: user.username });
    expectProblem(taken.answer, 409, 'username_taken');
    expectProblem(await signIn(taken.authenticator), 401, 'invalid_passkey');
  });

  it('takes no challenge that is over, of another purpose, realm or browser, nor a passkey for another', async () => {
    const authenticator = await SoftwareAuthenticator.make({});
    const finish = (body: object, realm?: string, headers: Record<string, string> = {}) =>
      call('POST', '/v1/auth/passkeys/register', { realm, body, headers });
    const { flow, public_key } = (await begin({ email: address() })).body;
    const credential = await authenticator.create(public_key);
    expectProblem(await finish({ flow, credential }, 'pk-first'), 401, 'invalid_passkey');
    const { flow: other } = (await begin({ email: address() })).body;
    expectProblem(await finish({ flow: other, credential }), 401, 'invalid_passkey');
    const options = await call('POST', '/v1/auth/passkeys/options', { body: {} });
    expectProblem(await finish({ flow: options.body.flow, credential }), 401, 'invalid_passkey');
    // In a cookie only where it began, and only in that browser.
    const headers = { origin: ORIGIN };
    expectProblem(
      await finish({ flow, credential, session_cookie: true }, undefined, headers),
      401,
      'invalid_passkey',
    );
    const bound = await begin({ email: address(), session_cookie: true }, undefined, headers);
    const made = await authenticator.create(bound.body.public_key);
    const theirs = { flow: bound.body.flow, credential: made, session_cookie: true };
    expectProblem(await finish(theirs, undefined, headers), 401, 'invalid_passkey');
    const mine = await finish(theirs, undefined, { ...headers, cookie: cookiesOf(bound) });
    expect(mine.status).toBe(201);
    expect(mine.body).not.toHaveProperty('refresh_token');
    const late = (await begin({ email: address() })).body;
    const slow = await authenticator.create(late.public_key);
    advance(10 * MINUTE);
    expectProblem(await finish({ flow: late.flow, credential: slow }), 401, 'invalid_passkey');
  });

  it('is not made where registration is closed', async () => {
    expectProblem(await begin({ email: address() }, 'pk-closed'), 403, 'registration_closed');
  });

  it('where addresses are verified first answers alike for new and known ones', async () => {
    const realm = 'pk-first';
    const known = address();
    const first = await join({ email: known }, { realm });
    expect([first.answer.status, first.answer.body.status]).toEqual([202, 'verification_required']);
    const fresh = await join({ email: address() }, { realm });
    const again = await join({ email: known }, { realm });
    for (const { answer, authenticator } of [fresh, again]) {
      expect([answer.status, Object.keys(answer.body)]).toEqual([202, ['status', 'user_id']]);
      expectProblem(await signIn(authenticator, { realm }), 401, 'invalid_passkey');
    }
    await responsesAreOver();
    await mailTo(known, /./, 2);
    const token = await tokenTo(known, /^Welcome/);
    await call('POST', '/v1/auth/email/verify', { realm, body: { token } });
    expect((await signIn(first.authenticator, { realm })).body.user.email).toBe(known);
    expectProblem(await signIn(again.authenticator, { realm }), 401, 'invalid_passkey');
  });

  it('that a stranger has made with an address goes with the stranger when its owner comes', async () => {
    const email = address();
    const { authenticator } = await join({ email });
    await call('POST', '/v1/auth/password/forgot', { body: { email } });
    await responsesAreOver();
    const token = await tokenTo(email, /^Reset/);
    const body = { token, password: 'four lighthouses at dawn' };
    expect((await call('POST', '/v1/auth/password/reset', { body })).status).toBe(204);
    expectProblem(await signIn(authenticator), 401, 'invalid_passkey');
  });
});

it('the page asks for the address, has the browser make the passkey, and leads on', async () => {
  const email = address();
  const step = await submit('/register?redirect_to=/account/devices', {
    email,
    password: '',
    name: '',
    way: 'passkey',
  });
  expect(step.status, step.body).toBe(200);
  const headers = { cookie: cookiesOf(step) };
  const options = /data-options="([^"]+)"/.exec(step.body)?.[1]?.replaceAll('&quot;', '"') as string;
  const { flow, public_key } = JSON.parse(options);
  const credential = await (await SoftwareAuthenticator.make({})).create(public_key);
  const fields = { flow, credential: JSON.stringify(credential) };
  const answer = await submit('/register/passkey?redirect_to=/account/devices', fields, { headers });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, `${ORIGIN}/account/devices`]);
  const wrong = await submit('/register', { email: 'nonsense', way: 'passkey' });
  expect(wrong.status).toBe(422);
  const known = await registerVerified();
  const again = await submit('/register', { email: known.user.email, way: 'passkey' });
  expect(again.status).toBe(200);
});
