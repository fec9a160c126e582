import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, expect, it, vi } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { directoryState } from '../../src/directory/service.ts';
import { accepted } from '../../src/errors.ts';
import { createServices } from '../../src/services.ts';
import {
  accountOf,
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  freshAddress,
  INTERNAL,
  ORIGIN,
  PASSWORD,
  register,
} from '../support/api.ts';
import { operationsOf, readDocument } from '../support/contract.ts';
import { DeclaredAnswers } from '../support/declared-answer.ts';
import { text } from '../support/hostile.ts';
import { type HostileRequest, LIVE, requestsTo } from '../support/hostile-request.ts';
import {
  atStripe,
  customerOf,
  deliverAll,
  mapPrices,
  PRICE_MEANINGS,
  storedEvents,
} from '../support/stripe.ts';

/** Making the limiter of a new address costs more than a request does: an address serves half of its limit. */
const REQUESTS_PER_ADDRESS = 50;

const services = createServices(env as unknown as Bindings);
const document = await readDocument();
const operations = operationsOf(document);
const answers = new DeclaredAnswers(document, operations);
/** For each operation; all of them are over in a few minutes. */
const RUNS = 60;
/** The same requests each time, so that what passes here passes elsewhere: write another to look elsewhere. */
const SEED = 23;

/** Operations that chance cannot bring to a success: tokens, codes and keys that were mailed, and pictures. */
const NEEDS_A_SECRET = [
  'POST /v1/auth/email/verify',
  'POST /v1/auth/email/undo',
  'POST /v1/auth/password/reset',
  'POST /v1/auth/otp/verify',
  // Which address is right depends on the channel.
  'POST /v1/auth/otp/send',
  'PUT /v1/me/avatar',
  'GET /avatars/{key}',
  // Sent to a provider, and back from there.
  'GET /v1/oauth/{provider}/login',
  'GET /v1/oauth/{provider}/callback',
  'POST /v1/oauth/{provider}/callback',
  'POST /v1/oauth/token',
  'POST /v1/me/identities/{provider}',
  'DELETE /v1/me/identities/{provider}',
  'POST /v1/billing/webhook',
  // Two ids, of which one would have to be a live session.
  'DELETE /v1/admin/users/{id}/sessions/{session_id}',
  // Lines of NDJSON, and what they made; test/import has a fuzz of its own.
  'POST /v1/admin/users/import',
  'GET /v1/admin/imports/{id}',
];
/** Deletes its user: each request needs one of its own. */
const DEADLY = 'DELETE /v1/me';
/** The same for whom an admin handles. */
const LETHAL = 'DELETE /v1/admin/users/{id}';

/** Operations that never succeeded, or took whatever was sent. */
const shut: string[] = [];
/** Ids of all answers; as many as there were requests. */
const requestIds = new Set<string | null>();
let sent = 0;
let paymentMethodId = '';
let eventId = '';
let address = freshAddress();

beforeAll(async () => {
  // A line for each request, of which request-log.test.ts knows what it says.
  vi.spyOn(console, 'log').mockImplementation(() => {});
  await createRealm('other');
});

async function makeUser() {
  const { user } = await register();
  await changeDirectory(user.id, { email_verified: 1, role: 'admin' });
  return user;
}

/** A session of that user, opened without the cost of a password. */
async function openSession(userId: string) {
  const realm = await services.realms.get('default');
  const opened = await accountOf(userId).open(directoryState(await services.directory.get(userId, null)), {
    client: { ip: '10.0.0.1', country: null, city: null, userAgent: null },
    methods: ['pwd'],
    lifetimes: realm.lifetimes,
    activity: 'signed_in',
  });
  return services.sessions.grant(realm, accepted(opened));
}

/** Somebody whom an admin handles. */
async function makeTarget(): Promise<string> {
  const id = `usr_${crypto.randomUUID()}`;
  await env.DB.prepare(
    "INSERT INTO users (id, realm_id, email, created_at, updated_at) VALUES (?1, 'default', ?1 || '@example.com', 0, 0)",
  )
    .bind(id)
    .run();
  return id;
}

/** A mail that was given up. */
async function makeMessage(): Promise<string> {
  const id = `msg_${crypto.randomUUID()}`;
  await env.DB.prepare(
    `INSERT INTO outbox (id, realm_id, channel, template, recipient, data, status, next_attempt_at, created_at)
     VALUES (?, 'default', 'mail', 'account_deleted', 'nobody@example.com', '{"name":null}', 'dead', 0, 0)`,
  )
    .bind(id)
    .run();
  return id;
}

