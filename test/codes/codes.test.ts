import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { responsesAreOver } from '../support/after-response.ts';
import {
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  freshAddress,
  login,
  ORIGIN,
  PASSWORD,
  register,
  registerVerified,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { codeMailedTo, codeTextedTo, mailTo, tokenTo } from '../support/mail.ts';
import { receivedMails, receivedTexts } from '../support/peers/mailbox.ts';

let nextNumber = 1000;
/** A number whose prefix no other test uses. */
const number = () => {
  nextNumber += 1;
  return `+49151${String(Date.now()).slice(-6)}${nextNumber}`;
};

/** Asks for a code, and waits until it is on its way: one that is late on the clock of a test is not sent. */
async function send(channel: 'email' | 'sms', to: string, options = {}) {
  const answer = await call('POST', '/v1/auth/otp/send', { body: { channel, to }, ...options });
  await responsesAreOver();
  return answer;
}
const verify = (channel: 'email' | 'sms', to: string, code: string, options: any = {}) =>
  call('POST', '/v1/auth/otp/verify', { ...options, body: { channel, to, code, ...options.body } });
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

async function verifiedUser() {
  const user = await register();
  const token = await tokenTo(user.user.email, /^Welcome/);
  await call('POST', '/v1/auth/email/verify', { body: { token } });
  return user;
}

describe('by mail', () => {
  it('signs in, once', async () => {
    const { user } = await verifiedUser();
    const sent = await send('email', user.email);
    expect([sent.status, sent.body]).toEqual([
      202,
      { status: 'accepted', challenge_id: expect.any(String), resend_after: 60 },
    ]);
    const code = await codeMailedTo(user.email);
    const answer = await verify('email', user.email, code);
    expect(answer.status).toBe(200);
    expect(answer.body.user.id).toBe(user.id);
    const { access_token: token } = answer.body;
    const sessions = (await call('GET', '/v1/me/sessions', { token })).body.data;
    expect(sessions[0].methods).toEqual(['otp']);
    expectProblem(await verify('email', user.email, code), 401, 'invalid_code');
  });

  it('takes the password and the sessions of who registered an address that was not theirs', async () => {
    const to = number();
    const squatter = await register({ phone_number: to });
    const { email, id } = squatter.user;
    await changeDirectory(id, { phone_number_verified: 1 });
    await env.DB.prepare(
      `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
       VALUES (?, 'default', 'google', ?, 0, '{}', '', 1, 1)`,
    )
      .bind(id, id)
      .run();
    await send('email', email);
    const owner = await verify('email', email, await codeMailedTo(email));
    expect(owner.body.user.phone_number_verified).toBe(false);
    const linked = await call('GET', '/v1/me/identities', { token: owner.body.access_token });
    expect(linked.body.data).toEqual([]);
    await send('sms', to);
    expect(await receivedTexts(to)).toEqual([]);
    expect(owner.body.user).toMatchObject({ email, email_verified: true });
    expectProblem(await call('GET', '/v1/me', { token: squatter.access_token }), 401, 'session_ended');
    expectProblem(await login(email, PASSWORD), 401, 'invalid_credentials');
  });

  it('can keep the session in a cookie, for pages of an allowed origin', async () => {
    const { user } = await verifiedUser();
    await send('email', user.email);
    const code = await codeMailedTo(user.email);
    expectProblem(
      await verify('email', user.email, wrong(code), {
        body: { session_cookie: true },
        headers: { origin: ORIGIN },
      }),
      401,
      'invalid_code',
    );
    const answer = await verify('email', user.email, code, {
      body: { session_cookie: true },
      headers: { origin: ORIGIN },
    });
    expect(answer.body.refresh_token).toBeUndefined();
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-latchkey=lkr/);
  });
});

