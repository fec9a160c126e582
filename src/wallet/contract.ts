import type { Limits } from '../directory/state.ts';
import type { Refusal } from '../errors.ts';

/** What the directory (D1) says of an organization that its object must know to decide alone. Times are Unix milliseconds. */
export interface OrganizationState {
  organizationId: string;
  realmId: string;
  plan: string;
  /** When the plan lapses; null is never. */
  planExpiresAt: number | null;
  /** Limits of this organization alone, in place of the plan's. */
  customLimits: Limits;
  /** The plan comes from a subscription, whose invoices bring its credits; otherwise the plan brings them monthly. */
  subscribed: boolean;
  /** The meters by which that subscription pays for what is beyond the plan's limits: names of their events. */
  meters?: string[] | null;
  status: 'active' | 'suspended';
  /** The binding of the database that has the row; left out where it is `DB`. */
  database?: string;
  /** Raised with each change of the organization or of who is in it. */
  version: number;
}

/** Who is in an organization, and as what; `version` is that of the organization when it became so. */
export interface Membership {
  userId: string;
  /** Null for who is no member any more. */
  role: string | null;
  version: number;
  /** Since when they are in it (Unix milliseconds): another time is another membership. Objects of earlier versions did not keep it. */
  joinedAt?: number;
}

/** What the directory needs of the object of an organization, which keeps a copy of what it decides by. */
export interface OrganizationMirror {
  /** Called before the directory is changed: should nobody report the change, the object looks it up by itself. */
  announceChange(): Promise<void>;
  /**
   * Takes over what the directory now says, and of whom it says something else than before; what is older changes nothing. The
   * account objects of those members have heard of it when this is back, or hear of it by the alarm.
   */
  directoryChanged(organization: OrganizationState, members: Membership[]): Promise<void>;
  /** The organization is no more: nobody is a member, and nothing is used of it. */
  organizationDeleted(organization: { organizationId: string; realmId: string }): Promise<void>;
  /** The realm lives in the database of that binding now. */
  moved(database: string): Promise<void>;
  /** Who asks, as the object knows them. Refuses with `organization_not_found` (of another realm too) and `not_a_member`. */
  membership(realmId: string, userId: string): Promise<({ result: 'ok' } & Membership) | Refusal>;
}

/** Who does something to the keys of an organization: a member, as what the directory let them in. */
export interface OrganizationKeyAct {
  realmId: string;
  userId: string;
  role: string;
  requestId: string | null;
}

/** The object of one organization. */
export type OrganizationMirrors = (organizationId: string) => OrganizationMirror;

/** What the object of an organization needs of the account object of a member, which says it in the user's tokens. */
export interface MemberAccount {
  /** Whoever is no member any more, or was not in between, has it chosen in no session; what is older changes nothing. */
  membershipChanged(organizationId: string, membership: Omit<Membership, 'userId'>): Promise<void>;
}
