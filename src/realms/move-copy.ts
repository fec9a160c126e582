import { createHash } from 'node:crypto';
import { isOfRealm, MOVED_TABLES, type MovedTable, SUM_TABLES } from './move-tables.ts';

/** Rows that one statement copies, and changes that are copied anew at once: a parameter of D1 holds two megabytes. */
const PAGE = 100;
/** A table's columns that can be written, in their order. */
export type Columns = ReadonlyMap<string, readonly string[]>;
const NAMES = [...MOVED_TABLES, ...SUM_TABLES].map(({ name }) => name);
type Row = unknown[];
type Key = unknown[];

/** Where from and where to rows are copied: databases without any that follows, for each is meant as it is. */
export interface Ends {
  realmId: string;
  from: D1Database;
  to: D1Database;
  columns: Columns;
}

/** The columns of the tables that go with a realm, to be compared: what one database has not, cannot be copied there. */
export async function readColumns(d1: D1Database): Promise<Columns> {
  const { results } = await d1
    .prepare(
      `SELECT t.value AS name, json_group_array(c.name) AS columns
       FROM json_each(?) AS t, pragma_table_info(t.value) AS c GROUP BY t.value`,
    )
    .bind(JSON.stringify(NAMES))
    .all<{ name: string; columns: string }>();
  return new Map(results.map(({ name, columns }) => [name, JSON.parse(columns) as string[]]));
}

/** Whether two databases have the same tables that go with a realm. */
export function areAlike(one: Columns, other: Columns): boolean {
  return NAMES.every((name) => one.has(name) && String(one.get(name)) === String(other.get(name)));
}

/** How far a table has been gone through: the values by which its last row is ordered. */
export type After = Key | null;

/** The next rows of a table, and after which to go on; null when there are no more. */
async function readPage(ends: Ends, table: MovedTable, after: After): Promise<{ rows: Row[]; after: After }> {
  const order = table.order ? [table.order] : table.key;
  const names = columnsOf(ends, table);
  const beyond = after
    ? `AND (${order.join(', ')}) > (${order.map((_, at) => `?${at + 2}`).join(', ')})`
    : '';
  const read = await ends.from
    .prepare(
      `SELECT ${[...names, ...order].join(', ')} FROM ${table.name}
       WHERE ${isOfRealm(table, table.name, '?1')} ${beyond} ORDER BY ${order.join(', ')} LIMIT ${PAGE}`,
    )
    .bind(ends.realmId, ...(after ?? []))
    .raw<Row>();
  const last = read.length < PAGE ? undefined : read.at(-1);
  return {
    rows: read.map((row) => row.slice(0, names.length)),
    after: last ? last.slice(names.length) : null,
  };
}

function columnsOf({ columns }: Ends, { name, leaves }: MovedTable): string[] {
  return (columns.get(name) ?? []).filter((column) => column !== leaves);
}

/** Rows of a table by their keys, as they are in a database. */
async function readByKeys(d1: D1Database, ends: Ends, table: MovedTable, keys: Key[]): Promise<Row[]> {
  const names = columnsOf(ends, table);
  const wanted = table.key.map((_, at) => `value ->> ${at}`).join(', ');
  return d1
    .prepare(
      `SELECT ${names.join(', ')} FROM ${table.name}
       WHERE (${table.key.join(', ')}) IN (SELECT ${wanted} FROM json_each(?1)) ORDER BY ${table.key.join(', ')}`,
    )
    .bind(JSON.stringify(keys))
    .raw<Row>();
}

function keyOf(ends: Ends, table: MovedTable, row: Row): Key {
  const names = columnsOf(ends, table);
  return table.key.map((column) => row[names.indexOf(column)]);
}

const within = (d1: D1Database, realmId: string, statements: D1PreparedStatement[]) => [
  d1.prepare('UPDATE realm_guards SET copying = 1 WHERE realm_id = ?').bind(realmId),
  ...statements,
  d1.prepare('UPDATE realm_guards SET copying = 0 WHERE realm_id = ?').bind(realmId),
];

