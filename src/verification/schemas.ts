import { z } from '@hono/zod-openapi';
import { EmailField, ProfileFields, UserSchema } from '../accounts/schemas.ts';
import { SignedInSchema } from '../credentials/schemas.ts';

const token = z.string().min(1).max(200).openapi({ description: 'The `token` of the link in the mail' });

export const EmailBody = z.strictObject({ email: EmailField }).openapi('EmailAddress');
export const TokenBody = z.strictObject({ token }).openapi('LinkToken');

export const EmailChangeBody = z
  .strictObject({ password: z.string().min(1).max(512), email: EmailField })
  .openapi('EmailChange');

export const AcceptedSchema = z.object({ status: z.literal('accepted') }).openapi('Accepted');
export const VerifiedSchema = z
  .object({ status: z.literal('verified'), email: z.string() })
  .openapi('EmailVerified');

const code = z
  .string()
  .regex(/^\d{6}$/, { error: 'Must have six digits' })
  .openapi({ example: '493817' });

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
      code,
      session_cookie: z.boolean().optional(),
    }),
    z.strictObject({
      channel: z.literal('sms'),
      to: ProfileFields.phone_number,
      code,
      session_cookie: z.boolean().optional(),
    }),
  ])
  .openapi('CodeVerify');

export const CodeSentSchema = AcceptedSchema.extend({
  resend_after: z.int().openapi({ description: 'Seconds until another code may be asked for', example: 60 }),
}).openapi('CodeSent');

export const CodeVerifiedSchema = z
  .union([SignedInSchema, z.object({ user: UserSchema }).openapi('PhoneNumberVerified')])
  .openapi('CodeVerified');
