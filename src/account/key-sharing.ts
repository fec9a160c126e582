import type { Refusal } from '../errors.ts';
import type { MemberSums } from './member-sums.ts';
import type { Behalf } from './metering-contract.ts';
import type { ProductKeyBook } from './product-keys.ts';
import { capOfKey, type OwnCap, refuseOver, type Shared } from './sharing.ts';

/** By which key of a user something is used, and how much by each may be. What no key is used for is the user's own, whom nobody names. */
export class KeySharing implements Shared {
  readonly refusals = { none: 'user_not_found', suspended: 'account_suspended' } as const;
  readonly #keys: ProductKeyBook;
  readonly #sums: MemberSums;
  #keyId: string | null = null;

  constructor(keys: ProductKeyBook, sums: MemberSums) {
    this.#keys = keys;
    this.#sums = sums;
  }

  isNamed(): boolean {
    return this.#keys.isNamed();
  }

  begin(behalf: Behalf | undefined): null {
    this.#keyId = behalf?.keyId ?? null;
    return null;
  }

  who(): string | null {
    return this.#keyId;
  }

  capped(resource: string, quantity: number, now: number): Refusal | null {
    const own = this.#keyId === null ? null : this.capOf(this.#keyId, resource, now);
    return own && refuseOver(own.cap, own.used, quantity, now);
  }

  capOf(keyId: string, resource: string, at: number): OwnCap | null {
    return capOfKey(this.#keys.get(keyId), resource, (id) => this.#sums.used(id, resource, at));
  }

  count(who: string | null, resource: string, quantity: number, at: number): void {
    if (who !== null) this.#sums.add(who, resource, quantity, at);
  }
}
