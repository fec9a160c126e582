import { z } from 'zod';
import { parseTotp } from '../crypto/totp.ts';
import { EmailField, PreferencesSchema, ProfilePatch } from '../directory/schemas.ts';
import { DAY, SECOND } from '../lib/time.ts';
import { PasskeyName } from '../passkeys/schemas.ts';
import { MAX_PASSKEYS } from '../passkeys/tables.ts';
import { mapRecord, type RecordMapping } from './mapping.ts';
import { type FileRecord, type RowProblem, textProblem } from './record.ts';

/** Sign-ins of the past that come with a user. */
const MAX_SIGN_INS = 100;
const MAX_USER_AGENT = 400;
const MAX_CREDITS = 1e12;
/** Accounts at providers that come with a user. */
const MAX_IDENTITIES = 20;

const text = z.string().trim().min(1);
const id = z.union([z.int().transform(String), text.max(200)]);

const TRUE = ['true', 't', 'yes', 'y', '1'];
const FALSE = ['false', 'f', 'no', 'n', '0'];
const flag = z
  .union([z.boolean(), z.int().transform(String), z.string()])
  .transform((value) => (typeof value === 'string' ? value.trim().toLowerCase() : String(value)))
  .pipe(z.enum([...TRUE, ...FALSE], { error: 'Must be true or false' }))
  .transform((value) => TRUE.includes(value));

/** Unix seconds reach here in the year 5138, milliseconds in March 1973. */
const SECONDS_END = 1e11;
// Databases write a blank for the T, and leave out the zone: then it is UTC.
const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s?(Z|[+-]\d\d(?::?\d\d)?|UTC)?)?$/i;

/** RFC 3339 and what databases make of it, Unix seconds or milliseconds. Milliseconds. */
const time = z.union([z.number(), z.string().trim().max(40)]).transform((value) => milliseconds(value));

/** A moment of the past, as systems write it; milliseconds. */
export const moment = time.refine((at) => at >= 0 && at <= Date.now() + DAY, {
  error: 'Must be a moment of the past such as 2024-05-17T09:30:00Z',
});

const LAST_MOMENT = Date.UTC(9999, 11, 31);
/** A moment that may be to come; milliseconds. */
export const deadline = time.refine((at) => at >= 0 && at <= LAST_MOMENT, {
  error: 'Must be a moment such as 2030-05-17T09:30:00Z',
});

/** The secret of an authenticator app that its user has by now. */
const totp = text.max(1000).transform((value, context) => {
  const parsed = parseTotp(value);
  if (parsed) return parsed;
  context.addIssue({
    code: 'custom',
    message: 'Must be base32, or an `otpauth:` URI of codes with 6 or 8 digits that change by time',
  });
  return z.NEVER;
});

/** Databases write whole numbers of a decimal column as 120.00. */
const credits = z
  .union([
    z.number(),
    z
      .string()
      .trim()
      .max(20)
      .regex(/^\d+(\.0*)?$/)
      .transform(Number),
  ])
  .pipe(z.int().min(0).max(MAX_CREDITS));