describe('by text', () => {
  it('proves the number of a signed-in user, and from then on signs in', async () => {
    const to = number();
    const user = await registerVerified({ phone_number: to });
    const { access_token: token } = user;
    // Before it is proven the number opens no door.
    await send('sms', to);
    expect(await receivedTexts(to)).toEqual([]);
    advance(60_000);
    await send('sms', to, { token });
    const proof = await verify('sms', to, await codeTextedTo(to), { token });
    expect(proof.body.user).toMatchObject({
      id: user.user.id,
      phone_number: to,
      phone_number_verified: true,
    });
    expect(proof.body.access_token).toBeUndefined();
    advance(60_000);
    await send('sms', to);
    const answer = await verify('sms', to, await codeTextedTo(to, 2));
    expect(answer.body.user.id).toBe(user.user.id);
  });

  it('is bound to the site, so that phones offer to fill it in there only', async () => {
    const to = number();
    const { access_token: token } = await register({ phone_number: to });
    await send('sms', to, { token });
    const code = await codeTextedTo(to);
    expect((await receivedTexts(to))[0]?.text).toMatch(new RegExp(`@auth\\.test #${code}$`));
  });

  it('takes a number from who had it before', async () => {
    const to = number();
    const [old, now] = [await register({ phone_number: to }), await register({ phone_number: to })];
    for (const [at, user] of [old, now].entries()) {
      await send('sms', to, { token: user.access_token });
      const code = await codeTextedTo(to, at + 1);
      const answer = await verify('sms', to, code, { token: user.access_token });
      expect(answer.body.user.phone_number_verified).toBe(true);
      advance(60_000);
    }
    const me = await call('GET', '/v1/me', { token: old.access_token });
    expect(me.body.phone_number_verified).toBe(false);
  });

  it('proves nothing for a number that is not in the profile', async () => {
    const to = number();
    const { access_token: token } = await register();
    await send('sms', to, { token });
    await responsesAreOver();
    expect(await receivedTexts(to)).toEqual([]);
    expectProblem(await verify('sms', to, '000000', { token }), 401, 'invalid_code');
  });
});

