import { z } from '@hono/zod-openapi';
import { EmailField, ProfileFields, UserSchema } from '../directory/schemas.ts';
import { FirstStepSchema } from '../passwords/answer-schemas.ts';
import { AcceptedSchema } from '../verification/schemas.ts';

/** A one-time code as it is typed at every door, with blanks or dashes between the digits; out come the six digits. */
export const OneTimeCodeField = z
  .string()
  .max(40)
  .transform((typed) => typed.normalize('NFKC').replace(/[\s\p{Pd}]/gu, ''))
  .pipe(z.string().regex(/^\d{6}$/, { error: 'Must have six digits' }))
  .openapi({ type: 'string', example: '493817' });

/** What names a code. */
export const ChallengeField = z.uuid().optional().openapi({
  description:
    'Of the answer to `POST /v1/auth/otp/send`. With it, only guesses of whoever asked for the code count against it',
});

export const CodeSendBody = z
  .discriminatedUnion('channel', [
    z.strictObject({ channel: z.literal('email'), to: EmailField }),
    z.strictObject({ channel: z.literal('sms'), to: ProfileFields.phone_number }),
  ])
  .openapi('CodeSend');

export const CodeVerifyBody = z
  .discriminatedUnion('channel', [
    z.strictObject({
      channel: z.literal('email'),
      to: EmailField,
      code: OneTimeCodeField,
      challenge_id: ChallengeField,
      session_cookie: z.boolean().optional(),
    }),
    z.strictObject({
      channel: z.literal('sms'),
      to: ProfileFields.phone_number,
      code: OneTimeCodeField,
      challenge_id: ChallengeField,
      session_cookie: z.boolean().optional(),
    }),
  ])
  .openapi('CodeVerify');

export const LinkSendBody = z
  .strictObject({
    email: EmailField,
    redirect_to: z
      .string()
      .max(2000)
      .optional()
      .openapi({ description: 'Where the browser goes that opens the link and has asked for it' }),
    session_cookie: z.boolean().optional().openapi({
      description: 'For browsers: by a cookie the link knows the one that has asked for it, and signs it in',
    }),
  })
  .openapi('SignInLinkSend');

export const LinkOpenBody = z
  .strictObject({
    token: z.string().min(1).max(4000).openapi({ description: 'Of the link' }),
    session_cookie: z.boolean().optional(),
  })
  .openapi('SignInLinkOpen');

export const LinkConfirmBody = z
  .strictObject({
    email: EmailField,
    challenge_id: z.uuid().openapi({ description: 'Of the answer to `POST /v1/auth/link/send`' }),
    number: OneTimeCodeField.openapi({ description: 'That the link shows where it was opened' }),
    session_cookie: z.boolean().optional(),
  })
  .openapi('SignInLinkConfirm');

export const LinkOpenedSchema = z
  .union([
    FirstStepSchema,
    z
      .object({
        status: z.literal('confirmation_required'),
        number: z.string().openapi({
          description: 'To be entered where the link was asked for',
          example: '493817',
        }),
      })
      .openapi('SignInLinkNumber'),
  ])
  .openapi('SignInLinkOpened');

export const CodeSentSchema = AcceptedSchema.extend({
  challenge_id: z.uuid().openapi({ description: 'Names the code: send it along when you verify' }),
  resend_after: z.int().openapi({ description: 'Seconds until another code may be asked for', example: 60 }),
}).openapi('CodeSent');

export const CodeVerifiedSchema = z

  .union([FirstStepSchema, z.object({ user: UserSchema }).openapi('PhoneNumberVerified')])
  .openapi('CodeVerified');

/** The answer to who asked for a code: what names it, and the seconds after which another may be asked for. */
export function codeSentShape({ challengeId, resendAfter }: { challengeId: string; resendAfter: number }) {
  return { status: 'accepted' as const, challenge_id: challengeId, resend_after: resendAfter };
}
