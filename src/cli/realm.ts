import { setTimeout as wait } from 'node:timers/promises';
import { CONTROL } from '../config/databases.ts';
import type { AuditAction } from '../directory/audit-tables.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { rfc3339 } from '../lib/time.ts';
import { RealmMoveSchema } from '../realms/admin-schemas.ts';
import { MOVED_TABLES, SUM_TABLES } from '../realms/move-tables.ts';
import { RealmFields } from '../realms/schemas.ts';
import { AdminClient, KEY_NOTE, serviceUrl } from './admin-client.ts';
import { auditFrom, insert } from './audit.ts';
import { runCommand, UsageError } from './command.ts';
import { type D1Row, type DatabaseTarget, literal, originOf, query } from './d1.ts';
import {
  columnsSetBy,
  listedIn,
  ORIGIN_LIST,
  REALM_OPTIONS,
  REALM_SETTINGS,
  REDIRECT_LIST,
  type RealmValues,
  readAs,
} from './realm-options.ts';

/** While a move waits for the clock (milliseconds). */
const PAUSE = 2000;

// `npm run realm`: the realms of a database. Write access to the database is the permission.

type Values = RealmValues;

async function realm(values: Values, [action, ...ids]: string[]): Promise<void> {
  if (action === 'list' && ids.length === 0) return printList(values);
  const acts = { create, update, show, delete: remove, move };
  if (!(action && Object.hasOwn(acts, action) && ids.length === 1)) {
    throw new UsageError(action ? 'Say the id of one realm.' : 'Say what to do.');
  }
  const id = readAs('The realm id', RealmFields.id, ids[0]);
  await acts[action as keyof typeof acts](id, values);
}

async function create(id: string, values: Values): Promise<void> {
  const now = Date.now();
  const { database = CONTROL, jurisdiction } = values;
  readAs('--database', RealmFields.database, database);
  const place = {
    database,
    ...(jurisdiction !== undefined && {
      jurisdiction: readAs('--jurisdiction', RealmFields.jurisdiction, jurisdiction),
    }),
  };
  if (place.jurisdiction && database === CONTROL) {
    throw new Error('--jurisdiction: say a --database that was made in it.');
  }
  const set = { ...columnsSetBy(values, { allowed_origins: '[]', redirect_targets: '[]' }), ...place };
  const row: D1Row = { name: id, ...set, id, created_at: now, updated_at: now };
  // First what the realm's rows will refer to there, which also shows that the database is bound.
  if (database !== CONTROL) {
    await query(
      `${insert('realms', row)} ON CONFLICT (id) DO UPDATE SET database = excluded.database`,
      values,
      database,
    );
  }
  const [, rows] = await query(
    [
      `${audit('realm_created', id, { before: null, after: set }, now)} WHERE NOT EXISTS (SELECT 1 FROM realms WHERE id = ${literal(id)})`,
      `${insert('realms', row)} ON CONFLICT (id) DO NOTHING RETURNING *`,
    ],
    values,
  );
  if (!rows?.[0]) throw new Error(`The realm "${id}" already exists: change it with \`update ${id}\`.`);
  await print(rows[0], values);
}

async function update(id: string, values: Values): Promise<void> {
  if (values.jurisdiction !== undefined) {
    throw new Error('--jurisdiction: cannot change, for objects stay where they were made.');
  }
  if (values.database !== undefined)
    throw new Error(`--database: \`move ${id} --database NAME\` changes it.`);
  if (!REALM_SETTINGS.some((name) => name in values)) {
    throw new UsageError('Nothing to update.');
  }
  const read = await find(id, values);
  const set = columnsSetBy(values, read);
  // A name for the state that was read: two changes of one millisecond have two.
  const now = Math.max(Date.now(), Number(read.updated_at) + 1);
  const asRead = `id = ${literal(id)} AND updated_at = ${literal(read.updated_at ?? 0)}`;
  const before = Object.fromEntries(Object.keys(set).map((column) => [column, read[column] ?? null]));
  const assignments = Object.entries({ ...set, updated_at: now }).map(
    ([column, value]) => `${column} = ${literal(value)}`,
  );
  const [, rows] = await query(
    [
      `${audit('realm_changed', id, { before, after: set }, now)} FROM realms WHERE ${asRead}`,
      `UPDATE realms SET ${assignments.join(', ')} WHERE ${asRead} RETURNING *`,
    ],
    values,
  );
  if (!rows?.[0]) throw new Error(`The realm "${id}" was changed at the same time: try again.`);
  await mirror(rows[0], values);
  await print(rows[0], values);
  for (const column of [ORIGIN_LIST.column, REDIRECT_LIST.column]) {
    const kept = listedIn(rows[0], column);
    const gone = listedIn(read, column).filter((item) => !kept.includes(item));
    if (gone.length > 0) console.log(`\nTaken out of ${column}: ${gone.join(', ')}`);
  }
  console.log('\nIn force everywhere within half a minute.');
}

