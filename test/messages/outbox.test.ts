import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { primary } from '../../src/db/client.ts';
import { backoff } from '../../src/lib/backoff.ts';
import { RunBudget } from '../../src/lib/run-budget.ts';
import { DeliveryError } from '../../src/messages/delivery.ts';
import type { MailMessage } from '../../src/messages/mail-provider.ts';
import { MAX_ATTEMPTS, message, Outbox, storeMessage } from '../../src/messages/outbox.ts';
import { createServices } from '../../src/services.ts';
import worker from '../../src/worker.ts';
import { call, freshAddress, PASSWORD, register } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { mailTo } from '../support/mail.ts';
import { receivedMails, setFault } from '../support/peers/mailbox.ts';

const address = () => `${crypto.randomUUID()}@example.com`;
const rowOf = (to: string) =>
  env.DB.prepare('SELECT * FROM outbox WHERE recipient = ? ORDER BY created_at DESC').bind(to).first<any>();

async function settledRow(to: string, attempts: number) {
  for (let n = 0; n < 200; n += 1) {
    const row = await rowOf(to);
    if (row && row.attempts >= attempts && row.leased_until === 0) return row;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('never settled');
}

/** A message as it is after a crash: written, and not sent. */
async function queue(to: string, now = Date.now(), expiresAt?: number) {
  const row = message(
    { channel: 'mail', template: 'account_deleted', data: { name: null } },
    { realmId: 'default', userId: null, to, locale: null, ...(expiresAt && { expiresAt }) },
    now,
  );
  await storeMessage(primary(env.DB).db, row);
  return row;
}

async function cron(trigger = '* * * * *'): Promise<void> {
  const context = createExecutionContext();
  const controller = createScheduledController({ cron: trigger, scheduledTime: new Date() });
  await worker.scheduled(controller, env as never);
  await waitOnExecutionContext(context);
}

/** An outbox over a provider of the test's own: for what no real one does on demand. */
function outboxWith(send: (mail: MailMessage) => Promise<void>, perCall = 1) {
  const one = (mail: MailMessage) =>
    send(mail).then(
      () => null,
      (error: DeliveryError) => error,
    );
  return new Outbox({
    d1: env.DB,
    mail: { perCall, sendAll: (mails) => Promise.all(mails.map(one)) },
    texts: null,
    from: 'accounts@latchkey.test',
    origin: 'https://auth.test',
  });
}

describe('a mail', () => {
  it('that was written before a crash is sent by the cron, once, and keeps no secret', async () => {
    const to = address();
    await queue(to);
    await cron();
    await cron();
    expect(await receivedMails(to)).toHaveLength(1);
  });

  it('carries the same Message-ID at every try', async () => {
    const to = address();
    const row = await queue(to);
    await cron();
    expect((await receivedMails(to))[0]?.messageId).toContain(row.id);
  });

  it.each(['server-error', 'drop-after-data', 'refuse-credentials'] as const)(
    'is kept and sent later when the provider fails with %s',
    async (fault) => {
      const email = address();
      await setFault(email, fault);
      await call('POST', '/v1/auth/register', { body: { email, password: PASSWORD }, ip: freshAddress() });
      const row = await settledRow(email, 1);
      expect(row).toMatchObject({ status: 'pending', attempts: 1, last_error: expect.any(String) });
      expect(row.last_error).not.toContain(email);
      await setFault(email, null);
      await cron();
      expect((await rowOf(email)).attempts, 'not before its time').toBe(1);
      advance(31_000);
      await cron();
      expect(await rowOf(email)).toMatchObject({ status: 'sent', attempts: 2, data: '{}' });
      expect(await mailTo(email, /^Welcome/)).toBeDefined();
    },
  );

  it('is given up at once when the recipient is refused', async () => {
    const email = address();
    await setFault(email, 'reject-recipient');
    await register({ email });
    const row = await settledRow(email, 1);
    // An admin may have it sent again while its link is good.
    expect(row).toMatchObject({ status: 'dead', attempts: 1, data: expect.stringContaining('token=') });
    advance(86_400_000);
    await cron();
    await cron('0 0 * * *');
    expect((await rowOf(email)).data).toBe('{}');
    expect((await rowOf(email)).attempts).toBe(1);
  });

  it('is given up after the last try', async () => {
    const to = address();
    await queue(to);
    const failing = outboxWith(async () => {
      throw new DeliveryError('server says 451', { permanent: false });
    });
    for (let n = 1; n <= MAX_ATTEMPTS; n += 1) {
      await failing.drain(PLENTY);
      const row = await env.DB.prepare('SELECT * FROM outbox WHERE recipient = ? OR attempts = ?')
        .bind(to, MAX_ATTEMPTS)
        .first<any>();
      expect(row).toMatchObject({ attempts: n, status: n < MAX_ATTEMPTS ? 'pending' : 'dead' });
      advance(7_200_000);
    }
  });

  it('that says what is no longer true is not sent', async () => {
    const to = address();
    const row = await queue(to, Date.now(), Date.now() + 1000);
    advance(1000);
    await cron();
    expect(await receivedMails(to)).toEqual([]);
    const settled = await env.DB.prepare('SELECT status, last_error FROM outbox WHERE id = ?')
      .bind(row.id)
      .first();
    expect(settled).toEqual({ status: 'dead', last_error: 'expired before it could be sent' });
  });
});

describe('two at once', () => {
  it('never send one mail twice', async () => {
    const to = Array.from({ length: 30 }, address);
    for (const one of to) await queue(one);
    const sent: string[] = [];
    const outbox = outboxWith(async (mail) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      sent.push(mail.to);
    });
    await Promise.all([outbox.drain(PLENTY), outbox.drain(PLENTY), outbox.drain(PLENTY)]);
    expect(sent.filter((one) => to.includes(one)).sort()).toEqual([...to].sort());
  });

  it('a sender that hangs loses its lease to another, and cannot undo what that one did', async () => {
    const to = address();
    const row = await queue(to);
    let release = () => {};
    const hanging = outboxWith(
      (mail) =>
        new Promise((_, reject) => {
          if (mail.to === to) release = () => reject(new DeliveryError('too late', { permanent: true }));
          else reject(new DeliveryError('not this one', { permanent: false }));
        }),
    );
    const first = hanging.drain(PLENTY);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await cron();
    expect(await receivedMails(to)).toEqual([]);
    advance(61_000);
    await cron();
    expect(await receivedMails(to)).toHaveLength(1);
    release();
    await first;
    const settled = await env.DB.prepare('SELECT status, attempts FROM outbox WHERE id = ?')
      .bind(row.id)
      .first();
    expect(settled).toEqual({ status: 'sent', attempts: 2 });
  });
});