/** The statements that make rows of a table in the target what they are in the source, in place of what is in their way. */
function writeStatements(ends: Ends, table: MovedTable, rows: Row[]): D1PreparedStatement[] {
  if (rows.length === 0) return [];
  const { to, realmId } = ends;
  const names = columnsOf(ends, table);
  const json = JSON.stringify(rows);
  const values = names.map((_, at) => `value ->> ${at}`).join(', ');
  const at = (column: string) => `value ->> ${names.indexOf(column)}`;
  if (table.name !== 'users') {
    // Of a user who is not there yet the row comes with their own, which is noted or still to be copied.
    const { of } = table;
    const isHis = of === 'realm' ? 'true' : `EXISTS (SELECT 1 FROM ${of}s WHERE id = ${at(`${of}_id`)})`;
    // What is in the way was itself changed meanwhile.
    return [
      to
        .prepare(
          `INSERT OR REPLACE INTO ${table.name} (${names.join(', ')})
           SELECT ${values} FROM json_each(?1) WHERE ${isHis}`,
        )
        .bind(json),
    ];
  }
  const given = (column: string) => `SELECT ${at(column)} FROM json_each(?1)`;
  const set = names.filter((column) => column !== 'id').map((column) => `${column} = excluded.${column}`);
  return [
    // Whoever has an address there that is another's by now gets their own again as soon as their change is copied.
    to
      .prepare(
        `UPDATE users SET email = id || '@moving.invalid', username = NULL, phone_number_verified = 0
         WHERE realm_id = ?2 AND (id IN (${given('id')}) OR email IN (${given('email')})
           OR username IN (${given('username')}) OR (phone_number_verified = 1 AND phone_number IN (${given('phone_number')})))`,
      )
      .bind(json, realmId),
    to
      .prepare(
        `INSERT INTO users (${names.join(', ')}) SELECT ${values} FROM json_each(?1) WHERE true
         ON CONFLICT (id) DO UPDATE SET ${set.join(', ')}`,
      )
      .bind(json),
  ];
}

/** Copies the next rows of a table; gives how many, and after which to go on. Copying them again changes nothing. */
export async function copyPage(
  ends: Ends,
  table: MovedTable,
  after: After,
): Promise<{ count: number; after: After }> {
  const page = await readPage(ends, table, after);
  const statements = writeStatements(ends, table, page.rows);
  if (statements.length > 0) await ends.to.batch(within(ends.to, ends.realmId, statements));
  return { count: page.rows.length, after: page.after };
}

/**
 * Compares the next rows of a table with their copies, by a hash over both; what differs is noted to be copied again. `hash` is that
 * of all rows before.
 */
export async function verifyPage(
  ends: Ends,
  table: MovedTable,
  after: After,
  hash: string,
): Promise<{ isSame: boolean; count: number; after: After; hash: string }> {
  const page = await readPage(ends, table, after);
  if (page.rows.length === 0) return { isSame: true, count: 0, after: null, hash };
  const text = (row: Row) => JSON.stringify(row);
  const keyText = (row: Row) => JSON.stringify(keyOf(ends, table, row));
  const keys = page.rows.map((row) => keyOf(ends, table, row));
  const copies = new Map(
    (await readByKeys(ends.to, ends, table, keys)).map((row) => [keyText(row), text(row)]),
  );
  const different = page.rows.filter((row) => copies.get(keyText(row)) !== text(row));
  if (different.length > 0) {
    await noteChanges(
      ends,
      different.map((row) => [table.name, JSON.stringify(keyOf(ends, table, row))]),
    );
    return { isSame: false, count: 0, after, hash };
  }
  const sum = createHash('sha256').update(hash);
  for (const row of page.rows) sum.update(text(row));
  return { isSame: true, count: page.rows.length, after: page.after, hash: sum.digest('base64url') };
}

async function noteChanges({ from, realmId }: Ends, changes: [name: string, key: string][]): Promise<void> {
  await from
    .prepare(
      `INSERT INTO realm_changes (realm_id, name, key) SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2) WHERE true
       ON CONFLICT DO UPDATE SET times = times + 1`,
    )
    .bind(realmId, JSON.stringify(changes))
    .run();
}

interface Change {
  name: string;
  key: string;
  times: number;
}

/**
 * Copies rows anew that were written since they were: users first, whom others refer to. Gives how many were noted, at most a page.
 * A row that is written again meanwhile stays noted.
 */
