import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import {
  accountOf,
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  login,
  PASSWORD,
  register,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { activityOf, project } from '../support/projection.ts';

const WRONG = 'not the right password';

describe('a user', () => {
  it('signs in by e-mail, username or phone number', async () => {
    const { user } = await register({ username: 'Linus', phone_number: '+358401234567' });
    for (const identifier of [user.email, user.email.toUpperCase(), 'linus', ' LINUS ', '+358 40 1234567']) {
      const answer = await login(identifier);
      expect(answer.status, identifier).toBe(200);
      expect(answer.body.user.id).toBe(user.id);
    }
    expect((await activityOf(user.id)).filter((type) => type === 'signed_in')).toHaveLength(5);
    const row = await env.DB.prepare('SELECT last_login_at FROM users WHERE id = ?')
      .bind(user.id)
      .first<any>();
    expect(Date.now() - row.last_login_at).toBeLessThan(10_000);
  });

  it('is not found by a number that several claim and nobody proved; who proved it is', async () => {
    const phone_number = '+358409999999';
    const one = await register({ phone_number });
    await register({ phone_number });
    expectProblem(await login(phone_number), 401, 'invalid_credentials');
    await env.DB.prepare('UPDATE users SET phone_number_verified = 1 WHERE id = ?').bind(one.user.id).run();
    expect((await login(phone_number)).body.user.id).toBe(one.user.id);
  });

  it('of another realm is unknown here', async () => {
    await createRealm('abroad');
    const { user } = await register({}, { realm: 'abroad' });
    expectProblem(await login(user.email), 401, 'invalid_credentials');
    expect((await login(user.email, PASSWORD, { realm: 'abroad' })).status).toBe(200);
  });

  it('without a password, as one who came by other ways, is refused like a wrong one', async () => {
    const { user } = await register();
    await env.DB.prepare('DELETE FROM passwords WHERE user_id = ?').bind(user.id).run();
    expectProblem(await login(user.email), 401, 'invalid_credentials');
  });

  it('who was brought in by an import has an account object from the first sign-in on', async () => {
    const { user } = await register();
    const imported = `usr_${'1'.repeat(26)}`;
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO users (id, realm_id, email, email_verified, created_at, updated_at)
         VALUES (?, 'default', 'imported@example.com', 1, 0, 0)`,
      ).bind(imported),
      env.DB.prepare(
        'INSERT INTO passwords SELECT ?, hash, updated_at FROM passwords WHERE user_id = ?',
      ).bind(imported, user.id),
    ]);
    const answer = await login('imported@example.com');
    expect(answer.body.user).toMatchObject({ id: imported, email_verified: true });
    expect((await call('GET', '/v1/me', { token: answer.body.access_token })).status).toBe(200);
  });

  it('who is suspended learns it only with the right password', async () => {
    const { user } = await register();
    await changeDirectory(user.id, { status: 'suspended' });
    expectProblem(await login(user.email), 403, 'account_suspended');
    expectProblem(await login(user.email, WRONG), 401, 'invalid_credentials');
  });
});

it('answers the same for a wrong password and for an identifier that nobody has', async () => {
  const { user } = await register();
  const strip = ({ status, body, headers }: any) => ({
    status,
    body: { ...body, request_id: '' },
    headers: [...headers].filter(([name]: string[]) => name !== 'x-request-id'),
  });
  const known = strip(await login(user.email, WRONG));
  expect(known.status).toBe(401);
  for (const nobody of ['nobody@example.com', 'nobody', '+4915112345678', '@', '!', ' ', 'a'.repeat(254)]) {
    expect(strip(await login(nobody, WRONG))).toEqual(known);
  }
});

it('refuses a request of another shape', async () => {
  for (const body of [
    {},
    { identifier: 'x' },
    { identifier: 1, password: 'x' },
    { identifier: '', password: 'x' },
  ]) {
    expectProblem(await call('POST', '/v1/auth/login', { body }), 422, 'validation_failed');
  }
});

describe('failures on one account', () => {
  it('slow it down after five, lock it after ten, and are forgiven by a success', async () => {
    const { user } = await register();
    advance(0);
    for (let n = 0; n < 5; n += 1) expectProblem(await login(user.email, WRONG), 401, 'invalid_credentials');
    for (const seconds of [1, 2, 4, 8, 16]) {
      const blocked = await login(user.email);
      expectProblem(blocked, 429, 'too_many_attempts');
      expect(blocked.headers.get('retry-after')).toBe(String(seconds));
      advance(seconds * 1000);
      expectProblem(await login(user.email, WRONG), 401, 'invalid_credentials');
    }
    const locked = await login(user.email);
    expectProblem(locked, 429, 'too_many_attempts');
    expect(locked.headers.get('retry-after')).toBe('900');
    expect((await activityOf(user.id)).at(-1)).toBe('account_locked');
    advance(900_000);
    expect((await login(user.email)).status).toBe(200);
    expectProblem(await login(user.email, WRONG), 401, 'invalid_credentials');
    expect((await login(user.email)).status).toBe(200);
  });

  it('are forgiven by a quiet day', async () => {
    const { user } = await register();
    for (let n = 0; n < 4; n += 1) await login(user.email, WRONG);
    advance(86_400_000);
    for (let n = 0; n < 4; n += 1) expectProblem(await login(user.email, WRONG), 401, 'invalid_credentials');
  });

  it('count by the account, whichever identifier and address was used', async () => {
    const { user } = await register({ username: 'target', phone_number: '+358407777777' });
    advance(0);
    for (const identifier of [user.email, 'target', '+358407777777', 'TARGET', user.email]) {
      expectProblem(await login(identifier, WRONG), 401, 'invalid_credentials');
    }
    for (const identifier of [user.email, 'target', '+358407777777']) {
      expectProblem(await login(identifier, WRONG), 429, 'too_many_attempts');
    }
  });

  it('let through five guesses of two hundred parallel ones', async () => {
    const { user } = await register();
    advance(0);
    const answers = await Promise.all(Array.from({ length: 200 }, () => login(user.email, WRONG)));
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(195);
  });

  it('do not touch the sessions that are open', async () => {
    const owner = await register();
    await Promise.all(Array.from({ length: 20 }, () => login(owner.user.email, WRONG)));
    expect((await call('GET', '/v1/auth/session', { token: owner.access_token })).status).toBe(200);
    const body = { refresh_token: owner.refresh_token };
    expect((await call('POST', '/v1/auth/refresh', { body })).status).toBe(200);
  });

  it('lock an identifier that nobody has in the same way, which is forgotten after a day', async () => {
    const nobody = `${crypto.randomUUID()}@example.com`;
    advance(0);
    const answers = await Promise.all(Array.from({ length: 20 }, () => login(nobody, WRONG)));
    expect(answers.filter((answer) => answer.status === 401)).toHaveLength(5);
    const blocked = await login(nobody, WRONG);
    expectProblem(blocked, 429, 'too_many_attempts');
    expect(blocked.headers.get('retry-after')).toBe('1');
    // Somebody takes the address: the decoy's failures are not theirs.
    await register({ email: nobody });
    expect((await login(nobody)).status).toBe(200);
  });
});

describe('a hash of another system', () => {
  // Salted SHA-256: `$sha256$o=sp$salt$digest`, the digest of salt and password.
  const foreign = async (password: string) => {
    const salt = new TextEncoder().encode('pepper');
    const input = new Uint8Array([...salt, ...new TextEncoder().encode(password)]);
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', input));
    const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '');
    return `$sha256$o=sp$${encode(salt)}$${encode(digest)}`;
  };
  const hashOf = async (id: string) =>
    (await env.DB.prepare('SELECT hash FROM passwords WHERE user_id = ?').bind(id).first<any>())
      .hash as string;

  it('verifies, and is replaced at the next sign-in', async () => {
    const { user } = await register();
    const hash = await foreign('an imported password');
    await env.DB.prepare('UPDATE passwords SET hash = ? WHERE user_id = ?').bind(hash, user.id).run();
    expectProblem(await login(user.email, WRONG), 401, 'invalid_credentials');
    expect(await hashOf(user.id)).toBe(hash);
    expect((await login(user.email, 'an imported password')).status).toBe(200);
    await project(user.id);
    expect(await hashOf(user.id)).toMatch(/^\$argon2id\$/);
    expect((await login(user.email, 'an imported password')).status).toBe(200);
  });

  it('is not put back over a password that was changed meanwhile', async () => {
    const { user } = await register();
    await env.DB.prepare('UPDATE passwords SET hash = ? WHERE user_id = ?')
      .bind(await foreign('an imported password'), user.id)
      .run();
    expect((await login(user.email, 'an imported password')).status).toBe(200);
    const newer = await accountOf(user.id).hashPassword('the newest password');
    await env.DB.prepare('UPDATE passwords SET hash = ? WHERE user_id = ?').bind(newer, user.id).run();
    await project(user.id);
    expect(await hashOf(user.id)).toBe(newer);
  });
});
