import { projectMail } from '../outbox/projection.ts';
import { projectActivity } from './activity-projection.ts';
import type { EndReason } from './contract.ts';
import { projectCredits } from './credit-projection.ts';
import type { ActivityData, Fact } from './fact.ts';
import { FactOutbox } from './fact-outbox.ts';
import { projectRehash } from './rehash-projection.ts';
import type { SessionRow } from './session-book.ts';
import { projectSession, sessionData } from './session-projection.ts';
import { projectTokens, projectUsage } from './usage-projection.ts';

const BATCH = 100;

const PROJECTIONS = {
  activity: projectActivity,
  session: projectSession,
  rehash: projectRehash,
  mail: projectMail,
};

/** Kinds of which there are many: a few statements write all of a batch. */
const BULK_PROJECTIONS = {
  usage: projectUsage,
  tokens: projectTokens,
  credit: projectCredits,
};

type FactKind = keyof typeof PROJECTIONS | keyof typeof BULK_PROJECTIONS;

/** What an account object tells the directory: kept with what it tells of, written to D1 soon after. */
export class AccountFacts {
  readonly #outbox: FactOutbox;
  readonly #onTold: () => void;

  /** `onTold` has to see to it that `project` is called. */
  constructor(sql: SqlStorage, onTold: () => void) {
    this.#outbox = new FactOutbox(sql);
    this.#onTold = onTold;
  }

  tell(kind: FactKind, data: unknown): void {
    this.#outbox.append(kind, data, Date.now());
    this.#onTold();
  }

  log(realmId: string, entry: Omit<ActivityData, 'realmId'>): void {
    this.tell('activity', { realmId, ...entry } satisfies ActivityData);
  }

  session(row: SessionRow, endReason: EndReason | null = null): void {
    this.tell('session', sessionData(row, endReason));
  }

  /** Writes the waiting facts to D1, oldest first, each batch whole or not at all. */
  async project(d1: D1Database, userId: string): Promise<void> {
    const next = () => this.#outbox.take(BATCH);
    for (let batch = next(); batch.length > 0; batch = next()) {
      await d1.batch(statements(d1, userId, batch));
      this.#outbox.dropThrough((batch.at(-1) as Fact).seq);
    }
  }
}

function statements(d1: D1Database, userId: string, facts: Fact[]): D1PreparedStatement[] {
  return [...Map.groupBy(facts, ({ kind }) => kind)].flatMap(([kind, group]) =>
    kind in BULK_PROJECTIONS
      ? BULK_PROJECTIONS[kind as keyof typeof BULK_PROJECTIONS](d1, userId, group)
      : group.flatMap((fact) => PROJECTIONS[kind as keyof typeof PROJECTIONS](d1, userId, fact)),
  );
}
