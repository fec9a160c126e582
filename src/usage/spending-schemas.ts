import { z } from '@hono/zod-openapi';
import type { SpendingReport } from '../account/caps-contract.ts';
import { Reason } from '../directory/audit-schemas.ts';
import { CapsBody, CapsSchema, capsShape } from '../plans/caps-schemas.ts';

/** The name of a resource, or null for credits. */
export const ResourceName = z
  .string()
  .nullable()
  .openapi({ description: 'Null for credits', example: 'images' });

export const OperatorCapsBody = z
  .strictObject({ ...CapsBody.shape, reason: Reason.optional() })
  .openapi('OperatorCapsUpdate');

/** What was used of what is capped. */
export const CapUses = z
  .array(z.object({ resource: ResourceName, day: z.int(), month: z.int() }))
  .openapi({ description: 'Of what is capped, in this UTC day and month, with what is reserved' });

export const SpendingCapsSchema = z
  .object({
    caps: CapsSchema,
    operator_caps: CapsSchema.openapi({ description: 'Those of an operator, beyond which nobody can go' }),
    in_force: CapsSchema.openapi({ description: 'Of both the lower' }),
    used: CapUses,
  })
  .openapi('SpendingCaps', { description: 'How much may be spent in all, by UTC day and month' });

/** The caps of all that is spent as they go over the wire. */
export function spendingCapsShape({
  own,
  operator,
  inForce,
  used,
}: SpendingReport): z.infer<typeof SpendingCapsSchema> {
  return {
    caps: capsShape(own),
    operator_caps: capsShape(operator),
    in_force: capsShape(inForce),
    used,
  };
}