describe('a code', () => {
  it('takes five guesses, also of fifty at the same time', async () => {
    const { user } = await verifiedUser();
    await send('email', user.email);
    const code = await codeMailedTo(user.email);
    const guesses = await Promise.all(
      Array.from({ length: 50 }, () => verify('email', user.email, wrong(code))),
    );
    for (const guess of guesses) expectProblem(guess, 401, 'invalid_code');
    expectProblem(await verify('email', user.email, code), 401, 'invalid_code');
  });

  it('is spoilt by nobody but who asked for it', async () => {
    const { user } = await verifiedUser();
    advance(0);
    const asked = await send('email', user.email);
    const code = await codeMailedTo(user.email);
    const { challenge_id } = asked.body;
    // Clients that name no code share five guesses of their own.
    await Promise.all(Array.from({ length: 20 }, () => verify('email', user.email, wrong(code))));
    expectProblem(await verify('email', user.email, code), 401, 'invalid_code');
    // A code that a stranger asks for replaces none, and their guesses count against theirs.
    advance(60_000);
    const { challenge_id: stranger } = (await send('email', user.email)).body;
    for (const body of [{ challenge_id: stranger }, { challenge_id: crypto.randomUUID() }]) {
      for (let n = 0; n < 6; n += 1) await verify('email', user.email, wrong(code), { body });
    }
    for (let n = 0; n < 4; n += 1) await verify('email', user.email, wrong(code), { body: { challenge_id } });
    expect((await verify('email', user.email, code, { body: { challenge_id } })).status).toBe(200);
    expectProblem(await verify('email', user.email, code, { body: { challenge_id } }), 401, 'invalid_code');
  });

  it('takes five guesses of who asked for it, also of fifty at the same time', async () => {
    const { user } = await verifiedUser();
    const { challenge_id } = (await send('email', user.email)).body;
    const code = await codeMailedTo(user.email);
    const body = { challenge_id };
    await Promise.all(Array.from({ length: 50 }, () => verify('email', user.email, wrong(code), { body })));
    expectProblem(await verify('email', user.email, code, { body }), 401, 'invalid_code');
  });

  it('is that of the first press of the button, when it is pressed twice', async () => {
    const { user } = await verifiedUser();
    const ip = freshAddress();
    const [first, second] = [
      await send('email', user.email, { ip }),
      await send('email', user.email, { ip }),
    ];
    expect(second.body.challenge_id).toBe(first.body.challenge_id);
    expect((await send('email', user.email)).body.challenge_id).not.toBe(first.body.challenge_id);
  });

  it('can be asked for on a device that has signed in by one, whatever strangers have asked for', async () => {
    const { user } = await verifiedUser();
    advance(0);
    await send('email', user.email);
    const signedIn = await verify('email', user.email, await codeMailedTo(user.email));
    const cookie = (/__Host-latchkey-device=[^;]+/.exec(signedIn.headers.get('set-cookie') ?? '') ?? [])[0];
    for (let n = 0; n < 12; n += 1) {
      advance(60_000);
      await send('email', user.email);
    }
    expect((await send('email', user.email)).body.resend_after).toBeGreaterThan(60);
    await mailTo(user.email, /^Your code/, 10);
    const asked = await send('email', user.email, { headers: { cookie } });
    expect(asked.body.resend_after).toBe(60);
    await mailTo(user.email, /^Your code/, 11);
  });

  it('is guessed at in a realm so often an hour; then only known devices go on', async () => {
    await createRealm('guessed');
    const bindings = { ...env, FAILED_CODES_PER_HOUR: '3' } as unknown as Bindings;
    const app = createApp(createServices(bindings), bindings);
    const ask = async (path: string, body: object, headers = {}) =>
      app.request(
        `https://auth.test/realms/guessed/v1/auth/otp/${path}`,
        {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json', 'cf-connecting-ip': freshAddress(), ...headers },
        },
        bindings,
      );
    const { user } = await registerVerified({}, { realm: 'guessed' });
    const target = { channel: 'email', to: user.email };
    advance(0);
    await ask('send', target);
    const signedIn = await ask('verify', { ...target, code: await codeMailedTo(user.email) });
    const cookie = (/__Host-latchkey-device=[^;]+/.exec(signedIn.headers.get('set-cookie') ?? '') ?? [])[0];
    advance(60_000);
    for (let n = 0; n < 3; n += 1) {
      const to = `nobody${n}@example.com`;
      expect((await ask('verify', { channel: 'email', to, code: '000000' })).status).toBe(401);
    }
    await responsesAreOver();
    const barred = await ask('verify', { ...target, code: '000000' });
    expect([barred.status, await barred.json()]).toEqual([
      429,
      expect.objectContaining({ code: 'rate_limited' }),
    ]);
    expect((await ask('verify', { ...target, code: '000000' }, { cookie })).status).toBe(401);
    advance(3_600_000);
    expect((await ask('verify', { ...target, code: '000000' })).status).toBe(401);
  });

  it('is guessed at by a stranger also within a session of their own: everybody can have one', async () => {
    await createRealm('guessed-within');
    const bindings = { ...env, FAILED_CODES_PER_HOUR: '1' } as unknown as Bindings;
    const app = createApp(createServices(bindings), bindings);
    const to = number();
    const { access_token: token } = await registerVerified({ phone_number: to }, { realm: 'guessed-within' });
    const guess = () =>
      app.request(
        'https://auth.test/realms/guessed-within/v1/auth/otp/verify',
        {
          method: 'POST',
          body: JSON.stringify({ channel: 'sms', to, code: '000000' }),
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            'cf-connecting-ip': freshAddress(),
          },
        },
        bindings,
      );
    expect((await guess()).status).toBe(401);
    await responsesAreOver();
    expect((await guess()).status).toBe(429);
  });

  it('is right at the fifth guess', async () => {
    const { user } = await verifiedUser();
    await send('email', user.email);
    const code = await codeMailedTo(user.email);
    for (let n = 0; n < 4; n += 1) await verify('email', user.email, wrong(code));
    expect((await verify('email', user.email, code)).status).toBe(200);
  });

  it('works for ten minutes', async () => {
    const { user } = await verifiedUser();
    await send('email', user.email);
    const code = await codeMailedTo(user.email);
    advance(600_000);
    expectProblem(await verify('email', user.email, code), 401, 'invalid_code');
  });

  it('can be asked for once a minute and ten times a day', async () => {
    const { user } = await verifiedUser();
    advance(0);
    await send('email', user.email);
    expect((await send('email', user.email)).body.resend_after).toBe(60);
    for (let n = 1; n < 10; n += 1) {
      advance(60_000);
      expect((await send('email', user.email)).body.resend_after).toBe(60);
    }
    advance(60_000);
    expect((await send('email', user.email)).body.resend_after).toBeGreaterThan(60);
    await mailTo(user.email, /^Your code/, 10);
    const codes = (await receivedMails(user.email)).filter((mail) => /^Your code/.test(mail.subject));
    expect(codes).toHaveLength(10);
  });

  it('of one realm is nothing in another', async () => {
    await createRealm('codes');
    const { user } = await verifiedUser();
    await register({ email: user.email }, { realm: 'codes' });
    await send('email', user.email);
    const code = await codeMailedTo(user.email);
    expectProblem(await verify('email', user.email, code, { realm: 'codes' }), 401, 'invalid_code');
    expect((await verify('email', user.email, code)).status).toBe(200);
  });
});

