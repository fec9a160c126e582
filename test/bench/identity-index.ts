import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { unstable_startWorker as startWorker } from 'wrangler';
import { helpIfAsked } from '../../src/cli/command.ts';
import type { Outcome } from './identity-index-worker.ts';

// `npm run bench:identity-index [-- --users N --changes N --faults PERCENT]`: a realm whose identity index lies in 16 databases. Users
// register and change addresses at the same time, many of them want the same, and statements fail before and after they act. At
// the end every address must have one user at most, and every user the address that their object, their home row and the index say.

helpIfAsked('bench:identity-index');

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '1000' },
    changes: { type: 'string', default: '2000' },
    faults: { type: 'string', default: '10' },
  },
});
const [users, changes, faults] = [values.users, values.changes, values.faults].map(Number) as [
  number,
  number,
  number,
];

/** As many as the Worker asks. */
const SHARDS = 16;
const REALM = 'default';
/** How many ask at a time. */
const AT_ONCE = 24;

interface Identity {
  value: string;
  user_id: string;
}
interface Home {
  user_id: string;
  email: string;
}

process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
const directory = mkdtempSync(join(tmpdir(), 'latchkey-index-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const config = join(directory, 'wrangler.json');
writeFileSync(
  config,
  JSON.stringify({
    name: 'identity-index',
    main: join(import.meta.dirname, 'identity-index-worker.ts'),
    compatibility_date: '2026-08-01',
    d1_databases: Array.from({ length: SHARDS }, (_, number) => ({
      binding: `SHARD_${number}`,
      database_name: `shard-${number}`,
      database_id: `shard-${number}`,
    })),
    durable_objects: { bindings: [{ name: 'ACCOUNT', class_name: 'IndexedAccount' }] },
    migrations: [{ tag: 'v1', new_sqlite_classes: ['IndexedAccount'] }],
  }),
);
const worker = await startWorker({
  config,
  dev: {
    watch: false,
    inspector: false,
    persist: join(directory, 'state'),
    server: { hostname: '127.0.0.1', port: 0 },
    logLevel: 'error',
  },
});

try {
  await ask('/migrate');
  await ask(`/faults?percent=${faults}`);
  const outcomes = new Map<Outcome, number>();
  const count = (outcome: Outcome) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const take = async (user: number, email: string) =>
    count(await ask<Outcome>('/take', { realm: REALM, user: `usr_${user}`, email }));
  // Nine tenths of the addresses are there for all who want one.
  const address = () => `${Math.floor(Math.random() * users * 0.9)}@seed.example`;
  await each(users, (user) => take(user, address()));
  await each(changes, () => take(Math.floor(Math.random() * users), address()));
  await ask('/faults?percent=0');
  await each(users, async (user) => {
    while (await ask<boolean>(`/open?user=usr_${user}`)) await sleep(50);
  });

  const { identities, homes } = await ask<{ identities: Identity[][]; homes: Home[][] }>('/all');
  const owners = new Map(identities.flat().map(({ value, user_id }) => [value, user_id]));
  const wrong: string[] = [];
  if (owners.size !== identities.flat().length) wrong.push('an address lies in two databases');
  for (const { user_id, email } of homes.flat()) {
    if (owners.get(email) !== user_id) wrong.push(`${user_id} is not found by ${email}`);
    if ((await ask(`/object?user=${user_id}`)) !== email) wrong.push(`${user_id} does not know ${email}`);
  }
  // Nobody holds an address that they are not found by.
  if (owners.size !== homes.flat().length)
    wrong.push(`${owners.size} addresses belong to ${homes.flat().length} users`);

  const cost = async (act: () => Promise<unknown>) => {
    await ask('/faults?percent=0');
    await act();
    return ask<number>('/statements');
  };
  const found = await cost(() => ask(`/find?realm=${REALM}&email=0@seed.example`));
  const registered = await cost(() => take(users, 'new@seed.example'));
  const changed = await cost(() => take(users, 'newer@seed.example'));
  const sizes = identities.map((rows) => rows.length);
  console.log(`${users} registrations and ${changes} changes of an address over ${SHARDS} databases, ${faults} % of all statements failed:
${[...outcomes].map(([outcome, n]) => `  ${outcome}: ${n}`).join('\n')}
addresses in a database: ${Math.min(...sizes)} to ${Math.max(...sizes)}
statements: ${found} to find a user, ${registered} to register one, ${changed} to change an address
${wrong.length ? wrong.slice(0, 20).join('\n') : 'Every address has one user, and every user the one address that object, home row and index say.'}`);
  process.exitCode = wrong.length ? 1 : 0;
} finally {
  await worker.dispose();
}

async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const url = new URL(path, await worker.url);
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** Does that for 0, 1, 2 …, several at once. */
async function each(n: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const run = async () => {
    while (next < n) await act(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
}
