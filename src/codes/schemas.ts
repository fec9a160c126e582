import { z } from '@hono/zod-openapi';
import { EmailField, ProfileFields, UserSchema } from '../directory/schemas.ts';
import { SignedInSchema } from '../passwords/schemas.ts';
import { AcceptedSchema } from '../verification/schemas.ts';

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
