import { z } from '@hono/zod-openapi';
import type { SessionRecord } from '../account/contract.ts';
import type { Principal } from '../http/context.ts';
import { ASSURANCES, assuranceOf } from '../lib/assurance.ts';
import { describeDevice } from '../lib/device.ts';
import { rfc3339, SECOND } from '../lib/time.ts';
import type { Grant } from './service.ts';

const tokenFields = {
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int().openapi({ description: 'Seconds', example: 600 }),
  refresh_token: z
    .string()
    .optional()
    .openapi({ description: 'Absent in cookie mode: then it is in the session cookie.' }),
  session_id: z.string(),
};

const by = <Before extends z.ZodType>(before: Before) =>
  z.object({ sub: z.string(), act: before.optional() });

/** Who acts for a user (RFC 8693, 4.1): as many as may pass a token on. */
export const ActSchema = by(by(by(by(z.object({ sub: z.string() })))));

export const TokensSchema = z.object(tokenFields).openapi('Tokens');

const SessionSchema = z
  .object({
    id: z.string(),
    current: z.boolean().openapi({ description: 'Whether it is the session that asks' }),
    created_at: z.iso.datetime(),
    last_seen_at: z.iso
      .datetime()
      .openapi({ description: 'To the hour, and to a 24th of the time that a session may idle' }),
    expires_at: z.iso.datetime(),
    ip: z.string(),
    country: z.string().nullable(),
    city: z.string().nullable(),
    user_agent: z.string().nullable(),
    device: z.string().nullable().openapi({ example: 'Firefox on Windows' }),
    methods: z
      .array(z.string())
      .openapi({ description: 'How the user signed in, RFC 8176', example: ['pwd'] }),
    impersonator: z
      .string()
      .nullable()
      .openapi({ description: 'The admin who acts as the user; null when it is the user' }),
    client_id: z
      .string()
      .nullable()
      .openapi({ description: 'The app that has access by it; null for the user’s own' }),
    scope: z.string().nullable().openapi({ description: 'What the app may (RFC 6749, 3.3)' }),
  })
  .openapi('Session');

export const SessionListSchema = z
  .object({ data: z.array(SessionSchema), next_cursor: z.string().nullable() })
  .openapi('SessionList');

export const CurrentSessionSchema = z
  .object({
    user_id: z.string(),
    session_id: z.string(),
    role: z.enum(['user', 'admin', 'owner']),
    plan: z.string(),
    email_verified: z.boolean(),
    anonymous: z.boolean().openapi({ description: 'Whether nothing opens the account but its sessions' }),
    organization_id: z.string().nullable().openapi({
      description: 'The organization in which the session goes on; null where the user is alone',
    }),
    organization_role: z.string().nullable(),
    authenticated_at: z.iso.datetime().nullable().openapi({
      description:
        'When the user last proved who they are in this session; null for an admin who acts as the user',
    }),
    amr: z.array(z.string()).openapi({
      description:
        'How the user signed in, and a passkey that they have proved it by since (RFC 8176); none for an admin who acts as the user',
      example: ['pwd'],
    }),
    acr: z
      .enum(ASSURANCES)
      .nullable()
      .openapi({ description: 'How sure it is who the user is; null for an admin who acts as the user' }),
    expires_at: z.iso
      .datetime()
      .openapi({ description: 'When the token (or the cookie) that was sent expires' }),
  })
  .openapi('CurrentSession');

/** A grant as it goes over the wire; in cookie mode the refresh token stays out of it. */
export function tokensShape(grant: Grant, inCookie: boolean): z.infer<typeof TokensSchema> {
  return {
    access_token: grant.accessToken,
    token_type: 'Bearer',
    expires_in: grant.expiresInSeconds,
    ...(!inCookie && { refresh_token: grant.refreshToken }),
    session_id: grant.session.sessionId,
  };
}

/** Who is signed in, as it goes over the wire. */
export function currentSessionShape(
  session: Omit<Principal, 'bookmark' | 'credentialVersion' | 'client' | 'realmId' | 'factors'>,
): z.infer<typeof CurrentSessionSchema> {
  return {
    user_id: session.userId,
    session_id: session.sessionId,
    role: session.role,
    plan: session.plan,
    email_verified: session.emailVerified,
    anonymous: session.anonymous,
    organization_id: session.organization?.id ?? null,
    organization_role: session.organization?.role ?? null,
    // To the second, as `auth_time` of the token is.
    authenticated_at: session.authenticatedAt === 0 ? null : rfc3339(secondOf(session.authenticatedAt)),
    amr: session.methods,
    acr: session.impersonator === null ? assuranceOf(session.methods) : null,
    expires_at: rfc3339(session.expiresAt),
  };
}

function secondOf(at: number): number {
  return at - (at % SECOND);
}

/** A session as its owner sees it. */
export function sessionShape(row: SessionRecord, currentId: string): z.infer<typeof SessionSchema> {
  return {
    id: row.id,
    current: row.id === currentId,
    created_at: rfc3339(row.created_at),
    last_seen_at: rfc3339(row.last_seen_at),
    expires_at: rfc3339(row.expires_at),
    ip: row.ip,
    country: row.country,
    city: row.city,
    user_agent: row.user_agent,
    device: describeDevice(row.user_agent),
    methods: JSON.parse(row.methods),
    impersonator: row.impersonator ?? null,
    client_id: row.client_id ?? null,
    scope: row.scope ?? null,
  };
}