function milliseconds(value: number | string): number {
  if (typeof value === 'string' && !/^\d{1,16}(\.\d+)?$/.test(value)) {
    const [, date, time = '00:00', zone = 'Z'] = DATE_TIME.exec(value) ?? [];
    const offset = /^[+-]/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}` : 'Z';
    return Date.parse(`${date}T${time}${offset}`);
  }
  const number = Number(value);
  return Math.floor(number < SECONDS_END ? number * SECOND : number);
}

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value, context) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      context.addIssue({ code: 'custom', message: 'Is not JSON' });
      return z.NEVER;
    }
  }, schema);

/** What is written in base64 or base64url, as base64url. */
const bytes = (most: number) =>
  z
    .string()
    .trim()
    .regex(/^[\w+/-]+=*$/, { error: 'Must be base64url' })
    .transform((value) => Buffer.from(value, 'base64').toString('base64url'))
    .pipe(z.string().min(1).max(most));

const isCborMap = (key: string) => ((Buffer.from(key, 'base64url')[0] as number) & 0xe0) === 0xa0;

const Passkey = z.strictObject({
  credential_id: bytes(1400),
  public_key: bytes(4000).refine(isCborMap, { error: 'Must be a COSE key (RFC 9052, 7)' }),
  user_handle: bytes(88).nullish(),
  counter: z.int().min(0).max(0xffffffff).default(0),
  transports: z.array(z.string().max(40)).max(10).nullish(),
  aaguid: z.guid().nullish(),
  backup_eligible: flag.default(false),
  backed_up: flag.default(false),
  // Of a system that did not want its users verified, a passkey is what whoever finds it may use.
  user_verified: flag.default(true),
  name: PasskeyName.nullish(),
  created_at: moment.nullish(),
});

/** Passkeys that its user has by now, as a list or as JSON. */
export const PasskeysField = json(z.array(Passkey).max(MAX_PASSKEYS));

const ip = z.union([z.ipv4(), z.ipv6()], { error: 'Must be an IP address' });
const userAgent = text.transform((value) => value.slice(0, MAX_USER_AGENT).toWellFormed());

const SignIn = z.strictObject({
  at: moment,
  ip: ip.nullish(),
  country: ProfilePatch.shape.country,
  user_agent: userAgent.nullish(),
});

const Identity = z.strictObject({
  provider: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, { error: 'Must be the id of a provider' }),
  // OpenID Connect Core 1.0, 2: at most 255 characters of ASCII.
  subject: z.union([
    z.int().transform(String),
    z
      .string()
      .trim()
      .regex(/^[\x21-\x7e]{1,255}$/),
  ]),
});

/** Accounts at providers, as a list or as JSON. */
export const IdentitiesField = json(
  z
    .array(Identity)
    .max(MAX_IDENTITIES)
    .refine((all) => new Set(all.map(({ provider }) => provider)).size === all.length, {
      error: 'Must have one account of each provider',
    }),
);

const Row = z
  .strictObject({
    external_id: id.optional(),
    email: EmailField,
    email_verified: flag.default(false),
    ...ProfilePatch.shape,
    phone_number_verified: flag.default(false),
    role: z.enum(['user', 'admin', 'owner']).default('user'),
    plan: z
      .string()
      .trim()
      .toLowerCase()
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, { error: 'Must be the id of a plan' })
      .default('free'),
    plan_expires_at: deadline.optional(),
    opening_credits: credits.optional(),
    status: z.enum(['active', 'suspended']).default('active'),
    password_hash: z.string().optional(),
    totp_secret: totp.optional(),
    passkeys: PasskeysField.optional(),
    identities: IdentitiesField.optional(),
    preferences: json(PreferencesSchema).optional(),
    created_at: moment.optional(),
    last_login_at: moment.optional(),
    last_login_ip: ip.optional(),
    last_login_user_agent: userAgent.optional(),
    sign_ins: json(z.array(SignIn).max(MAX_SIGN_INS)).optional(),
  })
  .refine((row) => !row.phone_number_verified || row.phone_number, {
    path: ['phone_number_verified'],
    error: 'There is no number',
  });

/** What a row says of a user. */
export type ImportRow = z.output<typeof Row>;

/** What a row may say, as far as it is not a matter of form. */
export interface RowRules {
  mapping: RecordMapping;
  /** Whether the hash can ever be verified. */
  isKnownHash(hash: string): boolean;
  mayGrant(role: ImportRow['role']): boolean;
}

const UNKNOWN_HASH =
  'Is no hash that can be verified here: of no kind that is known, or too costly (Argon2 above 64 MiB). Without it, its user sets a password by mail';

/** Reads a record as a user, or says all that is wrong with it; never what stands there. */
export function readRow(
  record: FileRecord,
  rules: RowRules,
): { row: ImportRow } | { problems: RowProblem[] } {
  if ('problem' in record) return { problems: [record.problem] };
  for (const [column, value] of Object.entries(record.values)) {
    const problem = textProblem(column) ?? textProblem(value);
    if (problem) return { problems: [{ ...problem, column: textProblem(column) ? null : column }] };
  }
  const mapped = mapRecord(record.values, rules.mapping);
  if ('problem' in mapped) return { problems: [mapped.problem] };
  const parsed = Row.safeParse(mapped.values);
  if (!parsed.success) return { problems: parsed.error.issues.flatMap(issueProblems) };
  const problem = ruleProblem(parsed.data, rules);
  return problem ? { problems: [problem] } : { row: parsed.data };
}

/** What is wrong with a row, column by column. */
export function issueProblems(issue: z.core.$ZodIssue): RowProblem[] {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    return issue.keys.map((column) => ({
      column,
      code: 'unknown_column',
      message: 'There is no such column',
    }));
  }
  const [column] = issue.path;
  return [{ column: String(column), code: issue.code ?? 'custom', message: issue.message }];
}

function ruleProblem(row: ImportRow, { isKnownHash, mayGrant }: RowRules): RowProblem | null {
  if (row.password_hash !== undefined && !isKnownHash(row.password_hash)) {
    return { column: 'password_hash', code: 'unknown_hash', message: UNKNOWN_HASH };
  }
  if (!mayGrant(row.role)) {
    return { column: 'role', code: 'insufficient_scope', message: 'Is not yours to give in this realm' };
  }
  return null;
}
