import type { Fact } from './fact.ts';

/** What was used, and what the day and the month came to with it. `date` is the day it counts for. */
export interface UsageData {
  resource: string;
  quantity: number;
  at: number;
  date: string;
  day: number;
  month: number;
  reference: string | null;
}

/** Tokens that a model used; `usage` is what they came to of the resource `tokens`. */
export interface TokenData {
  model: string;
  inputTokens: number;
  outputTokens: number;
  requestId: string | null;
  /** What the model has used that day; of too many models, all that are counted together. */
  day: { date: string; model: string; input_tokens: number; output_tokens: number; requests: number };
  usage: UsageData;
}

type Of<Data> = Omit<Fact, 'data'> & { data: Data };

/** Writes usage to D1: each event once, and the newest roll-up of each day and month. */
export function projectUsage(db: D1Database, userId: string, facts: Fact[]): D1PreparedStatement[] {
  const used = facts as Of<UsageData>[];
  const events = used.map(({ seq, data: { at, resource, quantity, reference } }) => ({
    seq,
    at,
    resource,
    quantity,
    reference,
  }));
  return [
    bulk(
      db,
      userId,
      events,
      `INSERT INTO usage_events (user_id, seq, at, resource, quantity, reference)
       SELECT users.id, value ->> 'seq', value ->> 'at', value ->> 'resource', value ->> 'quantity',
         value ->> 'reference'
       FROM users, json_each(?2) WHERE users.id = ?1 ON CONFLICT DO NOTHING`,
    ),
    ...rollUps(db, userId, used),
  ];
}

/** Writes the use of models to D1, in the same way. */
export function projectTokens(db: D1Database, userId: string, facts: Fact[]): D1PreparedStatement[] {
  const used = facts as Of<TokenData>[];
  const events = used.map(({ seq, at, data: { model, inputTokens, outputTokens, requestId } }) => ({
    seq,
    at,
    model,
    inputTokens,
    outputTokens,
    requestId,
  }));
  const days = latest(
    used.map(({ seq, data: { day } }) => ({ seq, ...day })),
    ({ date, model }) => `${date} ${model}`,
  );
  return [
    bulk(
      db,
      userId,
      events,
      `INSERT INTO token_events (user_id, seq, at, model, input_tokens, output_tokens, request_id)
       SELECT users.id, value ->> 'seq', value ->> 'at', value ->> 'model', value ->> 'inputTokens',
         value ->> 'outputTokens', value ->> 'requestId'
       FROM users, json_each(?2) WHERE users.id = ?1 ON CONFLICT DO NOTHING`,
    ),
    bulk(
      db,
      userId,
      days,
      `INSERT INTO token_daily (user_id, date, model, realm_id, seq, input_tokens, output_tokens, requests)
       SELECT users.id, value ->> 'date', value ->> 'model', users.realm_id, value ->> 'seq',
         value ->> 'input_tokens', value ->> 'output_tokens', value ->> 'requests'
       FROM users, json_each(?2) WHERE users.id = ?1
       ON CONFLICT DO UPDATE SET seq = excluded.seq, input_tokens = excluded.input_tokens,
         output_tokens = excluded.output_tokens, requests = excluded.requests
       WHERE excluded.seq > token_daily.seq`,
    ),
    ...rollUps(
      db,
      userId,
      used.map((fact) => ({ ...fact, data: fact.data.usage })),
    ),
  ];
}

function rollUps(db: D1Database, userId: string, facts: Of<UsageData>[]): D1PreparedStatement[] {
  const daily = facts.map(({ seq, data }) => ({
    seq,
    period: data.date,
    resource: data.resource,
    quantity: data.day,
  }));
  const monthly = facts.map(({ seq, data }) => ({
    seq,
    period: data.date.slice(0, 7),
    resource: data.resource,
    quantity: data.month,
  }));
  const key = ({ period, resource }: { period: string; resource: string }) => `${period} ${resource}`;
  return [
    bulk(db, userId, latest(daily, key), rollUp('usage_daily', 'date')),
    bulk(db, userId, latest(monthly, key), rollUp('usage_monthly', 'month')),
  ];
}

const rollUp = (table: string, period: string) =>
  `INSERT INTO ${table} (user_id, ${period}, resource, realm_id, seq, quantity)
   SELECT users.id, value ->> 'period', value ->> 'resource', users.realm_id, value ->> 'seq', value ->> 'quantity'
   FROM users, json_each(?2) WHERE users.id = ?1
   ON CONFLICT DO UPDATE SET seq = excluded.seq, quantity = excluded.quantity WHERE excluded.seq > ${table}.seq`;

/** One statement for any number of rows, which it reads from JSON. */
function bulk(db: D1Database, userId: string, rows: unknown[], sql: string): D1PreparedStatement {
  return db.prepare(sql).bind(userId, JSON.stringify(rows));
}

function latest<Row>(rows: Row[], key: (row: Row) => string): Row[] {
  return [...new Map(rows.map((row) => [key(row), row])).values()];
}
