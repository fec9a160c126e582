import { applyD1Migrations, reset, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, vi } from 'vitest';
import { everyModule } from './lazy.ts';
import { objects, restartWorker } from './worker.ts';

// Test files share a runtime, so that modules are loaded once. Each begins with nothing stored and nothing remembered.
// Here a module is asked for anew at each import, which requests that come at once may not wait for together.
await everyModule();
await restartWorker();
await wipe();
for (const d1 of [env.DB, env.DB_2]) await applyD1Migrations(d1, env.TEST_MIGRATIONS);

afterAll(() => {
  vi.useRealTimers();
});

/** Deletes all that is stored. `reset` does so of the objects that run, which databases and buckets are too. */
async function wipe(): Promise<void> {
  const sleeping = Object.entries(objects).flatMap(([name, ids]) => {
    const namespace = env[name as keyof typeof objects] as DurableObjectNamespace;
    return [...ids].map((id) => runInDurableObject(namespace.get(id), () => {}));
  });
  await Promise.all([
    ...[env.DB, env.DB_2].map((d1) => d1.prepare('SELECT 1').run()),
    env.AVATARS.list({ limit: 1 }),
    ...sleeping,
  ]);
  await reset();
  for (const ids of Object.values(objects)) ids.clear();
}
