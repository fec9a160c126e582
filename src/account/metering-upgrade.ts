import { ledgerTablesOf, upgradeLedgerTables } from './ledger-tables.ts';
import { TOKENS } from './metering-contract.ts';
import { ReservationBook } from './reservation-book.ts';
import type { Told } from './told.ts';
import { UseBook } from './use-book.ts';

/** Uses of which an earlier version had not told the directory yet: they are in the sums, but not in those of the realm. */
interface Waiting {
  uses: { resource: string; quantity: number; at: number; date: string; reference: string | null }[];
  tokens: {
    model: string;
    inputTokens: number;
    outputTokens: number;
    requestId: string | null;
    day: { date: string; model: string };
    usage: { at: number };
  }[];
}

/**
 * Gives the tables of an object that was made by an earlier version the form that they have now. What it had summed up
 * and told stays so; what it had not told is taken out of the sums, to be summed up and told anew.
 */
export function upgradeMeteringTables(sql: SqlStorage, told: Told): void {
  if (ledgerTablesOf(sql) === 'old') upgradeLedgerTables(sql);
  const waiting = waitingOf(sql);
  sql.exec('ALTER TABLE requests RENAME TO requests_before');
  sql.exec('ALTER TABLE reservations RENAME TO reservations_before');
  UseBook.createTables(sql);
  ReservationBook.createTable(sql);
  sql.exec(`INSERT INTO reservations (reference, resource, quantity, asked, day, at, expires_at, status)
    SELECT reference, resource, quantity, asked, day, at, expires_at, status FROM reservations_before`);
  const isWaiting = JSON.stringify({
    uses: waiting.uses.map(({ reference }) => reference),
    tokens: waiting.tokens.map(({ requestId }) => requestId),
  });
  const copy = (which: 'told' | 'waiting') => {
    const of = (list: 'uses' | 'tokens') =>
      `reference ${which === 'told' ? 'NOT ' : ''}IN (SELECT value FROM json_each(?, '$.${list}') WHERE value IS NOT NULL)`;
    sql.exec(
      `INSERT INTO uses (kind, reference, at, day, resource, quantity, credits, result)
       SELECT kind, reference, at, date(at / 1000, 'unixepoch'),
         iif(kind = 'consume', parameters ->> '$.resource', parameters ->> '$.use.resource'),
         iif(kind = 'consume', parameters ->> '$.quantity', parameters ->> '$.use.quantity'),
         coalesce(parameters ->> '$.credits', 0), result
       FROM requests_before WHERE kind <> 'tokens' AND ${of('uses')} ORDER BY seq`,
      isWaiting,
    );
    sql.exec(
      `INSERT INTO token_uses (request_id, at, day, model, counted_as, input_tokens, output_tokens, result)
       SELECT reference, at, date(at / 1000, 'unixepoch'), parameters ->> '$.model', parameters ->> '$.model',
         parameters ->> '$.inputTokens', parameters ->> '$.outputTokens', result
       FROM requests_before WHERE kind = 'tokens' AND ${of('tokens')} ORDER BY seq`,
      isWaiting,
    );
  };
  copy('told');
  const { uses, tokens } = sql
    .exec<{ uses: number; tokens: number }>(
      `SELECT COALESCE((SELECT MAX(seq) FROM uses), 0) AS uses, COALESCE((SELECT MAX(seq) FROM token_uses), 0) AS tokens`,
    )
    .one();
  told.put({ folded: { uses, tokens }, sent: { uses, tokens } });
  copy('waiting');
  for (const one of waiting.uses) takeOut(sql, one);
  for (const one of waiting.tokens) takeOutTokens(sql, one);
  sql.exec('DROP TABLE requests_before');
  sql.exec('DROP TABLE reservations_before');
  sql.exec("DELETE FROM facts WHERE kind IN ('usage', 'tokens', 'credit')");
}

function waitingOf(sql: SqlStorage): Waiting {
  const of = <Data>(kind: string) =>
    sql
      .exec<{ data: string }>('SELECT data FROM facts WHERE kind = ? ORDER BY seq', kind)
      .toArray()
      .map(({ data }) => JSON.parse(data) as Data);
  return { uses: of('usage'), tokens: of('tokens') };
}

function takeOut(
  sql: SqlStorage,
  { resource, quantity, at, date, reference }: Waiting['uses'][number],
): void {
  sql.exec('UPDATE quota_days SET used = used - ? WHERE resource = ? AND day = ?', quantity, resource, date);
  const isThere = reference !== null && hasRow(sql, 'uses', 'reference', reference);
  if (isThere) return;
  sql.exec(
    `INSERT INTO uses (kind, reference, at, day, resource, quantity, credits) VALUES ('commit', ?, ?, ?, ?, ?, 0)`,
    reference,
    at,
    date,
    resource,
    quantity,
  );
}

function takeOutTokens(sql: SqlStorage, use: Waiting['tokens'][number]): void {
  const { model, inputTokens, outputTokens, requestId, day, usage } = use;
  sql.exec(
    'UPDATE quota_days SET used = used - ? WHERE resource = ? AND day = ?',
    inputTokens + outputTokens,
    TOKENS,
    day.date,
  );
  sql.exec(
    `UPDATE token_days SET input_tokens = input_tokens - ?, output_tokens = output_tokens - ?, requests = requests - 1
     WHERE day = ? AND model = ?`,
    inputTokens,
    outputTokens,
    day.date,
    day.model,
  );
  if (requestId !== null && hasRow(sql, 'token_uses', 'request_id', requestId)) return;
  sql.exec(
    `INSERT INTO token_uses (request_id, at, day, model, counted_as, input_tokens, output_tokens)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    requestId,
    usage.at,
    day.date,
    model,
    day.model,
    inputTokens,
    outputTokens,
  );
}

function hasRow(sql: SqlStorage, table: string, column: string, value: string): boolean {
  return sql.exec(`SELECT 1 FROM ${table} WHERE ${column} = ? LIMIT 1`, value).toArray().length > 0;
}
