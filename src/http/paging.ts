import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';

type Key = string | number;

/** How far a list is counted when nobody keeps the number: each one that is counted is a row read. */
export const COUNTED = 1000;

/** The cursor after a row with these values. */
export function cursorAfter(...keys: Key[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/** What a cursor says. It may be forged: the caller checks its shape. Null where it cannot be read. */
export function keysOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}

/** The page of rows that were read with one row more than `limit`, which tells whether another page follows. */
export function pageOf<Row>(
  rows: Row[],
  limit: number,
  cursor: (last: Row) => string,
): { rows: Row[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, nextCursor: rows.length > limit && last ? cursor(last) : null };
}

/** A count that went no further than COUNTED. */
export function countedTotal(counted: number): { total: number; totalIsExact: boolean } {
  return { total: Math.min(counted, COUNTED), totalIsExact: counted <= COUNTED };
}

/** The statement that counts rows as far as a list is counted, for a batch. */
export function counting(db: Database, rows: SQL) {
  return db.select({ counted: sql<number>`count(*)` }).from(sql`(${rows} LIMIT ${COUNTED + 1})`);
}
