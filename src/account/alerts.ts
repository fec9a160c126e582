import type { Limit } from '../directory/state.ts';
import { rfc3339 } from '../lib/time.ts';
import type { MailFact } from '../messages/outbox-projection.ts';
import { AlertBook, type SpendingAlert } from './alert-book.ts';
import type { CapBook } from './cap-book.ts';
import type { Spent } from './caps-contract.ts';
import { CREDITS, type Sharing } from './sharing.ts';

/**
 * Tells of quotas and caps that a use has brought near their end. It looks at what is in memory anyway, and writes only where there is
 * something to tell. To be asked before the use is counted.
 */
export class Alerts {
  readonly #book: AlertBook;
  readonly #caps: CapBook;
  readonly #sharing: Sharing | undefined;
  readonly #tell: (alert: SpendingAlert) => void;

  constructor(sql: SqlStorage, caps: CapBook, tell: (alert: SpendingAlert) => void, sharing?: Sharing) {
    this.#book = new AlertBook(sql);
    this.#caps = caps;
    this.#tell = tell;
    this.#sharing = sharing;
  }

  /** A quota of the plan; `before` is what counts towards it so far. */
  ofQuota(resource: string, limit: Limit, before: Spent, quantity: number, at: number): void {
    const passed = this.#book.passed(resource, limit, before, quantity, at);
    if (passed) this.#tell({ of: 'quota', resource, member: null, key: null, ...passed });
  }

  /** Caps of a resource, or of CREDITS: that of all, and that of the member or the key that uses it. */
  ofCaps(name: string, who: string | null, before: () => Spent, quantity: number, at: number): void {
    const resource = name === CREDITS ? null : name;
    const cap = this.#caps.of(name);
    const passed = cap && this.#book.passed(`cap:${name}`, cap, before(), quantity, at);
    if (passed) this.#tell({ of: 'cap', resource, member: null, key: null, ...passed });
    const own = who === null ? null : this.#sharing?.capOf(who, name, at);
    if (!own) return;
    const { key, used } = own;
    const reached = this.#book.passed(`cap:${who}:${name}`, own.cap, used, quantity, at);
    // The cap of a key is its owner's to hear of.
    if (reached) this.#tell({ of: 'cap', resource, member: key ? null : who, key, ...reached });
  }
}

/** The mail that an alert is: whoever sends it knows to whom. */
export function mailOf({ of, resource, percent, resetsAt, member, key }: SpendingAlert): MailFact {
  const data = { name: null, organization: null, percent, resets_at: rfc3339(resetsAt) };
  if (of === 'quota') return { template: 'quota_warning', data: { ...data, resource: resource ?? '' } };
  return { template: 'cap_warning', data: { ...data, resource, is_own: member !== null, api_key: key } };
}
