import { z } from '@hono/zod-openapi';
import { ORGANIZATION_ID } from '../lib/jurisdiction.ts';
import type { PayingParty } from '../wallet/payers.ts';

/** Whose plan, quotas and credits a service means; needs `NAMES_PAYER`. */
export const payerFields = {
  // Longer than any id, and no more than the log should show.
  user_id: z.string().min(1).max(100).optional().openapi({
    description: 'The user; with an organization, the member on whose behalf',
    example: 'usr_01j9zq7kfrv1tq0yw3c5d8e2ab',
  }),
  organization_id: z
    .string()
    .regex(new RegExp(`^${ORGANIZATION_ID}$`))
    .optional()
    .openapi({
      description: 'The organization, in place of a user or beside its member',
      example: 'org_01j9zq7kfrv1tq0yw3c5d8e2ab',
    }),
};

/** Whose an answer is: as it was asked for. */
export const payerShape = { user_id: z.string().optional(), organization_id: z.string().optional() };

interface NamedPayer {
  user_id?: string | undefined;
  organization_id?: string | undefined;
}

/** What `refine` takes: that somebody is named. */
export const NAMES_PAYER = [
  ({ user_id, organization_id }: NamedPayer) => user_id !== undefined || organization_id !== undefined,
  { error: 'Must name a user or an organization', path: ['user_id'] },
] as [(named: NamedPayer) => boolean, { error: string; path: string[] }];

/** Whom a service means, of its realm; `actor` is the id by which it is known. */
export function payerOf(
  { user_id: userId, organization_id: organizationId }: NamedPayer,
  realmId: string,
  actor: string,
): PayingParty {
  if (organizationId === undefined) return { realmId, userId: userId ?? '' };
  return { realmId, organizationId, userId: userId ?? null, actor };
}

/** Whose an answer is, as it goes over the wire. */
export function payerNames({ user_id, organization_id }: NamedPayer): NamedPayer {
  return {
    ...(user_id !== undefined && { user_id }),
    ...(organization_id !== undefined && { organization_id }),
  };
}