/** Credits to use, a use to refund, and a reservation to end. */
async function prepareMetering(userId: string): Promise<void> {
  const user = { userId, realmId: 'default' };
  const change = { description: null, actor: 'system', reference: 'start' };
  await services.credits.add(user, { ...change, amount: 1e6, type: 'added', expiresAt: null });
  await services.credits.use(user, { ...change, amount: 1e5, reference: LIVE.reference });
  await services.usage.reserve(user, {
    resource: 'images',
    quantity: 1,
    reference: LIVE.reference,
    seconds: null,
  });
}

/** Prices that stand for something, a card, and an event. */
async function prepareBilling(userId: string): Promise<void> {
  await mapPrices();
  await services.billing.setupIntent({ userId, realmId: 'default' });
  const { customer_id: customer } = await customerOf(userId);
  paymentMethodId = (await atStripe('attach', { customer })).id;
  await deliverAll(paymentMethodId);
  [{ id: eventId }] = await storedEvents('subject', paymentMethodId);
}

/** Sends a request. The user's account never locks: all would be refused that comes after. */
async function send(
  request: HostileRequest,
  { id: userId, email }: { id: string; email: string },
  targetId: string,
): Promise<Response> {
  sent += 1;
  if (sent % REQUESTS_PER_ADDRESS === 0) address = freshAddress();
  const headers = new Headers([['cf-connecting-ip', address], ...request.headers]);
  let { url, body } = request;
  if (/password|login|email|\/v1\/me$/.test(url)) {
    await runInDurableObject(accountOf(userId), (_, { storage }) => storage.kv.delete('attempts'));
  }
  const written = typeof body === 'string' ? body : '';
  if (request.session !== 'none' || url.includes(LIVE.sessionId) || written.includes(LIVE.refreshToken)) {
    const { session, accessToken, refreshToken } = await openSession(userId);
    if (request.session === 'token') headers.set('authorization', `Bearer ${accessToken}`);
    if (request.session === 'key') headers.set('x-api-key', INTERNAL['x-api-key']);
    if (request.session === 'cookie') headers.set('cookie', `__Host-latchkey=${refreshToken}`);
    url = url.replace(LIVE.sessionId, session.sessionId);
    if (written) body = written.replace(LIVE.refreshToken, refreshToken);
  }
  if (url.includes(LIVE.keyId)) url = url.replace(LIVE.keyId, (await createApiKey(['users:read'])).id);
  url = url.replace(LIVE.paymentMethodId, paymentMethodId).replace(LIVE.eventId, eventId);
  url = url.replace(LIVE.userId, userId).replace(LIVE.email, email);
  if (url.includes(LIVE.messageId)) url = url.replace(LIVE.messageId, await makeMessage());
  url = url.replace(LIVE.targetId, targetId).replace(LIVE.userId, userId).replace(LIVE.email, email);
  const response = await exports.default.fetch(url, {
    method: request.method,
    headers,
    body,
    redirect: 'manual',
  });
  requestIds.add(response.headers.get('x-request-id'));
  return response;
}

