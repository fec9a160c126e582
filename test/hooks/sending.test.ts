import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createServices } from '../../src/services.ts';
import { responsesAreOver } from '../support/after-response.ts';
import { call, createRealm, PASSWORD, register } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { hook } from '../support/hooks.ts';
import { receivedMails } from '../support/peers/mailbox.ts';

let realms = 0;
async function realmWith(): Promise<string> {
  realms += 1;
  const id = `sending-${realms}-${crypto.randomUUID().slice(0, 8)}`;
  await createRealm(id);
  return id;
}
const address = () => `${crypto.randomUUID()}@example.com`;
const outboxOf = async (email: string) =>
  (await env.DB.prepare('SELECT * FROM outbox WHERE recipient = ?').bind(email).all<any>()).results;
async function signUp(realm: string): Promise<string> {
  const email = address();
  const made = await call('POST', '/v1/auth/register', { realm, body: { email, password: PASSWORD } });
  expect(made.status).toBe(201);
  await responsesAreOver();
  return email;
}

describe('the mails of a realm', () => {
  it('are handed to the hook instead of to the provider, each under its id', async () => {
    const realm = await realmWith();
    const asking = await hook(realm, 'send.mail');
    const email = await signUp(realm);
    const [{ question, headers }] = (await asking.asked()) as [any];
    const [row] = await outboxOf(email);
    expect(row).toMatchObject({ status: 'sent', data: '{}' });
    expect(headers['webhook-id']).toBe(row.id);
    expect(question).toMatchObject({
      type: 'send.mail',
      realm,
      data: {
        to: email,
        template: 'welcome',
        from: { address: expect.stringContaining('@'), name: realm },
        subject: expect.stringContaining('Welcome'),
        text: expect.stringContaining('token='),
        html: expect.stringContaining('<html'),
      },
    });
    expect(await receivedMails(email)).toEqual([]);
    // Those of another realm go as ever.
    const other = await register({});
    await responsesAreOver();
    expect(await receivedMails(other.user.email as string)).toHaveLength(1);
  });

  it('wait while it fails, and go by the provider where that is said', async () => {
    const realm = await realmWith();
    const refusing = await hook(realm, 'send.mail', { on_failure: 'refuse' });
    await refusing.plan({ always: { status: 500 } });
    const email = await signUp(realm);
    expect(await outboxOf(email)).toMatchObject([
      { status: 'pending', attempts: 1, last_error: 'the hook: it answered 500' },
    ]);
    expect(await receivedMails(email)).toEqual([]);
    await refusing.plan({ always: { status: 204 } });
    advance(120_000);
    await createServices(env).outbox.drain(PLENTY);
    expect(await outboxOf(email)).toMatchObject([{ status: 'sent' }]);
    expect(new Set((await refusing.asked()).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const allowing = await hook(realm, 'send.mail', { on_failure: 'allow' });
    await allowing.plan({ always: { status: 500 } });
    const other = await signUp(realm);
    expect(await receivedMails(other)).toHaveLength(1);
    expect(await outboxOf(other)).toMatchObject([{ status: 'sent' }]);
  });
});

it('the text messages of a realm are handed to its hook', async () => {
  const realm = await realmWith();
  const asking = await hook(realm, 'send.sms');
  const to = '+4915112345678';
  const user = await register({ phone_number: to }, { realm });
  const sent = await call('POST', '/v1/auth/otp/send', {
    realm,
    token: user.access_token,
    body: { channel: 'sms', to },
  });
  expect(sent.status, JSON.stringify(sent.body)).toBe(202);
  await responsesAreOver();
  const [{ question }] = (await asking.asked()) as [any];
  expect(question.data).toMatchObject({
    to,
    text: expect.stringMatching(/\d{6}/),
    template: expect.any(String),
  });
  const code = /\d{6}/.exec(question.data.text)?.[0];
  const entry = { channel: 'sms', to, code, challenge_id: sent.body.challenge_id };
  const proved = await call('POST', '/v1/auth/otp/verify', { realm, token: user.access_token, body: entry });
  expect(proved.status, JSON.stringify(proved.body)).toBe(200);
});
