import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { helpIfAsked } from '../../src/cli/command.ts';
import type { Cost } from '../cost/operations.ts';
import { BEFORE, HABITS, PRICES } from './prices.ts';

// `npm run bench:cost`: dollars for a million of each operation, and for a month of so many users, from the exact counts
// that test/cost/budgets.test.ts holds. With `-- --json` as data.

helpIfAsked('bench:cost');

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const USERS = [10_000, 1_000_000, 10_000_000, 100_000_000];

/** Counts anew, in workerd: the test says what it has counted. */
function counted(): Record<keyof typeof HABITS, Cost> {
  const run = spawnSync('vitest', ['run', '--project', 'workers', 'test/cost/budgets.test.ts'], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  const found = /COSTS (\{.*\})/.exec(run.stdout)?.[1];
  if (!found) throw new Error(`The costs were not counted:\n${run.stdout}${run.stderr}`);
  return JSON.parse(found);
}

function dollars({ object_rows, limiter_rows, d1_rows, calls }: Cost): number {
  return (
    PRICES.workerRequest +
    calls * PRICES.objectRequest +
    (object_rows + limiter_rows) * PRICES.objectRowWritten +
    d1_rows * PRICES.d1RowWritten
  );
}

const costs = counted();
const names = Object.keys(HABITS) as (keyof typeof HABITS)[];
const perMillion = Object.fromEntries(names.map((name) => [name, dollars(costs[name])])) as Record<
  keyof typeof HABITS,
  number
>;
const month = (users: number) =>
  (users * names.reduce((sum, name) => sum + HABITS[name] * perMillion[name], 0)) / 1_000_000;

if (values.json) {
  const operations = Object.fromEntries(
    names.map((name) => [name, { ...costs[name], dollars_per_million: Number(perMillion[name].toFixed(2)) }]),
  );
  const months = USERS.map((users) => ({ users, dollars: Math.round(month(users)) }));
  console.log(JSON.stringify({ operations, habits: HABITS, prices: PRICES, months }));
} else {
  console.log('operation           object  limiter    D1  statements  calls   $ a million   rows before');
  for (const name of names) {
    const { object_rows, limiter_rows, d1_rows, statements, calls } = costs[name];
    const before = name in BEFORE ? BEFORE[name as keyof typeof BEFORE].join(' + ') : '';
    console.log(
      name.padEnd(18),
      ...[object_rows, limiter_rows, d1_rows].map((rows) => rows.toFixed(1).padStart(7)),
      statements.toFixed(1).padStart(10),
      calls.toFixed(1).padStart(7),
      perMillion[name].toFixed(2).padStart(12),
      before.padStart(13),
    );
  }
  console.log(`\nA month, each user with ${names.map((name) => `${HABITS[name]} ${name}`).join(', ')}:`);
  for (const users of USERS) {
    console.log(
      `${users.toLocaleString('en').padStart(12)} users  $${Math.round(month(users)).toLocaleString('en')}`,
    );
  }
}