/** Messages that are due, written by SQL. */
async function queueMany(count: number, channel = 'mail'): Promise<string[]> {
  const prefix = `bulk-${crypto.randomUUID()}`;
  const now = Date.now();
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
     INSERT INTO outbox (id, realm_id, channel, template, recipient, data, next_attempt_at, created_at)
     SELECT 'msg_' || ?2 || i, 'default', ?3, iif(?3 = 'mail', 'account_deleted', 'code'), ?2 || '-' || i || '@example.com',
       '{"name":null}', ?4, ?4 FROM n`,
  )
    .bind(count, prefix, channel, now)
    .run();
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}@example.com`);
}

const pendingOf = async (to: string[]) =>
  (
    await env.DB.prepare(
      "SELECT attempts FROM outbox WHERE status = 'pending' AND recipient IN (SELECT value FROM json_each(?))",
    )
      .bind(JSON.stringify(to))
      .all<{ attempts: number }>()
  ).results;

describe('a thousand messages', () => {
  it.each([
    [1, 126],
    [100, 51],
  ])(
    'are sent %i a call, some calls at once, each once, in minutes of a bounded number of calls',
    async (perCall, minutes) => {
      const to = await queueMany(1000);
      const sent: string[] = [];
      let [open, most, calls] = [0, 0, 0];
      const outbox = new Outbox({
        d1: env.DB,
        mail: {
          perCall,
          sendAll: async (mails) => {
            calls += 1;
            open += 1;
            most = Math.max(most, open);
            await Promise.resolve();
            open -= 1;
            expect(mails.length).toBeLessThanOrEqual(perCall);
            sent.push(...mails.map((mail) => mail.to));
            return mails.map(() => null);
          },
        },
        texts: null,
        from: 'accounts@latchkey.test',
        origin: 'https://auth.test',
      });
      let runs = 0;
      while ((await pendingOf(to)).length > 0) {
        runs += 1;
        const callsBefore = calls;
        await outbox.drain(new RunBudget(24, Number.POSITIVE_INFINITY));
        expect(calls - callsBefore, 'with a statement before and after').toBeLessThanOrEqual(22);
      }
      expect(sent.filter((one) => to.includes(one)).sort()).toEqual([...to].sort());
      expect(most).toBe(6);
      expect(runs).toBeLessThanOrEqual(minutes);
    },
  );

  it('that the budget does not reach count as not tried', async () => {
    const to = await queueMany(6);
    const outbox = outboxWith(async () => {});
    expect(await outbox.drain(new RunBudget(4, Number.POSITIVE_INFINITY))).toBe(2);
    expect(await pendingOf(to)).toEqual(Array(4).fill({ attempts: 0 }));
    await outbox.drain(PLENTY);
    expect(await pendingOf(to)).toEqual([]);
  });
});