/** Has the realm's own database say of it what its mails look like. */
async function mirror({ id, name, color, database }: D1Row, target: DatabaseTarget): Promise<void> {
  if (database === CONTROL) return;
  const set = `name = ${literal(name ?? null)}, color = ${literal(color ?? null)}`;
  await query(`UPDATE realms SET ${set} WHERE id = ${literal(id ?? null)}`, target, String(database));
}

/** Moves a realm by the admin API, step after step, until there is nothing to do but to decide. */
async function move(id: string, values: Values): Promise<void> {
  const { database, confirm = false, back = false } = values;
  if ([database !== undefined, confirm, back].filter(Boolean).length > 1) {
    throw new UsageError('Say one of --database, --confirm and --back, or none to go on.');
  }
  const client = new AdminClient(await serviceUrl(values));
  const path = `/v1/admin/realms/${id}/move`;
  const call = (method: string, act = '', body?: object) =>
    client.call(
      method,
      `${path}${act}`,
      RealmMoveSchema,
      body && { body: JSON.stringify(body), type: 'application/json' },
    );
  if (database !== undefined) await call('POST', '', { database });
  if (confirm) await call('POST', '/confirm');
  if (back) await call('POST', '/back');
  let shown = '';
  for (;;) {
    const { state, rows, waits, ended, source, target, counts } = await call('POST', '/step');
    const line = `${state}: ${source} to ${target}, ${rows} rows copied`;
    if (line !== shown) console.log(line);
    shown = line;
    if (ended) return console.log(`Done: nothing of the realm "${id}" is left in ${source}.`);
    if (state === 'moved' && waits) {
      const held = Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
      console.log(
        `The realm "${id}" lives in ${target}: ${held} rows, the same in both databases at the switch.`,
      );
      return console.log(
        `Confirm with \`move ${id} --confirm\`, or take it back with \`move ${id} --back\`.`,
      );
    }
    if (waits) await wait(PAUSE);
  }
}

async function show(id: string, values: Values): Promise<void> {
  await print(await find(id, values), values);
}

/**
 * Deletes what a realm without users has left: its keys, plans, prices, counts. Its audit log stays. Users go by the
 * admin API, for what is theirs lies in their objects too.
 */
async function remove(id: string, values: Values): Promise<void> {
  if (id === DEFAULT_REALM)
    throw new Error('The realm "default" cannot be deleted: it is that of the owners.');
  const database = String((await find(id, values)).database ?? CONTROL);
  if (database !== CONTROL) return removeElsewhere(id, values, database);
  const isEmpty = `NOT EXISTS (SELECT 1 FROM users WHERE realm_id = ${literal(id)})`;
  const [tables = []] = await query(
    `SELECT m.name AS name FROM sqlite_master AS m, pragma_table_info(m.name) AS c
     WHERE m.type = 'table' AND c.name = 'realm_id' AND m.name NOT IN ('users', 'audit')`,
    values,
  );
  const now = Date.now();
  const deletions = tables.map(
    ({ name }) => `DELETE FROM ${name} WHERE realm_id = ${literal(id)} AND ${isEmpty}`,
  );
  const results = await query(
    [
      'PRAGMA defer_foreign_keys = on',
      `${audit('realm_deleted', id, { before: null, after: null }, now)} WHERE ${isEmpty}`,
      ...deletions,
      `DELETE FROM realms WHERE id = ${literal(id)} AND ${isEmpty} RETURNING id`,
    ],
    values,
  );
  if (!results.at(-1)?.[0]) {
    throw new Error(`The realm "${id}" has users: delete them first (\`DELETE /v1/admin/users/{id}\`).`);
  }
  console.log(`Deleted the realm "${id}". Its audit log stays.`);
}

