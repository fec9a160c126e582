import type { Atomically } from '../account/atomic.ts';
import { CREDITS } from '../account/caps-contract.ts';
import type { MeteringBooks } from '../account/metering.ts';
import type { StandingWork } from '../account/schedule.ts';
import type { Told } from '../account/told.ts';
import type { MemberMonth, MemberSums } from './member-sums.ts';

/** What is told, and how. */
export interface WalletProjectionDependencies {
  told: Told;
  atomically: Atomically;
  sums: MemberSums;
  books: () => MeteringBooks | null;
  /** Sees to it that `run` is called by then (Unix milliseconds). */
  wake: (at: number) => void;
  /** How long sums may wait, milliseconds. */
  delay: number;
  /** Where to, and about which organization; null when it is no more. */
  target: () => { d1: D1Database; organizationId: string } | null;
}

/** Months of one statement. */
const CHUNK = 1_000;

/**
 * Sums up what was used of an organization, and tells the directory what each member's months have come to, as a whole: once in a
 * while, and telling it twice changes nothing.
 */
export class WalletProjection implements StandingWork {
  readonly #deps: WalletProjectionDependencies;
  #next: number | null = null;

  constructor(deps: WalletProjectionDependencies) {
    this.#deps = deps;
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#next = null;
  }

  /** Something was used. */
  later(): void {
    if (this.#next !== null) return;
    this.#next = Date.now() + this.#deps.delay;
    this.#deps.wake(this.#next);
  }

  next(): number | null {
    return this.#next;
  }

  async run(): Promise<void> {
    this.#next = null;
    const { atomically, sums, target, told } = this.#deps;
    const to = target();
    const books = to && this.#deps.books();
    if (!to || !books) return;
    const unsent = atomically(() => {
      sums.fold();
      const folded = { uses: books.usage.quotas.fold(), tokens: books.usage.tokens.fold() };
      const before = told.get().folded;
      // What is summed up here is what may be forgotten: the directory is told months as a whole.
      if (folded.uses !== before.uses || folded.tokens !== before.tokens) told.put({ folded, sent: folded });
      return sums.unsent();
    });
    if (!unsent) return;
    const { months, reached } = unsent;
    const statements = [];
    for (let from = 0; from < months.length; from += CHUNK)
      statements.push(statement(to, months.slice(from, from + CHUNK), reached));
    if (statements.length > 0) await to.d1.batch(statements);
    // Of what was deleted meanwhile nothing is kept.
    if (target()) atomically(() => sums.noteSent(reached));
  }
}

/** Puts months in place of what was there, unless what is there is newer. */
function statement(
  { d1, organizationId }: { d1: D1Database; organizationId: string },
  months: MemberMonth[],
  reached: { uses: number; tokens: number; credits: number },
): D1PreparedStatement {
  const rows = months.map(({ resource, ...rest }) => ({
    ...rest,
    resource: resource === CREDITS ? '' : resource,
  }));
  return d1
    .prepare(
      `INSERT INTO organization_usage (organization_id, realm_id, month, member, resource, quantity, seq)
       SELECT organizations.id, organizations.realm_id, value ->> 'month', value ->> 'member', value ->> 'resource', value ->> 'quantity', ?3
       FROM organizations, json_each(?2) WHERE organizations.id = ?1
       ON CONFLICT DO UPDATE SET quantity = excluded.quantity, seq = excluded.seq
       WHERE excluded.seq > organization_usage.seq`,
    )
    .bind(organizationId, JSON.stringify(rows), reached.uses + reached.tokens + reached.credits);
}
