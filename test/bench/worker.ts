import type { Account } from '../../src/account-object.ts';
import type { Bindings } from '../../src/env.ts';
import { pathOf } from '../../src/http/realm-path.ts';
import worker from '../../src/worker.ts';

// The Durable Objects, and whatever else a binding may name.
export * from '../../src/worker.ts';

const PASSWORD = 'three lighthouses at dusk';

/** An account object that no user has. */
function someObject(bindings: Bindings): Pick<Account, 'hashPassword' | 'listSessions'> {
  return bindings.ACCOUNT.get(bindings.ACCOUNT.idFromName('bench')) as unknown as Account;
}

/** What the real Worker's requests are measured against: routes that it does not have, before all of its own. */
const YARDSTICKS: Record<string, (bindings: Bindings) => Response | Promise<Response>> = {
  /** The least that a request can cost here. */
  '/__floor': () => new Response('floor\n'),
  /** That, and one call to an object that does nothing. */
  '/__object': async (bindings) => {
    await someObject(bindings).listSessions();
    return new Response('object\n');
  },
  /** That, and one hash of a password in the object. */
  '/__hash': async (bindings) => {
    await someObject(bindings).hashPassword(PASSWORD);
    return new Response('hash\n');
  },
};

export default {
  ...worker,
  fetch(request, bindings, ctx) {
    return YARDSTICKS[pathOf(request.url)]?.(bindings) ?? worker.fetch(request, bindings, ctx);
  },
} satisfies ExportedHandler<Bindings>;
