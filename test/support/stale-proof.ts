import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { accountOf } from './api.ts';
import { beginSessions } from './begun-sessions.ts';

/** Lets the proof of every session of a user grow old by so many milliseconds, the tokens staying as they are. */
export async function ageProofs(userId: string, milliseconds: number): Promise<void> {
  await runInDurableObject(accountOf(userId), (_, { storage }) => {
    beginSessions(storage);
    storage.sql.exec('UPDATE sessions SET authenticated_at = authenticated_at - ?', milliseconds);
  });
  // It has them in memory too.
  await evictDurableObject(accountOf(userId));
}
