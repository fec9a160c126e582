import { z } from '@hono/zod-openapi';
import { getCookie } from 'hono/cookie';
import { ApiError } from '../errors.ts';
import { clientOf } from '../http/context.ts';
import { type Levels, PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, optionalBody, responses } from '../http/openapi.ts';
import { requireOrigin } from '../http/origin.ts';
import { clearSessionCookie, sessionCookieName, setSessionCookie } from '../http/session-cookie.ts';
import {
  CurrentSessionSchema,
  currentSessionShape,
  SessionListSchema,
  sessionShape,
  TokensSchema,
  tokensShape,
} from './schemas.ts';
import type { Sessions } from './service.ts';

const RefreshBody = z.strictObject({ refresh_token: z.string().max(500) }).openapi('Refresh');
const LogoutBody = z
  .strictObject({
    all: z.boolean().optional().openapi({ description: 'All sessions of the user' }),
    browser: z.boolean().optional().openapi({
      description:
        'Also the session of the browser in which the user signed in to this app at `/login`, so that the next sign-in there asks again; true unless told otherwise',
    }),
  })
  .openapi('Logout');
const SessionId = z.object({ id: z.string().openapi({ example: 'ses_01j9zq7kfrv1tq0yw3c5d8e2ab' }) });

/** Refresh, logout, the present session, and the list of the user's devices. */
export function sessionRoutes(sessions: Sessions, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'auth.refresh',
        method: 'post',
        path: '/v1/auth/refresh',
        level: PUBLIC,
        tags: ['Sessions'],
        summary: 'Exchange a refresh token for a new pair',
        description:
          'The refresh token rotates. A used one gives the current pair again for `refresh_grace_seconds` of the realm (30 unless set), however often it was rotated since, and for ten minutes while nobody has used the one it gave: the answer was lost. Any other reuse ends the whole session. Without a body, the session cookie is used and set anew.',
        request: optionalBody(RefreshBody),
        responses: responses(
          { 200: json(TokensSchema, 'The new pair') },
          {
            body: true,
            codes: ['authentication_required', 'invalid_token', 'session_ended', 'account_suspended'],
          },
        ),
      }),
      async (c) => {
        const realm = c.get('realm');
        const sent = c.req.valid('json')?.refresh_token;
        const cookie = sent === undefined ? getCookie(c, sessionCookieName(realm.id)) : undefined;
        if (cookie) requireOrigin('POST', c.req.header('origin'));
        const token = sent ?? cookie;
        if (!token) throw new ApiError('authentication_required', { detail: 'Send a refresh token.' });
        const grant = await sessions.refresh(token, realm, clientOf(c));
        if (cookie) setSessionCookie(c, grant.refreshToken, grant.session.expiresAt);
        return c.json(tokensShape(grant, cookie !== undefined), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.logout',
        method: 'post',
        path: '/v1/auth/logout',
        tags: ['Sessions'],
        summary: 'End this session, or all',
        description: 'Effective for the very next request, anywhere.',
        level: levels.user({
          impersonation: { when: ({ all }) => all !== true, says: 'to end the session of the admin' },
          enrols: true,
        }),
        request: optionalBody(LogoutBody),
        responses: responses({ 204: { description: 'Ended' } }, { body: true }),
      }),
      async (c) => {
        const { userId, sessionId } = c.get('principal');
        await sessions.signOut(userId, sessionId, c.req.valid('json') ?? {}, clientOf(c));
        if (getCookie(c, sessionCookieName(c.get('realm').id))) clearSessionCookie(c);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.session.get',
        method: 'get',
        path: '/v1/auth/session',
        tags: ['Sessions'],
        summary: 'Who is signed in, and by which session',
        description:
          'The strict check: a session that was ended, or an account that was suspended, is refused from the next request on. Answers from the account object alone; fit for forward-auth.',
        level: levels.user({ impersonation: true }),
        responses: responses({ 200: json(CurrentSessionSchema, 'The session') }, {}),
      }),
      (c) => c.json(currentSessionShape(c.get('principal')), 200),
    )
    .openapi(
      createRoute({
        operationId: 'me.sessions.list',
        method: 'get',
        path: '/v1/me/sessions',
        tags: ['Sessions'],
        summary: 'The devices that are signed in',
        description: 'At most 100, the one seen last first.',
        level: levels.user({ impersonation: true }),
        responses: responses({ 200: json(SessionListSchema, 'The sessions') }, {}),
      }),
      async (c) => {
        const { userId, sessionId } = c.get('principal');
        const rows = await sessions.list(userId);
        return c.json({ data: rows.map((row) => sessionShape(row, sessionId)), next_cursor: null }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.sessions.revoke',
        method: 'delete',
        path: '/v1/me/sessions/{id}',
        tags: ['Sessions'],
        summary: 'End one session',
        level: levels.user(),
        request: { params: SessionId },
        responses: responses(
          { 204: { description: 'Ended' } },
          { codes: ['session_not_found', 'origin_not_allowed'] },
        ),
      }),
      async (c) => {
        await sessions.revoke(c.get('principal').userId, c.req.valid('param').id, clientOf(c));
        return c.body(null, 204);
      },
    );
}
