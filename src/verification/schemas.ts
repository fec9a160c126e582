import { z } from '@hono/zod-openapi';
import { EmailField } from '../directory/schemas.ts';

const token = z.string().min(1).max(200).openapi({ description: 'The `token` of the link in the mail' });

export const EmailBody = z.strictObject({ email: EmailField }).openapi('EmailAddress');
export const LinkTokenBody = z.strictObject({ token }).openapi('LinkToken');

export const EmailChangeBody = z
  .strictObject({ password: z.string().min(1).max(512), email: EmailField })
  .openapi('EmailChange');

export const AcceptedSchema = z.object({ status: z.literal('accepted') }).openapi('Accepted');
export const VerifiedSchema = z
  .object({ status: z.literal('verified'), email: z.string() })
  .openapi('EmailVerified');
