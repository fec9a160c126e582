import { nearestReplica, primary } from '../db/client.ts';
import type { Standby } from '../db/standby.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import { Kept } from '../lib/kept.ts';
import { SECOND } from '../lib/time.ts';
import { findKey } from './store.ts';
import type { ApiKeyRow } from './tables.ts';

/**
 * How long an isolate goes by what it read: so long can a revoked key work, and a replica's lag longer; and for as long as D1
 * does not answer.
 */
const CACHE = 30 * SECOND;
/** How often a key that is not found, or whose secret is another, may make an isolate ask the primary. */
const ASK_AGAIN = 5 * SECOND;
const REMEMBERED = 1000;

interface Known {
  row: ApiKeyRow;
  /** When the primary was last asked, Unix milliseconds; 0 when only a replica was. */
  askedAt: number;
}

/** The keys that an isolate has read lately, so that a request with one needs no query. */
export class KnownKeys {
  readonly #d1: D1Database;
  readonly #standby: Standby;
  readonly #found = new Kept<string, Known>({ limit: REMEMBERED, freshFor: CACHE });
  /** Ids that nobody has, and when the primary said so. Apart, so that strangers push out none that exist. */
  readonly #missing = new BoundedMap<string, number>(REMEMBERED);

  constructor(d1: D1Database, standby: Standby) {
    this.#d1 = d1;
    this.#standby = standby;
  }

  /**
   * The key of that id if the secret that was presented is its own, else null. Before it says no it asks the primary,
   * where a key that was made or rotated a moment ago is already known.
   */
  async find(id: string, isOpenedBy: (row: ApiKeyRow) => boolean): Promise<ApiKeyRow | null> {
    const now = Date.now();
    if (now - (this.#missing.get(id) ?? 0) < ASK_AGAIN) return null;
    const known = await this.#found.get(id, () => this.#readReplica(id));
    if (known && isOpenedBy(known.row)) return known.row;
    if (known && now - known.askedAt < ASK_AGAIN) return null;
    const row = await findKey(primary(this.#d1).db, id);
    if (!row) {
      this.#missing.set(id, now);
      return null;
    }
    this.learn(row);
    return isOpenedBy(row) ? row : null;
  }

  /** Takes over a key as it was written in this isolate: a replica may not know of it yet. */
  learn(row: ApiKeyRow): void {
    this.#found.set(row.id, { row, askedAt: Date.now() });
    this.#standby.tell(`api-key:${row.id}`, row);
  }

  async #readReplica(id: string): Promise<Known | null> {
    const read = () => findKey(nearestReplica(this.#d1).db, id);
    const row = await this.#standby.read(`api-key:${id}`, read);
    return row && { row, askedAt: 0 };
  }
}
