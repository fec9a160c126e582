import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { TRANSACTION_TYPES } from '../account/metering-contract.ts';
import { users } from '../directory/tables.ts';

/** The ledgers, projected from the account objects, which decide. `seq` is that of the user's own ledger. */
export const creditTransactions = sqliteTable(
  'credit_transactions',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    seq: integer().notNull(),
    id: text().notNull(),
    realmId: text('realm_id').notNull(),
    type: text({ enum: TRANSACTION_TYPES }).notNull(),
    amount: integer().notNull(),
    balanceAfter: integer('balance_after').notNull(),
    reference: text().notNull(),
    refundOf: text('refund_of'),
    description: text(),
    actor: text(),
    expiresAt: integer('expires_at'),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.seq] })],
);
