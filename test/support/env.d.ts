import type { D1Migration } from '@cloudflare/vitest-plugin';
import type { Account } from '../../src/account/object.ts';
import type { OneTimeCode } from '../../src/codes/one-time-code.ts';
import type { Bindings } from '../../src/config/config.ts';
import type { RateLimiter } from '../../src/http/rate-limiter.ts';
import type { DialectName } from '../../src/lib/dialect-names.ts';

declare global {
  namespace Cloudflare {
    interface Env extends Omit<Bindings, 'ACCOUNT' | 'RATE_LIMITER' | 'ONE_TIME_CODE'> {
      ACCOUNT: DurableObjectNamespace<Account>;
      RATE_LIMITER: DurableObjectNamespace<RateLimiter>;
      ONE_TIME_CODE: DurableObjectNamespace<OneTimeCode>;
      /** Another database, which realms may live in. */
      DB_2: D1Database;
      ORIGIN: string;
      AUTH_SECRET: string;
      INTERNAL_API_KEY: string;
      TEST_MIGRATIONS: D1Migration[];
      /** Every endpoint that the documents of older services name. */
      TEST_ENDPOINTS: Record<DialectName, string[]>;
    }
    interface GlobalProps {
      mainModule: typeof import('../../src/worker.ts');
    }
  }
}
