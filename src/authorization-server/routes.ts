import type { z } from '@hono/zod-openapi';
import { ApiError } from '../errors.ts';
import { authenticate } from '../http/authentication.ts';
import { type AppContext, clientOf } from '../http/context.ts';
import { proofIn, type ShownProof } from '../http/dpop.ts';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { requireMfa } from '../http/second-factor.ts';
import { bringsForm, FORM, sentForm } from '../http/sent-form.ts';
import { authenticateService, presentsKey } from '../http/service-authentication.ts';
import type { Realm } from '../lib/realm.ts';
import { userinfoAudience } from './authorization-request.ts';
import { introspect, revoke } from './introspection-service.ts';
import { serverMetadata } from './metadata.ts';
import { OAuthFailure, oauthFailureOf } from './oauth-error.ts';
import { type Parameters, parametersOf, required } from './parameters.ts';
import {
  DeviceAnswerSchema,
  DeviceForm,
  IntrospectionSchema,
  OAuthFailureSchema,
  PresentedToken,
  PushedAnswerSchema,
  PushedForm,
  ServerMetadataSchema,
  TokenAnswerSchema,
  TokenForm,
  UserinfoForm,
  UserinfoSchema,
} from './schemas.ts';
import type { AuthorizationServer } from './service.ts';
import { answerTokenRequest, knownClient } from './token-service.ts';
import { userClaims } from './user-claims.ts';

/** Clients may go by the metadata for so long (seconds). */
const MAX_AGE = 300;

const tags = ['Authorization server'];
const refusals = {
  400: json(OAuthFailureSchema, 'Refused (RFC 6749, 5.2)'),
  401: json(OAuthFailureSchema, 'The client did not prove who it is'),
};

