import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { accountOf } from './api.ts';

/** What was written since it was last asked for, as Cloudflare bills it, and how many statements D1 ran. */
export interface Written {
  /** Rows of SQL, values by key, and alarms: of the account objects that were asked for, and of all others. */
  objectRows: number;
  otherRows: number;
  d1Rows: number;
  statements: number;
  /** What was written, for those who wonder. */
  log: string[];
}

/** What objects have written: how many rows is known when all of them are. */
const writes: { owner: object; what: string; rows: () => number }[] = [];
const d1 = { rows: 0, statements: 0, log: [] as string[] };
let isCounting = false;

/** Counts from now on what objects and D1 write, in this isolate: tests of one file run one after another. */
export async function countRows(): Promise<void> {
  if (isCounting) return;
  isCounting = true;
  await runInDurableObject(accountOf('rows-are-counted'), (_, { storage }) => {
    const one = () => 1;
    replace(storage.sql, 'exec', (owner, query, cursor) =>
      writes.push({ owner, what: short(query), rows: () => (cursor as SqlStorageCursor<any>).rowsWritten }),
    );
    replace(storage.kv, 'put', (owner, key) => writes.push({ owner, what: `put ${key}`, rows: one }));
    replace(storage.kv, 'delete', (owner, key, was) => {
      if (was) writes.push({ owner, what: `delete ${key}`, rows: one });
    });
    replace(storage, 'setAlarm', (owner) => writes.push({ owner, what: 'setAlarm', rows: one }));
  });
  // The one way of all statements, of which `first` and `raw` tell no more than the rows.
  const prototype = Object.getPrototypeOf(env.DB.withSession());
  const send = prototype._sendOrThrow;
  prototype._sendOrThrow = async function (path: string, query: unknown, ...rest: unknown[]) {
    const answer = await send.call(this, path, query, ...rest);
    const queries = [query].flat() as { sql?: string }[];
    for (const [index, result] of [answer].flat().entries()) {
      const rows = result.meta?.rows_written ?? 0;
      d1.statements += 1;
      d1.rows += rows;
      if (rows > 0) d1.log.push(`D1 ${rows} ${short(queries[index]?.sql ?? String(queries[index]))}`);
    }
    return answer;
  };
}

/** What was written since it was last asked for. */
export async function takeRows(...userIds: string[]): Promise<Written> {
  const owners = new Set<object>();
  for (const userId of userIds) {
    await runInDurableObject(accountOf(userId), (_, { storage }) => {
      for (const owner of [storage, storage.kv, storage.sql]) owners.add(owner);
    });
  }
  const taken: Written = {
    objectRows: 0,
    otherRows: 0,
    d1Rows: d1.rows,
    statements: d1.statements,
    log: d1.log,
  };
  for (const { owner, what, rows } of writes.splice(0)) {
    const written = rows();
    const whose = owners.has(owner) ? 'objectRows' : 'otherRows';
    taken[whose] += written;
    if (written > 0) taken.log.push(`${whose} ${written} ${what}`);
  }
  Object.assign(d1, { rows: 0, statements: 0, log: [] });
  return taken;
}

function replace(
  of: object,
  name: string,
  hear: (owner: object, first: unknown, result: unknown) => void,
): void {
  const prototype = Object.getPrototypeOf(of);
  const real = prototype[name];
  prototype[name] = function (...given: unknown[]) {
    const result = real.apply(this, given);
    hear(this, given[0], result);
    return result;
  };
}

function short(sql: unknown): string {
  return String(sql).replace(/\s+/g, ' ').slice(0, 60);
}
