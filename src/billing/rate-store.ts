import { asc, eq, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { type InvoiceRateRow, tablesOf } from './tables.ts';

/** By what a payer's invoices were read, the oldest first. */
export function readInvoiceRates(db: Database, payerId: string): Promise<InvoiceRateRow[]> {
  const { invoiceRates } = tablesOf(payerId);
  return db
    .select()
    .from(invoiceRates)
    .where(eq(invoiceRates.payerId, payerId))
    .orderBy(asc(invoiceRates.createdAt), asc(invoiceRates.invoiceId));
}

/** Remembers by what invoices are read; what was read before stays as it was. Nothing of a payer who is gone. */
export async function keepInvoiceRates(db: Database, rows: InvoiceRateRow[]): Promise<void> {
  const [first, ...rest] = rows.map((row) => {
    const { invoiceRates, parent } = tablesOf(row.payerId);
    const exists = sql`EXISTS (SELECT 1 FROM ${parent} WHERE id = ${row.payerId})`;
    return insertIf(db, invoiceRates, row, exists).onConflictDoNothing();
  });
  if (first) await db.batch([first, ...rest]);
}
