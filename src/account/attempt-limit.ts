import { DAY, MINUTE, SECOND } from '../lib/time.ts';

interface Attempts {
  failures: number;
  lastAt: number;
  blockedUntil: number;
}

/** Where failures are counted: for one account, or for one of its sessions. */
export interface AttemptStore {
  get<Value>(key: 'attempts'): Value | undefined;
  put<Value>(key: 'attempts', value: Value): unknown;
  delete(key: 'attempts'): unknown;
}

/** Failures without any wait; after the tenth, each further one blocks for a quarter of an hour. */
const FREE_FAILURES = 5;
const LOCK_FAILURES = 10;
const LOCK = 15 * MINUTE;

/** Milliseconds to wait after the nth failure in a row. */
function delayAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  if (failures >= LOCK_FAILURES) return LOCK;
  return SECOND * 2 ** (failures - FREE_FAILURES);
}

/**
 * Counts failed attempts on one account, or in one session: five free, then 1, 2, 4, 8 and 16 seconds apart, then a quarter of an hour
 * apart: fewer than the 100 in a row that NIST SP 800-63B allows, each day. A day without a failure forgives all.
 * It guards the taking of passwords only: sessions that are open stay open.
 */
export class AttemptLimit {
  readonly #kv: AttemptStore;

  constructor(kv: AttemptStore) {
    this.#kv = kv;
  }

  /**
   * Counts an attempt as failed before it is made, so that a crash or a parallel attempt gains nothing. Gives the
   * seconds to wait when no attempt may be made now, else null.
   */
  begin(now: number): number | null {
    const known = this.#kv.get<Attempts>('attempts');
    if (known && now < known.blockedUntil) return Math.ceil((known.blockedUntil - now) / SECOND);
    const failures = (known && now - known.lastAt < DAY ? known.failures : 0) + 1;
    this.#kv.put<Attempts>('attempts', { failures, lastAt: now, blockedUntil: now + delayAfter(failures) });
    return null;
  }

  /** The attempt that was begun last has locked the account for long, which its owner should see. */
  hasLocked(): boolean {
    return (this.#kv.get<Attempts>('attempts')?.failures ?? 0) >= LOCK_FAILURES;
  }

  /** The attempt succeeded: all failures are forgiven. */
  succeed(): void {
    this.#kv.delete('attempts');
  }
}
