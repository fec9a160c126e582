import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { type Recorded, recordD1 } from '../bench/recorded-d1.ts';

/** So many users, and as many messages. */
const USERS = 200_000;
const LIMIT = 50;

const recorded: Recorded[] = [];
const { admin } = createServices({ ...env, DB: recordD1(env.DB, recorded) } as unknown as Bindings);

/** How many rows a question reads. */
async function rowsOf(ask: () => Promise<unknown>): Promise<number> {
  recorded.length = 0;
  await ask();
  // What Drizzle asks for as arrays is asked twice by the recorder, and recorded once.
  return recorded.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
}

beforeAll(async () => {
  const NUMBERS = 'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)';
  await env.DB.prepare(
    `${NUMBERS} INSERT INTO users (id, realm_id, email, username, name, created_at, updated_at)
     SELECT 'usr_' || i, 'default', printf('%s%06d@example.com', substr('abcdefghij', 1 + i % 10, 1), i), 'u' || i,
       iif(i % 200 = 0, 'Ada', 'Grace') || ' Number' || i, i, i FROM n`,
  )
    .bind(USERS)
    .run();
  await env.DB.prepare(
    `${NUMBERS} INSERT INTO outbox (id, realm_id, user_id, channel, template, recipient, data, status, next_attempt_at, created_at, settled_at)
     SELECT 'msg_' || i, 'default', 'usr_' || (i % 100), 'mail', 'welcome', 'x@example.com', '{}', 'sent', i, i, i FROM n`,
  )
    .bind(USERS)
    .run();
  await env.DB.prepare(
    `${NUMBERS} INSERT INTO activity (user_id, seq, realm_id, at, type, ip)
     SELECT 'usr_' || (i % 100), i, 'default', i, json_array('signed_in', 'registered', 'sign_in_failed') ->> (i % 3),
       '10.0.0.' || (i % 200) FROM n`,
  )
    .bind(USERS / 4)
    .run();
});

const list = (query: object) => () =>
  admin.users.list('default', { limit: LIMIT, sort: 'created_at', order: 'desc', ...query } as never);
const log = (filter: object, after: [number, string, number] | null) => () =>
  admin.logs.activity('default', filter, { after, limit: LIMIT });
const mails = (filter: object, after: [number, string] | null) => () =>
  admin.outbox.list('default', filter, { after, limit: LIMIT });

it.each<[string, () => Promise<unknown>, number]>([
  ['messages', mails({}, null), 1250],
  ['messages of later', mails({}, [100_000, 'msg_100000']), 1250],
  ['messages by status', mails({ status: 'sent' }, null), 1250],
  ['messages of a user', mails({ userId: 'usr_7' }, null), 1250],
  ['entries of the log', log({}, null), 2000],
  ['entries of the log, of later', log({}, [20_000, 'usr_0', 20_000]), 2000],
  ['entries of the log by type', log({ type: 'registered' }, null), 1250],
  ['entries of the log by address', log({ ip: '10.0.0.7' }, null), 1250],
  ['entries of the log of a time', log({ after: 49_990 }, null), 400],
  ['users', list({}), 500],
  ['users by username', list({ sort: 'username' }), 500],
  ['users by name', list({ sort: 'name', order: 'asc' }), 500],
  ['users, searched for what one has', list({ q: 'a000010' }), 50],
  ['users, searched for what one in ten has', list({ q: 'b' }), 2000],
  ['users, searched for what one in two hundred has', list({ q: 'ada' }), 12_000],
  ['users, searched for what all have', list({ q: 'u' }), 1500],
])('%s: rows read are bounded, however many there are', async (_, ask, bound) => {
  expect(await rowsOf(ask)).toBeLessThanOrEqual(bound);
});
