import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { call, createRealm, expectProblem, login, PASSWORD, register } from '../support/api.ts';
import { tokenTo } from '../support/mail.ts';
import { activityOf } from '../support/projection.ts';

const send = (body: unknown, realm?: string) => call('POST', '/v1/auth/register', { body, realm });
const unique = () => `${crypto.randomUUID()}@example.com`;

it('makes a user with everything they said of themselves, and signs them in', async () => {
  const answer = await send({
    email: '  Ada.Lovelace@EXAMPLE.com ',
    password: PASSWORD,
    username: 'Ada_L',
    name: 'Ada Lovelace',
    given_name: 'Ada',
    family_name: 'Lovelace',
    phone_number: '+44 (20) 7183-8750',
    country: 'gb',
    locale: 'en-gb',
  });
  expect(answer.status).toBe(201);
  expect(answer.body).toMatchObject({
    token_type: 'Bearer',
    expires_in: 600,
    user: {
      id: expect.stringMatching(/^usr_[0-9a-z]{26}$/),
      realm: 'default',
      email: 'ada.lovelace@example.com',
      email_verified: false,
      username: 'Ada_L',
      name: 'Ada Lovelace',
      phone_number: '+442071838750',
      phone_number_verified: false,
      country: 'GB',
      locale: 'en-GB',
      role: 'user',
      plan: 'free',
      status: 'active',
    },
  });
  expect((await call('GET', '/v1/auth/session', { token: answer.body.access_token })).status).toBe(200);
  expect(await activityOf(answer.body.user.id)).toEqual(['registered']);
  const { hash } = (await env.DB.prepare('SELECT hash FROM passwords WHERE user_id = ?')
    .bind(answer.body.user.id)
    .first<any>()) as { hash: string };
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

it('keeps internationalised domains in ASCII, so that both spellings are one address', async () => {
  const local = crypto.randomUUID();
  const user = await register({ email: `${local}@Bücher.example` });
  expect(user.user.email).toBe(`${local}@xn--bcher-kva.example`);
  expectProblem(
    await send({ email: `${local}@xn--bcher-kva.example`, password: PASSWORD }),
    409,
    'user_exists',
  );
  expect((await login(`${local}@BÜCHER.example`)).status).toBe(200);
});

describe('what is taken', () => {
  it('is an address, in any case', async () => {
    const email = unique();
    await register({ email });
    expectProblem(await send({ email: email.toUpperCase(), password: PASSWORD }), 409, 'user_exists');
  });

  it('is a username, in any case', async () => {
    await register({ username: 'Grace' });
    expectProblem(
      await send({ email: unique(), password: PASSWORD, username: 'gRACE' }),
      409,
      'username_taken',
    );
  });

  it('is not what another realm has', async () => {
    await createRealm('twin');
    const email = unique();
    await register({ email, username: 'twin' });
    await register({ email, username: 'twin' }, { realm: 'twin' });
  });

  it('is decided once when ten ask at the same time', async () => {
    const email = unique();
    const answers = await Promise.all(Array.from({ length: 10 }, () => send({ email, password: PASSWORD })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, ...Array(9).fill(409)]);
    const rows = await env.DB.prepare('SELECT id FROM users WHERE email = ?').bind(email).all();
    expect(rows.results).toHaveLength(1);
  });

  it('is not a phone number: anyone may claim one', async () => {
    const phone_number = '+4915112340000';
    await register({ phone_number });
    await register({ phone_number });
  });
});

describe('what is refused', () => {
  const email = () => unique();
  const cases: [string, () => Record<string, unknown>, string][] = [
    ['no e-mail', () => ({ email: undefined }), 'email'],
    ['an address without a domain', () => ({ email: 'ada' }), 'email'],
    ['an address with a space', () => ({ email: 'a da@example.com' }), 'email'],
    ['an address with a line break', () => ({ email: 'ada@example.com\nbcc:x@example.com' }), 'email'],
    ['a number for a domain', () => ({ email: 'ada@127.1' }), 'email'],
    ['a long address', () => ({ email: `${'a'.repeat(250)}@example.com` }), 'email'],
    ['no password', () => ({ password: undefined }), 'password'],
    ['a short password', () => ({ password: 'seven77' }), 'password'],
    ['a long password', () => ({ password: 'long '.repeat(52) }), 'password'],
    ['a common password', () => ({ password: 'Password123' }), 'password'],
    [
      'the address as password',
      () => ({ email: 'peter.miller@example.com', password: 'Peter.Miller@example.com' }),
      'password',
    ],
    ['a username of digits', () => ({ username: '123456' }), 'username'],
    ['a username like an address', () => ({ username: 'ada@home' }), 'username'],
    ['a short username', () => ({ username: 'ad' }), 'username'],
    ['a phone number without a country', () => ({ phone_number: '020 7183 8750' }), 'phone_number'],
    ['a country by name', () => ({ country: 'Germany' }), 'country'],
    ['a locale that is none', () => ({ locale: 'not a locale' }), 'locale'],
    ['an empty name', () => ({ name: '  ' }), 'name'],
    ['a field that nobody knows', () => ({ role: 'owner' }), 'role'],
    ['null for a name', () => ({ name: null }), 'name'],
  ];
  it.each(cases)('%s', async (_, change, path) => {
    const answer = await send({ email: email(), password: PASSWORD, ...change() });
    expectProblem(answer, 422, 'validation_failed');
    expect(answer.body.errors.map((error: any) => error.path)).toEqual([path]);
  });

  it('names every wrong field at once', async () => {
    const answer = await send({ email: 'x', password: 1, country: 'x', plan: 'pro', status: 'active' });
    expect(answer.body.errors.map((error: any) => error.path).sort()).toEqual([
      'country',
      'email',
      'password',
      'plan',
      'status',
    ]);
  });
});

it('takes any 8 to 256 characters for a password, by their count and not their bytes', async () => {
  for (const password of ['🔑🚪🔒🗝️🧱🏠🪟', 'ä'.repeat(255).concat('b'), '        x', 'пароль дня']) {
    const user = await register({ password });
    expect((await login(user.user.email, password)).status).toBe(200);
  }
  expectProblem(await send({ email: unique(), password: `b${'🔑'.repeat(256)}` }), 422, 'validation_failed');
});

describe('a realm', () => {
  it('whose registration is closed takes nobody', async () => {
    await createRealm('closed', { registration: 'closed' });
    expectProblem(await send({ email: unique(), password: PASSWORD }, 'closed'), 403, 'registration_closed');
  });

  it('that verifies first answers the same for new and known addresses, and opens no session', async () => {
    await createRealm('careful', { registration: 'verify_first' });
    const email = unique();
    const fresh = await send({ email, password: PASSWORD }, 'careful');
    const known = await send({ email, password: 'another good password' }, 'careful');
    expect([fresh.status, known.status]).toEqual([202, 202]);
    for (const { body } of [fresh, known]) {
      expect(body).toEqual({
        status: 'verification_required',
        user_id: expect.stringMatching(/^usr_[0-9a-z]{26}$/),
      });
    }
    // Whoever registered last is told to prove the address. The password of the first stands, and opens nothing yet.
    const refused = await login(email, 'another good password', { realm: 'careful' });
    expectProblem(refused, 403, 'email_not_verified');
    expectProblem(await login(email, PASSWORD, { realm: 'careful' }), 401, 'invalid_credentials');
    await env.DB.prepare('UPDATE users SET email_verified = 1, version = version + 1 WHERE email = ?')
      .bind(email)
      .run();
    const signedIn = await login(email, PASSWORD, { realm: 'careful' });
    expect([signedIn.status, signedIn.body.user.id]).toEqual([200, fresh.body.user_id]);
  });

  it('that verifies first does not tell by a taken username that an address is known', async () => {
    await createRealm('discreet', { registration: 'verify_first' });
    const known = unique();
    await send({ email: known, password: PASSWORD, username: 'squatter' }, 'discreet');
    // Nobody has it before the address is proven.
    const token = await tokenTo(known, /^Welcome/);
    await call('POST', '/v1/auth/email/verify', { body: { token }, realm: 'discreet' });
    for (const email of [known, unique()]) {
      expectProblem(
        await send({ email, password: PASSWORD, username: 'Squatter' }, 'discreet'),
        409,
        'username_taken',
      );
    }
  });
});
