import type { MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { ApiError, CATALOGUE } from '../errors.ts';
import { type AppContext, type AppEnv, clientOf, type Principal } from '../http/context.ts';
import { setDeviceCookie } from '../http/device-cookie.ts';
import { setFlowCookie } from '../http/flow-cookie.ts';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { SECOND_STEP_PAGE, setSecondStepCookie } from '../http/second-step-cookie.ts';
import { sessionCookieName, setSessionCookie } from '../http/session-cookie.ts';
import type { Sessions } from '../sessions/service.ts';
import { appRedirect } from './callback.ts';
import { type Flow, flowCookieOf } from './flow.ts';
import type { AccountLinks } from './link-service.ts';
import { logProviderFailure, ProviderFailure } from './provider-failure.ts';
import {
  type AuthorizationResponse,
  CallbackParameters,
  LoginQuery,
  ProviderListSchema,
  ProviderParam,
} from './schemas.ts';
import type { OAuth } from './service.ts';

const BEGIN_CODES = [
  'provider_not_found',
  'provider_unavailable',
  'redirect_not_allowed',
  'oauth_state_invalid',
  'validation_failed',
] as const;
const CALLBACK_CODES = [
  ...BEGIN_CODES,
  'provider_denied',
  'provider_rejected',
  'email_missing',
  'provider_email_unverified',
  'registration_closed',
  'registration_refused',
  'service_unavailable',
  'account_suspended',
  'email_not_verified',
  'account_exists',
  'identity_conflict',
  'session_ended',
] as const;

const SEE_OTHER = {
  303: {
    description:
      'Back to `redirect_to`, signed in; to an app with a code; or to a page that says what failed',
  },
};

/** Sign-in at other providers: where browsers are sent there and come back. */
export function oauthRoutes(
  oauth: OAuth,
  links: AccountLinks,
  sessions: Sessions,
  signInLimit: MiddlewareHandler<AppEnv>,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'oauth.providers.list',
        method: 'get',
        path: '/v1/oauth/providers',
        level: PUBLIC,
        tags: ['Sign-in with a provider'],
        summary: 'The providers that are switched on',
        responses: responses({ 200: json(ProviderListSchema, 'In the order to show them') }, {}),
      }),
      (c) => c.json({ data: oauth.providers(c.get('realm')), next_cursor: null }, 200),
    )
    .openapi(
      createRoute({
        operationId: 'oauth.login',
        method: 'get',
        path: '/v1/oauth/{provider}/login',
        level: PUBLIC,
        tags: ['Sign-in with a provider'],
        summary: 'Sign in with a provider',
        description:
          'To be opened in a browser. Without `code_challenge` it comes back to `redirect_to` with the session cookie; with one it brings the app a code for `POST /v1/oauth/token`.',
        limit: signInLimit,
        request: { params: ProviderParam, query: LoginQuery },
        responses: responses(
          {
            302: { description: 'To the provider' },
            303: { description: 'To a page that says what failed' },
          },
          { codes: [...BEGIN_CODES] },
        ),
      }),
      async (c) => {
        const { provider } = c.req.valid('param');
        const { redirect_to: redirectTo, code_challenge: challenge, state, ticket } = c.req.valid('query');
        const realm = c.get('realm');
        const app = challenge === undefined ? null : { challenge, state: state ?? null };
        try {
          const { url, cookie } =
            ticket === undefined
              ? await oauth.start(realm, provider, { redirectTo, app })
              : await links.startTicket(realm, provider, ticket);
          setFlowCookie(c, cookie);
          return c.redirect(url.href, 302);
        } catch (error) {
          return failed(c, error, provider, null);
        }
      },
    )
    .openapi(
      createRoute({
        operationId: 'oauth.callback',
        method: 'get',
        path: '/v1/oauth/{provider}/callback',
        level: PUBLIC,
        tags: ['Sign-in with a provider'],
        summary: 'Where a provider sends the browser back',
        limit: signInLimit,
        request: { params: ProviderParam, query: CallbackParameters },
        responses: responses(SEE_OTHER, { codes: [...CALLBACK_CODES] }),
      }),
      (c) => comeBack(c, c.req.valid('param').provider, c.req.valid('query')),
    )
    .openapi(
      createRoute({
        operationId: 'oauth.callbackByPost',
        method: 'post',
        path: '/v1/oauth/{provider}/callback',
        level: PUBLIC,
        tags: ['Sign-in with a provider'],
        summary: 'Where a provider has the browser post its answer',
        limit: signInLimit,
        request: {
          params: ProviderParam,
          body: { content: { 'application/x-www-form-urlencoded': { schema: CallbackParameters } } },
        },
        responses: responses(SEE_OTHER, { body: true, codes: [...CALLBACK_CODES] }),
      }),
      (c) => comeBack(c, c.req.valid('param').provider, c.req.valid('form')),
    );

  async function comeBack(c: AppContext, provider: string, parameters: AuthorizationResponse) {
    const realm = c.get('realm');
    const { state } = parameters;
    let flow: Flow | null = null;
    try {
      // It stays in the browser: whoever comes back again shows by it that they began.
      flow = await oauth.open(realm, provider, state, flowCookieOf(getCookie(c), state ?? ''));
      const { redirectTo, grant, first } = await oauth.finish(realm, flow, parameters, clientOf(c));
      const visitor = grant && (await visitorOf(c, realm.id));
      // Whoever was signed in here before is not any more, and nobody can go on with their session.
      if (first && visitor)
        await sessions.signOut(visitor.userId, visitor.sessionId, { browser: false }, clientOf(c));
      if (grant && (first || !visitor)) {
        setSessionCookie(c, grant.refreshToken, grant.session.expiresAt);
        setDeviceCookie(c);
      }
      return c.redirect(redirectTo, 303);
    } catch (error) {
      if (flow && error instanceof ApiError && error.code === 'mfa_required')
        return toSecondStep(c, flow, error);
      const isStale = error instanceof ApiError && error.code === 'oauth_state_invalid';
      // A tab that was restored, a page that was asked for twice: they are where they wanted to be.
      if (isStale && !flow?.app && !flow?.link && (await visitorOf(c, realm.id))) {
        return c.redirect(flow?.redirectTo ?? `${realm.issuer}/account`, 303);
      }
      return failed(c, error, provider, flow);
    }
  }

  async function visitorOf(c: AppContext, realmId: string): Promise<Principal | null> {
    const cookie = getCookie(c, sessionCookieName(realmId));
    return cookie ? sessions.authenticateCookie(cookie, realmId).catch(() => null) : null;
  }
}

