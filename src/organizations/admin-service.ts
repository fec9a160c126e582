import { and, asc, eq, or, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { primary } from '../db/client.ts';
import { ORGANIZATION_PLAN } from '../directory/state.ts';
import { ApiError, fieldError } from '../errors.ts';
import { countedTotal, counting, cursorAfter, pageOf } from '../http/paging.ts';
import type { Realm } from '../lib/realm.ts';
import type { Plans } from '../plans/service.ts';
import { join } from './join.ts';
import type { NewOrganizationFor, OrganizationAdminPatch } from './schemas.ts';
import type { Admitted, OrganizationDependencies, Organizations } from './service.ts';
import type { ShownMember } from './store.ts';
import { members, type OrganizationRow, organizations } from './tables.ts';

/** What of the list is wanted. */
export interface OrganizationFilter {
  q?: string | undefined;
  userId?: string | undefined;
  after: readonly [name: string, id: string] | null;
  limit: number;
}

/** What they handle them by. */
export interface OrganizationAdminDependencies extends OrganizationDependencies {
  organizations: Organizations;
  plans: Pick<Plans, 'terms'>;
}

/** Organizations, as operators handle them. */
export class OrganizationAdmin {
  readonly #deps: OrganizationAdminDependencies;

  constructor(deps: OrganizationAdminDependencies) {
    this.#deps = deps;
  }

  /** A page of the organizations of a realm, by name. */
  async list(realmId: string, { q, userId, after, limit }: OrganizationFilter) {
    const { db } = primary(this.#deps.d1);
    const of = and(
      eq(organizations.realmId, realmId),
      userId === undefined
        ? undefined
        : sql`${organizations.id} IN (SELECT organization_id FROM organization_members WHERE user_id = ${userId})`,
      q === undefined || q === '' ? undefined : searched(q),
    ) as SQL;
    const [rows, [counted]] = await db.batch([
      db
        .select()
        .from(organizations)
        .where(
          and(
            of,
            after
              ? sql`(${organizations.name} COLLATE NOCASE, ${organizations.id}) > (${after[0]}, ${after[1]})`
              : undefined,
          ),
        )
        .orderBy(sql`${organizations.name} COLLATE NOCASE`, asc(organizations.id))
        .limit(limit + 1),
      counting(db, sql`SELECT 1 FROM ${organizations} WHERE ${of}`),
    ]);
    const page = pageOf(rows, limit, ({ name, id }) => cursorAfter(name, id));
    return { ...page, ...countedTotal(counted?.counted ?? 0) };
  }

  /** A page of the members of an organization, and how many there are. */
  async listMembers(organizationId: string, page: { after: string | null; limit: number }) {
    const { d1, organizations: service } = this.#deps;
    const { db } = primary(d1);
    const [shown, [counted]] = await Promise.all([
      service.listMembers(organizationId, null, page),
      counting(db, sql`SELECT 1 FROM ${members} WHERE ${members.organizationId} = ${organizationId}`),
    ]);
    return { ...shown, ...countedTotal(counted?.counted ?? 0) };
  }

  /** Makes an organization for a user. Throws as `Organizations.create` does, and `user_not_found`. */
  async create(
    realm: Realm,
    { owner, metadata, ...body }: z.output<typeof NewOrganizationFor>,
    actor: string,
  ): Promise<OrganizationRow> {
    const { organizations: service } = this.#deps;
    await service.requireUser(realm.id, owner);
    const made = await service.create(realm, owner, body, { actor, isOperator: true });
    if (metadata === undefined) return made;
    return this.update(await service.operate(realm, made.id, actor), { metadata });
  }

  /** Changes what an organization is, may and costs. Throws `slug_taken`, `conflict`, 422 for a plan that the realm does not have. */
  async update(by: Admitted, patch: z.output<typeof OrganizationAdminPatch>): Promise<OrganizationRow> {
    const { organizations: service } = this.#deps;
    const { plan_expires_at: expiry, limits: customLimits, reason, ...rest } = patch;
    if (patch.plan !== undefined && patch.plan !== ORGANIZATION_PLAN) {
      const { plans } = await this.#deps.plans.terms(by.realm.id);
      if (!Object.hasOwn(plans, patch.plan))
        throw fieldError('plan', 'unknown', 'Must be a plan of the realm');
    }
    const planExpiresAt = typeof expiry === 'string' ? Date.parse(expiry) : expiry;
    if (typeof planExpiresAt === 'number' && planExpiresAt <= Date.now()) {
      throw fieldError('plan_expires_at', 'past', 'Must be in the future');
    }
    // What is given with a plan is all that holds of it, whatever held of the one before.
    const given = patch.plan === undefined ? {} : { planExpiresAt: null, subscribed: false };
    const changed = Object.keys(patch).filter((field) => field !== 'reason');
    const entry = service.entry(by, 'organization_changed', { changed, reason });
    return service.apply(by, {
      set: { ...rest, ...given, ...(planExpiresAt !== undefined && { planExpiresAt }), customLimits },
      audit: entry,
    });
  }

  /** Adds a user of the realm. Throws `user_not_found`, `member_exists`, `no_seat_left`, `too_many_organizations`, `conflict`, 422 for a role that the realm does not have. */
  async addMember(by: Admitted, userId: string, role: string): Promise<ShownMember> {
    const { organizations: service } = this.#deps;
    service.requireRole(by, role);
    await service.requireUser(by.realm.id, userId);
    const joined = await join(this.#deps, { ...by, userId, role, invitedBy: by.actor });
    if (!joined) throw new ApiError('conflict');
    return service.member(by.organization.id, userId);
  }
}

/** Names that begin with a text, whatever its case, and what has it as its slug or id. */
function searched(q: string): SQL {
  const isNamed = sql`${organizations.name} COLLATE NOCASE BETWEEN ${q} AND ${`${q}\u{10ffff}`}`;
  return or(isNamed, eq(organizations.slug, q.toLowerCase()), eq(organizations.id, q)) as SQL;
}
