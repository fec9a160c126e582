import type { Account } from '../../src/account-object.ts';
import type { Bindings } from '../../src/env.ts';
import { pathOf } from '../../src/http/realm-path.ts';
import type { Outcome } from '../../src/rpc/outcome.ts';
import worker, { type Auth } from '../../src/worker.ts';

// The Durable Objects, and whatever else a binding may name.
export * from '../../src/worker.ts';

const PASSWORD = 'three lighthouses at dusk';

interface BenchBindings extends Bindings {
  /** The Worker itself, as other Workers are bound to it. */
  AUTH: Service<typeof Auth>;
}

/** An account object that no user has. */
function someObject(bindings: Bindings): Pick<Account, 'hashPassword' | 'listSessions'> {
  return bindings.ACCOUNT.get(bindings.ACCOUNT.idFromName('bench')) as unknown as Account;
}

/** What the real Worker is measured by: each the floor and one thing more. */
const YARDSTICKS: Record<string, (bindings: BenchBindings, request: Request) => Promise<unknown>> = {
  /** The least that a request can cost here. */
  '/__floor': async () => {},
  /** One call to an object, which does nothing. */
  '/__object': (bindings) => someObject(bindings).listSessions(),
  /** The same, and one hash of a password there. */
  '/__hash': (bindings) => someObject(bindings).hashPassword(PASSWORD),
  /** The simulation of D1: an object in the same process, where production has another machine. */
  '/__query': (bindings) => bindings.DB.prepare('SELECT id FROM realms WHERE id = ?').bind('default').all(),
  /** What a consumer that is bound to the Worker waits for: the local check. */
  '/__verify': async ({ AUTH }, request) => expectOk(await AUTH.verify(tokenOf(request))),
  /** The same of a decision, which counts and charges. */
  '/__authorize': async ({ AUTH }, request) =>
    expectOk(await AUTH.authorize({ token: tokenOf(request), resource: 'images' })),
};

const tokenOf = (request: Request) => request.headers.get('authorization')?.slice('Bearer '.length) ?? '';

function expectOk(outcome: Outcome<unknown>): void {
  if (!outcome.ok) throw new Error(outcome.error.code);
}

export default {
  ...worker,
  async fetch(request, bindings, ctx) {
    const yardstick = YARDSTICKS[pathOf(request.url)];
    if (!yardstick) return worker.fetch(request, bindings, ctx);
    await yardstick(bindings, request);
    return new Response('ok\n');
  },
} satisfies ExportedHandler<BenchBindings>;
