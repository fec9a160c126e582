import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { bearer } from 'better-auth/plugins/bearer';
import type { Bindings } from '../../src/config/config.ts';
import { pathOf } from '../../src/http/realm-path.ts';

// Better Auth on the same D1, for figures beside each other: addresses and passwords, sessions by a bearer token, no caches and no limits. Its hash does
// nothing, for a hash costs what one chooses.

export * from './empty-worker.ts';

const optionsOf = (bindings: Bindings) => ({
  baseURL: 'http://localhost:8787',
  secret: 'Ym9vdGggb24gYSBiZW5jaCwgbm90IGEgc2VjcmV0',
  database: bindings.DB,
  emailAndPassword: {
    enabled: true,
    password: {
      hash: async (password: string) => password,
      verify: async ({ hash, password }: { hash: string; password: string }) => hash === password,
    },
  },
  plugins: [bearer()],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
});

let auth: { handler(request: Request): Promise<Response> } | undefined;

export default {
  async fetch(request, bindings) {
    const path = pathOf(request.url);
    if (path === '/__floor') return new Response('ok\n');
    if (path === '/__migrate') {
      await (await getMigrations(optionsOf(bindings))).runMigrations();
      return new Response('ok\n');
    }
    auth ??= betterAuth(optionsOf(bindings));
    return auth.handler(request);
  },
} satisfies ExportedHandler<Bindings>;
