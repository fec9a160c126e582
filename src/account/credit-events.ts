import { eventsOfTransaction } from '../events/derived.ts';
import type { ObjectEvent } from '../events/emit.ts';
import type { Told } from './told.ts';

interface LedgerRow extends Record<string, SqlStorageValue> {
  seq: number;
  id: string;
  type: string;
  amount: number;
  balance_after: number;
  actor: string | null;
  at: number;
  member: string | null;
}

/** Notes that a row of the ledger was written, and whether webhooks want to hear of those; whether there is something to tell. */
export function noteBooked(told: Told, seq: number, tells: boolean | undefined): boolean {
  const { credits } = told.get();
  if (tells ?? credits !== undefined) {
    if (credits === undefined) told.put({ credits: seq - 1 });
    return true;
  }
  if (credits !== undefined) told.put({ credits: undefined });
  return false;
}

/** What webhooks are to be told of the ledger after a row, and up to which that is; null when there is nothing. */
export function creditEvents(
  sql: SqlStorage,
  after: number | undefined,
  limit: number,
  organizationId?: string,
): { events: ObjectEvent[]; reached: number } | null {
  if (after === undefined) return null;
  const rows = sql
    .exec<LedgerRow>(
      `SELECT seq, id, type, amount, balance_after, actor, created_at AS at, ${organizationId ? 'member' : 'NULL AS member'}
       FROM credit_transactions WHERE seq > ? ORDER BY seq LIMIT ?`,
      after,
      limit,
    )
    .toArray();
  const last = rows.at(-1);
  if (!last) return null;
  const [before] = sql
    .exec<{ balance_after: number }>(
      `SELECT balance_after FROM credit_transactions WHERE seq <= ? AND amount > 0 AND type <> 'refund'
       ORDER BY seq DESC LIMIT 1`,
      after,
    )
    .toArray();
  let topped = before?.balance_after ?? null;
  const events = rows.flatMap(({ seq, at, actor, member, ...row }) => {
    const about = organizationId && { organizationId, member };
    const told = eventsOfTransaction({ ...row, topped }, about || null);
    if (row.amount > 0 && row.type !== 'refund') topped = row.balance_after;
    return told.map((event, index) => ({
      ...{ ...event, key: `c${seq}${index === 0 ? '' : 'l'}`, at, actor, request_id: null },
    }));
  });
  return { events, reached: last.seq };
}
