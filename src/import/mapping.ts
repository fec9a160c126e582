import { z } from 'zod';
import { fromExtendedJson } from './extended-json.ts';
import { HashFormatSchema, storedHash } from './hash-format.ts';
import type { RowProblem } from './record.ts';

/** What a row can say of a user. */
export const COLUMNS = [
  'external_id',
  'email',
  'email_verified',
  'username',
  'name',
  'given_name',
  'family_name',
  'picture',
  'bio',
  'phone_number',
  'phone_number_verified',
  'country',
  'locale',
  'role',
  'plan',
  'plan_expires_at',
  'opening_credits',
  'status',
  'password_hash',
  'totp_secret',
  'passkeys',
  'identities',
  'preferences',
  'created_at',
  'last_login_at',
  'last_login_ip',
  'last_login_user_agent',
  'sign_ins',
] as const;

type Column = (typeof COLUMNS)[number];

/** Beside those of a user: what makes a `password_hash` together with another column. */
const SALT = 'password_salt';

/** How another system's columns become ours. */
export const MappingSchema = z.strictObject({
  /** By their name: ours, or null for one that is left behind. A column that is not named goes by its own name. */
  columns: z.record(z.string().max(200), z.enum([...COLUMNS, SALT]).nullable()).default({}),
  /** By our column and then their value (in lower case): what it means. Others are taken as they are. */
  values: z
    .partialRecord(
      z.enum(COLUMNS),
      z.record(z.string().max(200), z.union([z.string().max(200), z.boolean()])),
    )
    .default({}),
  /** For hashes without a notation of their own. */
  hash: HashFormatSchema.optional(),
});

/** The mapping that changes nothing, when it is empty. */
export type Mapping = z.output<typeof MappingSchema>;

/** A mapping, and what no mapping can say of a record: what becomes of its values before. */
export interface RecordMapping extends Mapping {
  prepare?(values: Record<string, unknown>): Record<string, unknown>;
  /** Whether columns that are not named are left behind, and not an error. */
  leavesOthers?: true;
}

/** The columns of a file that are neither ours nor named in the mapping. */
export function unknownColumns(header: string[], { columns, leavesOthers }: RecordMapping): string[] {
  if (leavesOthers) return [];
  return header.filter((name) => !Object.hasOwn(columns, name) && name !== SALT && !isColumn(name));
}

const isColumn = (name: string): boolean => (COLUMNS as readonly string[]).includes(name);

/** A record in our columns, values that say nothing left out; or why it cannot be had. */
export function mapRecord(
  values: Record<string, unknown>,
  mapping: RecordMapping,
): { values: Record<string, unknown> } | { problem: RowProblem } {
  const mapped = new Map<string, unknown>();
  const plain = fromExtendedJson(values);
  for (const [name, value] of Object.entries(mapping.prepare?.(plain) ?? plain)) {
    const column = Object.hasOwn(mapping.columns, name) ? mapping.columns[name] : name;
    if (column === null || column === undefined || value === null || value === undefined || value === '')
      continue;
    if (mapped.has(column)) {
      return { problem: { column, code: 'duplicate_column', message: 'Two columns say what this is' } };
    }
    mapped.set(column, meaning(column, value, mapping));
  }
  const salt = mapped.get(SALT);
  mapped.delete(SALT);
  const hash = mapped.get('password_hash');
  if (typeof hash === 'string') mapped.set('password_hash', storedHash(hash, salt, mapping.hash));
  return { values: Object.fromEntries(mapped) };
}

function meaning(column: string, value: unknown, { values }: Mapping): unknown {
  // What has a structure has no meaning of its own, nor always a text.
  if (typeof value === 'object') return value;
  const meanings = Object.hasOwn(values, column) ? values[column as Column] : undefined;
  const key = String(value).toLowerCase();
  return meanings && Object.hasOwn(meanings, key) ? meanings[key] : value;
}
