import type { MiddlewareHandler } from 'hono';
import type { ChallengeGuard } from '../http/challenge.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { setDeviceCookie } from '../http/device-cookie.ts';
import { type Levels, PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, optionalBody, responses } from '../http/openapi.ts';
import { requireOrigin } from '../http/origin.ts';
import { FirstStepSchema, firstStep, signedInShape } from '../passwords/answer-schemas.ts';
import { PendingSchema, SignedInSchema } from '../passwords/schemas.ts';
import type { Realms } from '../realms/service.ts';
import type { PasskeyRegistrations } from './registration-service.ts';
import {
  AssertedPasskey,
  CreatedPasskey,
  CreationOptionsSchema,
  PasskeyAddingBody,
  PasskeyIdParam,
  PasskeyListSchema,
  PasskeyOptionsBody,
  PasskeyPatch,
  PasskeyRegisterBody,
  PasskeyRegisterOptionsBody,
  PasskeySchema,
  PasskeySignInBody,
  passkeyShape,
  RelatedOriginsSchema,
  RequestOptionsSchema,
} from './schemas.ts';
import type { Passkeys } from './service.ts';

const TAGS = ['Passkeys'];

/** How long browsers may keep the list of related origins (seconds). */
const MAX_AGE = 300;

/** Sign-in by passkey, and what a browser asks for about it. */
export function passkeySignInRoutes(
  passkeys: Passkeys,
  registrations: PasskeyRegistrations,
  realms: Realms,
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'auth.passkeys.options',
        method: 'post',
        path: '/v1/auth/passkeys/options',
        level: PUBLIC,
        tags: TAGS,
        summary: 'Begin to sign in by a passkey',
        description:
          'Takes no address: the user chooses a passkey, and the answer says nothing about anybody. Give `public_key` to `navigator.credentials.get`, with `mediation: "conditional"` for a suggestion in the field of the address.',
        request: jsonBody(PasskeyOptionsBody),
        responses: responses({ 200: json(RequestOptionsSchema, 'What the browser needs') }, { body: true }),
      }),
      async (c) => {
        const isBound = c.req.valid('json').session_cookie === true;
        if (isBound) requireOrigin('POST', c.req.header('origin'));
        const begun = await passkeys.beginSignIn(
          c.get('realm'),
          isBound ? (clientOf(c).device ?? null) : null,
        );
        if (isBound) setDeviceCookie(c);
        return c.json(begun, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.passkeys.verify',
        method: 'post',
        path: '/v1/auth/passkeys/verify',
        level: PUBLIC,
        tags: TAGS,
        summary: 'Sign in by a passkey',
        description:
          'A challenge works once, for ten minutes. With `session_cookie` it has to be one that was made for this browser. A passkey is two factors, but for one that does not count as a factor: that is asked for a second step where a password is.',
        limit: signInLimit,
        request: jsonBody(PasskeySignInBody),
        responses: responses(
          { 200: json(FirstStepSchema, 'The user, signed in; or what the second step needs') },
          { body: true, codes: ['invalid_passkey', 'account_suspended', 'email_not_verified'] },
        ),
      }),
      async (c) => {
        const { session_cookie: inCookie = false, ...used } = c.req.valid('json');
        if (inCookie) requireOrigin('POST', c.req.header('origin'));
        const signIn = () => passkeys.signIn(used, c.get('realm'), clientOf(c), inCookie);
        return c.json(await firstStep(c, inCookie, signIn), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.passkeys.registerOptions',
        method: 'post',
        path: '/v1/auth/passkeys/register/options',
        level: PUBLIC,
        tags: TAGS,
        summary: 'Begin to make an account by a passkey alone',
        description:
          'Give `public_key` to `navigator.credentials.create`. The answer is the same for new and known addresses.',
        limit: signInLimit,
        challenge: guard.middleware(),
        request: jsonBody(PasskeyRegisterOptionsBody),
        responses: responses(
          { 200: json(CreationOptionsSchema, 'What the browser needs') },
          { body: true, codes: ['registration_closed'] },
        ),
      }),
      async (c) => {
        const { session_cookie: isBound = false, ...body } = c.req.valid('json');
        if (isBound) requireOrigin('POST', c.req.header('origin'));
        const device = isBound ? (clientOf(c).device ?? null) : null;
        const begun = await registrations.begin(body, c.get('realm'), device);
        if (isBound) setDeviceCookie(c);
        return c.json(begun, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.passkeys.register',
        method: 'post',
        path: '/v1/auth/passkeys/register',
        level: PUBLIC,
        tags: TAGS,
        summary: 'Make an account by a passkey alone',
        description:
          'Within ten minutes of the options; with `session_cookie` it has to be a challenge that was made for this browser. The account has no password, until one is set by the link of `POST /v1/auth/password/forgot`.',
        limit: signInLimit,
        request: jsonBody(PasskeyRegisterBody),
        responses: responses(
          {
            201: json(SignedInSchema, 'The user, signed in'),
            202: json(
              PendingSchema,
              'In a realm that verifies addresses first, for new and known addresses alike',
            ),
          },
          {
            body: true,
            codes: [
              'invalid_passkey',
              'passkey_exists',
              'registration_closed',
              'registration_refused',
              'user_exists',
              'username_taken',
            ],
          },
        ),
      }),
      async (c) => {
        const { session_cookie: inCookie = false, ...made } = c.req.valid('json');
        if (inCookie) requireOrigin('POST', c.req.header('origin'));
        const user = await registrations.register(made, c.get('realm'), clientOf(c), inCookie);
        if ('grant' in user) return c.json(signedInShape(c, user, inCookie), 201);
        return c.json({ status: 'verification_required' as const, user_id: user.userId }, 202);
      },
    )
    .openapi(
      createRoute({
        operationId: 'discovery.getRelatedOrigins',
        method: 'get',
        path: '/.well-known/webauthn',
        level: PUBLIC,
        tags: ['Discovery'],
        summary: 'Where else passkeys may be used (WebAuthn 3, 5.11)',
        description: 'The allowed origins of all realms, whose passkeys belong to one host.',
        responses: responses({ 200: json(RelatedOriginsSchema, 'The origins') }, {}),
      }),
      async (c) => {
        c.header('Cache-Control', `public, max-age=${MAX_AGE}`);
        return c.json({ origins: await realms.webOrigins() }, 200);
      },
    );
}

