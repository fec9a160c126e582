import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { accountOf } from './api.ts';

/** Lets the account object write its facts to D1 now. */
export async function project(userId: string): Promise<void> {
  await runDurableObjectAlarm(accountOf(userId));
}

/** The types in a user's activity log, oldest first. */
export async function activityOf(userId: string): Promise<string[]> {
  await project(userId);
  const rows = await env.DB.prepare('SELECT type FROM activity WHERE user_id = ? ORDER BY seq')
    .bind(userId)
    .all();
  return rows.results.map((row) => row.type as string);
}
