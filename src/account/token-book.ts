import { dateOf } from '../lib/calendar.ts';
import type { TokenDayRow } from './history-contract.ts';
import type { Reached, Told } from './told.ts';

/** Names of models are what users write: of more than this a day, what comes last is counted together. */
const MAX_MODELS = 50;
const OTHER_MODELS = 'other';

/**
 * Model tokens of one user by UTC date and model: what is summed up, and the uses since. Every method is atomic.
 */
export class TokenBook {
  readonly #sql: SqlStorage;
  readonly #told: Told;
  /** The models of one day. */
  #models: { day: string; names: Set<string> } | undefined;

  constructor(sql: SqlStorage, told: Told) {
    this.#sql = sql;
    this.#told = told;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE token_days (
      day TEXT NOT NULL, model TEXT NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
      requests INTEGER NOT NULL, PRIMARY KEY (day, model)
    ) STRICT, WITHOUT ROWID`);
  }

  /** Under what name a use of a model counts, from now on. */
  nameOf(model: string, now: number): string {
    const { names } = this.#modelsOf(dateOf(now));
    const name = names.has(model) || names.size < MAX_MODELS ? model : OTHER_MODELS;
    names.add(name);
    return name;
  }

  /** The days of each model from a date on, oldest first; up to so many, after one that is known. */
  days(from: string, after: { date: string; model: string } | null, limit: number): TokenDayRow[] {
    return this.#sql
      .exec<TokenDayRow>(
        `SELECT day AS date, model, SUM(input_tokens) AS input_tokens, SUM(output_tokens) AS output_tokens,
           SUM(requests) AS requests
         FROM (
           SELECT * FROM token_days
           UNION ALL SELECT day, counted_as, input_tokens, output_tokens, 1 FROM token_uses WHERE seq > ?1
         ) WHERE day >= ?2 AND (day, model) > (?3, ?4) GROUP BY day, model ORDER BY day, model LIMIT ?5`,
        this.#told.get().folded.tokens,
        from,
        after?.date ?? '',
        after?.model ?? '',
        limit,
      )
      .toArray();
  }

  /** Sums up the uses since the last time; up to where. */
  fold(): number {
    const from = this.#told.get().folded.tokens;
    const { seq } = this.#sql
      .exec<{ seq: number }>('SELECT COALESCE(MAX(seq), 0) AS seq FROM token_uses WHERE seq > ?', from)
      .one();
    if (seq <= from) return from;
    this.#sql.exec(
      `INSERT INTO token_days SELECT day, counted_as, SUM(input_tokens), SUM(output_tokens), COUNT(*)
       FROM token_uses WHERE seq > ? GROUP BY 1, 2
       ON CONFLICT DO UPDATE SET input_tokens = input_tokens + excluded.input_tokens,
         output_tokens = output_tokens + excluded.output_tokens, requests = requests + excluded.requests`,
      from,
    );
    return seq;
  }

  /** What came to each day of a model between two states of the sums. */
  sums(from: Reached, to: Reached): TokenDayRow[] {
    return this.#sql
      .exec<TokenDayRow>(
        `SELECT day AS date, counted_as AS model, SUM(input_tokens) AS input_tokens,
           SUM(output_tokens) AS output_tokens, COUNT(*) AS requests
         FROM token_uses WHERE seq > ? AND seq <= ? GROUP BY 1, 2`,
        from.tokens,
        to.tokens,
      )
      .toArray();
  }

  /** Forgets days from before a date. */
  prune(date: string): void {
    this.#sql.exec('DELETE FROM token_days WHERE day < ?', date);
  }

  #modelsOf(day: string): { names: Set<string> } {
    if (this.#models?.day === day) return this.#models;
    const names = this.#sql
      .exec<{ model: string }>(
        `SELECT model FROM token_days WHERE day = ?1
         UNION SELECT counted_as FROM token_uses WHERE seq > ?2 AND day = ?1`,
        day,
        this.#told.get().folded.tokens,
      )
      .toArray();
    this.#models = { day, names: new Set(names.map(({ model }) => model)) };
    return this.#models;
  }
}
