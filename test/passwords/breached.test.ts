import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { PasswordPolicy } from '../../src/passwords/password-policy.ts';
import {
  call,
  createRealm,
  expectProblem,
  INTERNAL,
  login,
  PASSWORD,
  register,
  registerVerified,
} from '../support/api.ts';
import { importRows, ndjson } from '../support/import.ts';
import { mailTo, tokenTo } from '../support/mail.ts';
import { PWNED } from '../support/peers/pwned.ts';
import { activityOf } from '../support/projection.ts';

const unique = () => `${crypto.randomUUID()}@example.com`;
const registration = (password: string, realm?: string) =>
  call('POST', '/v1/auth/register', { body: { email: unique(), password }, realm });

afterEach(() => void vi.restoreAllMocks());

function refusal(answer: { status: number; body: any }, path: string, code: string) {
  expect(answer.status).toBe(422);
  expect(answer.body.errors).toEqual([{ path, code, message: expect.any(String) }]);
}

// A machine that is so busy that an answer takes a second decides nothing.
describe('a password that was published in a breach is refused', { retry: 3 }, () => {
  it('at registration', async () => {
    refusal(await registration(PWNED.breached), 'password', 'password_breached');
  });

  it('in full-width letters too, which are the same password', async () => {
    const wide = PWNED.breached.replace('seven', 'ｓｅｖｅｎ');
    refusal(await registration(wide), 'password', 'password_breached');
  });

  it('at a change, whose session and password stay', async () => {
    const { access_token: token, user } = await registerVerified();
    const body = { current_password: PASSWORD, new_password: PWNED.breached };
    refusal(await call('PUT', '/v1/me/password', { token, body }), 'new_password', 'password_breached');
    expect((await login(user.email)).status).toBe(200);
  });

  it('at a reset, whose link goes on working', async () => {
    const { user } = await registerVerified();
    await call('POST', '/v1/auth/password/forgot', { body: { email: user.email } });
    const token = await tokenTo(user.email, /^Reset/);
    const reset = (password: string) =>
      call('POST', '/v1/auth/password/reset', { body: { token, password } });
    refusal(await reset(PWNED.breached), 'password', 'password_breached');
    refusal(await reset(PASSWORD), 'password', 'password_unchanged');
    expect((await reset('fourteen quiet harbours')).status).toBe(204);
    expect((await login(user.email, 'fourteen quiet harbours')).status).toBe(200);
  });

  it('of a user whom an admin makes', async () => {
    const body = { email: unique(), password: PWNED.breached };
    refusal(
      await call('POST', '/v1/admin/users', { headers: INTERNAL, body }),
      'password',
      'password_breached',
    );
  });

  it('but not in a realm that does not want it looked up', async () => {
    await createRealm('unchecking', { breached_passwords: 'unchecked' });
    expect((await registration(PWNED.breached, 'unchecking')).status).toBe(201);
  });
});

describe('a password is accepted', { retry: 3 }, () => {
  it.each([
    ['that is in the range as padding only', PWNED.padding],
    ['whose hash differs in the last digit from one in the range', PWNED.neighbour],
  ])('%s', async (_what, password) => {
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect((await registration(password)).status).toBe(201);
    expect(warnings).not.toHaveBeenCalled();
  });

  it.each([
    ['does not answer', PWNED.slow],
    ['begins an answer and goes silent', PWNED.stalling],
    ['fails', PWNED.failing],
    ['wants fewer requests', PWNED.limited],
    ['leads elsewhere', PWNED.moved],
  ])('when the list %s, and the log says so, without the password', async (_what, password) => {
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const started = performance.now();
    expect((await registration(password)).status).toBe(201);
    expect(performance.now() - started).toBeLessThan(10_000);
    const lines = warnings.mock.calls.map(([line]) => JSON.parse(String(line)));
    expect(lines.map(({ event }) => event)).toEqual(['breached_passwords_unavailable']);
    expect(JSON.stringify(lines)).not.toContain(password);
    expect(JSON.stringify(lines)).not.toMatch(/[0-9a-f]{35}/i);
  });

  it('when nobody listens; the embedded list decides', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const policy = new PasswordPolicy(`http://127.0.0.1:${inject('peers').smtp.closed}`);
    const realm = { name: 'Acme', breachedPasswords: 'refused' } as const;
    await expect(policy.require('password', PWNED.breached, {}, realm)).resolves.toBeUndefined();
    await expect(policy.require('password', 'password1', {}, realm)).rejects.toMatchObject({
      fields: [{ code: 'password_too_common' }],
    });
  });
});

describe('what else a new password must not be', () => {
  it('is the present one', async () => {
    const { access_token: token } = await registerVerified();
    const body = { current_password: PASSWORD, new_password: PASSWORD };
    refusal(await call('PUT', '/v1/me/password', { token, body }), 'new_password', 'password_unchanged');
  });

  it('is the name of the realm, or what the user says of themselves', async () => {
    await createRealm('lantern-works', { name: 'Lantern Works' });
    refusal(await registration('Lantern-Works-2026', 'lantern-works'), 'password', 'password_too_personal');
    const body = {
      email: unique(),
      given_name: 'Wilhelmina',
      family_name: 'Oppenheimer',
      password: 'oppenheimer.1988',
    };
    refusal(await call('POST', '/v1/auth/register', { body }), 'password', 'password_too_personal');
  });
});

describe('the first sign-in of a user who was imported with a breached password', { retry: 3 }, () => {
  async function imported(password: string) {
    const email = unique();
    const { hash } = await (await import('bcryptjs')).default.hash(password, 4).then((hash) => ({ hash }));
    expect(
      (await importRows(ndjson([{ email, password_hash: hash, email_verified: true }]))).body,
    ).toMatchObject({
      imported: 1,
    });
    return email;
  }

  it('lets them in, says so, and mails them; the second does not', async () => {
    const email = await imported(PWNED.breached);
    const answer = await login(email, PWNED.breached);
    expect(answer.status).toBe(200);
    expect(answer.body.password_breached).toBe(true);
    expect((await mailTo(email, /^Please change your/)).text).toContain('https://auth.test/account/security');
    await vi.waitFor(async () =>
      expect(await activityOf(answer.body.user.id)).toContain('password_breached'),
    );
    await vi.waitFor(async () => {
      expect((await login(email, PWNED.breached)).body).not.toHaveProperty('password_breached');
    });
  });

  it('tells nothing to who does not know the password', async () => {
    const email = await imported(PWNED.breached);
    const answer = await login(email, PWNED.padding);
    expectProblem(answer, 401, 'invalid_credentials');
    expect(answer.body).not.toHaveProperty('password_breached');
  });

  it('says nothing of a password that is not', async () => {
    const email = await imported(PASSWORD);
    expect((await login(email)).body).not.toHaveProperty('password_breached');
    const { user } = await register();
    expect((await login(user.email)).body).not.toHaveProperty('password_breached');
  });
});
