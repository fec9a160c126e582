import type { ActivityEntry } from '../directory/state.ts';
import { projectMail } from '../messages/outbox-projection.ts';
import { projectActivity } from './activity-projection.ts';
import type { EndReason } from './contract.ts';
import { projectCredits } from './credit-projection.ts';
import type { ActivityData, Fact } from './fact.ts';
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

type FactRow = { seq: number; at: number; kind: string; data: string };

/**
 * What an account object tells the directory: kept with what it tells of, written to D1 soon after. `seq` is never used
 * twice, so that a projection keyed by (user, seq) may run again without writing again.
 */
export class AccountFacts {
  readonly #sql: SqlStorage;
  readonly #onTold: () => void;

  /** `onTold` has to see to it that `project` is called. */
  constructor(sql: SqlStorage, onTold: () => void) {
    this.#sql = sql;
    this.#onTold = onTold;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE facts (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL
    ) STRICT`);
  }

  tell(kind: FactKind, data: unknown): void {
    const json = JSON.stringify(data);
    this.#sql.exec('INSERT INTO facts (at, kind, data) VALUES (?, ?, ?)', Date.now(), kind, json);
    this.#onTold();
  }

  log(realmId: string, entry: ActivityEntry): void {
    this.tell('activity', { realmId, ...entry } satisfies ActivityData);
  }

  session(row: SessionRow, endReason: EndReason | null = null): void {
    this.tell('session', sessionData(row, endReason));
  }

  /** Writes the waiting facts to D1, oldest first, each batch whole or not at all, and forgets them. */
  async project(d1: D1Database, userId: string): Promise<void> {
    for (let batch = this.#oldest(); batch.length > 0; batch = this.#oldest()) {
      await d1.batch(statements(d1, userId, batch));
      this.#sql.exec('DELETE FROM facts WHERE seq <= ?', (batch.at(-1) as Fact).seq);
    }
  }

  #oldest(): Fact[] {
    return this.#sql
      .exec<FactRow>('SELECT seq, at, kind, data FROM facts ORDER BY seq LIMIT ?', BATCH)
      .toArray()
      .map((row) => ({ ...row, data: JSON.parse(row.data) }));
  }
}

function statements(d1: D1Database, userId: string, facts: Fact[]): D1PreparedStatement[] {
  return [...Map.groupBy(facts, ({ kind }) => kind)].flatMap(([kind, group]) =>
    kind in BULK_PROJECTIONS
      ? BULK_PROJECTIONS[kind as keyof typeof BULK_PROJECTIONS](d1, userId, group)
      : group.flatMap((fact) => PROJECTIONS[kind as keyof typeof PROJECTIONS](d1, userId, fact)),
  );
}
