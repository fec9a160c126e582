import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCron } from '../../src/cron.ts';
import { monthOf } from '../../src/lib/calendar.ts';
import { createServices } from '../../src/services.ts';
import { countedBindings } from '../support/counted.ts';

const DAY = 86_400_000;
const NOW = Date.now();
/** More than one run can do, of each. */
const LAPSED = 200_000;
const GRANTED = 900;
const MAILS = 2_000;
const OLD_ENTRIES = 150_000;
const FOLDED = 500;
const REALMS = 30;

const run = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();
const count = (sql: string) => env.DB.prepare(`SELECT count(*) AS n FROM ${sql}`).first<number>('n');
const NUMBERS = 'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)';
const ofUsers = (prefix: string, more: string, values: string) =>
  `${NUMBERS} INSERT INTO users (id, realm_id, email, created_at, updated_at, ${more})
   SELECT 'usr_${prefix}' || i, 'default', '${prefix}' || i || '@example.com', 1, 1, ${values} FROM n`;

/** What is left to do, by job. */
const left = async () => ({
  mails: await count("outbox WHERE status = 'pending'"),
  lapsed: await count('users WHERE plan_expires_at IS NOT NULL'),
  grants: await count(`users WHERE id LIKE 'usr_grant%' AND granted_month < '${monthOf(NOW)}'`),
  fold: await count('users_to_fold'),
  entries: await count(`activity WHERE at < ${NOW - 400 * DAY}`),
  keys: await count(
    'signing_keys AS k WHERE rotate_at = 1 AND generation = (SELECT max(generation) FROM signing_keys WHERE realm_id = k.realm_id)',
  ),
});

/** Runs a minute with so many calls; gives how many it made. */
async function minute(calls: number): Promise<{ statements: number; calls: number }> {
  const { bindings, counted } = countedBindings({
    MAIL_PROVIDER: 'dev',
    JOB_CALLS: String(calls),
    DB_2: undefined,
  });
  await runCron(createServices(bindings), '* * * * *', Date.now());
  return {
    statements: counted.statements,
    calls: counted.statements + counted.objects,
  };
}

beforeAll(async () => {
  await run(ofUsers('lapsed', 'plan, plan_expires_at, granted_month', "'pro', 5, '9999-12'"), LAPSED);
  await run(ofUsers('grant', 'plan', "'pro'"), GRANTED);
  await run(ofUsers('fold', 'name', "'Özlem ' || i"), FOLDED);
  await run(
    `${NUMBERS} INSERT INTO outbox (id, realm_id, channel, template, recipient, data, next_attempt_at, created_at)
     SELECT 'msg_' || i, 'default', 'mail', 'account_deleted', i || '@example.com', '{"name":null}', 1, ?2 FROM n`,
    MAILS,
    NOW,
  );
  await run(
    `${NUMBERS} INSERT INTO activity (user_id, seq, realm_id, at, type) SELECT 'usr_grant' || (i % 100), i, 'default', 1, 'signed_in' FROM n`,
    OLD_ENTRIES,
  );
  await run(
    `${NUMBERS} INSERT INTO realms (id, name, created_at, updated_at) SELECT 'r' || i, 'R', 1, 1 FROM n`,
    REALMS,
  );
  await run(
    `${NUMBERS} INSERT INTO signing_keys SELECT 'k' || i, 'r' || i, 1, '{}', 'x', 1, 1, 1 FROM n`,
    REALMS,
  );
});

describe('a minute of a product that has much to do', () => {
  it('makes no more calls than the plan allows, and comes on with every job', async () => {
    for (const calls of [50, 1000]) {
      const before = await left();
      const made = await minute(calls);
      expect(made.calls).toBeLessThanOrEqual(calls);
      expect(made.calls, 'what is paid for is used').toBeGreaterThan(calls / 2);
      const after = await left();
      for (const [job, amount] of Object.entries(after)) {
        expect(amount, `${job} of ${calls}`).toBeLessThan(before[job as keyof typeof before] as number);
      }
    }
  });

  it('is done after some, each within the same bounds', async () => {
    let minutes = 0;
    while (Object.values(await left()).some((amount) => amount !== 0)) {
      expect((await minute(1000)).calls).toBeLessThanOrEqual(1000);
      minutes += 1;
      expect(minutes, JSON.stringify(await left())).toBeLessThan(20);
    }
    const idle = await minute(50);
    expect(idle.calls).toBeLessThanOrEqual(21);
  });
});
