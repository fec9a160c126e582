import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Database } from './client.ts';

/**
 * Inserts those of many rows of which a condition holds. It can ask for a row's own value of a column, and for the value
 * that was given beside the row. The rows are one parameter, for a statement of D1 takes no more than a hundred.
 */
export function insertRows<Table extends SQLiteTable>(
  db: Database,
  table: Table,
  rows: Table['$inferInsert'][],
  condition: (field: (column: SQLiteColumn) => SQL, beside: SQL) => SQL,
  beside: (string | null)[] = [],
) {
  const all = Object.entries(getTableColumns(table)) as [string, SQLiteColumn][];
  const columns = all.filter(([, column]) => !column.generated);
  const lists = rows.map((row, index) => [
    ...columns.map(([name, column]) => {
      const value = (row as Record<string, unknown>)[name] ?? column.default ?? null;
      return value === null ? null : column.mapToDriverValue(value);
    }),
    beside[index] ?? null,
  ]);
  const fieldAt = (index: number) => sql.raw(`j.value ->> ${index}`);
  const field = (column: SQLiteColumn) => fieldAt(columns.findIndex(([, one]) => one === column));
  const values = columns.map((_, index) => fieldAt(index));
  return db
    .insert(table)
    .select(
      sql`SELECT ${sql.join(values, sql`, `)} FROM json_each(${JSON.stringify(lists)}) AS j WHERE ${condition(field, fieldAt(columns.length))}`,
    );
}
