import { drizzle } from 'drizzle-orm/d1';
import type { Database } from './client.ts';

/** A database that no query reaches: what it would prepare stays text. */
const blueprint = drizzle({ prepare: (text: string) => text } as unknown as D1Database);

/**
 * A query whose SQL Drizzle builds once an isolate, at its first use; what differs between calls are placeholders. Returns the prepared
 * query on a database: only data is shared between requests, its statement is of the database's own session.
 *
 * @example
 * const byId = preparedOnce((db) => db.select().from(users).where(eq(users.id, sql.placeholder('id'))));
 * const user = await byId(db).get({ id });
 */
export function preparedOnce<Prepared extends object>(
  build: (db: Database) => { prepare(): Prepared },
): (db: Database) => Prepared {
  let known: (Prepared & { stmt?: unknown }) | undefined;
  return (db) => {
    known ??= build(blueprint).prepare();
    const client = (db as Database & { $client: D1Database }).$client;
    return Object.create(known, { stmt: { value: client.prepare(known.stmt as string) } });
  };
}
