import type {
  AuthorizationRequest,
  Behalf,
  Decision,
  PoolObject,
  Terms,
} from '../account/metering-contract.ts';
import type {
  Caps,
  MemberSum,
  MemberUse,
  ModelSum,
  SpendingDay,
  SpendingRange,
} from '../account/sharing-contract.ts';
import type { Refusal } from '../errors.ts';

/** The caps of all members who have none of their own, those of one, which come before them, and what that one has used. */
export interface CapReport {
  everybody: Caps;
  own: Caps | null;
  used: MemberUse[];
}

/** What a service wants to do for a member, who is in the terms. */
export type MemberRequest = Pick<AuthorizationRequest, 'use' | 'credits' | 'reference'> & {
  /** The roles that have the permission that is asked for; null where none is. */
  roles: string[] | null;
};

/** A decision about a member, and their role. */
export type MemberDecision = Decision & { role: string };

export type SharedTerms = Terms & { behalf: Behalf };

type Answer<Value> = ({ result: 'ok' } & Value) | Refusal;

/**
 * What organizations need of their object besides what every pool has: each call is one hop, and touches no D1. All refuse with
 * `organization_not_found`, and with `not_a_member` where they are for a user who is none.
 */
export interface SpendingObject extends PoolObject {
  /**
   * Decides about a member: role, caps, quota, credits, and does all of it or nothing. Refuses with `organization_suspended`,
   * `reference_reused`. Whether the member's session is alive the caller has to know.
   */
  authorizeMember(
    terms: SharedTerms,
    request: MemberRequest,
  ): Promise<{ result: 'decided'; decision: MemberDecision } | Refusal>;
  /** The caps, and what a member has used of theirs. Refuses with `member_not_found`. */
  caps(realmId: string, userId: string | null): Promise<Answer<CapReport>>;
  /** Sets the caps of everybody, or of one member; null takes them away. Refuses with `member_not_found`. */
  setCaps(realmId: string, userId: string | null, caps: Caps | null): Promise<Answer<CapReport>>;
  /** What each has used, ordered; up to so many after one that is known. */
  spendingByMember(
    realmId: string,
    range: SpendingRange,
    page: { after: MemberSum | null; limit: number },
  ): Promise<Answer<{ sums: MemberSum[] }>>;
  /** What was used each day, ordered, of all or of one. */
  spendingByDay(
    realmId: string,
    range: SpendingRange,
    member: string | null,
  ): Promise<Answer<{ days: SpendingDay[] }>>;
  /** What was used of each model, those used most first. */
  spendingByModel(realmId: string, range: SpendingRange): Promise<Answer<{ models: ModelSum[] }>>;
}

/** The object of one organization, as its spending is seen. */
export type SpendingObjects = (organizationId: string) => SpendingObject;
