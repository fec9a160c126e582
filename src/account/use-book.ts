import { dateOf } from '../lib/calendar.ts';
import { DAY } from '../lib/time.ts';
import type { TokenUseRow, UseRow } from './history-contract.ts';
import type { BilledUse, RequestKind, TokenUse } from './metering-contract.ts';
import { isSameMember, type Sharing } from './sharing.ts';
import type { Reached, Told } from './told.ts';

/** A use of a resource, a request that was decided, or both; `at` is Unix milliseconds. */
export interface Use {
  kind: Extract<RequestKind, 'consume' | 'authorize'> | 'commit';
  reference: string | null;
  at: number;
  /** Null where nothing was used but credits. */
  resource: string | null;
  quantity: number | null;
  credits: number;
  /** What of it a meter bills. */
  billed?: BilledUse | null;
  /** On whose behalf, where several share and it is not who asks. */
  member?: string | null | undefined;
}

/** How long a request can be repeated, at least. */
export const REPEATABLE = 35 * DAY;

type Remembered = { same: number; result: string; member?: string | null };

/**
 * What was used, one row each, which is also what a request that is repeated is known by: done again, it gives the first
 * result. Every method is atomic.
 */
export class UseBook {
  readonly #sql: SqlStorage;
  readonly #told: Told;
  readonly #sharing: Sharing | undefined;
  /** More columns to be read and written, and the place of what is written, where several share. */
  readonly #more: { read: string; written: string; place: string };

  constructor(sql: SqlStorage, told: Told, sharing?: Sharing) {
    this.#sql = sql;
    this.#told = told;
    this.#sharing = sharing;
    this.#more = sharing
      ? { read: ', member', written: ', member', place: ', ?11' }
      : { read: '', written: '', place: '' };
  }

