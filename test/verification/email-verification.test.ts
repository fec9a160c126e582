import { describe, expect, it } from 'vitest';
import { responsesAreOver } from '../support/after-response.ts';
import { call, createRealm, expectProblem, login, PASSWORD, register } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { linkIn, mailTo, tokenTo } from '../support/mail.ts';
import { submit, visit } from '../support/pages.ts';
import { receivedMails } from '../support/peers/mailbox.ts';
import { activityOf } from '../support/projection.ts';

const verify = (token: string, realm?: string) =>
  call('POST', '/v1/auth/email/verify', { body: { token }, realm });
const resend = (email: string, realm?: string) =>
  call('POST', '/v1/auth/email/resend', { body: { email }, realm });
const session = async (token: string) => (await call('GET', '/v1/auth/session', { token })).body;
const WELCOME = /welcome/i;
const AGAIN = /^Confirm your email/;

describe('a new user', () => {
  it('gets a mail whose link proves the address, for the next request of every session', async () => {
    const user = await register({ name: 'Ada' });
    const mail = await mailTo(user.user.email, WELCOME);
    expect(mail.from).toEqual({ address: 'accounts@latchkey.test', name: 'Latchkey' });
    expect(mail.text).toContain('Ada');
    const link = linkIn(mail);
    expect(`${link.origin}${link.pathname}`).toBe('https://auth.test/verify-email');
    expect(await session(user.access_token)).toMatchObject({ email_verified: false });
    const answer = await verify(link.searchParams.get('token') as string);
    expect(answer.body).toEqual({ status: 'verified', email: user.user.email });
    expect(await session(user.access_token)).toMatchObject({ email_verified: true });
    const patched = await call('PATCH', '/v1/me', { token: user.access_token, body: { name: 'Ada L.' } });
    expect(patched.body).toMatchObject({ email_verified: true, name: 'Ada L.' });
    expect(await activityOf(user.user.id)).toContain('email_verified');
  });

  it('finds a page behind the link that programs which follow links do not set off', async () => {
    const user = await register();
    const link = linkIn(await mailTo(user.user.email, WELCOME));
    for (let n = 0; n < 3; n += 1) {
      const page = await call('GET', `${link.pathname}${link.search}`);
      expect(page.status).toBe(200);
      expect(page.body).toContain('<form method="post">');
    }
    expect(await session(user.access_token)).toMatchObject({ email_verified: false });
    const pressed = await submit('/verify-email', { token: link.searchParams.get('token') as string });
    expect([pressed.status, pressed.headers.get('location')]).toEqual([303, '/verify-email?done=1']);
    expect((await visit('/verify-email?done=1')).body).toContain('Your email address is confirmed');
    expect(await session(user.access_token)).toMatchObject({ email_verified: true });
  });

  it('is greeted in their language', async () => {
    const user = await register({ locale: 'de-AT' });
    expect((await mailTo(user.user.email, /Willkommen/)).html).toContain('lang="de"');
  });

  it('of another realm gets its name, colour and links, and no other realm takes the token', async () => {
    await createRealm('acme', { name: 'Acme & Sons', color: '#ffcc00' });
    const user = await register({}, { realm: 'acme' });
    const mail = await mailTo(user.user.email, WELCOME);
    expect(mail.from.name).toBe('Acme & Sons');
    const link = linkIn(mail);
    expect(link.pathname).toBe('/realms/acme/verify-email');
    const token = link.searchParams.get('token') as string;
    expectProblem(await verify(token), 400, 'invalid_link');
    expect((await verify(token, 'acme')).status).toBe(200);
  });

  it('in a realm that verifies first comes in when the address is proven', async () => {
    await createRealm('gate', { registration: 'verify_first' });
    const email = `${crypto.randomUUID()}@example.com`;
    const body = { email, password: PASSWORD };
    expect((await call('POST', '/v1/auth/register', { body, realm: 'gate' })).status).toBe(202);
    expectProblem(await login(email, PASSWORD, { realm: 'gate' }), 403, 'email_not_verified');
    await verify(await tokenTo(email, WELCOME), 'gate');
    expect((await login(email, PASSWORD, { realm: 'gate' })).status).toBe(200);
    // Whoever tries the address again learns nothing; its owner does.
    expect((await call('POST', '/v1/auth/register', { body, realm: 'gate' })).status).toBe(202);
    await mailTo(email, /already/i);
  });
});

describe('a token', () => {
  it('works once, of fifty at the same time', async () => {
    const user = await register();
    const token = await tokenTo(user.user.email, WELCOME);
    const answers = await Promise.all(Array.from({ length: 50 }, () => verify(token)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expectProblem(await verify(token), 400, 'invalid_link');
  });

  it('works for a day', async () => {
    const user = await register();
    const token = await tokenTo(user.user.email, WELCOME);
    advance(86_400_000);
    expectProblem(await verify(token), 400, 'invalid_link');
  });

  it('that was never made does not work', async () => {
    for (const token of ['x', 'A'.repeat(43), "' OR 1=1 --"]) {
      expectProblem(await verify(token), 400, 'invalid_link');
    }
    expectProblem(await call('POST', '/v1/auth/email/verify', { body: {} }), 422, 'validation_failed');
  });
});

describe('asking for the mail again', () => {
  it('gives another link and ends the first', async () => {
    const user = await register();
    const first = await tokenTo(user.user.email, WELCOME);
    expect((await resend(user.user.email)).status).toBe(202);
    const second = await tokenTo(user.user.email, AGAIN);
    expectProblem(await verify(first), 400, 'invalid_link');
    expect((await verify(second)).status).toBe(200);
  });

  it('answers the same for every address, and mails only who needs it', async () => {
    const verified = await register();
    await verify(await tokenTo(verified.user.email, WELCOME));
    const nobody = `${crypto.randomUUID()}@example.com`;
    for (const email of [verified.user.email, nobody]) {
      const answer = await resend(email);
      expect([answer.status, answer.body]).toEqual([202, { status: 'accepted' }]);
    }
    const unverified = await register();
    await resend(unverified.user.email);
    await mailTo(unverified.user.email, AGAIN);
    expect(await receivedMails(verified.user.email)).toHaveLength(1);
    expect(await receivedMails(nobody)).toEqual([]);
  });

  it('cannot be used to flood an address', async () => {
    const user = await register();
    await mailTo(user.user.email, WELCOME);
    for (let n = 0; n < 12; n += 1) expect((await resend(user.user.email)).status).toBe(202);
    await mailTo(user.user.email, AGAIN);
    await responsesAreOver();
    expect((await receivedMails(user.user.email)).length).toBeLessThanOrEqual(6);
  });
});