/** The endpoints of the authorization server that programs ask: forms in, and failures as RFC 6749 has them. */
export function authorizationServerRoutes(server: AuthorizationServer) {
  const { apiKeys, authorizations, devices, directory, endpoints } = server;
  const failing = async (c: AppContext, act: (asked: Asked) => Promise<Response>): Promise<Response> => {
    try {
      return await act(await askedIn(c));
    } catch (thrown) {
      const { error, description } = oauthFailureOf(thrown);
      const status = error === 'invalid_client' ? 401 : 400;
      // RFC 6749, 5.2: the scheme that the client used, or could.
      if (status === 401) c.header('WWW-Authenticate', `Basic realm="${c.get('realm').id}"`);
      return c.json({ error, error_description: description }, status);
    }
  };
  // The schemas are for readers: what does not fit them is refused in the words of the protocol too.
  const answering =
    (act: (asked: Asked, c: AppContext) => Promise<Response>) =>
    (c: AppContext): never =>
      failing(c, (asked) => act(asked, c)) as never;
  const token = answering(async (asked, c) => {
    c.header('Pragma', 'no-cache');
    return c.json(await answerTokenRequest(endpoints, { ...asked, by: clientOf(c) }), 200);
  });
  const introspection = answering(async (asked, c) => {
    const isService = presentsKey(c);
    if (isService) await authenticateService(c, apiKeys, 'usage:write');
    const caller = isService ? null : await knownClient(endpoints, asked);
    if (caller?.authentication === 'none') {
      throw new OAuthFailure('invalid_client', 'A public client cannot prove who it is');
    }
    const token = required(asked.parameters, 'token');
    return c.json(await introspect(endpoints, asked.realm, token, caller), 200);
  });
  const revocation = answering(async (asked, c) => {
    const client = await knownClient(endpoints, asked);
    await revoke(endpoints, asked.realm, required(asked.parameters, 'token'), client);
    return c.body(null, 200);
  });
  const push = answering(async (asked, c) => {
    const client = await knownClient(endpoints, asked);
    const key = asked.proof && (await endpoints.proofs.check(asked.proof, null));
    return c.json(await authorizations.push(asked.parameters, asked.realm, client, key), 201);
  });
  const device = answering(async (asked, c) => {
    const client = await knownClient(endpoints, asked);
    return c.json(await devices.begin(asked.parameters, asked.realm, client, clientOf(c)), 200);
  });
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'authorization.token',
        method: 'post',
        path: '/oauth2/token',
        level: PUBLIC,
        tags,
        summary: 'Tokens for a client',
        description:
          'The token endpoint (OAuth 2.1, 3.2): `authorization_code` with PKCE, `refresh_token`, `client_credentials`, the grant of devices (RFC 8628, 3.4), and token exchange (RFC 8693). A code that is presented twice ends what it gave.',
        request: form(TokenForm),
        responses: responses(
          { 200: json(TokenAnswerSchema, 'The tokens'), ...refusals },
          { codes: ['authentication_required'], body: true },
        ),
      }),
      (c) => token(c),
      ({ success }, c) => (success ? undefined : token(c)),
    )
    .openapi(
      createRoute({
        operationId: 'authorization.push',
        method: 'post',
        path: '/oauth2/par',
        level: PUBLIC,
        tags,
        summary: 'Push a request for authorization',
        description:
          'RFC 9126: what the client asks does not go through the browser, where it could be read and changed. The browser is then sent to `/oauth2/authorize` with `client_id` and `request_uri`, within ten minutes.',
        request: form(PushedForm),
        responses: responses(
          { 201: json(PushedAnswerSchema, 'The name of the request'), ...refusals },
          { codes: ['authentication_required'], body: true },
        ),
      }),
      (c) => push(c),
      ({ success }, c) => (success ? undefined : push(c)),
    )
    .openapi(
      createRoute({
        operationId: 'authorization.device',
        method: 'post',
        path: '/oauth2/device_authorization',
        level: PUBLIC,
        tags,
        summary: 'Let a device in that has no browser',
        description:
          'RFC 8628: the device shows `user_code` and `verification_uri`, where its user signs in and says yes or no, and meanwhile asks the token endpoint with `device_code` every `interval` seconds: `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, or the tokens, once.',
        request: form(DeviceForm),
        responses: responses(
          { 200: json(DeviceAnswerSchema, 'What the device shows'), ...refusals },
          { codes: ['authentication_required'], body: true },
        ),
      }),
      (c) => device(c),
      ({ success }, c) => (success ? undefined : device(c)),
    )
    .openapi(
      createRoute({
        operationId: 'authorization.introspect',
        method: 'post',
        path: '/oauth2/introspect',
        level: PUBLIC,
        tags,
        summary: 'Whether a token holds now',
        description:
          'RFC 7662, and strict: of a session that has ended, or an account that was suspended, `active` is false from the next request on. For confidential clients, which see their own tokens and those for their audiences, and for API keys with `usage:write`, which see all of the realm.',
        request: form(PresentedToken),
        responses: responses(
          { 200: json(IntrospectionSchema, 'What it says'), ...refusals },
          { codes: ['invalid_api_key', 'insufficient_scope'], body: true },
        ),
      }),
      (c) => introspection(c),
      ({ success }, c) => (success ? undefined : introspection(c)),
    )
    .openapi(
      createRoute({
        operationId: 'authorization.revoke',
        method: 'post',
        path: '/oauth2/revoke',
        level: PUBLIC,
        tags,
        summary: 'Revoke a token of the client, and its grant',
        description:
          'RFC 7009; effective for the very next request. Of a token that is not the client’s nothing is said.',
        request: form(PresentedToken),
        responses: responses(
          { 200: { description: 'Revoked, or there was nothing to revoke' }, ...refusals },
          { codes: ['authentication_required'], body: true },
        ),
      }),
      (c) => revocation(c),
      ({ success }, c) => (success ? undefined : revocation(c)),
    )
    .openapi(userinfoRoute('get'), (c) => userinfo(c, server) as never)
    .openapi(
      userinfoRoute('post'),
      (c) => userinfo(c, server) as never,
      ({ success }, c) => (success ? undefined : (userinfo(c, server) as never)),
    )
    .openapi(
      createRoute({
        operationId: 'discovery.getMetadata',
        method: 'get',
        path: '/.well-known/openid-configuration',
        level: PUBLIC,
        tags: ['Discovery'],
        summary: 'Issuer metadata (OpenID Connect Discovery 1.0)',
        description:
          'From the issuer alone a client signs users in, and a resource server verifies access tokens.',
        responses: responses({ 200: json(ServerMetadataSchema, 'The metadata') }, {}),
      }),
      (c) => c.json(metadata(c), 200),
    )
    .openapi(
      createRoute({
        operationId: 'discovery.getAuthorizationServer',
        method: 'get',
        path: '/.well-known/oauth-authorization-server',
        level: PUBLIC,
        tags: ['Discovery'],
        summary: 'The same (RFC 8414)',
        description:
          'Of another realm also at `/.well-known/oauth-authorization-server/realms/{realm}`, as RFC 8414, 3.1 has it.',
        responses: responses({ 200: json(ServerMetadataSchema, 'The metadata') }, {}),
      }),
      (c) => c.json(metadata(c), 200),
    );
  function metadata(c: AppContext) {
    c.header('Cache-Control', `public, max-age=${MAX_AGE}`);
    return serverMetadata(c.get('realm'));
  }
  async function userinfo(
    c: AppContext,
    { endpoints: { sessions } }: AuthorizationServer,
  ): Promise<Response> {
    const authenticator = authenticatorOf(sessions);
    const sent = await tokenInForm(c);
    const principal = await (sent === null
      ? authenticate(c, authenticator)
      : authenticator.authenticateToken(sent, c.get('realm'), null));
    const { client, userId, bookmark } = principal;
    requireMfa(principal, c.get('realm'));
    if (client && !client.scopes.includes('openid')) {
      throw new ApiError('insufficient_scope', {
        detail: 'The token needs the scope `openid`.',
        headers: {
          'WWW-Authenticate': `Bearer realm="${c.get('realm').id}", error="insufficient_scope", scope="openid"`,
        },
      });
    }
    const user = await directory.get(userId, bookmark);
    const claims = userClaims(user, client?.scopes ?? ['profile', 'email', 'phone', 'address']);
    return c.json({ sub: client?.subject ?? userId, ...claims }, 200);
  }
}

