import { LotBook } from './lot-book.ts';
import { ReversalBook } from './reversal-book.ts';

/** Makes the tables of a ledger. */
export function createLedgerTables(sql: SqlStorage): void {
  createTransactions(sql);
  LotBook.createTable(sql);
  ReversalBook.createTable(sql);
}

/** Gives the tables of an object that was made by an earlier version what they lack. */
export function upgradeLedgerTables(sql: SqlStorage): void {
  sql.exec('ALTER TABLE credit_transactions RENAME TO transactions_before');
  createTransactions(sql);
  sql.exec(`INSERT INTO credit_transactions (seq, id, type, amount, balance_after, reference, request, refund_of,
      description, actor, expires_at, created_at, parts, refunded)
    SELECT seq, id, type, amount, balance_after, reference, CASE
        WHEN reference = id OR (actor = 'system' AND (reference GLOB 'grant:*' OR reference GLOB 'expired:*'
          OR reference GLOB 'reversal:*' OR reference GLOB 'checkout:*' OR reference GLOB 'invoice:*')) THEN NULL
        WHEN type = 'refund' THEN 'refund'
        WHEN type <> 'used' THEN 'add'
        WHEN EXISTS (SELECT 1 FROM requests
          WHERE kind = 'authorize' AND requests.reference = transactions_before.reference) THEN 'authorize'
        ELSE 'use'
      END, refund_of, description, actor, expires_at, created_at, parts, refunded
    FROM transactions_before`);
  sql.exec('DROP TABLE transactions_before');
  ReversalBook.upgradeTable(sql);
}

/** Whether the tables are there, and of which version. */
export function ledgerTablesOf(sql: SqlStorage): 'none' | 'old' | 'current' {
  const rows = sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE name IN ('credit_transactions', 'credit_references')",
    )
    .toArray();
  return rows.length === 2 ? 'current' : rows.length === 1 ? 'old' : 'none';
}

function createTransactions(sql: SqlStorage): void {
  sql.exec(`CREATE TABLE credit_transactions (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, amount INTEGER NOT NULL,
    balance_after INTEGER NOT NULL CHECK (balance_after >= 0), reference TEXT NOT NULL, request TEXT, refund_of TEXT,
    description TEXT, actor TEXT, expires_at INTEGER, created_at INTEGER NOT NULL, parts TEXT,
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND MAX(0, -amount))
  ) STRICT`);
  sql.exec('CREATE UNIQUE INDEX credit_references ON credit_transactions (reference, (request IS NULL))');
}
