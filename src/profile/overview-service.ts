import { sql } from 'drizzle-orm';
import type { AccountOverview, OverviewObject } from '../account/contract.ts';
import { nearestReplica } from '../db/client.ts';
import type { Directory } from '../directory/service.ts';
import type { Plans } from '../plans/service.ts';

/** What opens an account besides passkeys, which its row counts. */
interface OtherWays {
  hasPassword: boolean;
  /** Providers by their ids. */
  providers: string[];
}

/** How an account stands at one look: one call of its object, and one statement. */
export class AccountOverviews {
  readonly #d1: D1Database;
  readonly #directory: Directory;
  readonly #plans: Plans;
  readonly #objects: (userId: string) => OverviewObject;

  constructor(
    d1: D1Database,
    directory: Directory,
    plans: Plans,
    objects: (userId: string) => OverviewObject,
  ) {
    this.#d1 = d1;
    this.#directory = directory;
    this.#plans = plans;
    this.#objects = objects;
  }

  /** Plan, quotas, credits, sessions and ways in of a user, who has written up to the bookmark. Throws `user_not_found`. */
  async read(
    user: { userId: string; realmId: string },
    bookmark: string | null,
  ): Promise<AccountOverview & OtherWays> {
    const terms = await this.#plans.terms(user.realmId);
    const [account, ways] = await Promise.all([
      this.#directory.ask(user, () => this.#objects(user.userId).overview(terms)),
      this.#waysOf(user.userId, bookmark),
    ]);
    return { ...account, ...ways };
  }

  async #waysOf(userId: string, bookmark: string | null): Promise<OtherWays> {
    const { db } = nearestReplica(this.#d1, bookmark);
    const found = await db.get<{ password: number; providers: string }>(sql`
      SELECT EXISTS (SELECT 1 FROM passwords WHERE user_id = ${userId}) AS password,
        (SELECT json_group_array(provider) FROM identities WHERE user_id = ${userId}) AS providers`);
    return { hasPassword: found?.password === 1, providers: JSON.parse(found?.providers ?? '[]') };
  }
}
