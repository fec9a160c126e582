import { z } from '@hono/zod-openapi';
import type { MemberSum, ModelSum, SpendingDay } from '../account/sharing-contract.ts';
import { standingFields } from '../credits/schemas.ts';
import { PageLimit } from '../http/list-schemas.ts';
import { CapsSchema, capsShape } from '../plans/caps-schemas.ts';
import { DaysQuery } from '../usage/analytics-schemas.ts';
import { CapUses, ResourceName } from '../usage/spending-schemas.ts';
import type { CapReport } from '../wallet/spending-contract.ts';

export const CapReportSchema = z
  .object({ everybody: CapsSchema })
  .openapi('OrganizationCaps', { description: 'What every member may use who has no cap of their own' });

export const MemberCapsSchema = z
  .object({
    everybody: CapsSchema,
    own: z.union([CapsSchema, z.null()]),
    used: CapUses,
  })
  .openapi('MemberCaps');

const CURSOR = /^([\w-]{1,100})(?:\.([\w-]{1,100}))?$/;

export const SpendingQuery = DaysQuery;

export const MemberSpendingQuery = DaysQuery.extend({
  limit: PageLimit,
  cursor: z.string().regex(CURSOR).optional().openapi({ description: '`next_cursor` of the page before' }),
});

export const SpendingSchema = z
  .object({
    data: z.array(z.object({ date: z.iso.date(), resource: ResourceName, quantity: z.int() })),
  })
  .openapi('OrganizationUsage');

export const MemberSpendingSchema = z
  .object({
    data: z.array(
      z.object({
        member: z.string().openapi({
          description:
            'The user, or the key of the organization; where something was used on nobody’s behalf, who asked for it',
          example: 'usr_01j9zq7kfrv1tq0yw3c5d8e2ab',
        }),
        resource: ResourceName,
        quantity: z.int(),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .openapi('MemberUsage');

export const ModelSpendingSchema = z
  .object({
    data: z.array(
      z.object({
        model: z.string(),
        input_tokens: z.int(),
        output_tokens: z.int(),
        requests: z.int(),
      }),
    ),
  })
  .openapi('ModelUsage');

export const SharedBalanceSchema = z
  .object({ organization_id: z.string(), ...standingFields })
  .openapi('OrganizationBalance');

/** After which sum a page begins. */
export function afterOf(cursor: string | undefined): MemberSum | null {
  const [, member, resource] = (cursor !== undefined && CURSOR.exec(cursor)) || [];
  return member === undefined ? null : { member, resource: resource ?? null, quantity: 0 };
}

/** The cursor of a sum. */
export function cursorAt({ member, resource }: MemberSum): string {
  return resource === null ? member : `${member}.${resource}`;
}

/** The caps of everybody as they go over the wire. */
export function capReportShape({ everybody }: CapReport): z.infer<typeof CapReportSchema> {
  return { everybody: capsShape(everybody) };
}

/** The caps of a member as they go over the wire. */
export function memberCapsShape({ everybody, own, used }: CapReport): z.infer<typeof MemberCapsSchema> {
  return { everybody: capsShape(everybody), own: own && capsShape(own), used };
}

/** Days of use as they go over the wire. */
export function spendingShape(days: SpendingDay[]): z.infer<typeof SpendingSchema> {
  return { data: days };
}

/** The use of models as it goes over the wire. */
export function modelSpendingShape(models: ModelSum[]): z.infer<typeof ModelSpendingSchema> {
  return {
    data: models.map(({ model, inputTokens, outputTokens, requests }) => ({
      model,
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      requests,
    })),
  };
}
