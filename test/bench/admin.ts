import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { MAX_OFFSET } from '../../src/admin/users-schemas.ts';
import { helpIfAsked, showErrors } from '../../src/cli/command.ts';
import { applyMigrations } from '../../src/cli/d1.ts';
import { localDatabasePath } from '../../src/cli/local-database.ts';
import type { Recorded } from './recorded-d1.ts';
import { Service } from './service.ts';

// `npm run bench:admin -- --persist-to DIR [--slow MS]`: what every list and chart of admins costs D1, in a database that
// `npm run seed` has filled. It shows D1's own time, the rows it read, and the plans of the statements that take long.

helpIfAsked('bench:admin');

const KEY = 'YmVuY2gta2V5LWZvci1hZG1pbnMtb25seS1ub3QtZm9yLXVzZQ';
/** D1 milliseconds from which on a plan is shown. */
const SLOW = 50;
const TIMES = 3;
/** The deepest page by number, of the 50 rows that a page has unless told otherwise. */
const DEEPEST = String(MAX_OFFSET / 50 + 1);
/** What is asked for where a parameter takes any text, or any number of a page. */
const SAMPLES: Record<string, string> = {
  q: 'user12',
  search: 'user12',
  email: 'user12',
  ip: '10.10.1.1',
  page: DEEPEST,
};

interface Parameter {
  name: string;
  in: string;
  schema?: { enum?: string[] };
}

interface Cost {
  path: string;
  status: number;
  /** What D1 says, in whole milliseconds a statement. */
  ms: number;
  /** The whole request, and what must be asked twice to be told of. */
  elapsed: number;
  rowsRead: number;
  statements: Recorded[];
}

async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { 'persist-to': { type: 'string' }, slow: { type: 'string' } },
  });
  if (!values['persist-to']) throw new Error('Usage: npm run bench:admin -- --persist-to DIR [--slow MS]');
  const state = resolve(values['persist-to']);
  const slow = Number(values.slow ?? SLOW);
  await applyMigrations({ 'persist-to': state });
  const service = await Service.start({ vars: { INTERNAL_API_KEY: KEY }, state });
  try {
    const costs: Cost[] = [];
    for (const path of await adminPaths(service.port, state)) costs.push(await costOf(service.port, path));
    const shown = costs.map(({ path, status, ms, elapsed, rowsRead, statements }) => {
      return {
        path,
        status,
        'D1 ms': round(ms),
        'request ms': round(elapsed),
        'rows read': rowsRead,
        statements: statements.length,
      };
    });
    console.table(shown);
    explain(costs, slow, state);
  } finally {
    await service.stop();
  }
}

/** Every GET below /v1/admin, bare and with each value of each parameter that has a list of them; and deep. */
async function adminPaths(port: number, state: string): Promise<string[]> {
  const document = await (await fetch(`http://127.0.0.1:${port}/openapi.json`)).json();
  const { paths } = document as { paths: Record<string, { get?: { parameters?: Parameter[] } }> };
  const user = someUser(state);
  return Object.entries(paths).flatMap(([template, { get }]) => {
    if (!template.startsWith('/v1/admin/') || !get || /\.csv$/.test(template)) return [];
    const path = template.replace('/users/{id}', `/users/${user}`);
    if (path.includes('{')) return [];
    const parameters = (get.parameters ?? []).filter((parameter) => parameter.in === 'query');
    const isNumbered = parameters.some(({ name }) => name === 'page');
    const variants = parameters.flatMap(({ name, schema }) => {
      const sample = SAMPLES[name];
      const given = schema?.enum ?? (sample === undefined ? [] : [sample]);
      // In each order, also as deep as it goes.
      const deep = isNumbered && name === 'sort' ? given.map((sort) => ({ sort, page: DEEPEST })) : [];
      const queries = [...given.map((value) => ({ [name]: value })), ...deep];
      return queries.map((query) => `${path}?${new URLSearchParams(query)}`);
    });
    return [path, ...variants];
  });
}

function someUser(state: string): string {
  const db = new DatabaseSync(localDatabasePath(state), { readOnly: true });
  const row = db
    .prepare('SELECT user_id FROM past_usage_days GROUP BY user_id ORDER BY COUNT(*) DESC LIMIT 1')
    .get();
  db.close();
  return String(row?.user_id);
}

/** The median of a few calls, by the time of the request. */
async function costOf(port: number, path: string): Promise<Cost> {
  const runs: Cost[] = [];
  for (let time = 0; time < TIMES; time += 1) {
    const started = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/__d1${path}`, { headers: { 'X-API-Key': KEY } });
    const { status, statements } = (await response.json()) as { status: number; statements: Recorded[] };
    const elapsed = performance.now() - started;
    const sum = (of: (one: Recorded) => number) => statements.reduce((total, one) => total + of(one), 0);
    runs.push({
      path,
      status,
      ms: sum(({ ms }) => ms),
      elapsed,
      rowsRead: sum(({ rowsRead }) => rowsRead),
      statements,
    });
  }
  return runs.sort((a, b) => a.elapsed - b.elapsed)[Math.floor(TIMES / 2)] as Cost;
}

/** How SQLite goes about the statements that took long, each once. */
function explain(costs: Cost[], slow: number, state: string): void {
  const db = new DatabaseSync(localDatabasePath(state), { readOnly: true });
  const seen = new Set<string>();
  for (const { path, statements } of costs) {
    for (const { sql, ms, rowsRead } of statements) {
      if (ms < slow || seen.has(sql)) continue;
      seen.add(sql);
      console.log(`\n${path}: ${round(ms)} ms, ${rowsRead} rows\n${sql.replaceAll(/\s+/g, ' ')}`);
      for (const row of db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()) console.log(`  ${row.detail}`);
    }
  }
  if (seen.size === 0) console.log(`No statement took ${slow} ms.`);
  db.close();
}

const round = (ms: number) => Math.round(ms * 10) / 10;

await showErrors(() => bench(process.argv.slice(2)));
