import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm';
import { type Database, nearestReplica, primary } from '../db/client.ts';
import { users } from '../directory/tables.ts';
import { pageOf } from '../http/paging.ts';
import { members, type OrganizationRow, organizations } from './tables.ts';

/** A member, as the others see them. */
export interface ShownMember {
  userId: string;
  name: string | null;
  email: string;
  picture: string | null;
  role: string;
  joinedAt: number;
}

/** An organization of a user, and what they are in it. */
export interface OwnOrganization {
  organization: OrganizationRow;
  role: string;
  /** Of the organization, when they became that. */
  version: number;
  joinedAt: number;
}

const OWN = {
  organization: organizations,
  role: members.role,
  version: members.version,
  joinedAt: members.joinedAt,
};

const SHOWN = {
  userId: members.userId,
  name: users.name,
  email: users.email,
  picture: users.picture,
  role: members.role,
  joinedAt: members.joinedAt,
};

/** The condition that a user is in an organization, with that role if one is given. */
export function isMember(organizationId: string, userId: string, role?: string): SQL {
  const { organizationId: organization, userId: user, role: as } = members;
  const where = and(
    eq(organization, organizationId),
    eq(user, userId),
    role === undefined ? undefined : eq(as, role),
  );
  return sql`EXISTS (SELECT 1 FROM ${members} WHERE ${where})`;
}

/** How many members an organization may have: its seats, those it pays for and those it is buying, but no more than the realm lets one have. */
export function seatsOf(organizationId: string, most: number): SQL {
  const held = sql`(SELECT held_seats FROM organization_customers
    WHERE organization_id = ${organizationId} AND busy_until > ${Date.now()})`;
  return sql`(SELECT min(${most}, coalesce(seats, ${most}), coalesce(paid_seats, ${most}), coalesce(${held}, ${most}))
    FROM organizations WHERE id = ${organizationId})`;
}

/** The condition that an organization has room for another member. */
export function hasRoom(organizationId: string, most: number): SQL {
  return sql`(SELECT count(*) FROM organization_members WHERE organization_id = ${organizationId})
    < ${seatsOf(organizationId, most)}`;
}

/** The condition that each of these users is in fewer organizations than that. */
export function areInFewerThan(userIds: string[], most: number): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(userIds)}) AS one
    WHERE (SELECT count(*) FROM organization_members WHERE user_id = one.value) >= ${most})`;
}

/**
 * An organization of the realm and what the user is in it, no older than the bookmark, or as the primary has it; null where they are
 * not in it.
 */
export async function findMembership(
  d1: D1Database,
  { realmId, organizationId, userId }: { realmId: string; organizationId: string; userId: string },
  from: { bookmark: string | null } | 'primary',
): Promise<OwnOrganization | null> {
  const find = async (db: Database) =>
    (await db
      .select(OWN)
      .from(organizations)
      .innerJoin(members, eq(members.organizationId, organizations.id))
      .where(
        and(
          eq(organizations.id, organizationId),
          eq(organizations.realmId, realmId),
          eq(members.userId, userId),
        ),
      )
      .get()) ?? null;
  const near = from === 'primary' ? null : await find(nearestReplica(d1, from.bookmark).db);
  return near ?? find(primary(d1).db);
}

/** An organization of the realm, or null. */
export async function findOrganization(
  db: Database,
  realmId: string,
  organizationId: string,
): Promise<OrganizationRow | null> {
  const where = and(eq(organizations.id, organizationId), eq(organizations.realmId, realmId));
  return (await db.select().from(organizations).where(where).get()) ?? null;
}

/** A member of an organization, or null. */
export async function findMember(
  db: Database,
  organizationId: string,
  userId: string,
): Promise<ShownMember | null> {
  const found = await db
    .select(SHOWN)
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.organizationId, organizationId), eq(members.userId, userId)))
    .get();
  return found ?? null;
}

/** A page of the members of an organization, by their ids: who has had an account longest comes first. */
export async function readMembers(
  db: Database,
  organizationId: string,
  { after, limit }: { after: string | null; limit: number },
) {
  const rows = await db
    .select(SHOWN)
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(
      and(eq(members.organizationId, organizationId), after === null ? undefined : gt(members.userId, after)),
    )
    .orderBy(asc(members.userId))
    .limit(limit + 1);
  return pageOf(rows, limit, ({ userId }) => userId);
}

/** A page of the organizations of a user, in the order in which they joined. */
export async function readOwnOrganizations(
  db: Database,
  userId: string,
  { after, limit }: { after: [joinedAt: number, id: string] | null; limit: number },
) {
  const rows: OwnOrganization[] = await db
    .select(OWN)
    .from(members)
    .innerJoin(organizations, eq(organizations.id, members.organizationId))
    .where(
      and(
        eq(members.userId, userId),
        after
          ? sql`(${members.joinedAt}, ${members.organizationId}) > (${after[0]}, ${after[1]})`
          : undefined,
      ),
    )
    .orderBy(asc(members.joinedAt), asc(members.organizationId))
    .limit(limit + 1);
  return pageOf(rows, limit, (last) => `${last.joinedAt}.${last.organization.id}`);
}
