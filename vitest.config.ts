import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const migrations = await readD1Migrations(`${import.meta.dirname}/migrations`);

export default defineConfig({
  test: {
    // The Worker's own log, one line a request.
    onConsoleLog: (line) => !line.startsWith('{"level":"info","event":"request"'),
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                ENVIRONMENT: 'development',
                ORIGIN: 'https://auth.test',
                AUTH_SECRET: 'c2VjcmV0LWZvci10ZXN0cy1vbmx5LW5vdC1mb3ItdXNl',
                TEST_MIGRATIONS: migrations,
              },
            },
          }),
        ],
        test: {
          name: 'workers',
          include: ['test/**/*.test.ts'],
          exclude: ['test/node/**'],
          setupFiles: ['test/support/migrate.ts'],
        },
      },
      {
        test: { name: 'node', include: ['test/node/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
      },
    ],
  },
});
