import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { ProfileFields } from '../directory/schemas.ts';
import { ApiError } from '../errors.ts';
import type { ChallengeGuard } from '../http/challenge.ts';
import { type AppContext, type AppEnv, clientOf } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { FirstStepSchema, firstStep } from '../passwords/answer-schemas.ts';
import { ChallengeField, CodeSentSchema, codeSentShape, OneTimeCodeField } from './schemas.ts';
import type { OneTimeCodes } from './service.ts';

const SendBody = z.strictObject({
  user_id: z.string().min(1).max(100).optional(),
  phone_number: ProfileFields.phone_number,
});

const VerifyBody = z.strictObject({
  ...SendBody.shape,
  code: OneTimeCodeField,
  challenge_id: ChallengeField,
});

const VerifiedSchema = z.union([FirstStepSchema, z.object({ status: z.literal('verified') })]);

/**
 * One-time codes by text for clients of two-user-types, who name an account and its number, and send no token. Hidden, and only
 * there with that dialect: the number is texted that the account has in its profile, and no other; it is proven, but opens
 * the account no more than it did; and no answer tells whether there is such an account, or such a number in it.
 */
export function phoneRoutes(
  codes: OneTimeCodes,
  levels: Levels,
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  return featureRouter()
    .openapi(
      createRoute({
        hide: true,
        operationId: 'auth.phone.send',
        method: 'post',
        path: '/v1/auth/phone/send',
        summary: 'Send a one-time code to the number of an account',
        limit: signInLimit,
        challenge: guard.middleware(),
        level: levels.optionalUser(),
        request: jsonBody(SendBody),
        responses: responses(
          { 202: json(CodeSentSchema, 'Accepted') },
          { body: true, codes: ['insufficient_scope'] },
        ),
      }),
      async (c) => {
        const { user_id: userId, phone_number: to } = c.req.valid('json');
        const by = c.get('principal') ?? null;
        if (by && userId !== undefined && userId !== by.userId) throw new ApiError('insufficient_scope');
        const sent = await codes.send(
          { channel: 'sms', to },
          c.get('realm'),
          clientOf(c),
          by,
          userId ?? null,
        );
        return c.json(codeSentShape(sent), 202);
      },
    )
    .openapi(
      createRoute({
        hide: true,
        operationId: 'auth.phone.verify',
        method: 'post',
        path: '/v1/auth/phone/verify',
        summary: 'Prove a number by a one-time code, or sign in by it',
        limit: signInLimit,
        level: levels.optionalUser({ fresh: true }),
        request: jsonBody(VerifyBody),
        responses: responses(
          { 200: json(VerifiedSchema, 'Signed in, or the number is proven') },
          { body: true, codes: ['invalid_code'] },
        ),
      }),
      async (c) => c.json(await verified(c, codes, c.req.valid('json')), 200),
    );
}

async function verified(c: AppContext, codes: OneTimeCodes, body: z.output<typeof VerifyBody>) {
  const { user_id: userId, phone_number: to, ...entry } = body;
  const target = { channel: 'sms', to } as const;
  const [realm, client, principal] = [c.get('realm'), clientOf(c), c.get('principal')];
  if (principal) {
    if (userId !== undefined && userId !== principal.userId) throw new ApiError('invalid_code');
    await codes.provePhoneNumber(target, entry, principal, realm, client);
    return { status: 'verified' as const };
  }
  const answer = await firstStep(c, false, () =>
    userId === undefined
      ? codes.signIn(target, entry, realm, client)
      : codes.signInOrProve(to, userId, entry, realm, client),
  );
  return answer ?? { status: 'verified' as const };
}
