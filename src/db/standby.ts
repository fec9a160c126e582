import { afterResponse } from '../lib/after-response.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import { MINUTE } from '../lib/time.ts';

/** Where a copy is kept outside of D1. */
export interface StandbyObject {
  /** The copy, as JSON; null when there is none. */
  get(): Promise<string | null>;
  put(json: string): Promise<void>;
}

/** Copies that an isolate knows to be told of; and for how long, for another may have told of an older one since. */
const REMEMBERED = 1000;
const RETELL = 10 * MINUTE;

/**
 * Copies of the few rows without which nothing is decided (realms, plans, keys), each in an object of its own: what an isolate
 * reads that has read nothing yet while D1 is away.
 */
export class Standby {
  readonly #objects: (name: string) => StandbyObject;
  readonly #told = new BoundedMap<string, { json: string; until: number }>(REMEMBERED);

  constructor(objects: (name: string) => StandbyObject) {
    this.#objects = objects;
  }

  /** What `read` reads in D1, or the copy when it fails. Throws what `read` throws when there is no copy. */
  async read<Rows>(name: string, read: () => Promise<Rows>): Promise<Rows> {
    let rows: Rows;
    try {
      rows = await read();
    } catch (error) {
      const copy = await this.#objects(name)
        .get()
        .catch(() => null);
      if (copy === null) throw error;
      return JSON.parse(copy);
    }
    this.tell(name, rows);
    return rows;
  }

  /** Has the copy be this, after the response. What nobody has is not told of, unless it was there before. */
  tell(name: string, rows: unknown): void {
    const json = JSON.stringify(rows);
    const known = this.#told.get(name);
    const now = Date.now();
    if (known?.json === json && now < known.until) return;
    if (!known && (json === 'null' || json === '[]')) return;
    this.#told.set(name, { json, until: now + RETELL });
    afterResponse(() => this.#objects(name).put(json));
  }
}
