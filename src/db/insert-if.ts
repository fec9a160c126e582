import { getTableColumns, is, SQL, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Database } from './client.ts';

/** Inserts a row if a condition holds: what hangs on something that the same batch decides. A value may be an expression. */
export function insertIf<Table extends SQLiteTable>(
  db: Database,
  table: Table,
  row: { [Name in keyof Table['$inferInsert']]: Table['$inferInsert'][Name] | SQL },
  condition: SQL,
) {
  const given = row as Record<string, unknown>;
  const values = Object.entries(getTableColumns(table)).map(([name, column]) => {
    const value = given[name] ?? column.default ?? null;
    return is(value, SQL) ? value : sql`${sql.param(value, column)}`;
  });
  return db.insert(table).select(sql`SELECT ${sql.join(values, sql`, `)} WHERE ${condition}`);
}
