import { z } from '@hono/zod-openapi';
import { AmountField } from '../credits/schemas.ts';
import { ReferenceField } from '../http/idempotency.ts';
import { ASSURANCES } from '../lib/assurance.ts';
import { ORGANIZATION_ID } from '../lib/jurisdiction.ts';
import { ResourceField } from '../plans/schemas.ts';
import { ActSchema } from '../sessions/schemas.ts';
import { OverageField, QuantityField, QuotaSchema, quotaShape } from '../usage/schemas.ts';
import type { Authorization, Authorized } from './service.ts';

export const AuthorizeBody = z
  .strictObject({
    token: z.string().min(1).max(8192).openapi({
      description: 'The access token of the user, or a key of a user (`lku_…`) or an organization (`lko_…`)',
    }),
    resource: ResourceField.optional().openapi({ description: 'To use of; none when left out' }),
    quantity: QuantityField.optional().openapi({ description: 'Of the resource; 1 when left out' }),
    credits: AmountField.optional().openapi({ description: 'To charge; none when left out' }),
    reference: ReferenceField.optional(),
    max_age: z.int().min(0).max(31_536_000).optional().openapi({
      description: 'Seconds that may have passed since the user last proved who they are; any when left out',
      example: 600,
    }),
    acr: z.enum(ASSURANCES).optional().openapi({
      description:
        'How sure it has to be who the user is: `aal2` is by two factors, or a passkey; any when left out',
    }),
    scope: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
      .optional()
      .openapi({
        description:
          'A scope that the token of a client (RFC 6749, 3.3) or the key must have. Without it tokens of clients are refused; those of the user’s own may all.',
        example: 'images:write',
      }),
    audience: z.string().min(1).max(2000).optional().openapi({
      description: 'Whom the token of a client must be for; anybody of the realm when left out',
    }),
    organization_id: z
      .string()
      .regex(new RegExp(`^${ORGANIZATION_ID}$`))
      .nullish()
      .openapi({
        description:
          'The organization whose plan, quota and credits are used; the one that the token names when left out, and none with null. The token of a client is for no other than it names.',
        example: 'org_01j9zq7kfrv1tq0yw3c5d8e2ab',
      }),
    permission: z.string().min(1).max(100).optional().openapi({
      description:
        'What the user’s role in the organization has to allow, or the scopes of its key; nothing when left out',
      example: 'billing:read',
    }),
  })
  .refine(({ resource, quantity }) => resource !== undefined || quantity === undefined, {
    error: 'Needs a resource',
    path: ['quantity'],
  })
  .refine(({ permission, organization_id }) => permission === undefined || organization_id !== null, {
    error: 'Needs an organization',
    path: ['permission'],
  })
  .openapi('Authorization');

/** What is asked for, as it comes over the wire. */
export function authorizationOf(
  body: z.output<typeof AuthorizeBody>,
  actor: string,
  reference: string | null = body.reference ?? null,
): Authorization {
  const { token, resource = null, quantity = 1, credits = 0, permission = null } = body;
  const { max_age: maxAge = null, acr = null, scope = null, audience = null } = body;
  const proof = { maxAge, acr, scope, audience };
  const { organization_id: organizationId } = body;
  return { token, resource, quantity, credits, reference, actor, ...proof, organizationId, permission };
}

export const DecisionSchema = z
  .object({
    allowed: z.boolean(),
    reason: z
      .string()
      .nullable()
      .openapi({ description: 'Null when allowed, else a code of the catalogue', example: 'quota_exceeded' }),
    user_id: z.string().nullable().openapi({
      description: 'Null for the key of an organization; and for a token that does not hold, as all below',
    }),
    session_id: z.string().nullable().openapi({ description: 'Null for a key' }),
    api_key: z
      .union([z.object({ id: z.string(), name: z.string(), scopes: z.array(z.string()) }), z.null()])
      .openapi({ description: 'The key of a user or an organization that was presented; null for a token' }),
    client_id: z
      .string()
      .nullable()
      .openapi({ description: 'The client whose token it is; null for one of the user’s own' }),
    act: ActSchema.nullable().openapi({
      description:
        'The client that exchanged the token for a user (RFC 8693, 4.1), and in its `act` who did before; null where none did',
    }),
    cnf: z.object({ jkt: z.string() }).nullable().openapi({
      description:
        'The key of which whoever presents the token has to send you a proof (RFC 9449, 7); null for a bearer token',
    }),
    organization_id: z.string().nullable().openapi({
      description: 'Whose plan, quota and credits these are; null for the user’s own',
    }),
    role: z.string().nullable().openapi({ description: 'The user’s role in it', example: 'member' }),
    plan: z.string().nullable(),
    // Not `nullable()`: of a schema with a name that would allow null and refuse it in one.
    quota: z.union([QuotaSchema, z.null()]),
    balance: z.int().nullable(),
    overage: OverageField,
    retry_after: z.int().nullable().openapi({
      description: 'Seconds until it is worth asking again; null where it is allowed, or no time helps',
    }),
    reference: z.string().nullable(),
  })
  .openapi('Decision');

/** A decision as it goes over the wire. */
export function decisionShape(decision: Authorized): z.infer<typeof DecisionSchema> {
  const { allowed, reason, userId, sessionId, apiKey, clientId, act, key } = decision;
  const { organizationId, role, plan, quota, balance, reference } = decision;
  return {
    allowed,
    reason,
    user_id: userId,
    session_id: sessionId,
    api_key: apiKey,
    client_id: clientId,
    act,
    cnf: key === null ? null : { jkt: key },
    organization_id: organizationId,
    role,
    plan,
    quota: quota && quotaShape(quota),
    balance,
    ...(decision.allowed && decision.overage && { overage: decision.overage }),
    retry_after: ('retryAfter' in decision && decision.retryAfter) || null,
    reference,
  };
}
