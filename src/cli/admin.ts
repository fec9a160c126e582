import { randomInt } from 'node:crypto';
import type { AuditAction } from '../directory/audit-tables.ts';
import { EmailField } from '../directory/schemas.ts';
import { newUserId } from '../lib/ids.ts';
import type { Jurisdiction } from '../lib/jurisdiction.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { checkPassword } from '../passwords/password-policy.ts';
import { auditFrom, insert } from './audit.ts';
import { DATABASE, runCommand, UsageError, type ValuesOf } from './command.ts';
import { type D1Row, type DatabaseTarget, literal, query } from './d1.ts';
import { hashInNode } from './password.ts';

// `npm run admin:create`: makes the first operator. Write access to the database is the permission.

const OPTIONS = {
  password: {
    type: 'string',
    value: 'PASSWORD',
    about: 'of a new user; without it there is one that is shown once',
  },
  'without-password': {
    type: 'boolean',
    about: 'of a new user: they set one themselves, by a mail (Forgot password)',
  },
  role: { type: 'string', value: 'owner|admin', about: 'owner unless told otherwise' },
  realm: { type: 'string', value: 'ID', about: 'default unless told otherwise' },
  ...DATABASE,
} as const;

const ROLES = ['user', 'admin', 'owner'];
/** No letter or digit that looks like another. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
/** A hundred bits. */
const GENERATED = { groups: 4, letters: 5 };

interface Operator {
  email: string;
  realmId: string;
  role: string;
}

async function createAdmin(values: ValuesOf<typeof OPTIONS>, positionals: string[]): Promise<void> {
  const [typed, ...rest] = positionals;
  if (!typed || rest.length > 0) throw new UsageError('Say one e-mail address.');
  const email = EmailField.safeParse(typed);
  if (!email.success) throw new Error(`"${typed}": ${email.error.issues[0]?.message}`);
  const { role = 'owner', realm: realmId = DEFAULT_REALM, password } = values;
  if (role !== 'owner' && role !== 'admin') throw new Error('--role: must be owner or admin');
  if (role === 'owner' && realmId !== DEFAULT_REALM) {
    throw new Error('Owners are users of the realm "default", and act in all: say --role admin.');
  }
  const operator = { email: email.data, realmId, role };
  const [[realm] = []] = await query(
    `SELECT database, jurisdiction FROM realms WHERE id = ${literal(realmId)}`,
    values,
  );
  if (!realm) throw new Error(`There is no realm "${realmId}".`);
  const place: Place = {
    ...values,
    database: String(realm.database),
    jurisdiction: realm.jurisdiction as Jurisdiction | null,
  };
  const [[user] = []] = await query(
    `SELECT id, role, status, email_verified FROM users
     WHERE realm_id = ${literal(realmId)} AND email = ${literal(email.data)}`,
    values,
    place.database,
  );
  if (!user) return create(operator, values['without-password'] ? null : password, place);
  if (password !== undefined) {
    throw new Error(`${email.data} is already a user and keeps their password: leave out --password.`);
  }
  return promote(operator, user, place);
}

/** Where the realm lives. */
interface Place extends DatabaseTarget {
  database: string;
  jurisdiction: Jurisdiction | null;
}

/** `given` is null for a user without a password, and undefined for one whose password is made here. */
async function create(operator: Operator, given: string | null | undefined, target: Place): Promise<void> {
  const { email, realmId, role } = operator;
  const problem = given ? checkPassword(given, { email }) : null;
  if (problem) throw new Error(`--password: ${problem.replaceAll('_', ' ')} (8 to 256 characters).`);
  const password = given === undefined ? generatePassword() : given;
  const now = Date.now();
  const id = newUserId(target.jurisdiction, now);
  const user = {
    id,
    realm_id: realmId,
    email,
    email_verified: 1,
    role,
    created_at: now,
    updated_at: now,
  };
  await query(
    [
      insert('users', user),
      ...(password === null
        ? []
        : [insert('passwords', { user_id: id, hash: hashInNode(password), updated_at: now })]),
      `${audit('operator_created', id, operator, now)} WHERE true`,
    ],
    target,
    target.database,
  );
  console.log(`${email} is ${role} of the realm "${realmId}".`);
  if (given === null) console.log('They set a password at /forgot-password, by the mail that it sends.');
  if (given === undefined)
    console.log(`\n  Password: ${password}\n\nIt is not shown again: change it after the first sign-in.`);
}

/**
 * Only upwards, and only who has proved the address: a stranger may have registered with it. The version is raised, by
 * which the account object knows at the next sign-in that its copy is out of date.
 */
async function promote(operator: Operator, user: D1Row, target: Place): Promise<void> {
  const { email, realmId, role } = operator;
  if (ROLES.indexOf(String(user.role)) >= ROLES.indexOf(role)) {
    throw new Error(`${email} is already ${user.role} of the realm "${realmId}".`);
  }
  if (user.status !== 'active') throw new Error(`${email} is suspended.`);
  if (!user.email_verified) {
    throw new Error(
      `${email} has registered, but never proved the address: it may be somebody else. Follow the link in the mail first.`,
    );
  }
  const now = Date.now();
  const same = `id = ${literal(String(user.id))} AND role = ${literal(String(user.role))} AND status = 'active'
    AND email_verified = 1 AND email = ${literal(email)}`;
  const [, changed = []] = await query(
    [
      `${audit('operator_promoted', String(user.id), operator, now)} FROM users WHERE ${same}`,
      `UPDATE users SET role = ${literal(role)}, version = version + 1, updated_at = ${now}
       WHERE ${same} RETURNING id`,
    ],
    target,
    target.database,
  );
  if (changed.length === 0) throw new Error(`${email} was changed at the same time: try again.`);
  console.log(`${email} is ${role} of the realm "${realmId}" from the next sign-in on.
Sessions that are open stay what they are: sign in again.`);
}

function audit(action: AuditAction, target: string, { realmId, role }: Operator, now: number): string {
  return auditFrom({ realm_id: realmId, at: now, action, target }, { role });
}

function generatePassword(): string {
  const letter = () => ALPHABET[randomInt(ALPHABET.length)] as string;
  const group = () => Array.from({ length: GENERATED.letters }, letter).join('');
  return Array.from({ length: GENERATED.groups }, group).join('-');
}

await runCommand({
  name: 'admin:create',
  usage: ['EMAIL [options]'],
  about: `Makes a user with a verified address, an owner of the realm \`default\` unless told otherwise; or promotes the user who is
already there, who keeps their password.`,
  options: OPTIONS,
  run: createAdmin,
});
