import { asc, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { users } from '../directory/tables.ts';
import { billingInvoiceRates, type InvoiceRateRow } from './tables.ts';

/** By what a user's invoices were read, the oldest first. */
export function readInvoiceRates(db: Database, userId: string): Promise<InvoiceRateRow[]> {
  return db
    .select()
    .from(billingInvoiceRates)
    .where(eq(billingInvoiceRates.userId, userId))
    .orderBy(asc(billingInvoiceRates.createdAt), asc(billingInvoiceRates.invoiceId));
}

/** Remembers by what invoices are read; what was read before stays as it was. Nothing of a user who is gone. */
export async function keepInvoiceRates(db: Database, rows: InvoiceRateRow[]): Promise<void> {
  const [first, ...rest] = rows.map((row) =>
    db
      .insert(billingInvoiceRates)
      .select(
        sql`SELECT ${row.invoiceId}, ${row.priceId}, ${row.userId}, ${row.monthlyCredits}, ${row.months}, ${row.unitAmount},
          ${row.currency}, ${row.createdAt} FROM ${users} WHERE ${eq(users.id, row.userId)}`,
      )
      .onConflictDoNothing(),
  );
  if (first) await db.batch([first, ...rest]);
}