it('what failed in one call is tried again in one call, alone', async () => {
  const lost = await queueMany(30);
  const calls: string[][] = [];
  let fails = true;
  const outbox = new Outbox({
    d1: env.DB,
    mail: {
      perCall: 100,
      sendAll: async (mails) => {
        calls.push(mails.map(({ to }) => to).sort());
        const error = new DeliveryError('no answer', { permanent: false });
        return mails.map(() => (fails ? error : null));
      },
    },
    texts: null,
    from: 'accounts@latchkey.test',
    origin: 'https://auth.test',
  });
  await outbox.drain(PLENTY);
  fails = false;
  advance(31_000);
  await queueMany(50);
  await outbox.drain(PLENTY);
  expect(calls[0]).toEqual([...lost].sort());
  expect(calls.slice(1)).toContainEqual([...lost].sort());
});

it('a message that cannot be rendered holds up no other of its call', async () => {
  const to = await queueMany(3);
  await env.DB.prepare("UPDATE outbox SET template = 'nonsense' WHERE recipient = ?").bind(to[1]).run();
  await outboxWith(async () => {}, 100).drain(PLENTY);
  expect(await pendingOf(to)).toEqual([{ attempts: 1 }]);
});

it('doubles its patience, and leaves half of it to chance', () => {
  expect(backoff(1, 7_200_000, 0)).toBe(30_000);
  expect(backoff(1, 7_200_000, 1)).toBe(15_000);
  expect(backoff(3, 7_200_000, 0)).toBe(120_000);
  expect(backoff(30, 7_200_000, 0)).toBe(7_200_000);
});

it('prunes what is over, and nothing else, however often', async () => {
  const { user } = await register();
  await mailTo(user.email, /^Welcome/);
  await call('POST', '/v1/auth/password/forgot', { body: { email: user.email } });
  await mailTo(user.email, /password/i);
  const services = createServices(env as never);
  const { prune } = await import('../../src/privacy/retention.ts');
  const count = async () =>
    (await env.DB.prepare('SELECT COUNT(*) AS n FROM outbox WHERE user_id = ?').bind(user.id).first<any>()).n;
  const tokens = async () =>
    (
      await env.DB.prepare('SELECT COUNT(*) AS n FROM one_time_tokens WHERE user_id = ?')
        .bind(user.id)
        .first<any>()
    ).n;
  await prune(env.DB, services.config, Date.now(), PLENTY);
  expect([await count(), await tokens()]).toEqual([2, 1]);
  const later = Date.now() + 31 * 86_400_000;
  await prune(env.DB, services.config, later, PLENTY);
  await prune(env.DB, services.config, later, PLENTY);
  expect([await count(), await tokens()]).toEqual([0, 0]);
});
