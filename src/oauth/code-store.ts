import { eq } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { authorizationCodes } from './tables.ts';

export type CodeRow = typeof authorizationCodes.$inferSelect;

/** Keeps a code, by its hash. */
export async function storeCode(db: Database, row: typeof authorizationCodes.$inferInsert): Promise<void> {
  await db.insert(authorizationCodes).values(row);
}

/** Takes a code: of all who present it at once, one gets it. Null when there is none. */
export async function takeCode(db: Database, hash: string): Promise<CodeRow | null> {
  const [taken] = await db.delete(authorizationCodes).where(eq(authorizationCodes.hash, hash)).returning();
  return taken ?? null;
}
