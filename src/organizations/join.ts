import { and, type SQL, sql } from 'drizzle-orm';
import { primary } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { ApiError } from '../errors.ts';
import type { Realm } from '../lib/realm.ts';
import type { OrganizationChange } from './change-service.ts';
import { type OrganizationDependencies, type Organizations, policyOf } from './service.ts';
import { areInFewerThan, findMembership, hasRoom, isMember, type OwnOrganization } from './store.ts';
import { members, type OrganizationRow } from './tables.ts';

/** Who comes into which organization, as what, and by whom. */
export interface NewcomerTo {
  realm: Realm;
  organization: OrganizationRow;
  userId: string;
  role: string;
  /** Who does it: the user, or an operator. */
  actor: string;
  invitedBy: string | null;
  /** What else the audit log has of it. */
  details?: Record<string, unknown>;
}

/**
 * Makes a user a member, whichever way they come: in one batch with what goes along, where there is a seat, they may be in one more, and
 * the guard holds. Gives null where only that does not. Throws `member_exists`, `no_seat_left`, `too_many_organizations`.
 */
export async function join(
  { d1, changes, organizations }: OrganizationDependencies & { organizations: Organizations },
  newcomer: NewcomerTo,
  along: Pick<OrganizationChange, 'guard' | 'after'> = {},
): Promise<OwnOrganization | null> {
  const { realm, organization, userId, role, actor, invitedBy, details } = newcomer;
  const { id: organizationId, realmId } = organization;
  const { members: most, perUser } = policyOf(realm);
  const audit = organizations.entry({ organization, actor }, 'member_joined', {
    user_id: userId,
    role,
    ...details,
  });
  const row = { organizationId, userId, realmId, role, invitedBy, joinedAt: audit.at };
  const room = hasRoom(organizationId, most);
  const few = areInFewerThan([userId], perUser);
  const changed = await changes.change(organizationId, {
    ...along,
    guard: and(along.guard, sql`NOT ${isMember(organizationId, userId)}`, room, few),
    members: (db, isChanged, version) => [insertIf(db, members, { ...row, version }, isChanged).returning()],
    audit,
  });
  if (changed) return { organization: changed, role, version: changed.version, joinedAt: audit.at };
  if (await findMembership(d1, { realmId, organizationId, userId }, 'primary')) {
    throw new ApiError('member_exists');
  }
  const holds = async (condition: SQL) =>
    (await primary(d1).db.all(sql`SELECT 1 WHERE ${condition}`)).length > 0;
  if (!(await holds(room))) throw new ApiError('no_seat_left');
  if (!(await holds(few))) throw new ApiError('too_many_organizations');
  return null;
}
