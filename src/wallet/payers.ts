import type { MeteringObjects, PoolObject, Terms } from '../account/metering-contract.ts';
import type { Directory } from '../directory/service.ts';
import { ApiError, type Refusal } from '../errors.ts';
import type { OrganizationMirror } from './contract.ts';
import type { SpendingObject } from './spending-contract.ts';

/** Whose plan, quotas and credits: a user's own, or an organization's, and then on whose behalf and who asks (an id). */
export type PayingParty =
  | { realmId: string; userId: string }
  | { realmId: string; organizationId: string; userId: string | null; actor: string; ends?: boolean };

/** The same where something ends that was begun before, a reservation or a use: also for a member who has left since. */
export function ending(payer: PayingParty): PayingParty {
  return 'organizationId' in payer ? { ...payer, ends: true } : payer;
}

/** What payers are made of. */
export interface PayerDependencies {
  directory: Pick<Directory, 'ask'>;
  objects: MeteringObjects;
  wallets: (organizationId: string) => SpendingObject & Pick<OrganizationMirror, 'membership'>;
  /** Asks the object of an organization; one that was never told of it is told first. Throws what it refuses with. */
  askOrganization<Answer extends object>(
    organization: { organizationId: string; realmId: string },
    call: () => Promise<Answer | Refusal>,
  ): Promise<Exclude<Answer, Refusal>>;
}

/** The objects of those who have a plan, quotas and credits. */
export class Payers {
  readonly #deps: PayerDependencies;

  constructor(deps: PayerDependencies) {
    this.#deps = deps;
  }

  /**
   * Lets a member act for an organization only in one of these roles. Throws `not_a_member`, `insufficient_permission`,
   * `organization_not_found`.
   */
  async requireRole(
    payer: PayingParty & { organizationId: string },
    roles: readonly string[],
  ): Promise<void> {
    const { organizationId, realmId, userId } = payer;
    const asked = () => this.#deps.wallets(organizationId).membership(realmId, userId ?? '');
    const { role } = await this.#deps.askOrganization(payer, asked);
    if (role === null || !roles.includes(role)) throw new ApiError('insufficient_permission');
  }

  /**
   * Asks the object of whoever pays. Throws what it refuses with: of a user `user_not_found`, of an organization
   * `organization_not_found`, and `not_a_member` for a user who is none.
   */
  ask<Answer extends { result: string }>(
    payer: PayingParty,
    terms: Terms,
    call: (object: PoolObject, terms: Terms) => Promise<Answer | Refusal>,
  ): Promise<Exclude<Answer, Refusal>> {
    const { directory, objects, wallets } = this.#deps;
    if (!('organizationId' in payer)) {
      return directory.ask(payer, () => call(objects(payer.userId), terms) as Promise<Answer>) as Promise<
        Exclude<Answer, Refusal>
      >;
    }
    const { organizationId, userId, actor, ends } = payer;
    const shared = { ...terms, behalf: { userId, actor, ends } };
    return this.#deps.askOrganization(payer, () => call(wallets(organizationId), shared));
  }
}
