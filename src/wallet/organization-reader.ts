import { CONTROL } from '../config/databases.ts';
import type { Databases } from '../db/databases.ts';
import type { RoleBook } from '../lib/organization-roles.ts';
import type { Membership, OrganizationState } from './contract.ts';

/** An organization as the directory has it, with all who are in it. */
export interface ReadOrganization {
  organization: OrganizationState;
  members: Membership[];
}

type OrganizationRow = {
  id: string;
  realm_id: string;
  plan: string;
  plan_expires_at: number | null;
  custom_limits: string;
  subscribed: number;
  meters: string | null;
  status: OrganizationState['status'];
  version: number;
};
type MemberRow = { user_id: string; role: string; version: number; joined_at: number };

/** Members that are read at once. */
const PAGE = 1_000;

/**
 * Reads an organization from the primary, looking first in the database where it is thought to be; null when there is none. Members
 * may change meanwhile: what is read is at least as new as the version that it says.
 */
export async function readOrganization(
  databases: Databases,
  organizationId: string,
  first: string = CONTROL,
): Promise<ReadOrganization | null> {
  for (const name of [first, ...databases.names.filter((one) => one !== first)]) {
    const session = databases.get(name).withSession('first-primary');
    const row = await session
      .prepare(
        `SELECT id, realm_id, plan, plan_expires_at, custom_limits, subscribed, meters, status, version
         FROM organizations WHERE id = ?`,
      )
      .bind(organizationId)
      .first<OrganizationRow>();
    if (row) return { organization: stateOf(row, name), members: await readMembers(session, organizationId) };
  }
  return null;
}

/** What a realm adds to the roles that every realm has; `control` is the database that has the realms. */
export async function readRoles(control: D1Database, realmId: string): Promise<RoleBook> {
  const row = await control
    .prepare('SELECT organization_roles AS roles FROM realms WHERE id = ?')
    .bind(realmId)
    .first<{ roles: string | null }>();
  return row?.roles ? (JSON.parse(row.roles) as RoleBook) : {};
}

async function readMembers(session: D1DatabaseSession, organizationId: string): Promise<Membership[]> {
  const members: Membership[] = [];
  for (let after = ''; ; ) {
    const { results } = await session
      .prepare(
        `SELECT user_id, role, version, joined_at FROM organization_members
         WHERE organization_id = ? AND user_id > ? ORDER BY user_id LIMIT ?`,
      )
      .bind(organizationId, after, PAGE)
      .all<MemberRow>();
    members.push(
      ...results.map(({ user_id: userId, role, version, joined_at: joinedAt }) => ({
        ...{ userId, role, version, joinedAt },
      })),
    );
    if (results.length < PAGE) return members;
    after = (results.at(-1) as MemberRow).user_id;
  }
}

function stateOf(row: OrganizationRow, database: string): OrganizationState {
  return {
    organizationId: row.id,
    realmId: row.realm_id,
    plan: row.plan,
    planExpiresAt: row.plan_expires_at,
    customLimits: JSON.parse(row.custom_limits),
    subscribed: row.subscribed === 1,
    ...(row.meters !== null && { meters: JSON.parse(row.meters) }),
    status: row.status,
    ...(database !== CONTROL && { database }),
    version: row.version,
  };
}
