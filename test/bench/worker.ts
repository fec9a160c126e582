import type { Account } from '../../src/account-object.ts';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/env.ts';
import { pathOf } from '../../src/http/realm-path.ts';
import { createServices } from '../../src/services.ts';
import worker from '../../src/worker.ts';
import { type Recorded, recordD1 } from './recorded-d1.ts';

// The Durable Objects, and whatever else a binding may name.
export * from '../../src/worker.ts';

const PASSWORD = 'three lighthouses at dusk';

/** An account object that no user has. */
function someObject(bindings: Bindings): Pick<Account, 'hashPassword' | 'listSessions'> {
  return bindings.ACCOUNT.get(bindings.ACCOUNT.idFromName('bench')) as unknown as Account;
}

/** What the real Worker is measured by: each the floor and one thing more. */
const YARDSTICKS: Record<string, (bindings: Bindings, request: Request) => Promise<unknown>> = {
  /** The least that a request can cost here. */
  '/__floor': async () => {},
  /** One call to an object, which does nothing. */
  '/__object': (bindings) => someObject(bindings).listSessions(),
  /** The same, and one hash of a password there. */
  '/__hash': (bindings) => someObject(bindings).hashPassword(PASSWORD),
  /** The simulation of D1: an object in the same process, where production has another machine. */
  '/__query': (bindings) => bindings.DB.prepare('SELECT id FROM realms WHERE id = ?').bind('default').all(),
};

/** Paths below this are those of the service, and answer what D1 did for them. */
const RECORDED = '/__d1';

async function record(request: Request, bindings: Bindings, ctx: ExecutionContext): Promise<Response> {
  const statements: Recorded[] = [];
  const recorded = { ...bindings, DB: recordD1(bindings.DB, statements) };
  const app = createApp(createServices(recorded), recorded);
  const url = request.url.replace(RECORDED, '');
  const response = await app.fetch(new Request(url, request), recorded, ctx);
  await response.arrayBuffer();
  return Response.json({ status: response.status, statements });
}

export default {
  ...worker,
  async fetch(request, bindings, ctx) {
    if (pathOf(request.url).startsWith(RECORDED)) return record(request, bindings, ctx);
    const yardstick = YARDSTICKS[pathOf(request.url)];
    if (!yardstick) return worker.fetch(request, bindings, ctx);
    await yardstick(bindings, request);
    return new Response('ok\n');
  },
} satisfies ExportedHandler<Bindings>;
