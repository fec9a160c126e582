import type { ActivityType } from '../directory/state.ts';
import type { Fact } from './fact.ts';
import type { CreditTransaction, TransactionType } from './metering-contract.ts';

const ACTIVITIES: Record<TransactionType, ActivityType> = {
  purchase: 'credits_added',
  added: 'credits_added',
  grant: 'credits_granted',
  used: 'credits_used',
  refund: 'credits_refunded',
  expired: 'credits_expired',
};

/** Writes rows of the ledger to D1, each with its entry in the activity log. Repeating changes nothing. */
export function projectCredits(db: D1Database, userId: string, facts: Fact[]): D1PreparedStatement[] {
  const rows = facts as (Omit<Fact, 'data'> & { data: CreditTransaction })[];
  const entries = rows.map(({ seq, at, data: { type, actor, id, amount, reference, balanceAfter } }) => ({
    seq,
    at,
    type: ACTIVITIES[type],
    actor,
    details: { transaction: id, amount, reference, balance: balanceAfter },
  }));
  return [
    db
      .prepare(
        `INSERT INTO credit_transactions (user_id, seq, id, realm_id, type, amount, balance_after, reference,
           refund_of, description, actor, expires_at, created_at)
         SELECT users.id, value ->> 'seq', value ->> 'id', users.realm_id, value ->> 'type', value ->> 'amount',
           value ->> 'balanceAfter', value ->> 'reference', value ->> 'refundOf', value ->> 'description',
           value ->> 'actor', value ->> 'expiresAt', value ->> 'createdAt'
         FROM users, json_each(?2) WHERE users.id = ?1 ON CONFLICT DO NOTHING`,
      )
      .bind(userId, JSON.stringify(rows.map(({ data }) => data))),
    db
      .prepare(
        `INSERT INTO activity (user_id, seq, realm_id, at, type, actor, details)
         SELECT users.id, value ->> 'seq', users.realm_id, value ->> 'at', value ->> 'type', value ->> 'actor',
           value -> 'details'
         FROM users, json_each(?2) WHERE users.id = ?1 ON CONFLICT DO NOTHING`,
      )
      .bind(userId, JSON.stringify(entries)),
    ...grantedMonth(
      db,
      userId,
      rows.map(({ data }) => data),
    ),
  ];
}

/** The directory knows who has had this month's grant, so that the Cron Trigger need ask nobody twice. */
function grantedMonth(db: D1Database, userId: string, rows: CreditTransaction[]): D1PreparedStatement[] {
  const month = rows
    .findLast(
      ({ type, reference, request }) => type === 'grant' && !request && /^grant:\d{4}-\d\d$/.test(reference),
    )
    ?.reference.slice('grant:'.length);
  if (!month) return [];
  const sql = 'UPDATE users SET granted_month = MAX(granted_month, ?1) WHERE id = ?2';
  return [db.prepare(sql).bind(month, userId)];
}