/** The same where the realm lives in another database: what it has there first, then the realm itself and its keys. */
async function removeElsewhere(id: string, target: DatabaseTarget, database: string): Promise<void> {
  const ofRealm = `realm_id = ${literal(id)}`;
  const isEmpty = `NOT EXISTS (SELECT 1 FROM users WHERE ${ofRealm})`;
  const [users = []] = await query(`SELECT 1 AS one FROM users WHERE ${ofRealm} LIMIT 1`, target, database);
  if (users.length > 0) {
    throw new Error(`The realm "${id}" has users: delete them first (\`DELETE /v1/admin/users/{id}\`).`);
  }
  const tables = [...MOVED_TABLES, ...SUM_TABLES].filter(
    ({ of, name }) => of === 'realm' && name !== 'audit',
  );
  await query(
    [
      'PRAGMA defer_foreign_keys = on',
      ...tables.map(({ name }) => `DELETE FROM ${name} WHERE ${ofRealm} AND ${isEmpty}`),
      `DELETE FROM realms WHERE id = ${literal(id)} AND ${isEmpty}`,
    ],
    target,
    database,
  );
  await query(
    [
      `${audit('realm_deleted', id, { before: null, after: null }, Date.now())} WHERE true`,
      `DELETE FROM signing_keys WHERE ${ofRealm}`,
      `DELETE FROM rsa_signing_keys WHERE ${ofRealm}`,
      `DELETE FROM subject_keys WHERE ${ofRealm}`,
      `DELETE FROM outbox WHERE ${ofRealm}`,
      `DELETE FROM realms WHERE id = ${literal(id)}`,
    ],
    target,
  );
  console.log(`Deleted the realm "${id}". Its audit log stays.`);
}

async function printList(target: DatabaseTarget): Promise<void> {
  const [rows = []] = await query(
    'SELECT id, name, registration, database, jurisdiction FROM realms ORDER BY id',
    target,
  );
  const origin = await originOf(target);
  console.table(rows.map((row) => ({ ...row, issuer: issuerOf(row, origin) })));
}

async function find(id: string, target: DatabaseTarget): Promise<D1Row> {
  const [rows] = await query(`SELECT * FROM realms WHERE id = ${literal(id)}`, target);
  if (!rows?.[0]) throw new Error(`There is no realm "${id}": make it with \`create ${id}\`.`);
  return rows[0];
}

function audit(action: AuditAction, id: string, details: object, now: number): string {
  return auditFrom({ realm_id: id, at: now, action, target: id }, details);
}

async function print(row: D1Row, target: DatabaseTarget): Promise<void> {
  const { decoys: _, decoys_at: __, ...shown } = row;
  for (const [name, value] of Object.entries({ ...shown, issuer: issuerOf(row, await originOf(target)) })) {
    console.log(`${name.padEnd(35)}${name.endsWith('_at') ? rfc3339(Number(value)) : (value ?? '-')}`);
  }
}

function issuerOf({ id }: D1Row, origin: string): string {
  return id === DEFAULT_REALM ? origin : `${origin}/realms/${id}`;
}

await runCommand({
  name: 'realm',
  usage: [
    'list',
    'show ID',
    'create ID [options]',
    'update ID options',
    'move ID [--database NAME | --confirm | --back]',
    'delete ID',
  ],
  about:
    'Lists, shows, creates, changes, moves and deletes realms. A realm with users is not deleted. A move goes by the running service, and can be interrupted: without an option it goes on.',
  options: REALM_OPTIONS,
  notes:
    'An empty value of --logo, --audience, --origin, --redirect, --terms, --privacy, --providers, --background or --welcome LANGUAGE= takes back what was set.' +
    ` For a move: ${KEY_NOTE}`,
  run: realm,
});
