import type { OpenedSession } from '../../src/account/contract.ts';
import type { Account } from '../../src/account/object.ts';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { verifyForeign } from '../../src/crypto/foreign-hashes.ts';
import type { RateLimiter } from '../../src/http/rate-limiter.ts';
import { pathOf } from '../../src/http/realm-path.ts';
import { newId } from '../../src/lib/ids.ts';
import type { Outcome } from '../../src/rpc/outcome.ts';
import { createServices, type Services } from '../../src/services.ts';
import type { Organization } from '../../src/wallet/object.ts';
import worker, { type Auth } from '../../src/worker.ts';
import { type Recorded, recordD1 } from './recorded-d1.ts';

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
  /** The same of an object that was never there, which is a file of its own here. */
  '/__new_object': ({ RATE_LIMITER }) =>
    (RATE_LIMITER.get(RATE_LIMITER.idFromName(crypto.randomUUID())) as unknown as RateLimiter).ping(),
  /** One call to an object that is there, and one hash of a password there. */
  '/__hash': (bindings) => someObject(bindings).hashPassword(PASSWORD),
  /** Whether a hash that another system made is of the password: the hash is the body. */
  '/__foreign': async (_, request) => {
    if (!verifyForeign(await request.text(), PASSWORD)) throw new Error('not of the password');
  },
  /** The simulation of D1: an object in the same process, where production has another machine. */
  '/__query': (bindings) => bindings.DB.prepare('SELECT id FROM realms WHERE id = ?').bind('default').all(),
  /** What a consumer that is bound to the Worker waits for: the local check. */
  '/__verify': async ({ AUTH }, request) => expectOk(await AUTH.verify(tokenOf(request))),
  /** The same of a decision, which counts and charges. */
  '/__authorize': async ({ AUTH }, request) => expectOk(await AUTH.authorize(await request.json())),
};

const tokenOf = (request: Request) => request.headers.get('authorization')?.slice('Bearer '.length) ?? '';

function expectOk(outcome: Outcome<unknown>): void {
  if (!outcome.ok) throw new Error(outcome.error.code);
}

let services: Services | undefined;

/** Makes a user of the plan without limits, with credits and a session; gives their id and an access token for an hour. */
async function makeUser(bindings: Bindings): Promise<{ userId: string; token: string }> {
  services ??= createServices(bindings);
  const realm = await services.realms.get('default');
  const userId = newId('usr');
  const directory = {
    userId,
    realmId: realm.id,
    role: 'user' as const,
    plan: 'enterprise',
    planExpiresAt: null,
    customLimits: {},
    status: 'active' as const,
    emailVerified: true,
    version: 1,
    credentialVersion: 1,
  };
  const object = bindings.ACCOUNT.get(bindings.ACCOUNT.idFromName(userId)) as unknown as Account;
  const client = { ip: '10.0.0.1', country: null, city: null, userAgent: null };
  const { lifetimes } = realm;
  const opened = await object.open(directory, { client, methods: ['pwd'], lifetimes, activity: 'signed_in' });
  const credits = { type: 'added', amount: 1e9, reference: 'bench', expiresAt: null } as const;
  await services.credits.add(
    { userId, realmId: realm.id },
    { ...credits, description: null, actor: 'system' },
  );
  const grant = await services.sessions.grant(
    { ...realm, accessTokenSeconds: 3600 },
    opened as OpenedSession,
  );
  return { userId, token: grant.accessToken };
}

/** The organization of all members, which has the plan without limits, and credits. */
const TEAM = `org_${'b'.repeat(26)}`;
let teamVersion = 0;

/** Makes a user who is a member of the team; gives their access token for an hour. */
async function makeMember(bindings: Bindings): Promise<string> {
  const { userId, token } = await makeUser(bindings);
  teamVersion += 1;
  const state = {
    organizationId: TEAM,
    realmId: 'default',
    plan: 'enterprise',
    planExpiresAt: null,
    customLimits: {},
    subscribed: false,
    status: 'active' as const,
    version: teamVersion,
  };
  const wallet = bindings.ORGANIZATION.get(bindings.ORGANIZATION.idFromName(TEAM)) as unknown as Organization;
  await wallet.directoryChanged(state, [{ userId, role: 'member', version: teamVersion }]);
  await services?.credits.add(
    { organizationId: TEAM, realmId: 'default', userId: null, actor: 'system' },
    ...[
      {
        type: 'added',
        amount: 1e9,
        reference: 'bench',
        expiresAt: null,
        description: null,
        actor: 'system',
      } as const,
    ],
  );
  return token;
}

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
    if (pathOf(request.url) === '/__user') return new Response((await makeUser(bindings)).token);
    if (pathOf(request.url) === '/__member') return new Response(await makeMember(bindings));
    if (pathOf(request.url).startsWith(RECORDED)) return record(request, bindings, ctx);
    const yardstick = YARDSTICKS[pathOf(request.url)];
    if (!yardstick) return worker.fetch(request, bindings, ctx);
    await yardstick(bindings, request);
    return new Response('ok\n');
  },
} satisfies ExportedHandler<BenchBindings>;
