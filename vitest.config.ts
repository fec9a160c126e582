import { existsSync, statfsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { promisedEndpoints } from './test/support/documents.ts';
import { PATIENCE } from './test/support/patience.ts';
import { answerHook } from './test/support/peers/bound-hook.ts';
import { trustPeers } from './test/support/peers/certificate.ts';
import { oauthVariables } from './test/support/peers/oauth.ts';
import { CREDENTIALS } from './test/support/peers/ports.ts';
import { TURNSTILE } from './test/support/peers/turnstile.ts';

// Databases and objects of tests are written and deleted by the thousand: in memory, where there is room for them.
const MEMORY = '/dev/shm';
const ROOM = 2 ** 30;
if (!process.env.TMPDIR && existsSync(MEMORY)) {
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize > ROOM) process.env.TMPDIR = MEMORY;
}

// Miniflare reads NODE_EXTRA_CA_CERTS once, when it is loaded.
trustPeers();
const { cloudflareTest, readD1Migrations } = await import('@cloudflare/vitest-plugin');

// Thousands of tests go over real sockets beside each other: what one lost connection decides is asked again where a whole run
// counts, and the report names it.
const retry = process.env.CI ? 1 : 0;
// No test is decided by the time it takes; what hangs ends some day.
const patience = {
  retry,
  testTimeout: 2 * PATIENCE,
  hookTimeout: 2 * PATIENCE,
  expect: { poll: { timeout: PATIENCE } },
};
const migrations = await readD1Migrations(`${import.meta.dirname}/migrations`);

export default defineConfig({
  test: {
    // The Worker's own log, one line a request.
    onConsoleLog: (line) => !line.startsWith('{"level":"info","event":"request"'),
    // What follows the answers of a file that is over is cut off with its objects, which workerd reports in whichever file is
    // next. A request of a test that is really cut off like that never answers, and the test fails.
    onUnhandledError: ({ message }) =>
      !/^Cannot perform I\/O on behalf of a different request.*RefcountedFulfiller/s.test(message ?? ''),
    // Most of the time goes by waiting for workerd, for peers and for passwords to be hashed.
    maxWorkers: 3,
    retry,
    globalSetup: ['test/support/peers/global-setup.ts'],
    projects: [
      {
        plugins: [
          {
            name: 'observed',
            enforce: 'pre',
            resolveId: (id, importer) => {
              const [observed] = id.match(/(?<=\/)(after-response|lazy)\.ts$/) ?? [];
              const isOurs = importer?.startsWith(`${import.meta.dirname}/src/`);
              return observed && isOurs ? `${import.meta.dirname}/test/support/${observed}` : undefined;
            },
          },
          cloudflareTest(({ inject }) => {
            const peers = inject('peers');
            return {
              main: './test/support/worker.ts',
              wrangler: { configPath: './wrangler.toml' },
              miniflare: {
                // A second database, which realms may live in.
                d1Databases: { DB_2: 'latchkey-2' },
                // A Worker that is bound for hooks, of the realm `default` and of one of its own.
                serviceBindings: { HOOK_RECEIVER: answerHook, HOOK_RECEIVER__HOOKED: answerHook },
                email: { send_email: [{ name: 'EMAIL' }] },
                // Both are there locally, and take what they are given to nowhere.
                pipelines: { EVENT_PIPELINE: 'events' },
                analyticsEngineDatasets: { EVENT_DATASET: { dataset: 'events' } },
                bindings: {
                  ENVIRONMENT: 'development',
                  ORIGIN: 'https://auth.test',
                  AUTH_SECRET: 'c2VjcmV0LWZvci10ZXN0cy1vbmx5LW5vdC1mb3ItdXNl',
                  INTERNAL_API_KEY: 'aW50ZXJuYWwta2V5LWZvci10ZXN0cy1vbmx5LW5vdA',
                  MAIL_PROVIDER: 'smtp',
                  MAIL_FROM: 'accounts@latchkey.test',
                  SMTP_HOST: '127.0.0.1',
                  SMTP_PORT: String(peers.smtp.plain),
                  SMTP_SECURITY: 'none',
                  // Else what is counted would be told in the middle of other tests.
                  METRICS_ENABLED: 'false',
                  SMS_PROVIDER: 'twilio',
                  TWILIO_URL: `http://127.0.0.1:${peers.twilio}`,
                  TWILIO_ACCOUNT_SID: CREDENTIALS.twilio.accountSid,
                  TWILIO_AUTH_TOKEN: CREDENTIALS.twilio.authToken,
                  TWILIO_FROM: CREDENTIALS.twilio.number,
                  SMS_CALLING_CODES: '+1,+49,+44,+358',
                  ...oauthVariables(peers.oauth),
                  BREACHED_PASSWORDS_URL: `http://127.0.0.1:${peers.pwned}`,
                  TURNSTILE_SITE_KEY: TURNSTILE.siteKey,
                  TURNSTILE_SECRET_KEY: TURNSTILE.secretKey,
                  TURNSTILE_URL: `http://127.0.0.1:${peers.turnstile}`,
                  STRIPE_SECRET_KEY: CREDENTIALS.stripe.secretKey,
                  STRIPE_WEBHOOK_SECRET: CREDENTIALS.stripe.webhookSecrets.join(','),
                  STRIPE_API_URL: `http://127.0.0.1:${peers.stripe.api}`,
                  TEST_MIGRATIONS: migrations,
                  TEST_ENDPOINTS: promisedEndpoints(),
                },
              },
            };
          }),
        ],
        test: {
          name: 'workers',
          include: ['test/**/*.test.ts'],
          exclude: ['test/node/**', 'test/browser/**'],
          setupFiles: ['test/support/migrate.ts'],
          // The modules are loaded once for each of the workers, not for each file: see the file above.
          isolate: false,
          ...patience,
        },
      },
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/node/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          ...patience,
          // Each file has a server and a browser of its own, which two cores cannot give to more.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
