import { afterResponse } from '../lib/after-response.ts';
import { count } from '../lib/metrics.ts';
import { HOUR, SECOND } from '../lib/time.ts';

/** Of what a realm counts the failures. */
export type FailureKind = 'password' | 'code';

/** What RFC 8176 calls them. */
const METHODS: Record<FailureKind, string> = { password: 'pwd', code: 'otp' };

/** The counter of one realm's failures of one kind. */
export interface FailureTally {
  /** Counts so many in a fixed window; gives the seconds until it ends when the limit is reached, else 0. */
  tally(count: number, limit: number, windowSeconds: number): Promise<number>;
}

/** Failures that an isolate counts before it tells of them: a call for each would cost as much as the attempt. */
const TOLD_AT_ONCE = 10;

/**
 * Bounds how often strangers can fail in a whole realm in an hour, whichever accounts and addresses they use. When it is
 * used up, only devices that have signed in before go on. An isolate knows what it has counted itself and was told with
 * its last ten; so the bound is exceeded by ten for each isolate at most.
 */
export class FailureBudget {
  readonly #tallies: (name: string) => FailureTally;
  readonly #limits: Record<FailureKind, number>;
  readonly #untold = new Map<string, number>();
  /** When budgets that are used up are free again, Unix milliseconds. */
  readonly #usedUpUntil = new Map<string, number>();

  constructor(tallies: (name: string) => FailureTally, limits: Record<FailureKind, number>) {
    this.#tallies = tallies;
    this.#limits = limits;
  }

  /** The seconds until strangers may try again; null when they may now. */
  wait(realmId: string, kind: FailureKind): number | null {
    const left = (this.#usedUpUntil.get(nameOf(realmId, kind)) ?? 0) - Date.now();
    return left > 0 ? Math.ceil(left / SECOND) : null;
  }

  /** Counts a failure. */
  count(realmId: string, kind: FailureKind): void {
    count('sign_ins', { outcome: 'failure', method: METHODS[kind] });
    const name = nameOf(realmId, kind);
    const untold = (this.#untold.get(name) ?? 0) + 1;
    const limit = this.#limits[kind];
    if (untold < Math.min(TOLD_AT_ONCE, limit)) {
      this.#untold.set(name, untold);
      return;
    }
    this.#untold.delete(name);
    afterResponse(async () => {
      const seconds = await this.#tallies(name).tally(untold, limit, HOUR / SECOND);
      if (seconds > 0) this.#usedUpUntil.set(name, Date.now() + seconds * SECOND);
    });
  }
}

function nameOf(realmId: string, kind: FailureKind): string {
  return `failures:${kind}:${realmId}`;
}
