import { z } from '@hono/zod-openapi';
import { SCOPES } from '../lib/scopes.ts';
import { DAY, rfc3339, SECOND } from '../lib/time.ts';
import { isSuspended, type KnownKey } from './store.ts';

/** How long the secret before works on after a rotation, unless it is said (seconds). */
const OVERLAP = DAY / SECOND;
const MAX_OVERLAP = 30 * OVERLAP;

const ScopesField = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .transform((scopes) => [...new Set(scopes)])
  .openapi({ example: ['users:read', 'usage:write'] });

/** What a key is called: one line, for people. */
export const KeyName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((value) => value.isWellFormed(), { error: 'Must be whole characters' })
  .refine((value) => !/\p{Cc}/u.test(value), { error: 'Must be one line' });

/** When a key expires. It is shown in UTC, where RFC 3339 has no year after 9999. */
export const KeyExpiry = z.iso
  .datetime({ offset: true })
  .refine((value) => Date.parse(value) > Date.now(), { error: 'Must be in the future' })
  .refine((value) => new Date(value).getUTCFullYear() <= 9999, { error: 'Must be before the year 10000' })
  .nullish()
  .openapi({ description: 'Without one the key is good until it is revoked' });

export const NewApiKey = z
  .strictObject({
    name: KeyName.openapi({ example: 'image service' }),
    scopes: ScopesField,
    expires_at: KeyExpiry,
  })
  .openapi('NewApiKey');

export const Rotation = z
  .strictObject({
    overlap_seconds: z.int().min(0).max(MAX_OVERLAP).default(OVERLAP).openapi({
      description: 'How long the secret before works on; 0 when it has leaked',
    }),
  })
  .openapi('ApiKeyRotation');

export const ApiKeyQuery = z.object({
  kept: z.enum(['true', 'false']).optional().openapi({
    description: 'Only keys whose keeper is an operator of the realm, or only the others',
  }),
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({ type: 'integer' }),
  cursor: z
    .string()
    .regex(/^key_[0-9a-z]{26}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before' }),
});

export const ApiKeySchema = z
  .object({
    id: z.string().openapi({ example: 'key_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
    name: z.string(),
    prefix: z.string().openapi({ description: 'What the key begins with' }),
    scopes: z.array(z.enum(SCOPES)),
    created_by: z.string().openapi({ description: 'A user, an API key, or `internal`' }),
    keeper: z.string().nullable().openapi({
      description:
        'Who answers for the key: an operator, or `internal`. Null when its maker is one no more: an owner can take it over',
    }),
    suspended: z.boolean().openapi({
      description:
        'Whether it is refused because nobody keeps it, as keys with the scope `admin` are; it stays so until an owner takes it over',
    }),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable().openapi({ description: 'To the hour' }),
    expires_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
    previous_expires_at: z.iso
      .datetime()
      .nullable()
      .openapi({ description: 'Until when the secret before the last rotation works' }),
  })
  .openapi('ApiKey');

export const ApiKeyListSchema = z
  .object({ data: z.array(ApiKeySchema), next_cursor: z.string().nullable(), total: z.int() })
  .openapi('ApiKeyList');

export const ShownApiKeySchema = z
  .object({
    ...ApiKeySchema.shape,
    key: z.string().openapi({ description: 'The key itself, which is never shown again' }),
  })
  .openapi('ShownApiKey');

/** A key's row, and whether somebody keeps it, as it goes over the wire. */
export function apiKeyShape({ row, isKept }: KnownKey): z.infer<typeof ApiKeySchema> {
  const time = (at: number | null) => (at === null ? null : rfc3339(at));
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    created_by: row.createdBy,
    keeper: isKept ? row.keeper : null,
    suspended: isSuspended({ row, isKept }),
    created_at: rfc3339(row.createdAt),
    last_used_at: time(row.lastUsedAt),
    expires_at: time(row.expiresAt),
    revoked_at: time(row.revokedAt),
    previous_expires_at: time(row.previousExpiresAt),
  };
}
