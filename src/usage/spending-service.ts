import type { CapChange, SpendingReport } from '../account/caps-contract.ts';
import type { Caps } from '../account/sharing-contract.ts';
import { noteAct } from '../directory/audit.ts';
import type { Directory } from '../directory/service.ts';
import type { UserRef } from '../directory/state.ts';
import { requireAuthority } from '../http/authority.ts';
import type { Actor } from '../http/service-authentication.ts';
import type { Client } from '../lib/client.ts';
import type { Plans } from '../plans/service.ts';
import type { Payers, PayingParty } from '../wallet/payers.ts';

/** What it is made of. */
export interface SpendingDependencies {
  d1: D1Database;
  directory: Directory;
  payers: Payers;
  plans: Plans;
}

/**
 * How much may be spent in all, of a user or an organization: each charge is held to it in its own transaction. Each operation is one
 * call to one object. All throw `user_not_found`, or `organization_not_found`.
 */
export class Spending {
  readonly #deps: SpendingDependencies;

  constructor(deps: SpendingDependencies) {
    this.#deps = deps;
  }

  /** The caps, and what was used of what is capped; exact. */
  async report(payer: PayingParty): Promise<SpendingReport> {
    const { payers, plans } = this.#deps;
    return payers.ask(payer, await plans.terms(payer.realmId), (object, terms) => object.spending(terms));
  }

  /** Sets the caps of whoever spends, or those of an operator (`actor`). In force from the next charge on. */
  async set(payer: PayingParty, change: CapChange): Promise<SpendingReport> {
    const { payers, plans } = this.#deps;
    return payers.ask(payer, await plans.terms(payer.realmId), (object, terms) =>
      object.capSpending(terms, change),
    );
  }

  /** Sets the caps that a user has chosen. */
  async setOwn(
    user: UserRef,
    caps: Caps,
    by: { sessionId: string; client: Client },
  ): Promise<SpendingReport> {
    return this.set(user, { by: 'own', caps, actor: null, ...by });
  }

  /** Sets the caps of a user beyond which the user cannot go, and notes it in the audit log first. Throws `insufficient_scope`. */
  async setForUser(user: UserRef, caps: Caps, actor: Actor, reason?: string): Promise<SpendingReport> {
    const { d1, directory } = this.#deps;
    const found = await directory.current(user);
    requireAuthority(actor, found.role);
    const { operator: before } = await this.report(user);
    await noteAct(d1, {
      realmId: user.realmId,
      at: Date.now(),
      actor: actor.id,
      action: 'user_caps_changed',
      target: user.userId,
      details: { before, after: caps, reason },
    });
    return this.set(user, { by: 'operator', caps, actor: actor.id, sessionId: null, client: null });
  }
}
