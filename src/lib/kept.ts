import { BoundedMap } from './bounded-map.ts';
import { describeFailure, log } from './log.ts';
import { SECOND } from './time.ts';

/** When what is kept could not be read again, or is being read, it is read again no sooner than after this (milliseconds). */
const ASK_AGAIN = 5 * SECOND;
/** How long somebody waits for what is kept to be read again, before they go on with what they have. */
const PATIENCE = SECOND / 4;

/**
 * What an isolate has read elsewhere, kept for a time. When that is over, one request reads it again; while that fails or
 * hangs all go on with what was read last, for as long as it takes.
 */
export class Kept<Key, Value> {
  readonly #values: BoundedMap<Key, { value: Value; until: number }>;
  readonly #freshFor: number;

  /** Keeps so many values, each for `freshFor` milliseconds. */
  constructor({ limit, freshFor }: { limit: number; freshFor: number }) {
    this.#values = new BoundedMap(limit);
    this.#freshFor = freshFor;
  }

  /** What is kept under a key, fresh or not. */
  peek(key: Key): Value | undefined {
    return this.#values.get(key)?.value;
  }

  set(key: Key, value: Value): void {
    this.#values.set(key, { value, until: Date.now() + this.#freshFor });
  }

  /** To be read anew at its next use. */
  delete(key: Key): void {
    this.#values.delete(key);
  }

  /** The value, read if it is not kept or no longer fresh. Null is not kept. Throws what `read` throws when none is kept. */
  async get(key: Key, read: () => Promise<Value | null>): Promise<Value | null> {
    const known = this.#values.get(key);
    const now = Date.now();
    if (known && now < known.until) return known.value;
    if (known) known.until = now + ASK_AGAIN;
    const reading = this.#read(key, known, read);
    if (!known) return reading;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Value>((resolve) => {
      timer = setTimeout(() => resolve(known.value), PATIENCE);
    });
    return Promise.race([reading, late])
      .catch((error) => {
        log('warn', 'kept_value_used', { error: describeFailure(error) });
        return known.value;
      })
      .finally(() => clearTimeout(timer));
  }

  async #read(
    key: Key,
    before: { value: Value; until: number } | undefined,
    read: () => Promise<Value | null>,
  ): Promise<Value | null> {
    const value = await read();
    // Somebody may have forgotten or replaced it meanwhile, who knew better.
    if (this.#values.get(key) !== before) return value;
    if (value === null) this.#values.delete(key);
    else this.set(key, value);
    return value;
  }
}
