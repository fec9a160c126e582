import type { SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Database } from './client.ts';

/**
 * A statement in SQL for a batch. Drizzle's own has no place for parameters there: its batch binds what only statements have that it
 * built.
 */
export function rawStatement<Row = never>(
  db: Database,
  query: SQL,
): BatchItem<'sqlite'> & PromiseLike<Row[]> & { _: { result: Row[] } } {
  const raw = db.all(query) as unknown as { getQuery(): { sql: string } };
  const { $client } = db as unknown as { $client: D1Database };
  return Object.assign(raw, { stmt: $client.prepare(raw.getQuery().sql) }) as never;
}
