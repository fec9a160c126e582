import { eq } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { oauthFlows } from './tables.ts';

/** Claims a flow: of all who come back with its state, one does. `expiresAt` is Unix milliseconds. */
export async function claimFlow(
  db: Database,
  flow: { realmId: string; stateHash: string; expiresAt: number },
): Promise<boolean> {
  const claimed = await db
    .insert(oauthFlows)
    .values(flow)
    .onConflictDoNothing()
    .returning({ stateHash: oauthFlows.stateHash });
  return claimed.length > 0;
}

/** Keeps what came of a flow. */
export async function settleFlow(db: Database, stateHash: string, outcome: string): Promise<void> {
  await db.update(oauthFlows).set({ outcome }).where(eq(oauthFlows.stateHash, stateHash));
}

/** What came of a flow that was claimed; null while that is not known. */
export async function readOutcome(db: Database, stateHash: string): Promise<string | null> {
  const row = await db.select().from(oauthFlows).where(eq(oauthFlows.stateHash, stateHash)).get();
  return row?.outcome ?? null;
}
