import { DAY, MINUTE, SECOND } from '../lib/time.ts';

interface Attempts {
  failures: number;
  lastAt: number;
  blockedUntil: number;
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
 * Whose attempts are counted together: those of all who are not known, of a device that has signed in before, or of a
 * session. So strangers who guess lock out strangers only. Guesses at the second step count apart.
 */
export type Attempter = Known | `second:${Known}`;

type Known = 'strangers' | `device:${string}` | `session:${string}`;

/**
 * Counts failed attempts on one account: five free, then 1, 2, 4, 8 and 16 seconds apart, then a quarter of an hour
 * apart: fewer than the 100 in a row that NIST SP 800-63B allows, each day. A day without a failure forgives all.
 * It guards the taking of passwords and second factors only: sessions that are open stay open.
 */
export class AttemptLimit {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /**
   * Counts an attempt as failed before it is made, whose outcome another call will tell: a crash or a parallel attempt gains
   * nothing. Gives the seconds to wait when no attempt may be made now, else null.
   */
  begin(by: Attempter, now: number): number | null {
    const wait = this.wait(by, now);
    if (wait === null) this.fail(by, now);
    return wait;
  }

  /** The seconds to wait when no attempt may be made now, else null. */
  wait(by: Attempter, now: number): number | null {
    const known = this.#all()[by];
    return known && now < known.blockedUntil ? Math.ceil((known.blockedUntil - now) / SECOND) : null;
  }

  /** Counts an attempt that has failed. */
  fail(by: Attempter, now: number): void {
    const all = this.#all();
    const known = all[by];
    const failures = (known && now - known.lastAt < DAY ? known.failures : 0) + 1;
    const recent = Object.entries(all).filter(([, one]) => now - one.lastAt < DAY);
    const counted = { failures, lastAt: now, blockedUntil: now + delayAfter(failures) };
    this.#kv.put('attempts', { ...Object.fromEntries(recent), [by]: counted });
  }

  /** The attempt that failed last has locked them out for long, which the owner of the account should see. */
  hasLocked(by: Attempter): boolean {
    return (this.#all()[by]?.failures ?? 0) >= LOCK_FAILURES;
  }

  /** Their attempt succeeded: all their failures are forgiven. */
  succeed(by: Attempter): void {
    const { [by]: mine, ...others } = this.#all();
    if (!mine) return;
    if (Object.keys(others).length > 0) this.#kv.put('attempts', others);
    else this.#kv.delete('attempts');
  }

  /** The owner has proved who they are by other means: everybody's failures are forgiven. */
  forgive(): void {
    this.#kv.delete('attempts');
  }

  #all(): Record<string, Attempts> {
    const kept = this.#kv.get<Attempts | Record<string, Attempts>>('attempts') ?? {};
    // As earlier versions counted: all together.
    return typeof kept.failures === 'number'
      ? { strangers: kept as Attempts }
      : (kept as Record<string, Attempts>);
  }
}
