import { z } from '@hono/zod-openapi';
import { Reason } from '../directory/audit-schemas.ts';

export const ImpersonationBody = z.strictObject({ reason: Reason }).openapi('Impersonation');

export const ImpersonationSchema = z
  .object({
    access_token: z.string().openapi({ description: 'Says by `act` who acts (RFC 8693, 4.1)' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().openapi({ description: 'Seconds', example: 600 }),
    session_id: z.string(),
  })
  .openapi('ImpersonationGrant');
