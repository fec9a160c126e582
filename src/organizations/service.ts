import { and, eq, type SQL } from 'drizzle-orm';
import type { z } from 'zod';
import { type Database, nearestReplica, primary } from '../db/client.ts';
import type { AuditEntry } from '../directory/audit.ts';
import type { AuditAction } from '../directory/audit-tables.ts';
import { findById } from '../directory/service.ts';
import { ORGANIZATION_PLAN } from '../directory/state.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { Principal } from '../http/context.ts';
import { newId, newOrganizationId } from '../lib/ids.ts';
import {
  type OrganizationPermission,
  permissionsOf,
  type RoleBook,
  reaches,
  rolesOf,
} from '../lib/organization-roles.ts';
import { DEFAULT_ORGANIZATIONS, type OrganizationPolicy, type Realm } from '../lib/realm.ts';
import type { Grant, Sessions } from '../sessions/service.ts';
import type { OrganizationChanges } from './change-service.ts';
import type { NewOrganization, OrganizationPatch } from './schemas.ts';
import { slugFor } from './slug.ts';
import {
  findMember,
  findMembership,
  findOrganization,
  isMember,
  type OwnOrganization,
  readMembers,
  readOwnOrganizations,
  type ShownMember,
} from './store.ts';
import { members, type OrganizationRow } from './tables.ts';

export type { OwnOrganization, ShownMember } from './store.ts';

/** Whoever acts in an organization, and may: a member, or an operator of the realm, who may all. */
export interface Admitted {
  organization: OrganizationRow;
  realm: Realm;
  /** The id of a user or an API key. */
  actor: string;
  /** What they are in it; null for an operator. */
  role: string | null;
  roles: RoleBook;
}

/** A member who was let in. */
export type AdmittedMember = Admitted & { role: string };

/** What organizations are made of. */
export interface OrganizationDependencies {
  d1: D1Database;
  changes: OrganizationChanges;
  sessions: Pick<Sessions, 'chooseOrganization'>;
}

/** What a realm lets its users do together. */
export function policyOf(realm: Realm): OrganizationPolicy {
  return realm.organizations ?? DEFAULT_ORGANIZATIONS;
}

/** What an organization is when it is made, but for its slug. */
export function newOrganizationRow(
  realm: Pick<Realm, 'id' | 'jurisdiction'>,
  named: Pick<OrganizationRow, 'name' | 'logo'>,
  createdBy: string,
  createdAt: number,
): Omit<OrganizationRow, 'slug'> {
  return {
    id: newOrganizationId(realm.jurisdiction, createdAt),
    realmId: realm.id,
    ...named,
    metadata: {},
    plan: ORGANIZATION_PLAN,
    planExpiresAt: null,
    customLimits: {},
    subscribed: false,
    meters: null,
    seats: null,
    paidSeats: null,
    billingEmail: null,
    status: 'active',
    version: 1,
    createdBy,
    createdAt,
    updatedAt: createdAt,
  };
}

/** Organizations and who is in them. Who may what follows from permissions; a role never reaches above itself. */
export class Organizations {
  readonly #deps: OrganizationDependencies;

  constructor(deps: OrganizationDependencies) {
    this.#deps = deps;
  }

  /**
   * Lets a member act in an organization, if their role has the permission. Throws `organization_not_found` for who is not in it,
   * `insufficient_permission`, and `organization_suspended` for what is more than looking (`permission` is not null).
   */
  async admit(
    realm: Realm,
    organizationId: string,
    { userId, bookmark }: Pick<Principal, 'userId' | 'bookmark'>,
    permission: OrganizationPermission | null,
  ): Promise<AdmittedMember & OwnOrganization> {
    const found = await findMembership(
      this.#deps.d1,
      { realmId: realm.id, organizationId, userId },
      permission === null ? { bookmark } : 'primary',
    );
    if (!found) throw new ApiError('organization_not_found');
    const roles = rolesOf(policyOf(realm).roles);
    if (permission !== null && !permissionsOf(roles, found.role).includes(permission)) {
      throw new ApiError('insufficient_permission', { detail: `It needs the permission \`${permission}\`.` });
    }
    // One that is suspended can still be deleted: its only owner could not go before.
    const isIdle = permission === null || permission === 'organization:delete';
    if (!isIdle && found.organization.status === 'suspended') {
      throw new ApiError('organization_suspended');
    }
    return { ...found, realm, actor: userId, roles };
  }

