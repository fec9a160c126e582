import { dateOf } from '../lib/calendar.ts';
import { DAY } from '../lib/time.ts';
import type { TokenUse } from './metering-contract.ts';

/** What a model has used in one day. */
export type ModelTotals = { input_tokens: number; output_tokens: number; requests: number };

/** Names of models are what users write: of more than this a day, what comes last is counted together. */
const MAX_MODELS = 50;
const OTHER_MODELS = 'other';
/** Days that the object keeps: only today's sums are ever added to. */
const KEPT = 7 * DAY;

/** Model tokens of one user by UTC date and model. Every method is atomic. */
export class TokenBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE token_days (
      day TEXT NOT NULL, model TEXT NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
      requests INTEGER NOT NULL, PRIMARY KEY (day, model)
    ) STRICT, WITHOUT ROWID`);
  }

  /** Counts one use; gives what the model has used that day, and under what name. */
  add(
    { model: given, inputTokens, outputTokens }: TokenUse,
    now: number,
  ): { model: string; totals: ModelTotals } {
    const day = dateOf(now);
    const model = this.#hasRoom(given, day) ? given : OTHER_MODELS;
    const totals = this.#sql
      .exec<ModelTotals>(
        `INSERT INTO token_days VALUES (?, ?, ?, ?, 1) ON CONFLICT (day, model) DO UPDATE SET
           input_tokens = input_tokens + excluded.input_tokens,
           output_tokens = output_tokens + excluded.output_tokens, requests = requests + 1
         RETURNING input_tokens, output_tokens, requests`,
        day,
        model,
        inputTokens,
        outputTokens,
      )
      .one();
    if (totals.requests === 1) this.#sql.exec('DELETE FROM token_days WHERE day < ?', dateOf(now - KEPT));
    return { model, totals };
  }

  #hasRoom(model: string, day: string): boolean {
    const { others, known } = this.#sql
      .exec<{ others: number; known: number | null }>(
        'SELECT COUNT(*) AS others, MAX(model = ?2) AS known FROM token_days WHERE day = ?1',
        day,
        model,
      )
      .one();
    return known === 1 || others < MAX_MODELS;
  }
}