it.each(operations)(
  '$method $path answers whatever it is sent as it declares',
  { timeout: 120_000 },
  async (operation) => {
    const user = await makeUser();
    const given = {
      email: fc.uuid().map((id) => `${id}@example.com`),
      username: fc.uuid().map((id) => `u${id.slice(0, 20)}`),
      identifier: fc.constant(user.email),
      to: fc.constant(user.email),
      // Registration takes any good password; the others want the user's.
      password: fc.constant(PASSWORD),
      current_password: fc.constant(PASSWORD),
      new_password: fc.constant(PASSWORD),
      refresh_token: fc.constant(LIVE.refreshToken),
      user_id: fc.constantFrom(user.id, user.id, user.id, 'usr_nobody'),
      limits: fc.constantFrom({ images: { day: 20 } }, { images: {} }, { 'a b': { day: 1 } }),
      reference: fc.uuid(),
      quantity: fc.integer({ min: 0, max: 2 }),
      amount: fc.integer({ min: 0, max: 2 }),
      input_tokens: fc.integer({ min: 0, max: 3 }),
      output_tokens: fc.integer({ min: 0, max: 3 }),
      plan: fc.constantFrom('pro', 'pro', 'free', 'nothing'),
      price_id: fc.constantFrom('price_credits_500', 'price_pro_month', 'price_nobody'),
      success_url: fc.constantFrom('/account', '/account', '/account', 'https://evil.test'),
      data: fc.constantFrom(PRICE_MEANINGS, [], [{ price_id: 'price_nobody', credits: 1 }], [{}]),
      cancel_url: fc.constant('/account'),
      return_url: fc.constantFrom('/account', '//evil.test'),
      payment_method_id: fc.constant('pm_nobody'),
      // Of a realm.
      color: fc.constantFrom('#1d4ed8', '#FFFFFF', 'blue'),
      audience: fc.constantFrom('https://api.example.com', null, 'api'),
      logo: fc.constantFrom('https://app.example.com/logo.svg', null, 'javascript:1'),
      allowed_origins: fc.constantFrom([], ['https://app.example.com'], ['https://app.example.com/']),
      redirect_targets: fc.constantFrom([], ['https://app.example.com/in'], ['javascript:1']),
      id: fc.uuid().map((id) => `r${id.slice(0, 20)}`),
    };
    if (/billing|subscription/.test(operation.path)) await prepareBilling(user.id);
    if (/credits|reservations/.test(operation.path)) await prepareMetering(user.id);
    const target = await makeTarget();
    const isLethal = `${operation.method} ${operation.path}` === LETHAL;
    const isDeadly = `${operation.method} ${operation.path}` === DEADLY;
    const owner = async () => (isDeadly ? makeUser() : user);
    const seen: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(
        requestsTo(operation, { document, realms: ['default', 'other'], given }),
        async (request) => {
          const outcome = await answers.expect(
            await send(request, await owner(), isLethal ? await makeTarget() : target),
            request,
            operation,
          );
          seen[outcome] = (seen[outcome] ?? 0) + 1;
        },
      ),
      { numRuns: RUNS, seed: SEED },
    );
    if (NEEDS_A_SECRET.includes(`${operation.method} ${operation.path}`)) return;
    const successes = Object.keys(operation.definition.responses).filter((status) => status < '300');
    const reached =
      Object.keys(seen).some((outcome) => successes.includes(outcome)) &&
      (!operation.definition.requestBody || 'validation_failed' in seen);
    if (!reached) shut.push(`${operation.method} ${operation.path}`);
  },
);

// A fuzz that is refused at the door tries nothing.
it('comes to a success, and to a refusal of what was sent, with nearly every operation', () => {
  expect(shut.length, shut.join(', ')).toBeLessThan(operations.length / 10);
});

it('answers any address at all', { timeout: 60_000 }, async () => {
  const segment = fc.oneof(
    fc.constantFrom('v1', 'realms', 'default', 'docs', 'me', 'health', '.well-known', '%', '%00', '..', '😀'),
    text.map((value) => encodeURIComponent(value.toWellFormed())),
  );
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND');
  await fc.assert(
    fc.asyncProperty(fc.array(segment, { maxLength: 6 }), method, async (segments, verb) => {
      const headers = { 'cf-connecting-ip': freshAddress() };
      const url = `${ORIGIN}/${segments.join('/')}`;
      const response = await exports.default.fetch(url, { method: verb, headers, redirect: 'manual' });
      const body = await response.text();
      const requestId = response.headers.get('x-request-id');
      sent += 1;
      requestIds.add(requestId);
      expect(response.status, body).toBeLessThan(500);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      if (response.status < 400) return;
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      if (verb !== 'HEAD') {
        expect(JSON.parse(body)).toMatchObject({ status: response.status, request_id: requestId });
      }
    }),
    { numRuns: 400 },
  );
});

it('gives text back as it was sent, or refuses it', { timeout: 60_000 }, async () => {
  const user = await makeUser();
  const { accessToken: token } = await openSession(user.id);
  await fc.assert(
    fc.asyncProperty(text, async (bio) => {
      const changed = await call('PATCH', '/v1/me', { token, body: { bio } });
      sent += 2;
      requestIds.add(changed.headers.get('x-request-id'));
      const read = await call('GET', '/v1/me', { token });
      requestIds.add(read.headers.get('x-request-id'));
      if (changed.status === 422) return;
      // Compared as JSON, which escapes lone surrogates: the reporter of a failure cannot send them.
      expect(JSON.stringify(changed.body.bio)).toBe(JSON.stringify(bio.trim()));
      expect(read.body).toEqual(changed.body);
    }),
    { numRuns: 150 },
  );
});

it('has given every answer an id of its own, and no object a new property', () => {
  console.info(`fuzz: ${sent} requests`);
  expect(requestIds.size).toBe(sent);
  const polluted: string[] = [];
  for (const name in {}) polluted.push(name);
  expect(polluted).toEqual([]);
});
