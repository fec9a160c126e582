import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { inboxOf } from '../../src/lib/email-address.ts';
import { mailBudget, smsBudget } from '../../src/messages/budgets.ts';
import { createServices } from '../../src/services.ts';
import { responsesAreOver } from '../support/after-response.ts';
import { call, freshAddress, register, registerVerified } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { mailTo } from '../support/mail.ts';

const LIMITS = {
  mailsPerClient: 3,
  mailsPerAccount: 4,
  textsPerClient: 5,
  textsPerAccount: 2,
  textsPerBlock: 4,
  textsPerRealm: 6,
};
const client = (ip: string) => ({ ip, country: null, city: null, userAgent: null });

/** Buckets that count without a clock, and what was taken from each. */
function buckets() {
  const taken = new Map<string, number>();
  const take = async (name: string, limit: number) => {
    const count = taken.get(name) ?? 0;
    if (count >= limit) return false;
    taken.set(name, count + 1);
    return true;
  };
  return { taken, take };
}

/** The templates of the messages that are sent or will be, whether or not the network has let them through yet. */
async function messagesTo(email: string): Promise<string[]> {
  await responsesAreOver();
  const { results } = await env.DB.prepare(
    "SELECT template FROM outbox WHERE recipient = ? AND status IN ('pending', 'sent')",
  )
    .bind(email)
    .all<{ template: string }>();
  return results.map(({ template }) => template);
}

describe('an inbox', () => {
  it.each([
    ['victim+1@example.com', 'victim@example.com'],
    ['Victim+a+b@Example.com', 'victim@example.com'],
    ['victim@example.com', 'victim@example.com'],
    ['+49@example.com', '+49@example.com'],
    ['v.ic.tim+x@gmail.com', 'victim@gmail.com'],
    ['victim@googlemail.com', 'victim@gmail.com'],
    ['v.ictim@example.com', 'v.ictim@example.com'],
    ['"a+b@c"@example.com', '"a@example.com'],
  ])('of %s is %s', (address, inbox) => {
    expect(inboxOf(address)).toBe(inbox);
  });

  it('gets at most five welcomes an hour, whatever follows its plus and whoever asks', async () => {
    advance(0);
    const name = crypto.randomUUID();
    const emails = Array.from({ length: 8 }, (_, n) => `${name}+${n}@example.com`);
    for (const email of emails) await register({ email });
    const counts = await Promise.all(emails.map(async (email) => (await messagesTo(email)).length));
    expect(counts).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
    // Who got none asks again later.
    const email = emails[7] as string;
    advance(3_600_000);
    await call('POST', '/v1/auth/email/resend', { body: { email } });
    await mailTo(email, /^Confirm your email/);
  });

  it('gets the link that recovers the account, however many other mails it got', async () => {
    advance(0);
    const { user } = await register();
    for (let n = 0; n < 8; n += 1) {
      await call('POST', '/v1/auth/email/resend', { body: { email: user.email } });
    }
    await call('POST', '/v1/auth/password/forgot', { body: { email: user.email } });
    await mailTo(user.email, /^Reset your/);
  });

  it('gets at most twenty codes a day, to whichever accounts', async () => {
    advance(0);
    const name = crypto.randomUUID();
    const emails = Array.from({ length: 3 }, (_, n) => `${name}+${n}@example.com`);
    for (const email of emails) await registerVerified({ email });
    for (let n = 0; n < 9; n += 1) {
      for (const to of emails) {
        await call('POST', '/v1/auth/otp/send', { body: { channel: 'email', to } });
        await responsesAreOver();
      }
      advance(60_000);
    }
    const mails = (await Promise.all(emails.map((email) => messagesTo(email)))).flat();
    expect(mails.filter((template) => template === 'one_time_code')).toHaveLength(20);
  });
});

describe('the budgets', () => {
  it('of an account and of a client take nothing from the realm once they are used up', async () => {
    const { taken, take } = buckets();
    const budget = smsBudget(take, LIMITS);
    const ask = (userId: string | null, ip: string, to: string) =>
      budget.take({ realmId: 'default', to, userId, client: client(ip) });
    for (let n = 0; n < 9; n += 1) await ask('usr_1', `10.0.0.${n}`, `+4915${n}0000000`);
    expect(taken.get('sms:default')).toBe(2);
    for (let n = 0; n < 9; n += 1) await ask(null, '2001:db8:1:1::1', `+4916${n}0000000`);
    expect(taken.get('sms:default')).toBe(6);
    expect(taken.get('sms:client:default:2001:db8:1:1::/64')).toBe(5);
    expect(taken.get('sms:client:default:2001:db8:1::/48')).toBe(5);
  });

  it('of a /48 are four times those of a client', async () => {
    const { take } = buckets();
    const budget = mailBudget(take, LIMITS);
    const ask = (n: number) =>
      budget.take('other', {
        realmId: 'default',
        to: `user${n}@example.com`,
        userId: null,
        client: client(`2001:db8:2:${n}::1`),
      });
    const allowed = await Promise.all(Array.from({ length: 20 }, (_, n) => ask(n)));
    expect(allowed.filter(Boolean)).toHaveLength(12);
  });

  it('count what one client, and what one account, has mailed to many addresses', async () => {
    advance(0);
    const bindings = { ...env, MAILS_PER_CLIENT: '2', MAILS_PER_ACCOUNT: '3' } as unknown as Bindings;
    const app = createApp(createServices(bindings), bindings);
    const send = (method: string, path: string, body: object, ip: string, token?: string) =>
      app.request(
        `https://auth.test${path}`,
        {
          method,
          body: JSON.stringify(body),
          headers: {
            'content-type': 'application/json',
            'cf-connecting-ip': ip,
            ...(token && { authorization: `Bearer ${token}` }),
          },
        },
        bindings,
      );
    const address = () => `${crypto.randomUUID()}@example.com`;
    const password = 'three lighthouses at dusk';
    const [ip, welcomed] = [freshAddress(), Array.from({ length: 4 }, address)];
    for (const email of welcomed) {
      expect((await send('POST', '/v1/auth/register', { email, password }, ip)).status).toBe(201);
    }
    const user = await registerVerified();
    const wanted = Array.from({ length: 5 }, address);
    for (const email of wanted) {
      const answer = await send(
        'PUT',
        '/v1/me/email',
        { email, password },
        freshAddress(),
        user.access_token,
      );
      expect(answer.status).toBe(202);
    }
    const countOf = async (emails: string[]) => (await Promise.all(emails.map(messagesTo))).flat().length;
    expect([await countOf(welcomed), await countOf(wanted)]).toEqual([2, 3]);
  });

  it('do not let one account use up the texts of a realm', async () => {
    advance(0);
    const { access_token: token } = await registerVerified();
    const block = String(Date.now()).slice(-5);
    const numbers = Array.from({ length: 25 }, (_, n) => `+4917${block}${String(n).padStart(2, '0')}0000`);
    for (const to of numbers) {
      await call('PATCH', '/v1/me', { token, body: { phone_number: to } });
      await call('POST', '/v1/auth/otp/send', { token, body: { channel: 'sms', to } });
      await responsesAreOver();
    }
    const texts = (await Promise.all(numbers.map(messagesTo))).flat();
    expect(texts).toHaveLength(20);
  });
});
