import { cappedNames, capUses } from '../account/cap-book.ts';
import { NO_CAPS, type Spent } from '../account/caps-contract.ts';
import type { MemberSums } from '../account/member-sums.ts';
import type { Behalf } from '../account/metering-contract.ts';
import type { ProductKeyBook } from '../account/product-keys.ts';
import type { ReservationBook } from '../account/reservation-book.ts';
import { capOf, capOfKey, type OwnCap, refuseOver, type Shared } from '../account/sharing.ts';
import type { Caps } from '../account/sharing-contract.ts';
import type { Limit } from '../directory/state.ts';
import { type Refusal, refused } from '../errors.ts';
import { dateOf, monthOf } from '../lib/calendar.ts';
import type { MemberTable } from './member-table.ts';
import type { CapReport } from './spending-contract.ts';

const EVERYBODY = 'caps';

/** Who uses of what members share, and how much of it each may. */
export class MemberSharing implements Shared {
  readonly refusals = { none: 'organization_not_found', suspended: 'organization_suspended' } as const;
  readonly #kv: SyncKvStorage;
  readonly #members: MemberTable;
  readonly #sums: MemberSums;
  readonly #keys: Pick<ProductKeyBook, 'get'>;
  readonly #reservations: () => ReservationBook | null;
  #behalf: Behalf | undefined;
  /** As the storage has it; undefined until somebody asks. */
  #everybody: Caps | undefined;

  constructor(
    kv: SyncKvStorage,
    members: MemberTable,
    sums: MemberSums,
    keys: Pick<ProductKeyBook, 'get'>,
    reservations: () => ReservationBook | null,
  ) {
    this.#kv = kv;
    this.#members = members;
    this.#sums = sums;
    this.#keys = keys;
    this.#reservations = reservations;
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#everybody = undefined;
  }

  begin(behalf: Behalf | undefined): Refusal | null {
    this.#behalf = behalf;
    const userId = behalf?.userId ?? null;
    return userId === null || behalf?.ends || this.#members.find(userId) ? null : refused('not_a_member');
  }

  who(): string {
    const { userId, keyId, actor } = this.#behalf ?? {};
    return userId ?? keyId ?? actor ?? 'system';
  }

  isNamed(): boolean {
    return true;
  }

  capped(resource: string, quantity: number, now: number): Refusal | null {
    const { userId = null, keyId } = this.#behalf ?? {};
    const who = userId ?? keyId;
    if (who === undefined) return null;
    const cap =
      userId === null
        ? capOf(this.#keys.get(keyId as string)?.caps, resource)
        : this.#limitOf(userId, resource);
    return cap && refuseOver(cap, this.#used(who, resource, now), quantity, now);
  }

  capOf(who: string, resource: string, at: number): OwnCap | null {
    const used = () => this.#sums.used(who, resource, at);
    if (!this.#members.find(who)) return capOfKey(this.#keys.get(who), resource, used);
    const cap = this.#limitOf(who, resource);
    return cap && { cap, used: used(), key: null };
  }

  count(who: string | null, resource: string, quantity: number, at: number): void {
    if (who !== null) this.#sums.add(who, resource, quantity, at);
  }

  /** The caps of everybody, and those of a member, with what that one has used of what is capped. */
  report(userId: string | null, now: number): CapReport {
    const everybody = this.#ofEverybody();
    const own = userId === null ? null : (this.#members.find(userId)?.caps ?? null);
    if (userId === null) return { everybody, own, used: [] };
    const used = capUses(cappedNames(everybody, own), (name) => this.#used(userId, name, now));
    return { everybody, own, used };
  }

  /** Sets the caps of everybody, or of a member; null takes them away. */
  set(userId: string | null, caps: Caps | null): void {
    if (userId !== null) this.#members.setCaps(userId, caps);
    else if (caps === null) this.#kv.delete(EVERYBODY);
    else this.#kv.put(EVERYBODY, caps);
    this.#everybody = undefined;
  }

  /** What of a resource a member may use: by a cap of their own, else by that of everybody. */
  #limitOf(userId: string, resource: string): Limit | null {
    return capOf(this.#members.find(userId)?.caps, resource) ?? capOf(this.#ofEverybody(), resource);
  }

  /** With what is held, which may yet be used. */
  #used(who: string, resource: string, now: number): Spent {
    const reservations = this.#reservations();
    // Nobody has used anything yet.
    if (!reservations) return { day: 0, month: 0 };
    const used = this.#sums.used(who, resource, now);
    for (const [day, held] of reservations.heldOf(resource, now, who)) {
      if (day === dateOf(now)) used.day += held;
      if (day.startsWith(monthOf(now))) used.month += held;
    }
    return used;
  }

  #ofEverybody(): Caps {
    this.#everybody ??= this.#kv.get<Caps>(EVERYBODY) ?? NO_CAPS;
    return this.#everybody;
  }
}
