import type { z } from 'zod';
import {
  clientProblems,
  NewOAuthClient,
  OAuthClientPatch,
  type WholeOAuthClient,
} from '../authorization-server/client-schemas.ts';
import { hasSecret, newClientSecret } from '../authorization-server/client-secret.ts';
import { hasSector, readSectors } from '../authorization-server/client-sectors.ts';
import type { OAuthClientRow } from '../authorization-server/tables.ts';
import { newId } from '../lib/ids.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { HOUR, rfc3339, SECOND } from '../lib/time.ts';
import { auditFrom, insert } from './audit.ts';
import { DATABASE, runCommand, UsageError, type ValuesOf } from './command.ts';
import { type D1Row, type DatabaseTarget, literal, query } from './d1.ts';

// `npm run client`: the clients of the authorization server. Write access to the database is the permission.

const several = (value: string, about: string) => ({ type: 'string', multiple: true, value, about }) as const;

const OPTIONS = {
  realm: { type: 'string', value: 'ID', about: 'of this realm; `default` unless said' },
  name: { type: 'string', value: 'TEXT', about: 'what users see' },
  redirect: several('URL', 'where it may have users sent back'),
  'logout-redirect': several('URL', 'where it may have them sent after they signed out'),
  'backchannel-logout': {
    type: 'string',
    value: 'URL',
    about: 'where it hears that a session of a user has ended',
  },
  authentication: {
    type: 'string',
    value: 'METHOD',
    about: 'client_secret_basic, client_secret_post, private_key_jwt or none (a public client)',
  },
  grant: several(
    'TYPE',
    'authorization_code, refresh_token, client_credentials or urn:ietf:params:oauth:grant-type:device_code',
  ),
  scope: several('SCOPE', 'what it may ask for'),
  audience: several('URL', 'whom its tokens may be for'),
  'id-token-alg': {
    type: 'string',
    value: 'ALG',
    about: 'by what its ID tokens are signed: ES256 unless said, or RS256',
  },
  'jwks-uri': { type: 'string', value: 'URL', about: 'where it shows its keys, for private_key_jwt' },
  'subject-type': {
    type: 'string',
    value: 'TYPE',
    about: 'public: it knows users by their ids; pairwise: by names that no other site has',
  },
  'sector-uri': {
    type: 'string',
    value: 'URL',
    about: 'a list of redirect addresses whose host stands for a pairwise client’s own',
  },
  'first-party': { type: 'boolean', about: 'of our own: users are not asked whether it may' },
  'third-party': { type: 'boolean', about: 'the opposite' },
  overlap: { type: 'string', value: 'HOURS', about: 'how long the secret before works on; 24 unless said' },
  ...DATABASE,
} as const;

type Values = ValuesOf<typeof OPTIONS>;

/** What options set, by the field of the API and the column that it is. */
const FIELDS = {
  name: ['name', 'name'],
  redirect: ['redirect_uris', 'redirect_uris'],
  'logout-redirect': ['post_logout_redirect_uris', 'post_logout_redirect_uris'],
  'backchannel-logout': ['backchannel_logout_uri', 'backchannel_logout_uri'],
  authentication: ['token_endpoint_auth_method', 'authentication'],
  grant: ['grant_types', 'grant_types'],
  'id-token-alg': ['id_token_signed_response_alg', 'id_token_algorithm'],
  'jwks-uri': ['jwks_uri', 'jwks_uri'],
  'subject-type': ['subject_type', 'subject_type'],
  'sector-uri': ['sector_identifier_uri', 'sector_identifier_uri'],
  scope: ['scopes', 'scopes'],
  audience: ['audiences', 'audiences'],
} as const;
const LISTS = ['redirect_uris', 'post_logout_redirect_uris', 'grant_types', 'scopes', 'audiences'];

async function client(values: Values, [action, ...ids]: string[]): Promise<void> {
  if (action === 'list' && ids.length === 0) return list(values);
  if (action === 'create' && ids.length === 0) return create(values);
  const acts = { show, update, rotate, delete: remove };
  if (!(action && Object.hasOwn(acts, action) && ids.length === 1)) {
    throw new UsageError(action ? 'Say the id of one client.' : 'Say what to do.');
  }
  await acts[action as keyof typeof acts](ids[0] as string, values);
}

