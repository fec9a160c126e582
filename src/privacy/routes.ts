import { createRoute } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { userShape } from '../accounts/schemas.ts';
import { transactionShape } from '../credits/schemas.ts';
import { type Authenticator, requireUser, requireVerified } from '../http/authentication.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { featureRouter, json, jsonBody, responses, USER_SECURITY } from '../http/openapi.ts';
import { clearSessionCookie } from '../http/session-cookie.ts';
import { describeDevice } from '../lib/device.ts';
import { rfc3339 } from '../lib/time.ts';
import { ActivityListSchema, ActivityQuery, DeleteBody, ExportSchema } from './schemas.ts';
import type { ActivityRow, Metering, Privacy } from './service.ts';

/** A user's own view of what is kept about them, and its end. */
export function privacyRoutes(
  privacy: Privacy,
  authenticator: Authenticator,
  signInLimit: MiddlewareHandler<AppEnv>,
) {
  return featureRouter()
    .openapi(
      createRoute({
        method: 'get',
        path: '/v1/me/activity',
        tags: ['Privacy'],
        summary: 'Sign-ins and changes of this account',
        description: 'Newest first; the last seconds may be missing.',
        security: USER_SECURITY,
        middleware: [requireUser(authenticator)] as const,
        request: { query: ActivityQuery },
        responses: responses(
          { 200: json(ActivityListSchema, 'A page') },
          { user: true, codes: ['validation_failed'] },
        ),
      }),
      async (c) => {
        const { userId, bookmark } = c.get('principal');
        const { limit, cursor } = c.req.valid('query');
        const { rows, nextCursor } = await privacy.activity(userId, { limit, cursor, bookmark });
        return c.json({ data: rows.map(activityShape), next_cursor: nextCursor }, 200);
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/v1/me/export',
        tags: ['Privacy'],
        summary: 'Everything that is held about the user',
        description: 'One JSON document (GDPR, articles 15 and 20). Needs a verified address.',
        security: USER_SECURITY,
        middleware: [requireVerified(authenticator)] as const,
        responses: responses(
          { 200: json(ExportSchema, 'The document') },
          { user: true, codes: ['email_not_verified'] },
        ),
      }),
      async (c) => {
        const { user, externalId, preferences, open, ended, log, acts, messages, metering } =
          await privacy.export(c.get('principal').userId);
        c.header('Content-Disposition', 'attachment; filename="account.json"');
        const time = (at: number | null) => (at === null ? null : rfc3339(at));
        return c.json(
          {
            exported_at: rfc3339(Date.now()),
            user: userShape(user),
            external_id: externalId,
            preferences,
            sessions: [
              ...open.map((row) => ({
                ...row,
                created_at: rfc3339(row.created_at),
                last_seen_at: rfc3339(row.last_seen_at),
                expires_at: rfc3339(row.expires_at),
                ended_at: null,
                methods: JSON.parse(row.methods),
              })),
              ...ended.map((row) => ({
                id: row.id,
                created_at: rfc3339(row.createdAt),
                last_seen_at: rfc3339(row.lastSeenAt),
                expires_at: rfc3339(row.expiresAt),
                ended_at: time(row.endedAt),
                ip: row.ip,
                country: row.country,
                city: row.city,
                user_agent: row.userAgent,
                methods: JSON.parse(row.methods),
              })),
            ],
            activity: log.map(activityShape),
            acts: acts.map(({ at, ...act }) => ({ at: rfc3339(at), ...act })),
            messages: messages.map(({ createdAt, settledAt, ...row }) => ({
              ...row,
              created_at: rfc3339(createdAt),
              settled_at: time(settledAt),
            })),
            ...meteringShape(metering),
          },
          200,
        );
      },
    )
    .openapi(
      createRoute({
        method: 'delete',
        path: '/v1/me',
        tags: ['Privacy'],
        summary: 'Delete the account',
        description:
          'At once and for good: profile, password, sessions, activity, picture. What stays is that there was an account of this id, and when it was deleted. Needs a verified address.',
        security: USER_SECURITY,
        middleware: [signInLimit, requireVerified(authenticator)] as const,
        request: { body: { ...jsonBody(DeleteBody).body, required: false as const } },
        responses: responses(
          { 204: { description: 'Deleted' } },
          {
            user: true,
            body: true,
            codes: ['email_not_verified', 'invalid_credentials', 'too_many_attempts', 'last_owner'],
          },
        ),
      }),
      async (c) => {
        await privacy.deleteAccount(c.get('principal'), c.req.valid('json')?.password, clientOf(c));
        clearSessionCookie(c);
        return c.body(null, 204);
      },
    );
}

function activityShape(row: ActivityRow) {
  return {
    at: rfc3339(row.at),
    type: row.type,
    by: doerOf(row.actor),
    details: row.details,
    session_id: row.sessionId,
    ip: row.ip,
    country: row.country,
    user_agent: row.userAgent,
    device: describeDevice(row.userAgent),
  };
}

function doerOf(actor: string | null): 'user' | 'admin' | 'service' | 'system' {
  if (actor === null) return 'user';
  if (actor === 'system') return 'system';
  return actor.startsWith('usr_') ? 'admin' : 'service';
}

function meteringShape(metering: Metering) {
  return {
    usage: metering.usage.map(({ date, resource, quantity }) => ({ date, resource, quantity })),
    usage_history: metering.uses.map(({ at, resource, quantity, reference }) => ({
      at: rfc3339(at),
      resource,
      quantity,
      reference,
    })),
    tokens: metering.tokens.map(({ date, model, inputTokens, outputTokens, requests }) => ({
      date,
      model,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      requests,
    })),
    tokens_history: metering.tokenUses.map(({ at, model, inputTokens, outputTokens, requestId }) => ({
      at: rfc3339(at),
      model,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      request_id: requestId,
    })),
    credit_transactions: metering.credits.map(transactionShape),
  };
}
