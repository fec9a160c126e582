import { type Refusal, refused } from '../errors.ts';
import { HOUR, MINUTE, SECOND } from '../lib/time.ts';
import type { NewProductKey, ProductKey, ProductKeyPatch } from './key-contract.ts';

type KeptKey = ProductKey & { hash: string };

const KEPT = 'product_key:';
/** There is a key, or was one. */
const NAMED = 'product_keys';

/**
 * The keys of one user or organization, by the hashes of their secrets. They are few, and all kept in memory, too, so that a
 * decision by one reads nothing. What writes is called inside a transaction.
 */
export class ProductKeyBook {
  readonly #kv: SyncKvStorage;
  /** By id; undefined until somebody asks. */
  #keys: Map<string, KeptKey> | undefined;
  #isNamed: boolean | undefined;
  /** When each key was presented lately, as often as it may be: the place that comes next has the oldest. */
  readonly #presented = new Map<string, { at: Float64Array; next: number }>();

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#keys = undefined;
    this.#isNamed = undefined;
  }

  /** Whether there is a key, or was one: what is used is written down by it from then on. */
  isNamed(): boolean {
    this.#isNamed ??= this.#kv.get(NAMED) !== undefined;
    return this.#isNamed;
  }

  get(id: string): ProductKey | null {
    return this.#all().get(id) ?? null;
  }

  /** The key with that hash, if it is in force. */
  find(hash: string, now: number): ProductKey | null {
    for (const key of this.#all().values()) {
      if (key.hash === hash) return key.expiresAt === null || now < key.expiresAt ? key : null;
    }
    return null;
  }

  /** The newest first. */
  list(): ProductKey[] {
    return [...this.#all().values()].map(shown).sort((one, other) => (one.id < other.id ? 1 : -1));
  }

  /** `most` keys can be there. `begin` has the books say by which key something is used; it is called before there is one. */
  add(key: NewProductKey, most: number, begin: () => void): ProductKey | Refusal {
    if (this.#all().size >= most) return refused('too_many_api_keys');
    if (!this.isNamed()) {
      begin();
      this.#kv.put(NAMED, true);
      this.#isNamed = true;
    }
    return this.#put({ ...key, lastUsedAt: null });
  }

  change(id: string, patch: ProductKeyPatch): ProductKey | Refusal {
    const known = this.#all().get(id);
    return known ? this.#put({ ...known, ...patch }) : refused('api_key_not_found');
  }

  remove(id: string): ProductKey | Refusal {
    const known = this.#all().get(id);
    if (!known) return refused('api_key_not_found');
    this.#kv.delete(KEPT + id);
    this.#all().delete(id);
    this.#presented.delete(id);
    return shown(known);
  }

  /** Whether it is to be written down that a key is used: once an hour, or each decision would cost a row. */
  isUseNews({ lastUsedAt }: ProductKey, now: number): boolean {
    return lastUsedAt === null || now - lastUsedAt >= HOUR;
  }

  noteUse(key: ProductKey, now: number): void {
    const known = this.#all().get(key.id);
    if (known && this.isUseNews(known, now)) this.#put({ ...known, lastUsedAt: now });
  }

  /**
   * Counts that a key was presented, in memory alone; what is refused does not extend the wait. Refuses with `rate_limited` what is more
   * than it may in any minute since the object woke.
   */
  present({ id, perMinute }: ProductKey, now: number): Refusal | null {
    if (perMinute === null) return null;
    let known = this.#presented.get(id);
    if (known?.at.length !== perMinute) {
      known = { at: new Float64Array(perMinute).fill(Number.NEGATIVE_INFINITY), next: 0 };
      this.#presented.set(id, known);
    }
    const frees = (known.at[known.next] as number) + MINUTE;
    if (frees > now) return refused('rate_limited', { retryAfter: Math.ceil((frees - now) / SECOND) });
    known.at[known.next] = now;
    known.next = (known.next + 1) % perMinute;
    return null;
  }

  /** Forgets all. */
  erase(): void {
    for (const id of this.#all().keys()) this.#kv.delete(KEPT + id);
    this.#kv.delete(NAMED);
    this.#presented.clear();
    this.reload();
  }

  #put(key: KeptKey): ProductKey {
    this.#kv.put<KeptKey>(KEPT + key.id, key);
    this.#all().set(key.id, key);
    return shown(key);
  }

  #all(): Map<string, KeptKey> {
    if (this.#keys) return this.#keys;
    const kept = [...this.#kv.list<KeptKey>({ prefix: KEPT })].map(([, key]) => [key.id, key] as const);
    this.#keys = new Map(kept);
    return this.#keys;
  }
}

function shown({ hash: _, ...key }: KeptKey): ProductKey {
  return key;
}
