import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, vi } from 'vitest';
import { restartWorker } from './worker.ts';

// Files share a runtime, so that modules are loaded once. Each begins with nothing stored and nothing remembered.
await restartWorker();
await reset();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);

afterAll(() => {
  vi.useRealTimers();
});
