import { eq } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { type UserRow, users } from './tables.ts';

/** Reads a user's row by id; null when there is none. */
export async function readUser(db: Database, userId: string): Promise<UserRow | null> {
  return (await db.select().from(users).where(eq(users.id, userId)).get()) ?? null;
}
