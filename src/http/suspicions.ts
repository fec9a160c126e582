import { BoundedMap } from '../lib/bounded-map.ts';
import { inboxOf, parseEmailAddress } from '../lib/email-address.ts';
import { HOUR } from '../lib/time.ts';

/** For how long an address or a client that did too much counts as suspicious (milliseconds). */
export const SUSPICION = HOUR;
const REMEMBERED = 10_000;

/**
 * The addresses and numbers that were asked about more often than their own budgets allow, as one isolate has seen it: whoever
 * asks about them next is challenged. It must be told the same of addresses that nobody has.
 */
export class Suspicions {
  readonly #until = new BoundedMap<string, number>(REMEMBERED);

  /** What was asked about `address` was more than its budget. */
  note(realmId: string, address: string): void {
    this.#until.set(nameOf(realmId, address), Date.now() + SUSPICION);
  }

  has(realmId: string, address: string): boolean {
    return (this.#until.get(nameOf(realmId, address)) ?? 0) > Date.now();
  }
}

/** However it is written, and whatever follows a plus: an inbox is one address. */
function nameOf(realmId: string, address: string): string {
  const parsed = parseEmailAddress(address);
  return `${realmId}:${'address' in parsed ? inboxOf(parsed.address) : address.replace(/[^+\d]/g, '')}`;
}
