import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { responsesAreOver } from '../support/after-response.ts';
import {
  type Answer,
  call,
  createRealm,
  expectProblem,
  freshAddress,
  login,
  PASSWORD,
  register,
  registerVerified,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { tokenTo } from '../support/mail.ts';
import { submit } from '../support/pages.ts';

const WRONG = 'not the right password';

/** The cookie of the device that an answer was for. */
const deviceOf = ({ headers }: Answer | Response) =>
  (/__Host-latchkey-device=[^;]+/.exec(headers.get('set-cookie') ?? '') ?? [''])[0];

/** Guesses as strangers until they are locked out. */
async function lockStrangersOut(email: string): Promise<void> {
  advance(0);
  await Promise.all(Array.from({ length: 15 }, () => login(email, WRONG)));
  expectProblem(await login(email), 429, 'too_many_attempts');
}

it('a device that has signed in before keeps a budget of its own, whatever strangers do', async () => {
  const { user } = await register();
  const signedIn = await login(user.email);
  const cookie = deviceOf(signedIn);
  expect(signedIn.headers.get('set-cookie')).toMatch(
    /__Host-latchkey-device=[\w-]{43}; Max-Age=15552000; Path=\/; HttpOnly; Secure; SameSite=Lax/,
  );
  advance(0);
  await lockStrangersOut(user.email);
  const again = await login(user.email, PASSWORD, { headers: { cookie } });
  expect([again.status, deviceOf(again)]).toEqual([200, cookie]);
  // It has no more guesses than others have.
  for (let n = 0; n < 5; n += 1) {
    expectProblem(await login(user.email, WRONG, { headers: { cookie } }), 401, 'invalid_credentials');
  }
  expectProblem(await login(user.email, PASSWORD, { headers: { cookie } }), 429, 'too_many_attempts');
  // Its success forgave nothing to strangers.
  expectProblem(await login(user.email), 429, 'too_many_attempts');
});

it('a browser keeps it from the pages, for every account that has signed in there', async () => {
  const [ada, grace] = [await register(), await register()];
  const enter = (identifier: string, headers = {}) =>
    submit('/login', { identifier, password: PASSWORD }, { headers });
  const cookie = deviceOf(await enter(ada.user.email));
  expect(deviceOf(await enter(grace.user.email, { cookie }))).toBe(cookie);
  for (const { user } of [ada, grace]) {
    await lockStrangersOut(user.email);
    expect((await enter(user.email, { cookie })).status).toBe(303);
  }
});

it('the cookie of a stranger, or one that was made up, is no device of the account', async () => {
  const [{ user }, stranger] = [await register(), await register()];
  await lockStrangersOut(user.email);
  const own = deviceOf(await login(stranger.user.email));
  for (const cookie of [own, `__Host-latchkey-device=${'A'.repeat(43)}`, '__Host-latchkey-device=x']) {
    expectProblem(await login(user.email, PASSWORD, { headers: { cookie } }), 429, 'too_many_attempts');
  }
});

it('an app shows by its refresh token that it has signed in before', async () => {
  const owner = await register();
  const stranger = await register();
  const { email } = owner.user;
  await lockStrangersOut(email);
  const signIn = (refresh_token: string) => login(email, PASSWORD, { body: { refresh_token } });
  for (const token of [stranger.refresh_token, `${owner.refresh_token.slice(0, -1)}x`, 'lkr']) {
    expectProblem(await signIn(token), 429, 'too_many_attempts');
  }
  expect((await signIn(owner.refresh_token)).status).toBe(200);
});

it('failures in a session lock out that session only, and strangers none', async () => {
  const owner = await registerVerified();
  const { email } = owner.user;
  const other = (await login(email)).body;
  const change = (token: string, current_password: string, new_password = 'four lighthouses at dawn') =>
    call('PUT', '/v1/me/password', { token, body: { current_password, new_password } });
  advance(0);
  for (let n = 0; n < 5; n += 1) await change(other.access_token, WRONG);
  expectProblem(await change(other.access_token, PASSWORD), 429, 'too_many_attempts');
  expect((await login(email)).status).toBe(200);
  await lockStrangersOut(email);
  expect((await change(owner.access_token, PASSWORD)).status).toBe(204);
});

it('a reset by mail forgets the devices, which may be those of a thief', async () => {
  const { user } = await register();
  const cookie = deviceOf(await login(user.email));
  await call('POST', '/v1/auth/password/forgot', { body: { email: user.email } });
  const token = await tokenTo(user.email, /^Reset your/);
  const password = 'four lighthouses at dawn';
  await call('POST', '/v1/auth/password/reset', { body: { token, password } });
  await lockStrangersOut(user.email);
  expectProblem(await login(user.email, password, { headers: { cookie } }), 429, 'too_many_attempts');
});

it('clients that keep no cookies do not push out a browser that came back', async () => {
  const { user } = await register();
  const cookie = deviceOf(await login(user.email));
  await login(user.email, PASSWORD, { headers: { cookie } });
  for (let n = 0; n < 25; n += 1) await login(user.email);
  await lockStrangersOut(user.email);
  expect((await login(user.email, PASSWORD, { headers: { cookie } })).status).toBe(200);
});

it('a realm takes so many wrong passwords an hour; then only known devices go on', async () => {
  await createRealm('sprayed');
  const bindings = { ...env, FAILED_PASSWORDS_PER_HOUR: '20' } as unknown as Bindings;
  const app = createApp(createServices(bindings), bindings);
  const enter = (identifier: string, password: string, headers = {}) =>
    app.request(
      'https://auth.test/realms/sprayed/v1/auth/login',
      {
        method: 'POST',
        body: JSON.stringify({ identifier, password }),
        headers: { 'content-type': 'application/json', 'cf-connecting-ip': freshAddress(), ...headers },
      },
      bindings,
    );
  const { user } = await register({}, { realm: 'sprayed' });
  const cookie = deviceOf(await enter(user.email, PASSWORD));
  advance(0);
  for (let n = 0; n < 20; n += 1) expect((await enter(`nobody${n}@example.com`, WRONG)).status).toBe(401);
  await responsesAreOver();
  for (const identifier of [user.email, 'nobody0@example.com', 'nobody99@example.com']) {
    const barred = await enter(identifier, PASSWORD);
    expect([barred.status, await barred.json()]).toEqual([
      429,
      expect.objectContaining({ code: 'rate_limited' }),
    ]);
    expect(Number(barred.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect((await enter(user.email, PASSWORD, { cookie })).status).toBe(200);
  // Other realms are none of it.
  expectProblem(await login('nobody@example.com', WRONG), 401, 'invalid_credentials');
  advance(3_600_000);
  expect((await enter(user.email, PASSWORD)).status).toBe(200);
});
