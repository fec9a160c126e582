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
    if (passed) this.#tell({ of: 'quota', resource, member: null, ...passed });
  }

  /** Caps of a resource, or of CREDITS: that of all, and that of the member on whose behalf it is used. */
  ofCaps(name: string, member: string | null, before: () => Spent, quantity: number, at: number): void {
    const cap = this.#caps.of(name);
    if (cap) this.#ofCap(`cap:${name}`, name, cap, before(), quantity, at, null);
    const own = member === null ? null : this.#sharing?.capOf(member, name, at);
    if (member !== null && own)
      this.#ofCap(`cap:${member}:${name}`, name, own.cap, own.used, quantity, at, member);
  }

  #ofCap(
    key: string,
    name: string,
    cap: Limit,
    before: Spent,
    quantity: number,
    at: number,
    member: string | null,
  ): void {
    const passed = this.#book.passed(key, cap, before, quantity, at);
    if (passed) this.#tell({ of: 'cap', resource: name === CREDITS ? null : name, member, ...passed });
  }
}

/** The mail that an alert is: whoever sends it knows to whom. */
export function mailOf({ of, resource, percent, resetsAt, member }: SpendingAlert): MailFact {
  const data = { name: null, organization: null, percent, resets_at: rfc3339(resetsAt) };
  if (of === 'quota') return { template: 'quota_warning', data: { ...data, resource: resource ?? '' } };
  return { template: 'cap_warning', data: { ...data, resource, is_own: member !== null } };
}