/** A bearer token alone: a cookie would let any page of an allowed origin ask. */
function authenticatorOf(sessions: AuthorizationServer['endpoints']['sessions']) {
  return {
    authenticateToken: (token: string, realm: Realm, proof: ShownProof | null) =>
      sessions.authenticateToken(token, realm, proof, [userinfoAudience(realm), realm.audience]),
    authenticateCookie: () => Promise.reject(new ApiError('authentication_required')),
  };
}

/** The access token that a form brings (RFC 6750, 2.2); null where there is none. Throws `invalid_request` where a header brings one too. */
async function tokenInForm(c: AppContext): Promise<string | null> {
  const token = c.req.method === 'POST' && bringsForm(c) ? (await sentForm(c)).get('access_token') : null;
  if (token !== null && c.req.header('authorization') !== undefined)
    throw new ApiError('invalid_request', { detail: 'Send the token once: by the header, or by the form.' });
  return token;
}

/** A form that is not checked here: a request may repeat a parameter, or leave it out, and is told so by the protocol's words. */
function form<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: false as const, content: { [FORM]: { schema } } } } as const;
}

function userinfoRoute<Method extends 'get' | 'post'>(method: Method) {
  return createRoute({
    operationId: method === 'get' ? 'authorization.userinfo' : 'authorization.postUserinfo',
    method,
    path: '/oauth2/userinfo',
    level: PUBLIC,
    tags,
    request: method === 'post' ? form(UserinfoForm) : {},
    summary: 'Who the user of a token is',
    description:
      'OpenID Connect Core 1.0, 5.3: the claims that the scopes of the token give. By `Authorization: Bearer`, or `DPoP` for a token that is bound to a key; a POST may bring the token as `access_token` of a form (RFC 6750, 2.2).',
    responses: responses(
      { 200: json(UserinfoSchema, 'The claims') },
      {
        codes: [
          'authentication_required',
          'invalid_token',
          'invalid_dpop_proof',
          'use_dpop_nonce',
          'token_expired',
          'session_ended',
          'account_suspended',
          'insufficient_scope',
          'mfa_required',
          ...(method === 'get' ? [] : (['origin_not_allowed', 'invalid_request'] as const)),
        ],
        body: method === 'post',
      },
    ),
  });
}

/** What a client has sent. */
interface Asked {
  realm: Realm;
  authorization: string | undefined;
  parameters: Parameters;
  endpoint: string;
  /** The proof of a key that came along; null for none. */
  proof: ShownProof | null;
}

async function askedIn(c: AppContext): Promise<Asked> {
  if (!bringsForm(c)) {
    throw new OAuthFailure('invalid_request', `The body must be ${FORM}`);
  }
  const realm = c.get('realm');
  return {
    realm,
    authorization: c.req.header('authorization'),
    parameters: parametersOf(await sentForm(c)),
    endpoint: realm.issuer + c.req.path,
    proof: c.req.header('dpop') === undefined ? null : proofIn(c),
  };
}