it('answers the same for addresses that nobody has, and sends nothing', async () => {
  const nobody = `${crypto.randomUUID()}@example.com`;
  const stranger = number();
  for (const [channel, to] of [
    ['email', nobody],
    ['sms', stranger],
  ] as const) {
    const answer = await send(channel, to);
    expect([answer.status, answer.body]).toEqual([
      202,
      { status: 'accepted', challenge_id: expect.any(String), resend_after: 60 },
    ]);
    expectProblem(await verify(channel, to, '123456'), 401, 'invalid_code');
  }
  await responsesAreOver();
  expect(await receivedMails(nobody)).toEqual([]);
  expect(await receivedTexts(stranger)).toEqual([]);
});

it('refuses a suspended user, who has the right code', async () => {
  const { user } = await verifiedUser();
  await changeDirectory(user.id, { status: 'suspended' });
  await send('email', user.email);
  expectProblem(await verify('email', user.email, await codeMailedTo(user.email)), 403, 'account_suspended');
});

describe('texts cost money', () => {
  it('so they go to the countries that were allowed only', async () => {
    const answer = await send('sms', '+882123456789');
    expectProblem(answer, 422, 'validation_failed');
    expect(answer.body.errors[0]).toMatchObject({ path: 'to', code: 'country_not_supported' });
  });

  it('and at most fifty a day to numbers that are neighbours', async () => {
    const block = `+4479${String(Date.now()).slice(-6)}`;
    const limiter = env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(`sms:default:${block}`));
    for (let n = 0; n < 49; n += 1) await limiter.take(50, 86_400);
    const numbers = [`${block}0001`, `${block}0002`];
    for (const to of numbers) {
      const { access_token: token } = await register({ phone_number: to });
      await send('sms', to, { token });
    }
    await codeTextedTo(numbers[0] as string);
    await responsesAreOver();
    expect(await receivedTexts(numbers[1] as string)).toEqual([]);
  });
});

it('refuses a request of another shape', async () => {
  for (const body of [
    {},
    { channel: 'fax', to: '+491' },
    { channel: 'sms', to: 'a@b.example' },
    { channel: 'email' },
  ]) {
    expectProblem(await call('POST', '/v1/auth/otp/send', { body }), 422, 'validation_failed');
  }
  for (const code of ['12345', '1234567', 'abcdef', '', 123456]) {
    const body = { channel: 'email', to: 'a@example.com', code };
    expectProblem(await call('POST', '/v1/auth/otp/verify', { body }), 422, 'validation_failed');
  }
  expectProblem(await send('email', 'a@example.com', { token: 'stale' }), 401, 'invalid_token');
});
