import { eq, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { userCounts } from './tables.ts';

/** What users are filtered by: the parts of the column `facet`, in its order. */
export const FACETS = {
  status: { column: sql`status`, of: (facet: string) => part(facet, 0) },
  role: { column: sql`role`, of: (facet: string) => part(facet, 1) },
  plan: { column: sql`plan`, of: (facet: string) => part(facet, 2) },
  email_verified: { column: sql`email_verified`, of: (facet: string) => Number(part(facet, 3)) },
  anonymous: { column: sql`anonymous`, of: (facet: string) => Number(part(facet, 4)) },
} as const satisfies Record<string, { column: SQL; of(facet: string): string | number }>;

export type FacetName = keyof typeof FACETS;

/** A filter; what is undefined is any. */
export interface FacetQuery {
  status?: string | undefined;
  role?: readonly string[] | undefined;
  plan?: string | undefined;
  emailVerified?: boolean | undefined;
  anonymous?: boolean | undefined;
}

/** Users of one status, role, plan and state of the address. */
export interface FacetCount {
  facet: string;
  users: number;
}

/** The facets of a realm that anybody is of: a few dozen. */
export async function facetsOf(db: Database, realmId: string): Promise<FacetCount[]> {
  const rows = await db
    .select({ facet: userCounts.facet, users: userCounts.users })
    .from(userCounts)
    .where(eq(userCounts.realmId, realmId));
  return rows.filter(({ users }) => users > 0);
}

/** Whether users of a facet pass a filter. */
export function isWanted({ facet }: FacetCount, query: FacetQuery): boolean {
  const { status, role, plan, emailVerified, anonymous } = query;
  return (
    (status === undefined || FACETS.status.of(facet) === status) &&
    (role === undefined || role.includes(FACETS.role.of(facet))) &&
    (plan === undefined || FACETS.plan.of(facet) === plan) &&
    (emailVerified === undefined || FACETS.email_verified.of(facet) === Number(emailVerified)) &&
    (anonymous === undefined || FACETS.anonymous.of(facet) === Number(anonymous))
  );
}

function part(facet: string, index: number): string {
  return facet.split(' ')[index] as string;
}