async function list(values: Values): Promise<void> {
  const [rows = []] = await query(
    `SELECT id, name, authentication, first_party FROM oauth_clients WHERE realm_id = ${literal(realmOf(values))} ORDER BY id DESC`,
    values,
  );
  console.table(rows);
}

async function create(values: Values): Promise<void> {
  const whole: WholeOAuthClient = {
    token_endpoint_auth_method: 'client_secret_basic',
    ...check(NewOAuthClient, fieldsIn(values)),
  };
  await requireWhole(whole);
  const now = Date.now();
  const id = newId('cli', now);
  const realmId = realmOf(values);
  const secret = hasSecret(whole.token_endpoint_auth_method) ? newClientSecret() : null;
  const row: D1Row = {
    ...{ id, realm_id: realmId, name: whole.name, first_party: Number(whole.first_party) },
    authentication: whole.token_endpoint_auth_method,
    secret_hash: secret?.hash ?? null,
    id_token_algorithm: whole.id_token_signed_response_alg,
    backchannel_logout_uri: whole.backchannel_logout_uri ?? null,
    jwks_uri: whole.jwks_uri ?? null,
    subject_type: whole.subject_type,
    sector_identifier_uri: whole.sector_identifier_uri ?? null,
    ...Object.fromEntries(LISTS.map((name) => [name, JSON.stringify(whole[name as keyof WholeOAuthClient])])),
    ...{ created_by: 'cli', created_at: now, updated_at: now },
  };
  const entry = { realm_id: realmId, at: now, action: 'client_created', target: id } as const;
  await query(
    [insert('oauth_clients', row), auditFrom(entry, { before: null, after: fieldsIn(values) })],
    values,
  );
  print(await find(id, values));
  if (secret) printSecret(secret.text);
}

