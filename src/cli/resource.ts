import type { z } from 'zod';
import { NewProtectedResource, ProtectedResourcePatch } from '../authorization-server/resource-schemas.ts';
import { newId } from '../lib/ids.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { rfc3339 } from '../lib/time.ts';
import { auditFrom, insert } from './audit.ts';
import { DATABASE, runCommand, UsageError, type ValuesOf } from './command.ts';
import { type D1Row, literal, query } from './d1.ts';

// `npm run resource`: what tokens of clients may be for. Write access to the database is the permission.

const OPTIONS = {
  realm: { type: 'string', value: 'ID', about: 'of this realm; `default` unless said' },
  name: { type: 'string', value: 'TEXT', about: 'what users see' },
  resource: { type: 'string', value: 'URL', about: 'create: its address, as clients and tokens name it' },
  scope: { type: 'string', multiple: true, value: 'SCOPE', about: 'what clients may ask for there' },
  open: { type: 'boolean', about: 'every client may ask for it, also one that registers itself' },
  closed: { type: 'boolean', about: 'the opposite' },
  'access-token-seconds': { type: 'string', value: 'N', about: 'how long tokens for it live at most' },
  ...DATABASE,
} as const;

type Values = ValuesOf<typeof OPTIONS>;

async function resource(values: Values, [action, ...ids]: string[]): Promise<void> {
  if (action === 'list' && ids.length === 0) return list(values);
  if (action === 'create' && ids.length === 0) return create(values);
  const acts = { show, update, delete: remove };
  if (!(action && Object.hasOwn(acts, action) && ids.length === 1)) {
    throw new UsageError(action ? 'Say the id of one resource.' : 'Say what to do.');
  }
  await acts[action as keyof typeof acts](ids[0] as string, values);
}

async function list(values: Values): Promise<void> {
  const [rows = []] = await query(
    `SELECT id, identifier, name, scopes, open FROM protected_resources WHERE realm_id = ${literal(realmOf(values))} ORDER BY id`,
    values,
  );
  console.table(rows);
}

async function create(values: Values): Promise<void> {
  const { resource: identifier } = values;
  const body = check(NewProtectedResource, { ...fieldsIn(values), resource: identifier });
  const now = Date.now();
  const id = newId('res', now);
  const realmId = realmOf(values);
  const row: D1Row = {
    ...{ id, realm_id: realmId, identifier: body.resource },
    ...columnsOf(body),
    ...{ created_by: 'cli', created_at: now, updated_at: now },
  };
  const entry = { realm_id: realmId, at: now, action: 'protected_resource_created', target: id } as const;
  const isNew = `NOT EXISTS (SELECT 1 FROM protected_resources WHERE realm_id = ${literal(realmId)} AND identifier = ${literal(body.resource)})`;
  const [, rows] = await query(
    [
      `${auditFrom(entry, { before: null, after: body })} WHERE ${isNew}`,
      `${insert('protected_resources', row)} ON CONFLICT DO NOTHING RETURNING id`,
    ],
    values,
  );
  if (!rows?.[0]) throw new Error(`The realm "${realmId}" has named ${body.resource} already.`);
  await show(id, values);
}

async function update(id: string, values: Values): Promise<void> {
  const given = check(ProtectedResourcePatch, fieldsIn(values));
  const set = columnsOf(given);
  if (Object.keys(set).length === 0) throw new UsageError('Nothing to update.');
  await find(id, values);
  const now = Date.now();
  const assignments = Object.entries({ ...set, updated_at: now }).map(
    ([column, value]) => `${column} = ${literal(value)}`,
  );
  const entry = {
    realm_id: realmOf(values),
    at: now,
    action: 'protected_resource_changed',
    target: id,
  } as const;
  await query(
    [
      `${auditFrom(entry, { after: given })} WHERE true`,
      `UPDATE protected_resources SET ${assignments.join(', ')} WHERE id = ${literal(id)}`,
    ],
    values,
  );
  await show(id, values);
}

async function show(id: string, values: Values): Promise<void> {
  for (const [name, value] of Object.entries(await find(id, values))) {
    console.log(
      `${name.padEnd(28)}${name.endsWith('_at') && value !== null ? rfc3339(Number(value)) : (value ?? '-')}`,
    );
  }
}

async function remove(id: string, values: Values): Promise<void> {
  await find(id, values);
  const now = Date.now();
  const entry = {
    realm_id: realmOf(values),
    at: now,
    action: 'protected_resource_deleted',
    target: id,
  } as const;
  await query(
    [`${auditFrom(entry, {})} WHERE true`, `DELETE FROM protected_resources WHERE id = ${literal(id)}`],
    values,
  );
  console.log(`Removed ${id}. No token is made for it any more, everywhere within half a minute.`);
}

async function find(id: string, values: Values): Promise<D1Row> {
  const [rows] = await query(
    `SELECT * FROM protected_resources WHERE id = ${literal(id)} AND realm_id = ${literal(realmOf(values))}`,
    values,
  );
  if (!rows?.[0]) throw new Error(`There is no resource "${id}" in the realm "${realmOf(values)}".`);
  return rows[0];
}

function realmOf({ realm }: Values): string {
  return realm ?? DEFAULT_REALM;
}

/** What options say, by the fields of the API. */
function fieldsIn(values: Values): Record<string, unknown> {
  const { name, scope, open, closed, 'access-token-seconds': seconds } = values;
  const given = {
    name,
    scopes: scope,
    open: open ? true : closed ? false : undefined,
    access_token_seconds: seconds === undefined ? undefined : Number(seconds),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The columns that fields set. */
function columnsOf(body: z.output<typeof ProtectedResourcePatch>): D1Row {
  const { name, scopes, open, access_token_seconds } = body;
  return {
    ...(name !== undefined && { name }),
    ...(scopes !== undefined && { scopes: JSON.stringify(scopes) }),
    ...(open !== undefined && { open: Number(open) }),
    ...(access_token_seconds !== undefined && { access_token_seconds }),
  };
}

function check<Schema extends z.ZodType>(schema: Schema, fields: unknown): z.output<Schema> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join('.')}: ${issue?.message}`);
}

await runCommand({
  name: 'resource',
  usage: [
    'list [options]',
    'show ID',
    'create --name TEXT --resource URL [options]',
    'update ID options',
    'delete ID',
  ],
  about: 'Lists, shows, names, changes and removes what tokens of clients may be for.',
  options: OPTIONS,
  notes: 'Repeatable options replace the whole list.',
  run: resource,
});
