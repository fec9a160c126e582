import { z } from '@hono/zod-openapi';
import { userShape } from '../directory/schemas.ts';
import { ApiError } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import { setDeviceCookie } from '../http/device-cookie.ts';
import { setSessionCookie } from '../http/session-cookie.ts';
import { SECOND_STEPS } from '../lib/mfa.ts';
import { SECOND } from '../lib/time.ts';
import { tokensShape } from '../sessions/schemas.ts';
import { SignedInSchema } from './schemas.ts';
import type { SignedIn } from './service.ts';

const SecondStepNeededSchema = z
  .object({
    mfa_required: z.literal(true),
    mfa_token: z
      .string()
      .openapi({ description: 'For `POST /v1/auth/mfa/verify`: works once, for five tries' }),
    expires_in: z.int().openapi({ description: 'Seconds', example: 600 }),
    methods: z
      .array(z.enum(SECOND_STEPS))
      .openapi({ description: 'By what the sign-in can be completed, the best first' }),
    remember_device: z
      .boolean()
      .openapi({ description: 'Whether the realm lets a device be remembered, which is not asked then' }),
  })
  .openapi('SecondStepNeeded');

/** The answer to a first factor that was right. */
export const FirstStepSchema = z.union([SignedInSchema, SecondStepNeededSchema]).openapi('FirstStep');

/** The answer to who is signed in; `inCookie` for a browser that keeps the session. */
export function signedInShape(
  c: AppContext,
  { user, grant, passwordBreached }: SignedIn,
  inCookie: boolean,
): z.infer<typeof SignedInSchema> {
  if (inCookie) setSessionCookie(c, grant.refreshToken, grant.session.expiresAt);
  setDeviceCookie(c);
  const flag = passwordBreached ? { password_breached: true } : {};
  return { ...tokensShape(grant, inCookie), user: userShape(user), ...flag };
}

/** Signs in, and gives the answer: also that of a sign-in that waits for its second step. Null when nobody is signed in. */
export async function firstStep<Signed extends SignedIn | null>(
  c: AppContext,
  inCookie: boolean,
  signIn: () => Promise<Signed>,
): Promise<z.infer<typeof FirstStepSchema> | Extract<Signed, null>> {
  try {
    const signedIn = await signIn();
    return signedIn ? signedInShape(c, signedIn, inCookie) : (null as Extract<Signed, null>);
  } catch (error) {
    const waiting = error instanceof ApiError ? error.waiting : undefined;
    if (!waiting) throw error;
    // Clients of older services know of no second step: they are refused, as those would have done.
    if (c.get('via') !== undefined) {
      throw new ApiError('mfa_required', { waiting, page: `${c.get('realm').issuer}/login` });
    }
    // By which the browser shows that it began.
    setDeviceCookie(c);
    return {
      mfa_required: true,
      mfa_token: waiting.token,
      expires_in: Math.ceil((waiting.expiresAt - Date.now()) / SECOND),
      methods: waiting.methods,
      remember_device: waiting.remembers,
    };
  }
}