  /** Lets an operator of the realm act in an organization. Throws `organization_not_found`. */
  async operate(realm: Realm, organizationId: string, actor: string): Promise<Admitted> {
    const { db } = primary(this.#deps.d1);
    const organization = await findOrganization(db, realm.id, organizationId);
    if (!organization) throw new ApiError('organization_not_found');
    return { organization, realm, actor, role: null, roles: rolesOf(policyOf(realm).roles) };
  }

  /**
   * Makes an organization, whose owner is a user. Without a slug it gets one like its name. Throws `slug_taken`,
   * `too_many_organizations`, and for a user who makes it `organizations_closed`.
   */
  async create(
    realm: Realm,
    owner: string,
    body: z.output<typeof NewOrganization>,
    { actor, isOperator = false }: { actor: string; isOperator?: boolean },
  ): Promise<OrganizationRow> {
    const { creation, perUser } = policyOf(realm);
    if (creation === 'closed' && !isOperator) throw new ApiError('organizations_closed');
    const row = newOrganizationRow(realm, { name: body.name, logo: body.logo ?? null }, actor, Date.now());
    const make = (slug: string) =>
      this.#deps.changes.create(
        { ...row, slug },
        [{ userId: owner, role: 'owner' }],
        perUser,
        this.entry({ organization: row, actor }, 'organization_created', { user_id: owner, slug }),
      );
    const wanted = body.slug ?? slugFor(body.name);
    const made = await make(wanted).catch((error: unknown) => {
      const isTaken = error instanceof ApiError && error.code === 'slug_taken';
      if (!isTaken || body.slug !== undefined) throw error;
      return make(`${wanted.slice(0, 40).replace(/-$/, '')}-${newId('org').slice(-8)}`);
    });
    if (!made) throw new ApiError('too_many_organizations');
    return made;
  }

  /**
   * Has a session go on in an organization of its user, or in none. Throws `organization_not_found`, `organization_suspended`, and
   * `not_a_member` for who left in the same moment.
   */
  async choose(
    realm: Realm,
    session: Pick<Principal, 'userId' | 'sessionId'>,
    organizationId: string | null,
  ): Promise<{ grant: Grant; membership: OwnOrganization | null }> {
    const { d1, sessions } = this.#deps;
    if (organizationId === null) {
      return { grant: await sessions.chooseOrganization(realm, session, null), membership: null };
    }
    const { userId } = session;
    const found = await findMembership(d1, { realmId: realm.id, organizationId, userId }, 'primary');
    if (!found) throw new ApiError('organization_not_found');
    if (found.organization.status === 'suspended') throw new ApiError('organization_suspended');
    const { role, version, joinedAt } = found;
    const grant = await sessions.chooseOrganization(realm, session, {
      ...{ organizationId, role, version, joinedAt },
    });
    return { grant, membership: found };
  }