  static createTables(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE uses (
      seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, reference TEXT, at INTEGER NOT NULL, day TEXT NOT NULL,
      resource TEXT, quantity INTEGER, credits INTEGER NOT NULL, result TEXT
    ) STRICT`);
    // What no request is repeated for has no result: a commit is known by its reservation.
    sql.exec('CREATE UNIQUE INDEX uses_by_reference ON uses (reference) WHERE result IS NOT NULL');
    sql.exec(`CREATE TABLE token_uses (
      seq INTEGER PRIMARY KEY, request_id TEXT, at INTEGER NOT NULL, day TEXT NOT NULL, model TEXT NOT NULL,
      counted_as TEXT NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, result TEXT
    ) STRICT`);
    sql.exec('CREATE UNIQUE INDEX token_uses_by_request ON token_uses (request_id) WHERE result IS NOT NULL');
    UseBook.addBilled(sql);
  }

  /** Gives the tables of an object that was made by an earlier version what they lack: what of a use meters bill, as JSON. */
  static addBilled(sql: SqlStorage): void {
    for (const table of ['uses', 'token_uses']) sql.exec(`ALTER TABLE ${table} ADD COLUMN billed TEXT`);
  }

  /** The result of the request of that reference; `reused` when that was another request, null when there was none. */
  recall<Result>(asked: Omit<Use, 'at' | 'billed'>): { result: Result } | 'reused' | null {
    const { kind, reference, resource, quantity, credits } = asked;
    if (reference === null) return null;
    const sql = `SELECT resource IS ? AND quantity IS ? AND credits = ? AS same, result${this.#more.read} FROM uses
      WHERE reference = ? AND kind = ? AND result IS NOT NULL`;
    return this.#recalled(sql, resource, quantity, credits, reference, kind);
  }

  /** The same for a use of a model. */
  recallTokens<Result>(use: TokenUse): { result: Result } | 'reused' | null {
    const { requestId, model, inputTokens, outputTokens } = use;
    if (requestId === null) return null;
    const sql = `SELECT model = ? AND input_tokens = ? AND output_tokens = ? AS same, result${this.#more.read} FROM token_uses
      WHERE request_id = ? AND result IS NOT NULL`;
    return this.#recalled(sql, model, inputTokens, outputTokens, requestId);
  }

  /** Writes down a use, with what a request that is repeated gets. */
  add(use: Use, result: unknown): void {
    this.#sql.exec(
      `INSERT INTO uses (seq, kind, reference, at, day, resource, quantity, credits, result, billed${this.#more.written})
       VALUES (${nextSeq('uses')}, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10${this.#more.place})`,
      this.#told.get().folded.uses,
      use.kind,
      use.reference,
      use.at,
      dateOf(use.at),
      use.resource,
      use.quantity,
      use.credits,
      use.reference === null || result === null ? null : JSON.stringify(result),
      use.billed ? JSON.stringify(use.billed) : null,
      ...(this.#sharing ? [use.member ?? this.#sharing.who()] : []),
    );
  }

  /** The same for a use of a model, and under what name it is counted. */
  addTokens(use: TokenUse, countedAs: string, at: number, result: unknown, billed: BilledUse | null): void {
    this.#sql.exec(
      `INSERT INTO token_uses (seq, request_id, at, day, model, counted_as, input_tokens, output_tokens, result, billed${this.#more.written})
       VALUES (${nextSeq('token_uses')}, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10${this.#more.place})`,
      this.#told.get().folded.tokens,
      use.requestId,
      at,
      dateOf(at),
      use.model,
      countedAs,
      use.inputTokens,
      use.outputTokens,
      use.requestId === null ? null : JSON.stringify(result),
      billed ? JSON.stringify(billed) : null,
      ...(this.#sharing ? [this.#sharing.who()] : []),
    );
  }

  /** Single uses since a moment, the newest first, from before a number. */
  list(before: number, since: number, limit: number): UseRow[] {
    const sql = `SELECT seq, at, resource, quantity, reference FROM uses
      WHERE seq < ? AND resource IS NOT NULL AND at >= ? ORDER BY seq DESC LIMIT ?`;
    return this.#sql.exec<UseRow>(sql, before, since, limit).toArray();
  }

  /** The same for those of models. */
  listTokens(before: number, since: number, limit: number): TokenUseRow[] {
    const sql = `SELECT seq, at, model, input_tokens, output_tokens, request_id FROM token_uses
      WHERE seq < ? AND at >= ? ORDER BY seq DESC LIMIT ?`;
    return this.#sql.exec<TokenUseRow>(sql, before, since, limit).toArray();
  }

  /** Forgets the uses from before a moment that are summed up and told. */
  prune(before: number): void {
    const { sent } = this.#told.get();
    for (const [table, reached] of [
      ['uses', sent.uses],
      ['token_uses', sent.tokens],
    ] as const) {
      // They came in the order of time, but for what was reserved: reading ends at the first that stays.
      this.#sql.exec(
        `DELETE FROM ${table} WHERE seq <= ?1 AND seq < COALESCE(
           (SELECT seq FROM ${table} WHERE at >= ?2 ORDER BY seq LIMIT 1), ?1 + 1)`,
        reached,
        before,
      );
    }
  }

  /** When the first use was of those that follow, Unix milliseconds; null when there is none. */
  firstAfter({ uses, tokens }: Reached): number | null {
    return this.#sql
      .exec<{ at: number | null }>(
        `SELECT MIN(at) AS at FROM (
           SELECT at FROM (SELECT at FROM uses WHERE seq > ? ORDER BY seq LIMIT 1)
           UNION ALL SELECT at FROM (SELECT at FROM token_uses WHERE seq > ? ORDER BY seq LIMIT 1))`,
        uses,
        tokens,
      )
      .one().at;
  }

  /** When the first use was that is still known, Unix milliseconds; null when none is. */
  oldest(): number | null {
    return this.#sql
      .exec<{ at: number | null }>(
        `SELECT MIN(at) AS at FROM (SELECT at FROM (SELECT at FROM uses ORDER BY seq LIMIT 1)
           UNION ALL SELECT at FROM (SELECT at FROM token_uses ORDER BY seq LIMIT 1))`,
      )
      .one().at;
  }

  #recalled<Result>(
    sql: string,
    ...bindings: (string | number | null)[]
  ): { result: Result } | 'reused' | null {
    const row = this.#sql.exec<Remembered>(sql, ...bindings).toArray()[0];
    if (!row) return null;
    const isOurs = !this.#sharing || isSameMember(row.member ?? null, this.#sharing.who());
    return row.same === 1 && isOurs ? { result: JSON.parse(row.result) } : 'reused';
  }
}

/** The number that follows all that there ever were: of those up to ?1 some may be gone. */
function nextSeq(table: string): string {
  return `(SELECT MAX(COALESCE(MAX(seq), 0), ?1) + 1 FROM ${table})`;
}
