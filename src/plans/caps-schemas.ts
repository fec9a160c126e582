import { z } from '@hono/zod-openapi';
import type { Caps } from '../account/sharing-contract.ts';
import { LimitSchema, LimitsSchema, limitsShape } from './schemas.ts';

export const CapsBody = z
  .strictObject({
    credits: LimitSchema.nullable().default(null).openapi({ description: 'Null is no cap' }),
    resources: LimitsSchema.default({}),
  })
  .openapi('CapsUpdate');

export const CapsSchema = z
  .object({ credits: z.union([LimitSchema, z.null()]), resources: LimitsSchema })
  .openapi('Caps', {
    description:
      'What a member may use of what all share, or a key of what its owner has; what is missing is not capped',
  });

/** Caps as they go over the wire. */
export function capsShape({ credits, resources }: Caps): z.infer<typeof CapsSchema> {
  const { credits: shaped = null } = credits ? limitsShape({ credits }) : {};
  return { credits: shaped, resources: limitsShape(resources) };
}
