import { CREDIT_SOURCES, type CreditPart, type CreditSource } from './metering-contract.ts';

/**
 * As SQL: where the credits of a row of the ledger came from, by their place in CREDIT_SOURCES. What a plan brings each month, or by its
 * invoices, and what of it rolled over; what somebody was given; what was bought or brought along, which is spent last.
 */
export const SOURCE_RANK = `CASE
  WHEN request IS NULL AND (reference GLOB 'grant:[0-9]*' OR reference GLOB 'invoice:*' OR reference GLOB 'rollover:*'
    OR refund_of GLOB 'invoice:*') THEN 0
  WHEN request IS NOT NULL AND type IN ('added', 'grant') THEN 1
  ELSE 2 END`;

/** The source of a rank. */
export function sourceOf(rank: number): CreditSource {
  return CREDIT_SOURCES[rank] as CreditSource;
}

/** What came from which source, in the order in which they are spent. */
export function bySource(parts: { rank: number; amount: number }[]): CreditPart[] {
  return CREDIT_SOURCES.flatMap((source, rank) => {
    const amount = parts.reduce((sum, part) => sum + (part.rank === rank ? part.amount : 0), 0);
    return amount > 0 ? [{ source, amount }] : [];
  });
}
