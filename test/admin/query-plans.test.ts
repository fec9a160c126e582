import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';

interface Asked {
  sql: string;
  values: unknown[];
}

/** D1 that remembers what it was asked. */
function recording(asked: Asked[]): D1Database {
  const database = (original: D1Database | D1DatabaseSession): any =>
    new Proxy(original, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (name === 'prepare') {
          return (sql: string) => {
            const statement = target.prepare(sql);
            const entry: Asked = { sql, values: [] };
            asked.push(entry);
            const bind = statement.bind.bind(statement);
            statement.bind = (...values: unknown[]) => {
              entry.values = values;
              return bind(...values);
            };
            return statement;
          };
        }
        if (name === 'withSession')
          return (from: string) => database((target as D1Database).withSession(from));
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return database(env.DB);
}

const asked: Asked[] = [];
const { admin, analytics } = createServices({ ...env, DB: recording(asked) } as unknown as Bindings);

/** What a table function or a part of the query itself gives may be scanned; a table never. */
const HARMLESS = /^SCAN (f|json_each|\(subquery-\d+\)|CONSTANT ROW|\(join-\d+\))( |$)/;

const page = { limit: 50 };
const sorts = [
  'created_at',
  'last_login_at',
  'email',
  'username',
  'name',
  'role',
  'plan',
  'status',
  'email_verified',
] as const;
const listed = { limit: 50, order: 'desc' } as const;
const after = { created_at: 1, last_login_at: 1, email_verified: 0 } as Record<string, unknown>;
const cursor = (sort: string) => {
  const keys = ['role', 'plan', 'status', 'email_verified'].includes(sort)
    ? [after[sort] ?? 'x', 1, 'usr_x']
    : [after[sort] ?? 'x', 'usr_x'];
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
};

const QUESTIONS: Record<string, () => Promise<unknown>> = {
  dashboard: () => admin.statistics.dashboard('default'),
  statistics: () => admin.statistics.statistics('default', 365),
  usage: () => analytics.usage({ realmId: 'default' }, 365),
  'users who use most': () => analytics.topUsers('default'),
  'model tokens': () => analytics.tokens({ realmId: 'default' }, 365),
  'users who have models use most': () => analytics.topTokenUsers('default'),
  activity: () => admin.logs.activity('default', {}, { ...page, after: null }),
  'activity of later': () => admin.logs.activity('default', {}, { ...page, after: [1, 'usr_x', 1] }),
  'activity by user': () =>
    admin.logs.activity('default', { userId: 'x', type: 'y', ip: 'z' }, { ...page, after: null }),
  'activity by type': () =>
    admin.logs.activity('default', { type: 'y' }, { ...page, after: [1, 'usr_x', 1] }),
  'activity by address': () =>
    admin.logs.activity('default', { ip: 'z', type: 'y', after: 1, before: 2 }, { ...page, after: null }),
  audit: () => admin.logs.audit('default', {}, { ...page, after: null }),
  'audit by actor': () => admin.logs.audit('default', { actor: 'x', after: 1 }, { ...page, after: 'aud_x' }),
  'audit by target': () =>
    admin.logs.audit(
      'default',
      { target: 'x', actor: 'y', action: 'user_changed' },
      { ...page, after: null },
    ),
  'audit by action': () => admin.logs.audit('default', { action: 'user_changed' }, { ...page, after: null }),
  outbox: () => admin.outbox.list('default', {}, { ...page, after: [1, 'msg_x'] }),
  'outbox by status': () => admin.outbox.list('default', { status: 'dead' }, { ...page, after: null }),
  'outbox by user': () =>
    admin.outbox.list('default', { userId: 'x', status: 'sent' }, { ...page, after: null }),
  user: () => admin.users.get({ realmId: 'default', userId: 'usr_x' }).catch(() => {}),
};
for (const sort of sorts) {
  const list = (query: object) => admin.users.list('default', { ...listed, sort, ...query } as never);
  QUESTIONS[`users by ${sort}`] = () => list({});
  QUESTIONS[`users by ${sort}, later`] = () => list({ cursor: cursor(sort) });
  QUESTIONS[`users by ${sort}, filtered`] = () => list({ status: 'active', plan: 'free', order: 'asc' });
  QUESTIONS[`users by ${sort}, of a time`] = () => list({ created_after: 1, created_before: 9e15 });
  QUESTIONS[`users by ${sort}, searched`] = () => list({ q: 'ada', role: 'user', cursor: cursor(sort) });
  QUESTIONS[`users by ${sort}, by number`] = () => list({ page: 3 });
}

it('there is a user, or lists would ask nothing', async () => {
  await env.DB.prepare(
    "INSERT INTO users (id, realm_id, email, created_at, updated_at) VALUES ('usr_only', 'default', 'a@b.c', 1, 1)",
  ).run();
});

/** How often what was found may be put in order: pages of facets, of statuses and of types are, what is of one user, and the
 * ids that a search found. */
const sortings = (name: string) => {
  if (/searched$/.test(name)) return 6;
  if (name === 'activity by user') return 2;
  return /^users by|^activity|^outbox|^dashboard/.test(name) ? 1 : 0;
};

it.each(Object.entries(QUESTIONS))('%s: no table is scanned, nor sorted', async (name, ask) => {
  asked.length = 0;
  await ask();
  expect(asked.length).toBeGreaterThan(0);
  for (const { sql, values } of asked) {
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...values)
      .all<{ detail: string }>();
    const steps = results.map(({ detail }) => detail);
    expect(
      steps.filter((step) => step.startsWith('SCAN') && !HARMLESS.test(step)),
      `${sql}\n${steps.join('\n')}`,
    ).toEqual([]);
    const sorting = steps.filter((step) => step.includes('TEMP B-TREE FOR ORDER BY'));
    expect(sorting.length, `${sql}\n${steps.join('\n')}`).toBeLessThanOrEqual(sortings(name));
  }
});
