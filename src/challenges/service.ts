import { ApiError } from '../errors.ts';
import type { Challenge, Challenger } from '../http/challenge.ts';
import { lazy } from '../lib/lazy.ts';
import type { Realm } from '../lib/realm.ts';
import { SECOND } from '../lib/time.ts';
import { isTurnstileSolved, type TurnstileSettings } from './turnstile.ts';

const altcha = lazy(() => import('./altcha.ts'));

/** What challenges are made of. */
export interface ChallengeDependencies {
  /** Signs proofs of work. */
  secret: string;
  /** Null where the operator has set no keys. */
  turnstile: TurnstileSettings | null;
  /** Takes one of a number of uses of a name; false when they are used up. */
  take(name: string, limit: number, windowSeconds: number): Promise<boolean>;
}

/**
 * Challenges by a realm's choice: a proof of work that Latchkey itself sets and judges (ALTCHA), or Cloudflare Turnstile.
 * Where Turnstile is not set up or does not answer, the proof of work stands in: nobody is let in unchallenged, and nobody kept out.
 */
export class Challenges implements Challenger {
  readonly #deps: ChallengeDependencies;

  constructor(deps: ChallengeDependencies) {
    this.#deps = deps;
  }

  /** Whether a realm's challenges are Turnstile's. */
  #turnstileOf({ challenge }: Realm): TurnstileSettings | null {
    return challenge === 'turnstile' ? this.#deps.turnstile : null;
  }

  /** Makes a challenge of the kind that the realm has chosen. */
  async issue(realm: Realm): Promise<Challenge> {
    const turnstile = this.#turnstileOf(realm);
    return turnstile ? { type: 'turnstile', site_key: turnstile.siteKey } : this.#altcha(realm);
  }

  async require(realm: Realm, solution: string | undefined, ip: string): Promise<void> {
    const verdict = solution ? await this.#judge(realm, solution, ip) : false;
    if (verdict === true) return;
    const challenge = verdict === null ? await this.#altcha(realm) : await this.issue(realm);
    throw new ApiError('challenge_required', { challenge });
  }

  /** Whether a solution holds, which it does once; null when nobody could say. */
  async #judge(realm: Realm, solution: string, ip: string): Promise<boolean | null> {
    const { secret, take } = this.#deps;
    const { altchaPayload, CHALLENGE_LIFETIME, solvedAltcha } = await altcha();
    const payload = altchaPayload(solution);
    if (payload) {
      const id = await solvedAltcha(secret, realm.id, payload);
      // Of two who send the same at once, the object takes one.
      return id !== null && take(`challenge:${id}`, 1, CHALLENGE_LIFETIME / SECOND);
    }
    const turnstile = this.#turnstileOf(realm);
    if (!turnstile) return false;
    return isTurnstileSolved(turnstile, solution, ip);
  }

  async #altcha(realm: Realm): Promise<Challenge> {
    const { issueAltcha } = await altcha();
    const { parameters, signature = '' } = await issueAltcha(this.#deps.secret, realm.id, Date.now());
    return { type: 'altcha', challenge: { parameters: { ...parameters }, signature } };
  }
}
