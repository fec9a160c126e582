import { bySource, SOURCE_RANK } from './credit-source.ts';
import type { Part } from './lot-book.ts';
import type { CreditTransaction, TransactionType } from './metering-contract.ts';

/** A row of the ledger, and where its credits came from. */
export type LedgerRow = {
  seq: number;
  id: string;
  type: TransactionType;
  amount: number;
  balance_after: number;
  reference: string;
  /** By what request of a caller's it came; null for Latchkey's own, whose references are apart. */
  request: CreditTransaction['request'];
  refund_of: string | null;
  description: string | null;
  actor: string | null;
  expires_at: number | null;
  created_at: number;
  /** From which lots it was taken, or into which it came back, as JSON; null for what is a lot itself. */
  parts: string | null;
  /** Of what comes in: the place of its source in CREDIT_SOURCES. */
  source: number;
  /** Of a use: how much of it was given back. */
  refunded: number;
  /** Where several share: on whose behalf, and of a use and its refund the UTC day of the use. */
  member?: string | null;
  member_day?: string | null;
};

/** Rows as others see them. Which lots they name is known, or looked up by one statement for all. */
export function shownRows(sql: SqlStorage, rows: LedgerRow[]): CreditTransaction[] {
  const parts = rows.map(partsOf);
  const unknown = parts.flat().flatMap(({ seq, source }) => (source === undefined ? [seq] : []));
  const known = new Map(unknown.length > 0 ? sourcesOf(sql, unknown) : []);
  return rows.map((row, index) => {
    const ranked = (parts[index] as Part[]).map(({ seq, amount, source }) => ({
      rank: source ?? (known.get(seq) as number),
      amount,
    }));
    return { ...transactionOf(row), sources: bySource(ranked) };
  });
}

/** One row as others see it. */
export function shownRow(sql: SqlStorage, row: LedgerRow): CreditTransaction {
  return shownRows(sql, [row])[0] as CreditTransaction;
}

/** The parts of a use that a refund gives back: those taken last first, after what was given back already. */
export function returned(parts: Part[], already: number, amount: number): Part[] {
  const back: Part[] = [];
  let skip = already;
  let wanted = amount;
  for (const part of parts.toReversed()) {
    const skipped = Math.min(skip, part.amount);
    const taken = Math.min(wanted, part.amount - skipped);
    skip -= skipped;
    wanted -= taken;
    if (taken > 0) back.push({ ...part, amount: taken });
  }
  return back;
}

/** The lots that a row is about: those that it names, or itself. Earlier versions have named none but those of uses. */
function partsOf({ parts, type, amount, seq, refund_of, request, source }: LedgerRow): Part[] {
  if (parts !== null) return JSON.parse(parts);
  const isLot = amount > 0 && (type !== 'refund' || (request === null && refund_of !== null));
  return isLot ? [{ seq, amount, expiresAt: null, source }] : [];
}

function sourcesOf(sql: SqlStorage, seqs: number[]): [number, number][] {
  return sql
    .exec<{ seq: number; source: number }>(
      `SELECT seq, ${SOURCE_RANK} AS source FROM credit_transactions WHERE seq IN (SELECT value FROM json_each(?))`,
      JSON.stringify(seqs),
    )
    .toArray()
    .map(({ seq, source }) => [seq, source]);
}

function transactionOf(row: LedgerRow): Omit<CreditTransaction, 'sources'> {
  return {
    seq: row.seq,
    id: row.id,
    type: row.type,
    amount: row.amount,
    balanceAfter: row.balance_after,
    reference: row.reference,
    refundOf: row.refund_of,
    description: row.description,
    actor: row.actor,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    request: row.request,
    ...(row.member !== undefined && { member: row.member }),
  };
}
