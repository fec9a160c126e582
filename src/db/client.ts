import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';

export type Database = DrizzleD1Database;

/** A D1 session: all its queries see at least what the earlier ones saw. Made anew for each request. */
export interface DatabaseSession {
  db: Database;
  /** Up to where this session has read or written. */
  bookmark(): string | null;
}

/** Reads from the nearest replica that has come as far as the bookmark; from any when there is none. */
export function nearestReplica(d1: D1Database, bookmark: string | null = null): DatabaseSession {
  return open(d1, bookmark ?? 'first-unconstrained');
}

/** Reads and writes at the primary: what it says is so. */
export function primary(d1: D1Database): DatabaseSession {
  return open(d1, 'first-primary');
}

function open(d1: D1Database, constraint: D1SessionBookmark | D1SessionConstraint): DatabaseSession {
  const session = d1.withSession(constraint);
  // Drizzle's type asks for a whole D1Database; it uses `prepare` and `batch`, which a session has.
  return { db: drizzle(session as unknown as D1Database), bookmark: () => session.getBookmark() };
}