  /** An organization of a user, or null where they are not in it. */
  find(
    { realmId, userId, bookmark }: Pick<Principal, 'realmId' | 'userId' | 'bookmark'>,
    organizationId: string,
  ) {
    return findMembership(this.#deps.d1, { realmId, organizationId, userId }, { bookmark });
  }

  /** What a user is in an organization, as the primary has it; null where they are not in it. */
  membership({ realmId, userId }: Pick<Principal, 'realmId' | 'userId'>, organizationId: string) {
    return findMembership(this.#deps.d1, { realmId, organizationId, userId }, 'primary');
  }

  /** A page of the organizations of a user. */
  listOwn(
    { userId, bookmark }: Pick<Principal, 'userId' | 'bookmark'>,
    page: { after: [number, string] | null; limit: number },
  ) {
    return readOwnOrganizations(nearestReplica(this.#deps.d1, bookmark).db, userId, page);
  }

  /** Throws `user_not_found` for who is no user of the realm, or has not registered yet. */
  async requireUser(realmId: string, userId: string): Promise<void> {
    const user = await findById(primary(this.#deps.d1).db, userId);
    if (user?.realmId !== realmId || user.anonymous) throw new ApiError('user_not_found');
  }

  /** Changes what an organization is called and shows. Throws `slug_taken`, `conflict`. */
  async update(by: Admitted, patch: z.output<typeof OrganizationPatch>): Promise<OrganizationRow> {
    const changed = Object.keys(patch);
    const entry = this.entry(by, 'organization_changed', { changed });
    return this.apply(by, { set: patch, audit: entry });
  }

  /** Deletes an organization with everything in it. Throws `conflict`. */
  async delete(by: Admitted): Promise<void> {
    const entry = this.entry(by, 'organization_deleted', { name: by.organization.name });
    const isDone = await this.#deps.changes.delete(by.organization, this.standing(by), entry);
    if (!isDone) throw new ApiError('conflict');
  }

  /** A page of the members. */
  listMembers(
    organizationId: string,
    bookmark: string | null,
    page: { after: string | null; limit: number },
  ) {
    return readMembers(nearestReplica(this.#deps.d1, bookmark).db, organizationId, page);
  }

  /** A member, or null. */
  findMember(organizationId: string, userId: string): Promise<ShownMember | null> {
    return findMember(primary(this.#deps.d1).db, organizationId, userId);
  }

  /** A member. Throws `member_not_found`. */
  async member(organizationId: string, userId: string): Promise<ShownMember> {
    const found = await this.findMember(organizationId, userId);
    if (!found) throw new ApiError('member_not_found');
    return found;
  }

  /**
   * Gives a member another role. Nobody gives or takes one that may what they may not. Throws `member_not_found`,
   * `insufficient_permission`, `last_organization_owner`, `conflict`, and 422 for a role that the realm does not have.
   */
  async changeRole(by: Admitted, userId: string, role: string): Promise<ShownMember> {
    const member = await this.member(by.organization.id, userId);
    this.requireRole(by, role);
    this.requireReach(by, member.role);
    if (member.role === role) return member;
    await this.apply(by, {
      guard: isMember(by.organization.id, userId, member.role),
      members: (db, changed, version) => [
        setRole(db, { id: by.organization.id, userId, role }, version, changed),
      ],
      audit: this.entry(by, 'member_role_changed', { user_id: userId, role, before: member.role }),
    });
    return { ...member, role };
  }

  /**
   * Removes a member, or lets one leave: everybody may leave. Throws `member_not_found`, `insufficient_permission`,
   * `last_organization_owner`, `conflict`.
   */
  async removeMember(by: Admitted, userId: string): Promise<void> {
    const { id } = by.organization;
    const member = await this.member(id, userId);
    if (userId !== by.actor) this.requireReach(by, member.role);
    await this.apply(by, {
      guard: isMember(id, userId, member.role),
      members: (db, changed) => [
        db
          .delete(members)
          .where(and(eq(members.organizationId, id), eq(members.userId, userId), changed))
          .returning(),
      ],
      removed: [userId],
      audit: this.entry(by, 'member_removed', {
        user_id: userId,
        role: member.role,
        left: userId === by.actor,
      }),
    });
  }

  /**
   * Makes another member owner, and the owner who does it an admin: both or neither. Throws `member_not_found`,
   * `insufficient_permission` for who is no owner, `conflict`.
   */
  async transfer(by: Admitted, userId: string): Promise<void> {
    const { id } = by.organization;
    if (by.role !== 'owner')
      throw new ApiError('insufficient_permission', { detail: 'Owners alone hand it over.' });
    const member = await this.member(id, userId);
    if (member.role === 'owner' || userId === by.actor) {
      throw fieldError('user_id', 'is_owner', 'Is an owner already');
    }
    // The new one first: there is an owner at any moment.
    await this.apply(by, {
      guard: isMember(id, userId, member.role),
      members: (db, changed, version) => [
        setRole(db, { id, userId, role: 'owner' }, version, changed),
        setRole(db, { id, userId: by.actor, role: 'admin' }, version, changed),
      ],
      audit: this.entry(by, 'organization_transferred', { user_id: userId, before: by.actor }),
    });
  }

  /** Changes an organization while whoever does it is what they were when they were let in. Throws `conflict`. */
  async apply(by: Admitted, change: Parameters<OrganizationChanges['change']>[1]): Promise<OrganizationRow> {
    const guard = and(this.standing(by), change.guard);
    const row = await this.#deps.changes.change(by.organization.id, { ...change, guard });
    if (!row) {
      throw new ApiError('conflict', {
        detail: 'The organization or who is in it was changed at the same time.',
      });
    }
    return row;
  }

  /** The condition that whoever acts is still what they were when they were let in. */
  standing({ organization, actor, role }: Admitted): SQL | undefined {
    return role === null ? undefined : isMember(organization.id, actor, role);
  }

  /** Throws `insufficient_permission` where a role may what whoever acts may not. */
  requireReach({ role, roles }: Admitted, other: string): void {
    if (reaches(roles, role, other)) return;
    throw new ApiError('insufficient_permission', { detail: `The role \`${other}\` may more than yours.` });
  }

  /** Throws 422 for a role that the realm does not have, and as `requireReach` does. */
  requireRole(by: Admitted, role: string, path = 'role'): void {
    if (!Object.hasOwn(by.roles, role)) {
      const names = Object.keys(by.roles).join(', ');
      throw fieldError(path, 'unknown', `Must be a role of the realm: ${names}`);
    }
    this.requireReach(by, role);
  }

  /** What the audit log says of an act in an organization. */
  entry(
    { organization, actor }: { organization: Pick<OrganizationRow, 'id' | 'realmId'>; actor: string },
    action: AuditAction,
    details: Record<string, unknown>,
  ): AuditEntry {
    return {
      realmId: organization.realmId,
      at: Date.now(),
      actor,
      action,
      target: organization.id,
      details,
    };
  }
}

function setRole(
  db: Database,
  { id, userId, role }: { id: string; userId: string; role: string },
  version: SQL,
  changed: SQL,
) {
  return db
    .update(members)
    .set({ role, version })
    .where(and(eq(members.organizationId, id), eq(members.userId, userId), changed))
    .returning();
}