export async function copyChanges(ends: Ends): Promise<number> {
  const { from, to, realmId } = ends;
  const { results: changes } = await from
    .prepare(
      `SELECT name, key, times FROM realm_changes WHERE realm_id = ? ORDER BY name = 'users' DESC, name, key LIMIT ${PAGE}`,
    )
    .bind(realmId)
    .all<Change>();
  if (changes.length === 0) return 0;
  const statements: D1PreparedStatement[] = [];
  for (const table of MOVED_TABLES) {
    const keys = changes.filter(({ name }) => name === table.name).map(({ key }) => JSON.parse(key) as Key);
    // A trigger may have taken the change of an address for news there.
    if (table.name === 'billing_customers') {
      keys.push(...changes.filter(({ name }) => name === 'users').map(({ key }) => JSON.parse(key) as Key));
    }
    if (keys.length === 0) continue;
    const rows = await readByKeys(from, ends, table, keys);
    const there = new Set(rows.map((row) => JSON.stringify(keyOf(ends, table, row))));
    const gone = keys.filter((key) => !there.has(JSON.stringify(key)));
    if (gone.length > 0) {
      const wanted = table.key.map((_, at) => `value ->> ${at}`).join(', ');
      statements.push(
        to
          .prepare(
            `DELETE FROM ${table.name} WHERE (${table.key.join(', ')}) IN (SELECT ${wanted} FROM json_each(?))`,
          )
          .bind(JSON.stringify(gone)),
      );
    }
    statements.push(...writeStatements(ends, table, rows));
  }
  await to.batch(within(to, realmId, statements));
  await from
    .prepare(
      `DELETE FROM realm_changes WHERE realm_id = ?1
       AND (name, key, times) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2))`,
    )
    .bind(realmId, JSON.stringify(changes.map(({ name, key, times }) => [name, key, times])))
    .run();
  return changes.length;
}

/** Takes over the sums as they are: nothing may be written in the realm meanwhile. */
export async function copySums(ends: Ends): Promise<void> {
  const { from, to, realmId, columns } = ends;
  const read = await from.batch<Record<string, unknown>>(
    SUM_TABLES.map((table) =>
      from
        .prepare(
          `SELECT ${(columns.get(table.name) ?? []).join(', ')} FROM ${table.name}
           WHERE ${isOfRealm(table, table.name, '?1')}`,
        )
        .bind(realmId),
    ),
  );
  const statements = SUM_TABLES.flatMap((table, index) => {
    const names = columns.get(table.name) ?? [];
    const rows = JSON.stringify((read[index]?.results ?? []).map((row) => names.map((name) => row[name])));
    return [
      to.prepare(`DELETE FROM ${table.name} WHERE ${isOfRealm(table, table.name, '?1')}`).bind(realmId),
      to
        .prepare(
          `INSERT INTO ${table.name} (${names.join(', ')})
           SELECT ${names.map((_, at) => `value ->> ${at}`).join(', ')} FROM json_each(?1)`,
        )
        .bind(rows),
    ];
  });
  await to.batch(within(to, realmId, statements));
}

/** How many rows each table of a realm has in a database. */
export async function countRealmRows(d1: D1Database, realmId: string): Promise<Record<string, number>> {
  const counts = [...MOVED_TABLES, ...SUM_TABLES].map(
    (table) =>
      `(SELECT count(*) FROM ${table.name} WHERE ${isOfRealm(table, table.name, '?1')}) AS ${table.name}`,
  );
  const row = await d1
    .prepare(`SELECT ${counts.join(', ')}`)
    .bind(realmId)
    .first<Record<string, number>>();
  return row ?? {};
}

/** Deletes some of a realm's rows from the database that it does not live in; gives whether there may be more. */
export async function clearPage(
  d1: D1Database,
  realmId: string,
  table: (typeof MOVED_TABLES)[number],
): Promise<boolean> {
  const key = table.key.join(', ');
  const [, deleted] = await d1.batch(
    within(d1, realmId, [
      d1
        .prepare(
          `DELETE FROM ${table.name} WHERE (${key}) IN (
             SELECT ${key} FROM ${table.name} WHERE ${isOfRealm(table, table.name, '?1')} LIMIT ${PAGE})`,
        )
        .bind(realmId),
    ]),
  );
  return (deleted?.meta.changes ?? 0) > 0;
}

/** Deletes the sums of a realm from the database that it does not live in. */
export async function clearSums(d1: D1Database, realmId: string): Promise<void> {
  const tables = SUM_TABLES.filter(({ of }) => of === 'realm');
  await d1.batch(
    within(
      d1,
      realmId,
      tables.map(({ name }) => d1.prepare(`DELETE FROM ${name} WHERE realm_id = ?`).bind(realmId)),
    ),
  );
}