/** The passkeys of a user. */
export function passkeyRoutes(passkeys: Passkeys, levels: Levels, signInLimit: MiddlewareHandler<AppEnv>) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.passkeys.list',
        method: 'get',
        path: '/v1/me/passkeys',
        level: levels.user({ impersonation: true }),
        tags: TAGS,
        summary: 'The passkeys of the user',
        responses: responses({ 200: json(PasskeyListSchema, 'Oldest first') }, {}),
      }),
      async (c) => {
        const known = await passkeys.list(c.get('principal').userId);
        return c.json({ data: known.map(passkeyShape), next_cursor: null }, 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.passkeys.options',
        method: 'post',
        path: '/v1/me/passkeys/options',
        level: levels.verified({ anonymous: true, fresh: true, enrols: true }),
        tags: TAGS,
        summary: 'Begin to add a passkey',
        description:
          'Give `public_key` to `navigator.credentials.create`. Needs a verified address, but of an anonymous user, who has registered by it. With `conditional` for `mediation: "conditional"`, by which a browser makes a passkey without asking: in the session that was opened by the password, in the five minutes after, for a user who has none.',
        request: optionalBody(PasskeyAddingBody),
        responses: responses(
          { 200: json(CreationOptionsSchema, 'What the browser needs') },
          { body: true, codes: ['passkey_exists'] },
        ),
      }),
      async (c) => {
        const { conditional: unasked = false } = c.req.valid('json') ?? {};
        return c.json(await passkeys.beginAdding(c.get('principal'), c.get('realm'), { unasked }), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.passkeys.add',
        method: 'post',
        path: '/v1/me/passkeys',
        level: levels.verified({ anonymous: true, enrols: true }),
        tags: TAGS,
        summary: 'Add a passkey',
        description:
          'Within ten minutes, in the session that has asked for the options: those have needed a fresh proof. A mail tells of it.',
        request: jsonBody(CreatedPasskey),
        responses: responses(
          { 201: json(PasskeySchema, 'The passkey') },
          { body: true, codes: ['invalid_passkey', 'passkey_exists', 'too_many_passkeys'] },
        ),
      }),
      async (c) => {
        const made = c.req.valid('json');
        const row = await passkeys.add(c.get('principal'), made, c.get('realm'), clientOf(c));
        return c.json(passkeyShape({ row, lastUse: null }), 201);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.passkeys.update',
        method: 'patch',
        path: '/v1/me/passkeys/{id}',
        level: levels.user(),
        tags: TAGS,
        summary: 'Rename a passkey',
        request: { params: PasskeyIdParam, ...jsonBody(PasskeyPatch) },
        responses: responses(
          { 200: json(PasskeySchema, 'The passkey') },
          { body: true, codes: ['passkey_not_found'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const renamed = await passkeys.rename(c.get('principal').userId, id, c.req.valid('json').name);
        return c.json(passkeyShape(renamed), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.passkeys.confirm',
        method: 'post',
        path: '/v1/me/passkeys/{id}/confirm',
        level: levels.user({ fresh: true, enrols: true }),
        limit: signInLimit,
        tags: TAGS,
        summary: 'Have a passkey count as a factor',
        description:
          'That a browser has made unasked, so that it signs in as a password does. Takes a use of it, for the options of `POST /v1/auth/reauthenticate/passkey`, in a session that the password or another factor was shown in. A mail tells of it.',
        request: { params: PasskeyIdParam, ...jsonBody(AssertedPasskey) },
        responses: responses(
          { 200: json(PasskeySchema, 'The passkey') },
          { body: true, codes: ['passkey_not_found', 'invalid_passkey', 'too_many_attempts'] },
        ),
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const used = c.req.valid('json');
        const confirmed = await passkeys.confirm(c.get('principal'), id, used, c.get('realm'), clientOf(c));
        return c.json(passkeyShape(confirmed), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.passkeys.remove',
        method: 'delete',
        path: '/v1/me/passkeys/{id}',
        level: levels.user({ fresh: true }),
        tags: TAGS,
        summary: 'Remove a passkey',
        description:
          'Never the last way in, nor the last factor while the realm requires one. A mail tells of it.',
        request: { params: PasskeyIdParam },
        responses: responses(
          { 204: { description: 'Removed' } },
          { codes: ['passkey_not_found', 'last_sign_in_method', 'last_factor'] },
        ),
      }),
      async (c) => {
        await passkeys.remove(c.get('principal'), c.req.valid('param').id, c.get('realm'), clientOf(c));
        return c.body(null, 204);
      },
    );
}
