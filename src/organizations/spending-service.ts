import { type CapSetter, isNoCap, type SpendingReport } from '../account/caps-contract.ts';
import type { Caps, MemberSum, ModelSum, SpendingDay } from '../account/sharing-contract.ts';
import { pageOf } from '../http/paging.ts';
import { lastDates } from '../lib/calendar.ts';
import type { Spending } from '../usage/spending-service.ts';
import type { CapReport, SpendingObjects } from '../wallet/spending-contract.ts';
import type { OrganizationChanges } from './change-service.ts';
import type { Admitted, Organizations } from './service.ts';
import { cursorAt } from './spending-schemas.ts';

/** Which organization, of which realm. */
interface Of {
  organizationId: string;
  realmId: string;
}

/** What members use of what they share, and how much each may. Each look is one call of one object. */
export class OrganizationSpending {
  readonly #organizations: Organizations;
  readonly #changes: OrganizationChanges;
  readonly #wallets: SpendingObjects;
  readonly #whole: Spending;

  constructor(
    organizations: Organizations,
    changes: OrganizationChanges,
    wallets: SpendingObjects,
    whole: Spending,
  ) {
    this.#organizations = organizations;
    this.#changes = changes;
    this.#wallets = wallets;
    this.#whole = whole;
  }

  /** What was used on each of the last days, today included. */
  async byDay(of: Of, days: number): Promise<SpendingDay[]> {
    const answer = await this.#changes.ask(of, () =>
      this.#wallets(of.organizationId).spendingByDay(of.realmId, rangeOf(days), null),
    );
    return answer.days;
  }

  /** What each member has used of each resource in the last days, a page of them. */
  async byMember(
    of: Of,
    days: number,
    { after, limit }: { after: MemberSum | null; limit: number },
  ): Promise<{ rows: MemberSum[]; nextCursor: string | null }> {
    const answer = await this.#changes.ask(of, () =>
      this.#wallets(of.organizationId).spendingByMember(of.realmId, rangeOf(days), {
        after,
        limit: limit + 1,
      }),
    );
    return pageOf(answer.sums, limit, cursorAt);
  }

  /** What was used of each model in the last days. */
  async byModel(of: Of, days: number): Promise<ModelSum[]> {
    const answer = await this.#changes.ask(of, () =>
      this.#wallets(of.organizationId).spendingByModel(of.realmId, rangeOf(days)),
    );
    return answer.models;
  }

  /** The caps of everybody, or those that hold for a member. Throws `member_not_found`. */
  async caps(of: Of, userId: string | null): Promise<CapReport> {
    return this.#changes.ask(of, () => this.#wallets(of.organizationId).caps(of.realmId, userId));
  }

  /** How much all may spend together, and have spent. */
  async wallet(by: Admitted): Promise<SpendingReport> {
    return this.#whole.report(payerOf(by));
  }

  /** Sets how much all may spend together, as `setCaps` does those of members. Throws `conflict`. */
  async capWallet(by: Admitted, setter: CapSetter, caps: Caps, reason?: string): Promise<SpendingReport> {
    await this.wallet(by);
    const details = { changed: ['spending'], caps, ...(setter === 'operator' && { by: setter, reason }) };
    await this.#organizations.apply(by, {
      audit: this.#organizations.entry(by, 'organization_changed', details),
    });
    const change = { by: setter, caps, actor: by.actor, sessionId: null, client: null };
    return this.#whole.set(payerOf(by), change);
  }

  /**
   * Sets the caps of everybody, or of a member, and notes it in the audit log first: whoever may not any more is refused there, before
   * anything is set. Throws `member_not_found`, `conflict`.
   */
  async setCaps(by: Admitted, userId: string | null, caps: Caps, reason?: string): Promise<CapReport> {
    const { id: organizationId, realmId } = by.organization;
    const of = { organizationId, realmId };
    await this.caps(of, userId);
    const about = { ...(userId !== null && { user_id: userId }), ...(reason !== undefined && { reason }) };
    const details = { changed: ['caps'], caps, ...about };
    await this.#organizations.apply(by, {
      audit: this.#organizations.entry(by, 'organization_changed', details),
    });
    return this.#changes.ask(of, () =>
      this.#wallets(organizationId).setCaps(realmId, userId, isNoCap(caps) ? null : caps),
    );
  }
}

function payerOf({ organization: { id: organizationId, realmId }, actor }: Admitted) {
  return { organizationId, realmId, userId: null, actor };
}

function rangeOf(days: number): { from: string; to: string } {
  const dates = lastDates(days, Date.now());
  return { from: dates[0] as string, to: dates.at(-1) as string };
}
