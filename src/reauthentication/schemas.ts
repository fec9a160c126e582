import { z } from '@hono/zod-openapi';
import { OneTimeCodeField } from '../codes/schemas.ts';
import { FactorCodeField } from '../factors/schemas.ts';
import { LinkBody } from '../oauth/schemas.ts';
import { AssertedPasskey } from '../passkeys/schemas.ts';

/** The ways, of which a request names one; what belongs to another is refused. */
const WAYS = {
  password: ['password'],
  passkey: ['passkey'],
  totp: ['totp'],
  recovery_code: ['recovery_code'],
  channel: ['channel', 'code'],
  provider: [
    'provider',
    'redirect_to',
    'code_challenge',
    'code_challenge_method',
    'state',
    'code',
    'code_verifier',
  ],
} as const;

export const ReauthenticationBody = z
  .strictObject({
    password: z.string().min(1).max(512).optional(),
    passkey: AssertedPasskey.optional().openapi({
      description: 'What the browser gave for the options of `POST /v1/auth/reauthenticate/passkey`',
    }),
    totp: FactorCodeField.optional().openapi({ description: 'A code of an authenticator app of the user' }),
    recovery_code: FactorCodeField.optional().openapi({ description: 'Works once' }),
    channel: z.enum(['email', 'sms']).optional().openapi({
      description:
        'Of a one-time code, which `POST /v1/auth/otp/send` sends to a proven address of the account',
    }),
    provider: z
      .string()
      .max(100)
      .optional()
      .openapi({ description: 'That a linked account is of', example: 'google' }),
    ...LinkBody.shape,
    code: z.string().min(1).max(200).optional().openapi({
      description: 'The one-time code; with `provider`, what came back to the app',
    }),
  })
  .superRefine((body, context) => {
    const named = (Object.keys(WAYS) as (keyof typeof WAYS)[]).filter((way) => body[way] !== undefined);
    const [way] = named;
    if (way === undefined || named.length > 1) {
      const message =
        'One of `password`, `passkey`, `totp`, `recovery_code`, `channel` with `code`, and `provider` is needed';
      context.addIssue({ code: 'custom', path: [way ?? 'password'], message });
      return;
    }
    const mine: readonly string[] = WAYS[way];
    for (const [field, value] of Object.entries(body)) {
      if (value === undefined || mine.includes(field)) continue;
      context.addIssue({ code: 'custom', path: [field], message: `Does not go with \`${way}\`` });
    }
    if (way === 'channel' && !OneTimeCodeField.safeParse(body.code).success) {
      context.addIssue({ code: 'custom', path: ['code'], message: 'Must have six digits' });
    }
  })
  .transform((body) =>
    body.channel === undefined ? body : { ...body, code: OneTimeCodeField.parse(body.code) },
  )
  .openapi('Reauthentication');
