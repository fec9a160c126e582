import { and, asc, eq, inArray, isNotNull, lt, type SQL, sql } from 'drizzle-orm';
import { primary } from '../db/client.ts';
import { FROZEN_REALMS } from '../db/frozen.ts';
import type { Budget } from '../lib/run-budget.ts';
import { DAY } from '../lib/time.ts';
import type { OrganizationChanges } from './change-service.ts';
import { type ResolveText, recordOf, resolveText } from './domain-service.ts';
import { type DomainRow, domains } from './tables.ts';

/** Lookups of one run. */
const PER_RUN = 50;
/**
 * After how many days without the record a domain is not proved any more: one that was lost by mistake can come back. Days on which nobody
 * knows are none of them, nor do they begin anew: else a domain whose servers fail every other day would stay proved.
 */
const DAYS_MISSED = 3;

/** What the checks are made of. */
export interface DomainCheckDependencies {
  d1: D1Database;
  changes: Pick<OrganizationChanges, 'change'>;
  /** That of Workers unless another is given. */
  resolve?: ResolveText;
}

/**
 * Looks again, once a day, for the records of domains that were proved. A domain without it for three days is not proved any more: nobody
 * joins by it, and it is free for whoever has it now. Where nobody can tell, nothing changes.
 */
export async function checkDomains(
  { d1, changes, resolve = resolveText }: DomainCheckDependencies,
  now: number,
  budget: Budget,
): Promise<void> {
  // To ask, and for what it comes to.
  if (!budget.take(3)) return;
  const { db } = primary(d1);
  const checked = sql<number>`coalesce(${domains.checkedAt}, ${domains.verifiedAt})`;
  const due = await db
    .select()
    .from(domains)
    .where(
      and(
        isNotNull(domains.verifiedAt),
        lt(checked, now - DAY),
        sql`${domains.realmId} NOT IN ${FROZEN_REALMS}`,
      ),
    )
    .orderBy(asc(checked))
    .limit(PER_RUN);
  const found: DomainRow[] = [];
  const missed: DomainRow[] = [];
  const unknown: DomainRow[] = [];
  for (const row of due) {
    if (!budget.take(1)) break;
    const record = recordOf(row);
    const texts = await resolve(record.name);
    if (texts === null) unknown.push(row);
    else (texts.includes(record.value) ? found : missed).push(row);
  }
  const note = (rows: DomainRow[], count: SQL | number) =>
    db
      .update(domains)
      .set({ checkedAt: now, missed: count as number })
      .where(
        inArray(domains.id, sql`(SELECT value FROM json_each(${JSON.stringify(rows.map(({ id }) => id))}))`),
      );
  // What is not noted is looked at again in an hour.
  const over = missed.filter((row) => row.missed + 1 >= DAYS_MISSED);
  const again = missed.filter((row) => !over.includes(row));
  if (found.length + again.length + unknown.length > 0) {
    await db.batch([
      note(found, 0),
      note(again, sql`${domains.missed} + 1`),
      note(unknown, sql`${domains.missed}`),
    ]);
  }
  for (const row of over) if (budget.take(6)) await lapse(changes, row, now);
}

/** Takes the proof of a domain away, unless it was given up or proved anew meanwhile. */
async function lapse(
  changes: Pick<OrganizationChanges, 'change'>,
  { id, organizationId, realmId, domain, verifiedAt }: DomainRow,
  now: number,
): Promise<void> {
  const proof = and(eq(domains.id, id), eq(domains.verifiedAt, verifiedAt ?? 0)) as SQL;
  await changes.change(organizationId, {
    guard: sql`EXISTS (SELECT 1 FROM ${domains} WHERE ${proof})`,
    after: (db, changed) => [
      db.update(domains).set({ verifiedAt: null, checkedAt: null, missed: 0 }).where(and(proof, changed)),
    ],
    audit: {
      ...{ realmId, at: now, actor: 'system', action: 'domain_changed', target: organizationId },
      details: { domain_id: id, domain, verified: false },
    },
  });
}
