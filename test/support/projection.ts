import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { accountOf } from './api.ts';

/** Lets the account object tell D1 now what it has to tell; false when it had set no alarm. */
export async function project(userId: string): Promise<boolean> {
  return runDurableObjectAlarm(accountOf(userId));
}

/** The types in a user's activity log, oldest first. */
export async function activityOf(userId: string): Promise<string[]> {
  await project(userId);
  const rows = await env.DB.prepare('SELECT type FROM activity WHERE user_id = ? ORDER BY seq')
    .bind(userId)
    .all();
  return rows.results.map((row) => row.type as string);
}

/** Replaces what the object's D1 does with a batch, for what `during` does. */
export async function withBatch(
  userId: string,
  batch: (real: D1Database, all: D1PreparedStatement[]) => Promise<D1Result[]>,
  during: (object: { alarm(): Promise<void> }) => Promise<unknown>,
): Promise<void> {
  await runInDurableObject(accountOf(userId), async (object) => {
    const instance = object as any;
    const bindings = instance.env;
    instance.env = {
      ...bindings,
      DB: {
        prepare: (sql: string) => bindings.DB.prepare(sql),
        batch: (all: D1PreparedStatement[]) => batch(bindings.DB, all),
      },
    };
    try {
      await during(instance);
    } finally {
      instance.env = bindings;
    }
  });
}
