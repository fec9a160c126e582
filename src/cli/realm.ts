import { parseArgs } from 'node:util';
import { z } from 'zod';
import { DEFAULT_REALM } from '../lib/realm.ts';
import {
  ACCESS_TOKEN_SECONDS,
  REAUTHENTICATION_SECONDS,
  REFRESH_GRACE_SECONDS,
  RealmFields,
  SESSION_SECONDS,
} from '../realms/schemas.ts';
import { type D1Row, type DatabaseTarget, literal, query, runCommand, TARGET_OPTIONS } from './d1.ts';

const USAGE = `Usage:
  npm run realm -- create ID [fields]
  npm run realm -- update ID fields
  npm run realm -- list

Fields (an empty value of --logo, --audience, --origin or --redirect takes back what was set):
  --name TEXT                    what users see
  --color #RRGGBB                of mails and pages
  --logo URL                     a picture that pages show instead of the name (https)
  --registration KIND            open, verify_first or closed
  --origin ORIGIN                a web app that may call from browsers; repeatable
  --redirect URL                 where a sign-in may lead back to; repeatable
  --audience URL                 \`aud\` of access tokens, when not the issuer
  --access-token-seconds N       60 to 3600
  --session-idle-seconds N       300 to 31536000
  --session-absolute-seconds N   300 to 31536000
  --refresh-grace-seconds N      0 to 600

Which database: the local one; --persist-to DIR: the local one in DIR; --remote: the deployed one.`;

const list = (item: z.ZodType<string>) =>
  z.preprocess(
    (values) => (values as string[]).filter(Boolean),
    z.array(item).transform((items) => JSON.stringify(items)),
  );

const seconds = ({ min, max }: { min: number; max: number }) => z.coerce.number().int().min(min).max(max);

/** One for each flag: the column it sets, and what that takes. */
const FIELDS: Record<string, { column: string; schema: z.ZodType<string | number | null>; multiple?: true }> =
  {
    name: { column: 'name', schema: RealmFields.name },
    color: { column: 'color', schema: RealmFields.color },
    logo: {
      column: 'logo',
      schema: z
        .literal('')
        .transform(() => null)
        .or(RealmFields.logo),
    },
    registration: { column: 'registration', schema: RealmFields.registration },
    origin: { column: 'allowed_origins', schema: list(RealmFields.origin), multiple: true },
    redirect: { column: 'redirect_targets', schema: list(RealmFields.redirect), multiple: true },
    audience: {
      column: 'audience',
      schema: z
        .literal('')
        .transform(() => null)
        .or(z.url()),
    },
    'access-token-seconds': {
      column: 'access_token_seconds',
      schema: seconds(ACCESS_TOKEN_SECONDS),
    },
    'session-idle-seconds': { column: 'session_idle_seconds', schema: seconds(SESSION_SECONDS) },
    'session-absolute-seconds': { column: 'session_absolute_seconds', schema: seconds(SESSION_SECONDS) },
    'reauthentication-seconds': {
      column: 'reauthentication_seconds',
      schema: seconds(REAUTHENTICATION_SECONDS),
    },
    'operator-reauthentication-seconds': {
      column: 'operator_reauthentication_seconds',
      schema: seconds(REAUTHENTICATION_SECONDS),
    },
    'refresh-grace-seconds': { column: 'refresh_grace_seconds', schema: seconds(REFRESH_GRACE_SECONDS) },
  };

async function realm(args: string[]): Promise<void> {
  const fields = Object.entries(FIELDS).map(([flag, { multiple = false }]) => {
    return [flag, { type: 'string', multiple }] as const;
  });
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...TARGET_OPTIONS, ...Object.fromEntries(fields) },
  });
  const target = values as DatabaseTarget;
  const [action, ...ids] = positionals;
  if (action === 'list' && ids.length === 0) return printList(target);
  if (!((action === 'create' || action === 'update') && ids.length === 1)) throw new Error(USAGE);
  const id = check('The realm id', RealmFields.id, ids[0]);
  const set = columns(values);
  if (action === 'create') return create(id, set, target);
  if (Object.keys(set).length === 0) throw new Error(`Nothing to update.\n\n${USAGE}`);
  return update(id, set, target);
}

async function create(id: string, set: D1Row, target: DatabaseTarget): Promise<void> {
  const now = Date.now();
  const row: D1Row = { name: id, ...set, id, created_at: now, updated_at: now };
  const [rows] = await query(
    `INSERT INTO realms (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).map(literal).join(', ')})
     ON CONFLICT (id) DO NOTHING RETURNING *`,
    target,
  );
  if (!rows?.[0]) throw new Error(`The realm "${id}" already exists: change it with \`update ${id}\`.`);
  print(rows[0]);
}

async function update(id: string, set: D1Row, target: DatabaseTarget): Promise<void> {
  const assignments = Object.entries({ ...set, updated_at: Date.now() }).map(
    ([column, value]) => `${column} = ${literal(value)}`,
  );
  const [rows] = await query(
    `UPDATE realms SET ${assignments.join(', ')} WHERE id = ${literal(id)} RETURNING *`,
    target,
  );
  if (!rows?.[0]) throw new Error(`There is no realm "${id}": make it with \`create ${id}\`.`);
  print(rows[0]);
  console.log('\nIn force everywhere within half a minute.');
}

async function printList(target: DatabaseTarget): Promise<void> {
  const [rows = []] = await query('SELECT id, name, registration FROM realms ORDER BY id', target);
  console.table(rows.map((row) => ({ ...row, issuer: issuerOf(row) })));
}

function columns(values: Record<string, unknown>): D1Row {
  const flags = Object.entries(FIELDS).filter(([flag]) => values[flag] !== undefined);
  return Object.fromEntries(
    flags.map(([flag, { column, schema }]) => [column, check(`--${flag}`, schema, values[flag])]),
  );
}

function check<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Error(`${what}: ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

function print(row: D1Row): void {
  for (const [name, value] of Object.entries({ ...row, issuer: issuerOf(row) })) {
    console.log(`${name.padEnd(26)}${value ?? '-'}`);
  }
}

function issuerOf({ id }: D1Row): string {
  return id === DEFAULT_REALM ? 'ORIGIN' : `ORIGIN/realms/${id}`;
}

await runCommand(() => realm(process.argv.slice(2)));
