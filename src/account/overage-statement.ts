import { REPORT_DELAY } from './metering-contract.ts';
import type { OverageHour } from './overage-book.ts';

/**
 * Tells the directory what of hours a payer has to pay for by meters, in place of what it knew of them: what is less is older, and changes
 * nothing.
 */
export function overageStatement(
  d1: D1Database,
  { table, id }: { table: 'users' | 'organizations'; id: string },
  hours: OverageHour[],
  now: number,
): D1PreparedStatement {
  const owner = table === 'users' ? 'user_id' : 'organization_id';
  return d1
    .prepare(
      `INSERT INTO overage_reports (payer_id, ${owner}, realm_id, meter, hour, used, used_at, due_at)
       SELECT payers.id, payers.id, payers.realm_id, value ->> 'meter', value ->> 'hour', value ->> 'used', value ->> 'usedAt', ?3
       FROM ${table} AS payers, json_each(?2) WHERE payers.id = ?1
       ON CONFLICT DO UPDATE SET used = excluded.used, used_at = max(used_at, excluded.used_at),
         due_at = min(coalesce(due_at, excluded.due_at), excluded.due_at) WHERE excluded.used > overage_reports.used`,
    )
    .bind(id, JSON.stringify(hours), now + REPORT_DELAY);
}