async function update(id: string, values: Values): Promise<void> {
  const given = check(OAuthClientPatch, fieldsIn(values));
  if (Object.keys(given).length === 0) throw new UsageError('Nothing to update.');
  const read = await find(id, values);
  await requireWhole({ ...asFields(read), ...given } as WholeOAuthClient);
  const set: D1Row = {};
  for (const [field, column] of Object.values(FIELDS)) {
    const value = given[field as keyof typeof given];
    if (value !== undefined) set[column] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  if (given.first_party !== undefined) set.first_party = Number(given.first_party);
  const method = (set.authentication ?? read.authentication) as OAuthClientRow['authentication'];
  const needsSecret = hasSecret(method);
  const secret = needsSecret && read.secret_hash === null ? newClientSecret() : null;
  if (secret) set.secret_hash = secret.hash;
  if (!needsSecret) Object.assign(set, { secret_hash: null, previous_hash: null, previous_expires_at: null });
  await change(read, set, 'client_changed', { after: given }, values);
  print(await find(id, values));
  if (secret) printSecret(secret.text);
}

async function rotate(id: string, values: Values): Promise<void> {
  const read = await find(id, values);
  if (read.secret_hash === null) throw new Error('Such a client has no secret.');
  const hours = Number(values.overlap ?? 24);
  if (!(hours >= 0 && hours <= 720)) throw new UsageError('--overlap is 0 to 720 hours.');
  const secret = newClientSecret();
  const set = {
    secret_hash: secret.hash,
    previous_hash: read.secret_hash ?? null,
    previous_expires_at: Date.now() + hours * HOUR,
  };
  const details = { overlap_seconds: (hours * HOUR) / SECOND };
  await change(read, set, 'client_secret_rotated', details, values);
  printSecret(secret.text);
}

async function show(id: string, values: Values): Promise<void> {
  print(await find(id, values));
}

async function remove(id: string, values: Values): Promise<void> {
  const { realm_id } = await find(id, values);
  const entry = { realm_id: String(realm_id), at: Date.now(), action: 'client_deleted', target: id } as const;
  await query(
    [`${auditFrom(entry, {})} WHERE true`, `DELETE FROM oauth_clients WHERE id = ${literal(id)}`],
    values,
  );
  console.log(`Deleted ${id}. It is refused everywhere within half a minute.`);
}

async function change(
  read: D1Row,
  set: D1Row,
  action: 'client_changed' | 'client_secret_rotated',
  details: object,
  values: Values,
): Promise<void> {
  // A name for the state that was read: two changes of one millisecond have two.
  const now = Math.max(Date.now(), Number(read.updated_at) + 1);
  const asRead = `id = ${literal(read.id ?? null)} AND updated_at = ${literal(read.updated_at ?? 0)}`;
  const assignments = Object.entries({ ...set, updated_at: now }).map(
    ([column, value]) => `${column} = ${literal(value)}`,
  );
  const entry = { realm_id: String(read.realm_id), at: now, action, target: String(read.id) };
  const [, rows] = await query(
    [
      `${auditFrom(entry, details)} FROM oauth_clients WHERE ${asRead}`,
      `UPDATE oauth_clients SET ${assignments.join(', ')} WHERE ${asRead} RETURNING id`,
    ],
    values,
  );
  if (!rows?.[0]) throw new Error('The client was changed at the same time: try again.');
}

async function find(id: string, values: Values): Promise<D1Row> {
  const [rows] = await query(
    `SELECT * FROM oauth_clients WHERE id = ${literal(id)} AND realm_id = ${literal(realmOf(values))}`,
    values,
  );
  if (!rows?.[0]) throw new Error(`There is no client "${id}" in the realm "${realmOf(values)}".`);
  return rows[0];
}

function realmOf({ realm }: DatabaseTarget & { realm?: string }): string {
  return realm ?? DEFAULT_REALM;
}

/** What options say, by the fields of the API. */
function fieldsIn(values: Values): Record<string, unknown> {
  const given = values as Record<string, unknown>;
  const fields = Object.entries(FIELDS).flatMap(([option, [field]]) =>
    given[option] === undefined ? [] : [[field, given[option]]],
  );
  const party = values['first-party'] ? true : values['third-party'] ? false : undefined;
  return { ...Object.fromEntries(fields), ...(party !== undefined && { first_party: party }) };
}

/** A row by the fields of the API, as far as they depend on each other. */
function asFields(row: D1Row): Record<string, unknown> {
  const lists = LISTS.map((name) => [name, JSON.parse(String(row[name]))]);
  return {
    ...Object.fromEntries(lists),
    first_party: row.first_party === 1,
    self_registered: row.registration_hash !== null,
    token_endpoint_auth_method: row.authentication,
    jwks: row.jwks === null ? null : JSON.parse(String(row.jwks)),
    jwks_uri: row.jwks_uri,
    subject_type: row.subject_type,
    sector_identifier_uri: row.sector_identifier_uri,
  };
}

async function requireWhole(whole: WholeOAuthClient): Promise<void> {
  const [problem] = clientProblems(whole);
  if (problem) throw new Error(`${problem.path}: ${problem.message}`);
  const sector = {
    subjectType: whole.subject_type,
    sectorIdentifierUri: whole.sector_identifier_uri ?? null,
    redirectUris: whole.redirect_uris,
  };
  if (
    await hasSector(
      sector,
      readSectors(async () => true, true),
    )
  )
    return;
  throw new Error('sector_identifier_uri: does not list the redirect addresses, or cannot be read');
}

function check<Schema extends z.ZodType>(schema: Schema, fields: unknown): z.output<Schema> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join('.')}: ${issue?.message}`);
}

function print(row: D1Row): void {
  const { secret_hash: _, previous_hash: __, registration_hash: ___, ...shown } = row;
  for (const [name, value] of Object.entries(shown)) {
    console.log(
      `${name.padEnd(28)}${name.endsWith('_at') && value !== null ? rfc3339(Number(value)) : (value ?? '-')}`,
    );
  }
}

function printSecret(text: string): void {
  console.log(`\nIts secret, which is never shown again:\n${text}`);
}

await runCommand({
  name: 'client',
  usage: [
    'list [options]',
    'show ID',
    'create --name TEXT [options]',
    'update ID options',
    'rotate ID',
    'delete ID',
  ],
  about:
    'Lists, shows, registers, changes and deletes clients of the authorization server, and rotates their secrets.',
  options: OPTIONS,
  notes:
    'Repeatable options replace the whole list. Keys of clients that they show at no address are set by the API.',
  run: client,
});
