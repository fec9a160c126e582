import { DAY } from '../lib/time.ts';
import type { RequestKind } from './metering-contract.ts';

/** Requests whose results are kept here; others are found where they are booked. */
type KeptKind = Extract<RequestKind, 'consume' | 'tokens' | 'authorize'>;

/** How long a request can be repeated. */
const KEPT = 35 * DAY;

type Row = { parameters: string; result: string };

/** Requests that were done, by reference: done again they give the first result. Every method is atomic. */
export class RequestBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  static createTable(sql: SqlStorage): void {
    sql.exec(`CREATE TABLE requests (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, reference TEXT NOT NULL, at INTEGER NOT NULL,
      parameters TEXT NOT NULL, result TEXT NOT NULL, UNIQUE (kind, reference)
    ) STRICT`);
  }

  /** The result of the request of that reference; `reused` when that was another request, null when there was none. */
  recall<Result>(
    kind: KeptKind,
    reference: string | null,
    parameters: unknown,
  ): { result: Result } | 'reused' | null {
    if (reference === null) return null;
    const row = this.#sql
      .exec<Row>('SELECT parameters, result FROM requests WHERE kind = ? AND reference = ?', kind, reference)
      .toArray()[0];
    if (!row) return null;
    return row.parameters === JSON.stringify(parameters) ? { result: JSON.parse(row.result) } : 'reused';
  }

  /** Remembers what was done; what has no reference cannot be repeated. */
  remember(
    kind: KeptKind,
    reference: string | null,
    parameters: unknown,
    result: unknown,
    now: number,
  ): void {
    if (reference === null) return;
    // Two that are old for each that comes: the table stays as small as it may.
    this.#sql.exec(
      'DELETE FROM requests WHERE seq IN (SELECT seq FROM requests ORDER BY seq LIMIT 2) AND at < ?',
      now - KEPT,
    );
    this.#sql.exec(
      'INSERT INTO requests (kind, reference, at, parameters, result) VALUES (?, ?, ?, ?, ?)',
      kind,
      reference,
      now,
      JSON.stringify(parameters),
      JSON.stringify(result),
    );
  }
}
