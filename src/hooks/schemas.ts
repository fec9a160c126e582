import { z } from '@hono/zod-openapi';
import { MetadataSchema } from '../directory/schemas.ts';
import { listOf } from '../http/list-schemas.ts';
import { HOOK_NAMES } from '../lib/realm.ts';
import { rfc3339 } from '../lib/time.ts';
import type { HookRow } from './tables.ts';

export const Metadata = MetadataSchema;

export const HookParams = z.object({ name: z.enum(HOOK_NAMES) });

/** Service bindings that hooks may name: none that is there for something else. What follows `__` is the realm whose own it is. */
const BINDING = /^HOOK_[A-Z0-9_]{1,100}$/;
/** A URI: no claim that means anything has a name like that (RFC 7519, 4.2). */
const NAMESPACE = /^[A-Za-z][A-Za-z0-9+.-]{0,30}:[\x21-\x7e]{1,200}$/;

export const HookBody = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional()
      .openapi({
        description: 'Where it is asked: https, of the public Internet; in development also this machine',
        example: 'https://example.com/hooks/before-registration',
      }),
    binding: z
      .string()
      .regex(BINDING, { error: 'Must begin with HOOK_ and have capital letters, digits and underscores' })
      .optional()
      .openapi({
        description:
          'Instead of `url`: the service binding of a Worker. One with `__ACME` at its end is for the realm `acme` alone; the others are of the realm `default`, and owners and the bootstrap key may name them for any realm.',
        example: 'HOOK_SIGNUPS',
      }),
    on_failure: z.enum(['allow', 'refuse']).openapi({
      description:
        'When there is no answer that can be used: go on as if nobody had been asked (of a message: the provider sends it), or refuse (of a message: try again)',
    }),
    namespace: z.string().regex(NAMESPACE, { error: 'Must be a URI' }).optional().openapi({
      description:
        'Of `before.token`: the claim under which what is given stands; `/claims` below the issuer unless said',
      example: 'https://example.com/claims',
    }),
    new_secret: z.boolean().default(false).openapi({
      description: 'Another secret. For 24 hours the one before signs too.',
    }),
  })
  .refine(({ url, binding }) => (url === undefined) !== (binding === undefined), {
    error: 'Must be an address or a binding, not both',
    path: ['url'],
  })
  .openapi('HookSetting');

export const HookSchema = z
  .object({
    name: z.enum(HOOK_NAMES),
    url: z.string().nullable(),
    binding: z.string().nullable(),
    on_failure: z.enum(['allow', 'refuse']),
    namespace: z.string().nullable(),
    public_keys: z.array(z.string()).openapi({
      description: 'By which signatures of version `v1a` (Ed25519) are verified: the current one first',
    }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('Hook');

export const HookWithSecret = HookSchema.extend({
  secret: z.string().nullable().openapi({
    description: 'By which its requests are verified. Shown this once, when it is new; else null.',
  }),
}).openapi('HookWithSecret');

export const HookListSchema = listOf(HookSchema).openapi('HookList');

export const HookTrial = z
  .object({
    ok: z.boolean().openapi({ description: 'Whether it has answered with 2xx, in time' }),
    duration_ms: z.int(),
    status: z.int().nullable(),
    error: z.string().nullable(),
    answer: z.string().nullable().openapi({ description: 'Its first kilobyte' }),
  })
  .openapi('HookTrial');

/** A hook as it goes over the wire. */
export function hookShape(row: HookRow, publicKeys: string[]): z.infer<typeof HookSchema> {
  return {
    name: row.name,
    url: row.url,
    binding: row.binding,
    on_failure: row.onFailure,
    namespace: row.namespace,
    public_keys: publicKeys,
    created_by: row.createdBy,
    created_at: rfc3339(row.createdAt),
    updated_at: rfc3339(row.updatedAt),
  };
}
