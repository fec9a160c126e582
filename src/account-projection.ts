import { projectActivity } from './accounts/activity.ts';
import { FactOutbox } from './accounts/fact-outbox.ts';
import type { ActivityData, ActivityType, Fact } from './accounts/port.ts';
import { projectRehash } from './credentials/projection.ts';
import type { Client } from './lib/client.ts';
import { projectMail } from './outbox/projection.ts';
import { type EndReason, projectSession, sessionData } from './sessions/projection.ts';
import type { SessionRow } from './sessions/session-book.ts';

const BATCH = 40;

const PROJECTIONS = {
  activity: projectActivity,
  session: projectSession,
  rehash: projectRehash,
  mail: projectMail,
};

type FactKind = keyof typeof PROJECTIONS;

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

  log(realmId: string, type: ActivityType, sessionId: string | null, client: Client): void {
    this.tell('activity', { realmId, type, sessionId, client } satisfies ActivityData);
  }

  session(row: SessionRow, endReason: EndReason | null = null): void {
    this.tell('session', sessionData(row, endReason));
  }

  /** Writes the waiting facts to D1, oldest first, each batch whole or not at all. */
  async project(d1: D1Database, userId: string): Promise<void> {
    const next = () => this.#outbox.take(BATCH);
    for (let batch = next(); batch.length > 0; batch = next()) {
      await d1.batch(batch.flatMap((fact) => PROJECTIONS[fact.kind as FactKind](d1, userId, fact)));
      this.#outbox.dropThrough((batch.at(-1) as Fact).seq);
    }
  }
}
