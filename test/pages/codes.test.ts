import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createServices } from '../../src/services.ts';
import { call, ORIGIN, registerVerified } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { codeTextedTo } from '../support/mail.ts';
import { cookiesOf, submit } from '../support/pages.ts';

it('a text message signs in who has proved the number', async () => {
  const to = `+49151${String(Date.now()).slice(-8)}`;
  const { access_token: token, user } = await registerVerified({ phone_number: to });
  await call('POST', '/v1/auth/otp/send', { token, body: { channel: 'sms', to } });
  const proof = { channel: 'sms', to, code: await codeTextedTo(to) };
  expect((await call('POST', '/v1/auth/otp/verify', { token, body: proof })).status).toBe(200);

  // A number gets a code a minute.
  advance(60_000);
  const written = `${to.slice(0, 3)} (${to.slice(3, 6)}) ${to.slice(6)}`;
  const page = await submit('/login/code', { to: written });
  expect([page.status, page.body]).toEqual([200, expect.stringContaining(`<strong>${to}</strong>`)]);
  const answer = await submit('/login/code', { to, code: await codeTextedTo(to, 2) });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/account']);
  const me = await call('GET', '/v1/me', { headers: { cookie: cookiesOf(answer) } });
  expect(me.body.id).toBe(user.id);
});

it.each([
  ['+81 3 5555 0123', 'No text messages can be sent to this country.'],
  ['12', 'Enter an email address such as ada@example.com, or a phone number such as +442071838750.'],
  ['', 'This is needed.'],
])('%j gets its own form back, and is told why', async (to, message) => {
  const { status, body } = await submit('/login/code', { to });
  expect(status).toBe(422);
  expect(body).toContain(`<p class="wrong" id="to-problem">${message}</p>`);
  expect(body).toContain('aria-describedby="to-hint to-problem"');
  if (to) expect(body).toContain(`value="${to}"`);
});

it('where no texts are sent, only an email address is asked for', async () => {
  const bindings = { ...env, SMS_PROVIDER: 'none' } as never;
  const app = createApp(createServices(bindings), bindings);
  const page = await (await app.fetch(new Request(`${ORIGIN}/login/code`))).text();
  expect(page).toContain('type="email"');
  expect(page).not.toMatch(/text message|phone/);
});
