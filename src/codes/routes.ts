import type { MiddlewareHandler } from 'hono';
import { userShape } from '../directory/schemas.ts';
import type { ChallengeGuard } from '../http/challenge.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { requireOrigin } from '../http/origin.ts';
import { firstStep } from '../passwords/answer-schemas.ts';
import {
  CodeSendBody,
  CodeSentSchema,
  CodeVerifiedSchema,
  CodeVerifyBody,
  codeSentShape,
} from './schemas.ts';
import type { OneTimeCodes } from './service.ts';

/** Sign-in by one-time code, and proof of a phone number. */
export function codeRoutes(
  codes: OneTimeCodes,
  levels: Levels,
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'auth.otp.send',
        method: 'post',
        path: '/v1/auth/otp/send',
        tags: ['One-time codes'],
        summary: 'Send a one-time code',
        description:
          'To the e-mail address or the proven phone number of a user; when signed in, also to the phone number in the profile, to prove it, and to any address for a user who has none. The answer is the same for every address.',
        limit: signInLimit,
        challenge: guard.middleware(),
        level: levels.optionalUser({ enrols: true }),
        request: jsonBody(CodeSendBody),
        responses: responses(
          { 202: json(CodeSentSchema, 'Accepted') },
          { body: true, codes: ['impersonation_refused'] },
        ),
      }),
      async (c) => {
        const by = c.get('principal') ?? null;
        const sent = await codes.send(c.req.valid('json'), c.get('realm'), clientOf(c), by);
        return c.json(codeSentShape(sent), 202);
      },
    )
    .openapi(
      createRoute({
        operationId: 'auth.otp.verify',
        method: 'post',
        path: '/v1/auth/otp/verify',
        tags: ['One-time codes'],
        summary: 'Sign in by a one-time code, or prove a phone number or a first address',
        description:
          'Without a session it signs in. With one, and channel `sms`, it proves the phone number in the profile; with that of a user who has no address, and channel `email`, the address becomes theirs. A code works once, for ten minutes and five guesses of whoever asked for it: send its `challenge_id`. Guesses without one count together, five for each code.',
        limit: signInLimit,
        level: levels.optionalUser({
          fresh: {
            when: ({ channel }) => channel === 'sms',
            says: 'to prove a phone number with a session',
          },
        }),
        request: jsonBody(CodeVerifyBody),
        responses: responses(
          { 200: json(CodeVerifiedSchema, 'Signed in, or the user with the number proven') },
          { body: true, codes: ['invalid_code', 'impersonation_refused', 'user_exists', 'conflict'] },
        ),
      }),
      async (c) => {
        const { code, challenge_id, session_cookie: inCookie, ...target } = c.req.valid('json');
        const entry = { code, challenge_id };
        const realm = c.get('realm');
        const principal = c.get('principal');
        if (principal && target.channel === 'sms') {
          const user = await codes.provePhoneNumber(target, entry, principal, realm, clientOf(c));
          return c.json({ user: userShape(user) }, 200);
        }
        if (principal) {
          const user = await codes.giveAddress(target, entry, principal, realm, clientOf(c));
          if (user) return c.json({ user: userShape(user) }, 200);
        }
        if (inCookie) requireOrigin('POST', c.req.header('origin'));
        const signIn = () => codes.signIn(target, entry, realm, clientOf(c), principal);
        return c.json(await firstStep(c, inCookie === true, signIn), 200);
      },
    );
}
