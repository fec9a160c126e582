import { z } from '@hono/zod-openapi';
import { EmailField } from '../directory/schemas.ts';

const token = z.string().min(1).max(200).openapi({ description: 'The `token` of the link in the mail' });

export const EmailBody = z.strictObject({ email: EmailField }).openapi('EmailAddress');
export const LinkTokenBody = z.strictObject({ token }).openapi('LinkToken');

export const VerifyBody = z
  .strictObject({
    token,
    disown: z.boolean().optional().openapi({
      description:
        'The owner of the address did not make this account: ends all that opens it (sessions, password, phone number, accounts at providers, API keys, links under way), and gives a token to set a password with',
    }),
  })
  .openapi('EmailVerify');

export const EmailChangeBody = z
  .strictObject({ password: z.string().min(1).max(512), email: EmailField })
  .openapi('EmailChange');

export const AcceptedSchema = z.object({ status: z.literal('accepted') }).openapi('Accepted');
export const VerifiedSchema = z
  .object({
    status: z.enum(['verified', 'disowned']),
    email: z.string(),
    reset_token: z.string().optional().openapi({
      description:
        'With `disowned`, for `POST /v1/auth/password/reset`, for an hour. Missing when the account has another address, and only asked for this one',
    }),
  })
  .openapi('EmailVerified');
