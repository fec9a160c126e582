import { z } from '@hono/zod-openapi';
import type { ProductKey, ReportedKey } from '../account/key-contract.ts';
import { KeyExpiry, KeyName } from '../api-keys/schemas.ts';
import { DAY, rfc3339, SECOND } from '../lib/time.ts';
import { CapsBody, CapsSchema, capsShape } from '../plans/caps-schemas.ts';

/** Scopes of one key. */
const MOST_SCOPES = 32;
/** How often a minute a key can be limited to: so many times are kept in memory. */
const MOST_PER_MINUTE = 6000;
const LONGEST = (3650 * DAY) / SECOND;

const fields = {
  name: KeyName.openapi({ example: 'Nightly export' }),
  scopes: z
    .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$/, 'Must be a name such as `images:write`'))
    .max(MOST_SCOPES)
    .transform((scopes) => [...new Set(scopes)])
    .openapi({
      description: 'In words of the product, for `authorize` to ask for; none when left out',
      example: ['images:write'],
    }),
  caps: z.union([CapsBody, z.null()]).openapi({
    description: 'What may be used by the key of what its owner has; null for all of it',
  }),
  requests_per_minute: z
    .int()
    .min(1)
    .max(MOST_PER_MINUTE)
    .nullable()
    .openapi({ description: 'How often it may be presented; null for as often as one likes', example: 60 }),
};

export const NewProductKeyBody = z
  .strictObject({
    name: fields.name,
    scopes: fields.scopes.default([]),
    expires_at: KeyExpiry,
    expires_in: z.int().min(60).max(LONGEST).optional().openapi({
      description: 'Seconds, in place of `expires_at`',
      example: 7_776_000,
    }),
    caps: fields.caps.default(null),
    requests_per_minute: fields.requests_per_minute.default(null),
  })
  .refine((body) => body.expires_in === undefined || body.expires_at == null, {
    error: 'Must be one of both',
    path: ['expires_in'],
  })
  .openapi('NewProductKey');

export const ProductKeyPatchBody = z
  .strictObject(fields)
  .partial()
  .refine((patch) => Object.values(patch).some((value) => value !== undefined), {
    error: 'Must change something',
  })
  .openapi('ProductKeyUpdate');

export const ProductKeyParams = z.object({
  id: z.string().max(100).openapi({ example: 'apk_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
});

const time = z.iso.datetime().nullable();

export const ProductKeySchema = z
  .object({
    id: ProductKeyParams.shape.id,
    name: z.string(),
    prefix: z.string().openapi({ description: 'What the key begins with' }),
    scopes: z.array(z.string()),
    caps: z.union([CapsSchema, z.null()]),
    requests_per_minute: z.int().nullable(),
    created_by: z.string().openapi({ description: 'The user who made it' }),
    created_at: z.iso.datetime(),
    last_used_at: time.openapi({ description: 'To the hour' }),
    expires_at: time,
    used: z
      .array(z.object({ resource: z.string().nullable(), day: z.int(), month: z.int() }))
      .openapi({ description: 'By it, in this UTC day and month; of credits `resource` is null' }),
  })
  .openapi('ProductKey');

export const ProductKeyListSchema = z
  .object({ data: z.array(ProductKeySchema), next_cursor: z.string().nullable() })
  .openapi('ProductKeyList');

/** The keys of somebody as operators see them: as every list of theirs it has a total. */
export const CountedKeyListSchema = z
  .object({ ...ProductKeyListSchema.shape, total: z.int() })
  .openapi('CountedProductKeyList');

export const ShownProductKeySchema = z
  .object({
    ...ProductKeySchema.shape,
    key: z.string().openapi({ description: 'The key itself, which is never shown again' }),
  })
  .openapi('ShownProductKey');

/** A key as its owner sees it. */
export function productKeyShape(key: ProductKey & Partial<ReportedKey>): z.infer<typeof ProductKeySchema> {
  const at = (moment: number | null) => (moment === null ? null : rfc3339(moment));
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes,
    caps: key.caps && capsShape(key.caps),
    requests_per_minute: key.perMinute,
    created_by: key.createdBy,
    created_at: rfc3339(key.createdAt),
    last_used_at: at(key.lastUsedAt),
    expires_at: at(key.expiresAt),
    used: key.used ?? [],
  };
}
