import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const realms = sqliteTable('realms', {
  id: text().primaryKey(),
  name: text().notNull(),
  registration: text({ enum: ['open', 'verify_first', 'closed'] }).notNull(),
  allowedOrigins: text('allowed_origins', { mode: 'json' }).$type<string[]>().notNull(),
  redirectTargets: text('redirect_targets', { mode: 'json' }).$type<string[]>().notNull(),
  color: text().notNull(),
  logo: text(),
  audience: text(),
  accessTokenSeconds: integer('access_token_seconds').notNull(),
  sessionIdleSeconds: integer('session_idle_seconds').notNull(),
  sessionAbsoluteSeconds: integer('session_absolute_seconds').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});