/** Goes on with the second step; who comes back again has it in the browser already. */
function toSecondStep(c: AppContext, { redirectTo, app }: Flow, { waiting }: ApiError): Response {
  if (waiting) setSecondStepCookie(c, waiting);
  const page = new URL(`${c.get('realm').issuer}${SECOND_STEP_PAGE}`);
  page.searchParams.set('redirect_to', redirectTo);
  if (app) {
    page.searchParams.set('code_challenge', app.challenge);
    page.searchParams.set('code_challenge_method', 'S256');
    if (app.state !== null) page.searchParams.set('state', app.state);
  }
  return c.redirect(page.href, 303);
}

/** An app gets an error of RFC 6749, 4.1.2.1, a browser a page, everybody else the problem. */
function failed(c: AppContext, error: unknown, provider: string, flow: Flow | null): Response {
  if (!(error instanceof ApiError)) throw error;
  const realm = c.get('realm');
  // Anybody can call with a state that nobody began: that is no news.
  if (error instanceof ProviderFailure && (flow || error.code !== 'oauth_state_invalid')) {
    logProviderFailure(provider, realm.id, error);
  }
  if (flow?.app) {
    const answer = {
      error: error.code === 'provider_unavailable' ? 'temporarily_unavailable' : 'access_denied',
      error_description: `${error.code}: ${CATALOGUE[error.code].title}`,
    };
    return c.redirect(appRedirect(realm, flow.redirectTo, flow.app.state, answer), 303);
  }
  if (!c.req.header('accept')?.includes('text/html')) throw error;
  const page = new URL(`${realm.issuer}/${flow?.link ? 'account/identities' : 'login'}`);
  page.searchParams.set('error', error.code);
  page.searchParams.set('provider', provider);
  if (flow && !flow.link) page.searchParams.set('redirect_to', flow.redirectTo);
  return c.redirect(page.href, 303);
}
