import type { MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Realm } from '../lib/realm.ts';
import { type AppContext, type AppEnv, clientAddress } from './context.ts';
import type { FailureBudget } from './failure-budget.ts';
import { sentIn } from './levels.ts';
import type { Suspicions } from './suspicions.ts';

/** Has the solution of a challenge, in requests of programs. */
export const SOLUTION_HEADER = 'Challenge-Solution';

/** What a client is given to show that it is no robot, or that it spends as much as one robot must. */
export type Challenge =
  | { type: 'altcha'; challenge: { parameters: Record<string, unknown>; signature: string } }
  | { type: 'turnstile'; site_key: string };

/** Who makes challenges, and judges their solutions. */
export interface Challenger {
  issue(realm: Realm): Promise<Challenge>;
  /** Spends a solution. Throws `challenge_required`, with another challenge, when there is none or it does not hold. */
  require(realm: Realm, solution: string | undefined, ip: string): Promise<void>;
}

/** When a challenge has to be solved besides. */
interface Asked {
  /** The address or number that the request is about. */
  about?: string | undefined;
  solution: string | undefined;
  /** Whether everybody has to, not only who became suspicious. */
  always?: boolean;
}

/**
 * Holds up robots where accounts are made or messages sent. In a realm that wants it, who became suspicious has to solve a
 * challenge: a client that came too often, an address that was asked about too often, and everybody while strangers fail so often
 * that they have to wait. All of that is known by then: who is not suspicious costs no call of anything.
 */
export class ChallengeGuard {
  readonly #deps: { challenges: Challenger; suspicions: Suspicions; failures: FailureBudget };

  constructor(deps: { challenges: Challenger; suspicions: Suspicions; failures: FailureBudget }) {
    this.#deps = deps;
  }

  /** For routes of the API, after their limit. */
  middleware({ always = false } = {}): MiddlewareHandler<AppEnv> {
    return createMiddleware<AppEnv>(async (c, next) => {
      if (always || isChallenging(c.get('realm'))) {
        const { email, to, phone_number } = await sentIn(c);
        const about = [email, to, phone_number].find((value) => typeof value === 'string');
        await this.pass(c, { about, solution: c.req.header(SOLUTION_HEADER), always });
      }
      await next();
    });
  }

  /** Lets a request pass, or throws `challenge_required`. */
  async pass(c: AppContext, { about, solution, always = false }: Asked): Promise<void> {
    const realm = c.get('realm');
    if (!always && !(isChallenging(realm) && this.#isSuspicious(c, realm, about))) return;
    const { challenges } = this.#deps;
    await challenges.require(realm, solution, clientAddress(c));
    c.set('nextChallenge', () => challenges.issue(realm));
  }

  #isSuspicious(c: AppContext, realm: Realm, about: string | undefined): boolean {
    const { failures, suspicions } = this.#deps;
    return (
      c.get('suspicious') === true ||
      (about !== undefined && suspicions.has(realm.id, about)) ||
      failures.wait(realm.id, 'password') !== null ||
      failures.wait(realm.id, 'code') !== null
    );
  }
}

/** Whether a realm wants challenges. What an earlier version has kept of a realm does not say. */
export function isChallenging({ challenge }: Pick<Realm, 'challenge'>): boolean {
  return challenge === 'altcha' || challenge === 'turnstile';
}
