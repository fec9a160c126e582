import { z } from '@hono/zod-openapi';
import { ACCOUNT_SCOPES } from '../http/level.ts';
import { listOf } from '../http/list-schemas.ts';
import { rfc3339 } from '../lib/time.ts';
import { ACCESS_TOKEN_SECONDS } from '../realms/schemas.ts';
import { ClientName, OPENID_SCOPES, ScopeName } from './client-schemas.ts';
import type { ProtectedResourceRow } from './tables.ts';

/** Scopes that say what of a user's account a client may: no resource gives them another meaning. */
export const RESERVED_SCOPES: readonly string[] = [...OPENID_SCOPES, ...ACCOUNT_SCOPES];

const isLoopback = ({ hostname }: URL) => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

const fields = {
  name: ClientName.openapi({ description: 'What users see' }),
  scopes: z
    .array(
      ScopeName.refine((scope) => !RESERVED_SCOPES.includes(scope), {
        error: 'Is a scope of Latchkey itself',
      }),
    )
    .max(100)
    .transform((scopes) => [...new Set(scopes)])
    .openapi({ description: 'What clients may ask for of it', example: ['images:write'] }),
  open: z.boolean().openapi({
    description:
      'Whether every client of the realm may ask for it and its scopes, also one that registers by itself; else those that have it among their `audiences`',
  }),
  access_token_seconds: z
    .int()
    .min(ACCESS_TOKEN_SECONDS.min)
    .max(ACCESS_TOKEN_SECONDS.max)
    .nullish()
    .openapi({ description: 'How long tokens for it live at most; null for the time of the client' }),
};

export const NewProtectedResource = z
  .strictObject({
    ...fields,
    resource: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .refine((text) => !text.includes('#'), { error: 'Has no fragment (RFC 8707, 2)' })
      .refine(
        (text) => {
          const url = URL.parse(text);
          return url !== null && (url.protocol === 'https:' || isLoopback(url));
        },
        { error: 'Must be https; http is for localhost only' },
      )
      .openapi({
        description: 'Its identifier (RFC 9728, 1.2), which does not change',
        example: 'https://mcp.example.com/mcp',
      }),
    scopes: fields.scopes.default([]),
    open: fields.open.default(false),
  })
  .openapi('NewProtectedResource');

export const ProtectedResourcePatch = z.strictObject(fields).partial().openapi('ProtectedResourcePatch');

export const ProtectedResourceSchema = z
  .object({
    id: z.string().openapi({ example: 'res_01j9zq7kfrv1tq0yw3c5d8e2ab' }),
    resource: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    open: z.boolean(),
    access_token_seconds: z.int().nullable(),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('ProtectedResource');

export const ProtectedResourceListSchema = listOf(ProtectedResourceSchema).openapi('ProtectedResourceList');

/** A resource as it goes over the wire. */
export function protectedResourceShape(row: ProtectedResourceRow): z.infer<typeof ProtectedResourceSchema> {
  return {
    id: row.id,
    resource: row.identifier,
    name: row.name,
    scopes: row.scopes,
    open: row.open,
    access_token_seconds: row.accessTokenSeconds,
    created_by: row.createdBy,
    created_at: rfc3339(row.createdAt),
    updated_at: rfc3339(row.updatedAt),
  };
}

export const ResourceMetadataSchema = z
  .object({
    resource: z.string(),
    authorization_servers: z.array(z.url()),
    jwks_uri: z.url().optional(),
    scopes_supported: z.array(z.string()),
    bearer_methods_supported: z.array(z.string()),
    resource_name: z.string(),
    resource_documentation: z.url().optional(),
  })
  .openapi('ProtectedResourceMetadata', { description: 'RFC 9728, 2' });
