import { z } from '@hono/zod-openapi';
import { isFlat } from '../directory/schemas.ts';

/** Accounts a page, at most. */
export const MAX_ACCOUNTS = 200;
/** Bytes of a request that puts accounts back. */
export const MAX_BYTES = 16 * 1024 * 1024;

export const BackupQuery = z.object({
  cursor: z.string().optional().openapi({ description: 'Where the page before ended' }),
  limit: z.coerce.number().int().min(1).max(MAX_ACCOUNTS).optional().openapi({
    description: 'Accounts a page; as many as one invocation may read unless it is said',
  }),
});

export const RestoreQuery = z.object({
  backup_id: z
    .string()
    .regex(/^bak_[0-9a-z]{26}$/)
    .openapi({ description: 'That of the backup: a request that is repeated does nothing twice' }),
  with_sessions: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .openapi({ description: 'Whether sessions go on; without it all users sign in again' }),
});

export const RestoredSchema = z
  .object({
    restored: z.number().int().openapi({ description: 'Accounts that are whole now' }),
    rows: z.number().int().openapi({ description: 'What they have in all' }),
    pictures: z.number().int(),
    used: z
      .array(z.string())
      .openapi({ description: 'Users whose account somebody has used here: nothing was changed' }),
    unknown: z.array(z.string()).openapi({ description: 'Users whom the database does not have' }),
  })
  .openapi('RestoredAccounts');

const CopiedValue = z.union([z.string(), z.number(), z.null(), z.object({ bytes: z.base64() })]);
const UserId = z.string().max(100);
const Name = z.string().regex(/^\w{1,64}$/);

/** A line of a backup: of an account, or a picture. */
export const BackupLine = z.union([
  z.strictObject({
    account: UserId,
    tables: z.array(
      z.object({ name: Name, made: z.array(z.string().max(10_000)), last: z.number().int().nullable() }),
    ),
  }),
  z.strictObject({
    account: UserId,
    table: Name,
    columns: z.array(Name),
    rows: z.array(z.array(CopiedValue)),
  }),
  z.strictObject({
    account: UserId,
    values: z.record(z.string(), z.unknown()).refine((values) => isFlat(values)),
    sums: z.record(Name, z.object({ rows: z.number().int(), hash: z.number().int() })),
  }),
  z.strictObject({ account: UserId, picture: z.string(), type: z.string().max(50), bytes: z.base64() }),
]);

/** The last line of a page: where the next begins, null after the last, and how many accounts it has; of users who never came there is none. */
export const BackupEnd = z.strictObject({ next: z.string().nullable(), accounts: z.number().int() });
