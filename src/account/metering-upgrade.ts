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
  copyRequests(sql, waiting, 'told');
  const { uses, tokens } = sql
    .exec<{ uses: number; tokens: number }>(
      `SELECT COALESCE((SELECT MAX(seq) FROM uses), 0) AS uses, COALESCE((SELECT MAX(seq) FROM token_uses), 0) AS tokens`,
    )
    .one();
  told.put({ folded: { uses, tokens }, sent: { uses, tokens } });
  copyRequests(sql, waiting, 'waiting');
  for (const one of waiting.uses) takeOut(sql, one, uses);
  for (const one of waiting.tokens) takeOutTokens(sql, one, tokens);
  sql.exec('DROP TABLE requests_before');
  sql.exec('DROP TABLE reservations_before');
  sql.exec("DELETE FROM facts WHERE kind IN ('usage', 'tokens', 'credit')");
}

/** Copies the requests of which the directory was told, or the others: a fact that waits has the time of its request. */
function copyRequests(sql: SqlStorage, waiting: Waiting, which: 'told' | 'waiting'): void {
  const not = which === 'told' ? 'NOT ' : '';
  const resource = "iif(kind = 'consume', parameters ->> '$.resource', parameters ->> '$.use.resource')";
  const quantity = "iif(kind = 'consume', parameters ->> '$.quantity', parameters ->> '$.use.quantity')";
  sql.exec(
    `INSERT INTO uses (kind, reference, at, day, resource, quantity, credits, result)
     SELECT kind, reference, at, date(at / 1000, 'unixepoch'), ${resource}, ${quantity},
       coalesce(parameters ->> '$.credits', 0),
       -- Once a reference could stand for a request of each kind: for the first, then.
       iif(seq = (SELECT MIN(seq) FROM requests_before AS other
         WHERE other.kind IN ('consume', 'authorize') AND other.reference = requests_before.reference), result, NULL)
     FROM requests_before WHERE kind <> 'tokens' AND ${not}EXISTS (
       SELECT 1 FROM json_each(?) WHERE value ->> 'reference' = reference AND value ->> 'at' = at
         AND value ->> 'resource' = ${resource} AND value ->> 'quantity' = ${quantity}) ORDER BY seq`,
    JSON.stringify(waiting.uses),
  );
  sql.exec(
    `INSERT INTO token_uses (request_id, at, day, model, counted_as, input_tokens, output_tokens, result)
     SELECT reference, at, date(at / 1000, 'unixepoch'), parameters ->> '$.model', parameters ->> '$.model',
       parameters ->> '$.inputTokens', parameters ->> '$.outputTokens', result
     FROM requests_before WHERE kind = 'tokens' AND ${not}EXISTS (
       SELECT 1 FROM json_each(?) WHERE value ->> 'requestId' = reference AND value ->> '$.usage.at' = at) ORDER BY seq`,
    JSON.stringify(waiting.tokens),
  );
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
  after: number,
): void {
  sql.exec('UPDATE quota_days SET used = used - ? WHERE resource = ? AND day = ?', quantity, resource, date);
  const [there] = sql
    .exec(
      'SELECT 1 FROM uses WHERE seq > ? AND result IS NOT NULL AND reference IS ? AND at = ? AND resource = ? AND quantity = ?',
      ...[after, reference, at, resource, quantity],
    )
    .toArray();
  if (there) return;
  sql.exec(
    `INSERT INTO uses (kind, reference, at, day, resource, quantity, credits) VALUES ('commit', ?, ?, ?, ?, ?, 0)`,
    reference,
    at,
    date,
    resource,
    quantity,
  );
}

function takeOutTokens(sql: SqlStorage, use: Waiting['tokens'][number], after: number): void {
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
  const counted = sql.exec(
    'UPDATE token_uses SET counted_as = ? WHERE seq > ? AND result IS NOT NULL AND request_id IS ? AND at = ?',
    ...[day.model, after, requestId, usage.at],
  );
  if (counted.rowsWritten > 0) return;
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
