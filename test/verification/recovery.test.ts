import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { challengeOf } from '../../src/account/code-text.ts';
import type { Bindings } from '../../src/config/config.ts';
import { type AddressProof, provingChange } from '../../src/directory/address-proof.ts';
import { createServices } from '../../src/services.ts';
import { EmailVerification } from '../../src/verification/service.ts';
import { responsesAreOver } from '../support/after-response.ts';
import {
  accountOf,
  call,
  createApiKey,
  expectProblem,
  login,
  PASSWORD,
  register,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { Browser, pick } from '../support/browser.ts';
import { advance } from '../support/clock.ts';
import { addApp, secondStep } from '../support/factors.ts';
import { codeTextedTo, tokenTo } from '../support/mail.ts';
import { submit, visit } from '../support/pages.ts';
import { receivedTexts } from '../support/peers/mailbox.ts';
import { activityOf } from '../support/projection.ts';

const NEXT = 'four lighthouses at dawn';
const address = () => `${crypto.randomUUID()}@example.com`;
let nextNumber = 1000;
const number = () => {
  nextNumber += 1;
  return `+49152${String(Date.now()).slice(-6)}${nextNumber}`;
};

const services = () => createServices(env as unknown as Bindings);
const realm = () => services().realms.get('default');
const CLIENT = { ip: '10.9.9.9', country: null, city: null, userAgent: null };

const verify = (token: string, body = {}) =>
  call('POST', '/v1/auth/email/verify', { body: { token, ...body } });
const welcome = (user: SignedInBody) => tokenTo(user.user.email, /welcome/i);
const undo = (token: string) => call('POST', '/v1/auth/email/undo', { body: { token } });
const changeTo = async (token: string, email: string, password = PASSWORD) => {
  const asked = await call('PUT', '/v1/me/email', { token, body: { email, password } });
  expect(asked.status, JSON.stringify(asked.body)).toBe(202);
  return tokenTo(email, /^Confirm your new/);
};

/** Sets a new password by the nth link that was mailed there. */
async function reset(email: string, body: object = {}, nth = 1, password = NEXT) {
  await call('POST', '/v1/auth/password/forgot', { body: { email } });
  const token = await tokenTo(email, /^Reset your/, nth);
  const answer = await call('POST', '/v1/auth/password/reset', { body: { token, password, ...body } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(204);
}

async function provePhone(token: string, to: string) {
  advance(60_000);
  const before = (await receivedTexts(to)).length;
  await call('POST', '/v1/auth/otp/send', { token, body: { channel: 'sms', to } });
  const code = await codeTextedTo(to, before + 1);
  const proof = await call('POST', '/v1/auth/otp/verify', { token, body: { channel: 'sms', to, code } });
  expect(proof.body.user, JSON.stringify(proof.body)).toMatchObject({ phone_number_verified: true });
}

/** Whether a code by text signs in: no code is sent to a number that opens nothing. */
async function textOpens(to: string): Promise<boolean> {
  advance(60_000);
  const before = (await receivedTexts(to)).length;
  await call('POST', '/v1/auth/otp/send', { body: { channel: 'sms', to } });
  await responsesAreOver();
  if ((await receivedTexts(to)).length === before) return false;
  const code = await codeTextedTo(to, before + 1);
  return (await call('POST', '/v1/auth/otp/verify', { body: { channel: 'sms', to, code } })).status === 200;
}

async function linkGoogle(refreshToken: string, account: string) {
  const browser = new Browser();
  browser.cookies.set('__Host-latchkey', refreshToken);
  const asked = await browser.ask('/v1/me/identities/google', {
    method: 'POST',
    headers: { origin: 'https://auth.test', 'content-type': 'application/json', accept: 'application/json' },
    body: '{}',
  });
  const { url } = (await asked.json()) as { url: string };
  await browser.comeBack(await pick('google', new URL(url), account));
}

const providersOf = async (userId: string) => {
  const found = await env.DB.prepare('SELECT provider FROM identities WHERE user_id = ?').bind(userId).all();
  return found.results.map(({ provider }) => provider);
};

describe('somebody who registered the address of another', () => {
  it('gets in by their phone only until the owner resets the password', async () => {
    const to = number();
    const stranger = await register({ phone_number: to });
    const { email, id } = stranger.user;
    await provePhone(stranger.access_token, to);
    expect(await textOpens(to)).toBe(false);
    await verify(await welcome(stranger));
    expect(await textOpens(to)).toBe(true);
    await reset(email);
    expect(await textOpens(to)).toBe(false);
    expect((await login(email, NEXT)).body.user).toMatchObject({ id, phone_number_verified: false });
  });

  it('cannot link an account that outlives a reset by a session from before, nor prove a phone', async () => {
    const stranger = await register();
    const { email, id } = stranger.user;
    await verify(await welcome(stranger));
    const to = number();
    await call('PATCH', '/v1/me', { token: stranger.access_token, body: { phone_number: to } });
    await provePhone(stranger.access_token, to);
    await linkGoogle(stranger.refresh_token, 'user32@gmail.example');
    expect(await providersOf(id)).toEqual(['google']);
    await reset(email);
    expect(await providersOf(id)).toEqual([]);
    expect(await textOpens(to)).toBe(false);
  });

  it('or had theirs changed to it, keeps nothing after a reset either', async () => {
    const stranger = await registerVerified();
    await linkGoogle(stranger.refresh_token, 'user30@gmail.example');
    expect(await providersOf(stranger.user.id)).toEqual(['google']);
    const victim = address();
    await verify(await changeTo(stranger.access_token, victim));
    await reset(victim);
    expect(await providersOf(stranger.user.id)).toEqual([]);
  });
});

it('what the owner has added in a later session outlives a reset, unless they end it', async () => {
  const { user, ...session } = await register();
  await verify(await tokenTo(user.email, /welcome/i));
  await call('POST', '/v1/auth/logout', { token: session.access_token, body: {} });
  const owner = (await login(user.email)).body;
  const to = number();
  await call('PATCH', '/v1/me', { token: owner.access_token, body: { phone_number: to } });
  await provePhone(owner.access_token, to);
  await linkGoogle(owner.refresh_token, 'user31@gmail.example');
  await reset(user.email);
  expect(await providersOf(user.id)).toEqual(['google']);
  expect(await textOpens(to)).toBe(true);
  await reset(user.email, { end_other_ways: true }, 2, 'five lighthouses at noon');
  expect(await providersOf(user.id)).toEqual([]);
  expect(await textOpens(to)).toBe(false);
});

describe('“I did not make this”', () => {
  it('ends all that opens the account, and leads to a new password', async () => {
    const to = number();
    const stranger = await register({ phone_number: to });
    const { email, id } = stranger.user;
    await provePhone(stranger.access_token, to);
    const token = await welcome(stranger);
    const answer = await verify(token, { disown: true });
    expect([answer.status, answer.body]).toEqual([
      200,
      { status: 'disowned', email, reset_token: expect.stringMatching(/^[\w-]{43}$/) },
    ]);
    expectProblem(await call('GET', '/v1/me', { token: stranger.access_token }), 401, 'session_ended');
    expectProblem(await login(email), 401, 'invalid_credentials');
    const body = { token: answer.body.reset_token, password: NEXT };
    expect((await call('POST', '/v1/auth/password/reset', { body })).status).toBe(204);
    expect((await login(email, NEXT)).body.user).toMatchObject({
      id,
      email_verified: true,
      phone_number: null,
    });
    expect(await textOpens(to)).toBe(false);
    expect(await activityOf(id)).toContain('account_disowned');
    expectProblem(await verify(token, { disown: true }), 400, 'invalid_link');
  });

  it('to an account that only asked for the address, leaves it alone and without the address', async () => {
    const stranger = await registerVerified();
    const victim = address();
    const token = await changeTo(stranger.access_token, victim);
    const answer = await verify(token, { disown: true });
    expect([answer.status, answer.body]).toEqual([200, { status: 'disowned', email: victim }]);
    expectProblem(await verify(token), 400, 'invalid_link');
    expect((await login(stranger.user.email)).status).toBe(200);
  });

  it('to an account that only asked for the address, is decided once too', async () => {
    for (let round = 0; round < 4; round += 1) {
      const user = await registerVerified();
      const email = address();
      const token = await changeTo(user.access_token, email);
      const answers = await Promise.all([
        verify(token),
        verify(token, { disown: true }),
        verify(token, { disown: true }),
      ]);
      const done = answers.filter(({ status }) => status === 200);
      expect(done).toHaveLength(1);
      const { body } = await call('GET', '/v1/me', { token: user.access_token });
      expect(body.email).toBe(done[0]?.body.status === 'verified' ? email : user.user.email);
    }
  });

  it('is decided once, of many who say so and many who confirm', async () => {
    const stranger = await register();
    const token = await welcome(stranger);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => verify(token, n % 2 ? { disown: true } : {})),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('the link that undoes a change of address', () => {
  it('works whatever was done since: another password, another address, a reset', async () => {
    const user = await registerVerified();
    const [own, second, third] = [user.user.email, address(), address()];
    await verify(await changeTo(user.access_token, second));
    const link = await tokenTo(own, /^The email address of your/);
    const body = { current_password: PASSWORD, new_password: NEXT };
    const changed = await call('PUT', '/v1/me/password', { token: user.access_token, body });
    expect(changed.status).toBe(204);
    await verify(await changeTo(user.access_token, third, NEXT));
    const later = await tokenTo(second, /^The email address of your/);
    await reset(third, { end_other_ways: true }, 1, 'five lighthouses at noon');
    expect((await undo(link)).status).toBe(204);
    expectProblem(await login(third, 'five lighthouses at noon'), 401, 'invalid_credentials');
    // The addresses in between were the thief's: they get nothing back.
    expectProblem(await undo(later), 400, 'invalid_link');
    await tokenTo(own, /^Reset your/);
    expectProblem(await undo(link), 400, 'invalid_link');
  });

  it('ends recovery codes with the factors: the next factor comes with new ones', async () => {
    const user = await registerVerified();
    const own = user.user.email;
    const { recoveryCodes } = await addApp(user.access_token);
    await verify(await changeTo(user.access_token, address()));
    expect((await undo(await tokenTo(own, /^The email address of your/))).status).toBe(204);
    await reset(own, {}, 2);
    const { access_token } = (await login(own, NEXT)).body;
    const again = await addApp(access_token);
    expect(again.recoveryCodes).toHaveLength(10);
    const { mfa_token } = (await login(own, NEXT)).body;
    const [code = ''] = recoveryCodes;
    expectProblem(await secondStep(mfa_token, { method: 'recovery_code', code }), 401, 'invalid_code');
  });

  it('of an earlier change outlives the undoing of a later one', async () => {
    const user = await registerVerified();
    const [own, second, third] = [user.user.email, address(), address()];
    await verify(await changeTo(user.access_token, second));
    advance(1000);
    await verify(await changeTo((await login(second)).body.access_token, third));
    const [first, later] = [
      await tokenTo(own, /^The email address of your/),
      await tokenTo(second, /^The email address of your/),
    ];
    expect((await undo(later)).status).toBe(204);
    expect((await undo(first)).status).toBe(204);
    await reset(own, {}, 2);
    expect((await login(own, NEXT)).body.user.id).toBe(user.user.id);
  });
});

describe('a race with a recovery', () => {
  it('stores no link to a new address for a password that was reset meanwhile', async () => {
    const user = await registerVerified();
    const { email, id } = user.user;
    const { directory, outbox } = services();
    const objects = () =>
      ({
        provePassword: async () => {
          await reset(email);
          return { result: 'ok' };
        },
      }) as never;
    const mailBudget = { take: async () => true };
    const emails = new EmailVerification({ d1: env.DB, directory, outbox, objects, mailBudget } as never);
    const by = { userId: id, sessionId: user.session_id };
    await emails.requestChange({ password: PASSWORD, email: address() }, by, await realm(), CLIENT);
    const left = await env.DB.prepare(
      'SELECT purpose FROM one_time_tokens WHERE user_id = ? AND used_at IS NULL',
    )
      .bind(id)
      .all();
    expect(left.results).toEqual([]);
  });

  it('links no account and proves no number for a session that ended meanwhile', async () => {
    const to = number();
    const user = await registerVerified({ phone_number: to });
    const { id } = user.user;
    await call('POST', '/v1/auth/otp/send', { token: user.access_token, body: { channel: 'sms', to } });
    const code = await codeTextedTo(to);
    const principal = await services().sessions.authenticateToken(user.access_token, await realm());
    await reset(user.user.email);
    const { codes, identities } = services();
    const target = { channel: 'sms' as const, to };
    await expect(
      codes.provePhoneNumber(target, { code }, principal, await realm(), CLIENT),
    ).rejects.toMatchObject({ code: 'invalid_code' });
    const arrival = {
      provider: 'google',
      providerName: 'Google',
      profile: { subject: `late-${id}`, email: null, emailVerified: false, name: null, picture: null },
      claims: {},
      tokens: { accessToken: 'x', refreshToken: null },
    };
    await expect(identities.link(principal, await realm(), arrival as never, CLIENT)).rejects.toMatchObject({
      code: 'session_ended',
    });
    expect(await providersOf(id)).toEqual([]);
  });
});

describe('the pages', () => {
  it('say when and from where the account was made and what opens it, with two buttons', async () => {
    const to = number();
    const headers = { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0' };
    const stranger = await register({ phone_number: to }, { headers });
    await provePhone(stranger.access_token, to);
    const token = await welcome(stranger);
    const page = await visit(`/verify-email?token=${token}`);
    for (const said of [
      'This is my account',
      'I did not make this',
      'Firefox on Windows',
      `<time datetime="${stranger.user.created_at.slice(0, 16)}`,
      'A password',
      `phone number ending in ${to.slice(-2)}`,
    ]) {
      expect(page.body).toContain(said);
    }
    expect(page.body).not.toContain(to);
    const pressed = await submit('/verify-email', { token, disown: '1' });
    const led = pressed.headers.get('location') as string;
    expect([pressed.status, led]).toEqual([
      303,
      expect.stringMatching(/^\/reset-password\?token=[\w-]{43}$/),
    ]);
    const reset = new URL(led, 'https://auth.test').searchParams.get('token') as string;
    expect((await submit('/reset-password', { token: reset, password: NEXT })).status).toBe(303);
    expect((await login(stranger.user.email, NEXT)).status).toBe(200);
  });

  it('of a reset say what else opens the account, to keep or to end', async () => {
    const [trusted, owner] = [number(), await registerVerified()];
    const { email, id } = owner.user;
    await call('PATCH', '/v1/me', { token: owner.access_token, body: { phone_number: trusted } });
    await provePhone(owner.access_token, trusted);
    await env.DB.prepare(
      `INSERT INTO identities (user_id, realm_id, provider, subject, email, email_verified, profile, tokens, added_unproven, created_at, updated_at)
       VALUES (?1, 'default', 'google', ?1, 'thief@evil.example', 0, '{}', '', 1, 1, 1)`,
    )
      .bind(id)
      .run();
    await call('POST', '/v1/auth/password/forgot', { body: { email } });
    const token = await tokenTo(email, /^Reset your/);
    const page = await visit(`/reset-password?token=${token}`);
    expect(page.body).toMatch(
      /These stop working.*Google \(t…@e…\.example\).*also open.*phone number ending/s,
    );
    const refused = await submit('/reset-password', { token, password: 'short', other_ways: 'end' });
    expect(refused.status).toBe(422);
    expect(refused.body).toMatch(/value="end" checked/);
    expect((await submit('/reset-password', { token, password: NEXT, other_ways: 'end' })).status).toBe(303);
    expect(await providersOf(id)).toEqual([]);
    expect(await textOpens(trusted)).toBe(false);
  });
});

/** What of everything that opens an account is left, by each way of proving its address. */
const RULE: Record<AddressProof, string[]> = {
  confirmed: [
    'session',
    'password',
    'phone',
    'old',
    'new',
    'key',
    'code',
    'verify',
    'change',
    'reset',
    'undo',
  ],
  vouched: ['session', 'password', 'phone', 'old', 'new', 'key', 'code', 'verify', 'change', 'reset', 'undo'],
  changed: ['session', 'password', 'phone', 'old', 'new', 'key', 'code', 'change', 'undo'],
  disowned: ['verify', 'undo'],
  arrived: ['undo'],
  reset: ['password', 'phone', 'new', 'reset', 'undo'],
  undone: ['undo'],
};

describe('the rule', () => {
  it.each(Object.entries(RULE) as [AddressProof, string[]][])(
    'leaves after “%s”: %j',
    async (proof, left) => {
      const { access_token: token, user } = await registerVerified({ phone_number: number() });
      const { id } = user;
      const identity = (provider: string, unproven: number) =>
        env.DB.prepare(
          `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, added_unproven, created_at, updated_at)
         VALUES (?, 'default', ?, ?, 0, '{}', '', ?, 1, 1)`,
        ).bind(id, provider, id, unproven);
      const link = (name: string, purpose: string) =>
        env.DB.prepare('INSERT INTO one_time_tokens VALUES (?, ?, ?, ?, ?, 9e15, NULL)').bind(
          id,
          purpose,
          '',
          `${name} ${id}`,
          user.email,
        );
      const key = await createApiKey(['users:read']);
      const { authorizationCodes, realms } = services();
      const realm = await realms.get('default');
      const session = (await call('GET', '/v1/auth/session', { token })).body;
      const by = { userId: id, sessionId: session.session_id };
      const app = { realm, redirectTo: 'https://app.example.com/', challenge: challengeOf('verifier') };
      const code = await authorizationCodes.issue(app, by, CLIENT);
      await env.DB.batch([
        env.DB.prepare('DELETE FROM one_time_tokens WHERE user_id = ?').bind(id),
        env.DB.prepare('UPDATE users SET phone_number_verified = 1 WHERE id = ?').bind(id),
        env.DB.prepare('UPDATE api_keys SET created_by = ? WHERE id = ?').bind(id, key.id),
        identity('old', 1),
        identity('new', 0),
        link('verify', 'verify_email'),
        link('change', 'change_email'),
        link('reset', 'reset_password'),
        link('undo', 'undo_email'),
      ]);
      await services().directory.change(id, provingChange(proof, id, Date.now()));
      const row = await env.DB.prepare('SELECT * FROM users WHERE id = ?').bind(id).first<any>();
      const some = async (sql: string) => (await env.DB.prepare(sql).bind(id).first()) !== null;
      const names = async (sql: string) =>
        (await env.DB.prepare(sql).bind(id).all<{ name: string }>()).results.map(({ name }) => name);
      const found = [
        ...((await call('GET', '/v1/auth/session', { token })).status === 200 ? ['session'] : []),
        ...((await some('SELECT 1 FROM passwords WHERE user_id = ?')) ? ['password'] : []),
        ...(row.phone_number_verified ? ['phone'] : []),
        ...(await names('SELECT provider AS name FROM identities WHERE user_id = ? ORDER BY provider DESC')),
        ...((await some('SELECT 1 FROM api_keys WHERE created_by = ? AND revoked_at IS NULL'))
          ? ['key']
          : []),
        ...((await authorizationCodes
          .exchange({ ...app, code, verifier: 'verifier' }, CLIENT)
          .catch(() => null))
          ? ['code']
          : []),
        ...(await names(
          "SELECT substr(hash, 1, instr(hash, ' ') - 1) AS name FROM one_time_tokens WHERE user_id = ?",
        )),
      ];
      expect(found.sort()).toEqual([...left].sort());
      expect(row.email_verified).toBe(1);
      // What was there before the address was proven is remembered, for a reset to end it.
      const kept = await names(
        'SELECT provider AS name FROM identities WHERE user_id = ? AND added_unproven = 0',
      );
      expect(kept).toEqual(proof === 'reset' ? ['new'] : []);
      expect(row.phone_added_unproven).toBe(left.includes('old') ? 1 : 0);
      const opened = left.filter((one) => one === 'session' || one === 'code');
      expect((await accountOf(id).listSessions()).length).toBe(opened.length);
    },
  );
});
