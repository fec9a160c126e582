import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { OveragePrice } from '../account/metering-contract.ts';
import type { Limits } from '../directory/state.ts';
import { realms } from '../realms/tables.ts';

export const plans = sqliteTable(
  'plans',
  {
    realmId: text('realm_id')
      .notNull()
      .references(() => realms.id),
    id: text().notNull(),
    name: text().notNull(),
    limits: text({ mode: 'json' }).$type<Limits>().notNull(),
    modelTiers: text('model_tiers', { mode: 'json' }).$type<string[]>().notNull(),
    monthlyCredits: integer('monthly_credits').notNull().default(0),
    rolloverCredits: integer('rollover_credits').default(0),
    overage: text({ mode: 'json' }).$type<Record<string, OveragePrice>>().notNull().default({}),
    features: text({ mode: 'json' }).$type<string[]>().notNull().default([]),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.realmId, table.id] })],
);
