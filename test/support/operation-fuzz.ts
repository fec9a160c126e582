import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { directoryState } from '../../src/directory/service.ts';
import { accepted } from '../../src/errors.ts';
import { createServices } from '../../src/services.ts';
import {
  accountOf,
  changeDirectory,
  createApiKey,
  createRealm,
  freshAddress,
  INTERNAL,
  PASSWORD,
  register,
} from './api.ts';
import { type Json, type Operation, operationsOf, readDocument } from './contract.ts';
import { DeclaredAnswers } from './declared-answer.ts';
import { type HostileRequest, LIVE, requestsTo } from './hostile-request.ts';
import { CALLBACK, createClient, pkce } from './oauth-client.ts';
import { atStripe, customerOf, deliverAll, mapPrices, PRICE_MEANINGS, storedEvents } from './stripe.ts';
import { storedOrganization } from './wallet.ts';

/** Operations by the file that tries them, so that files share the work. The first that matches has it. */
const SHARES = {
  'admin-users': /^\/v1\/admin\/users/,
  admin: /^\/v1\/admin\//,
  account: /^\/v1\/me\b/,
  services: /^\/v1\/(users|usage|credits|authorize|billing)\b/,
  others: /^/,
};

/** Making the limiter of a new address costs more than a request does: an address serves half of its limit. */
const REQUESTS_PER_ADDRESS = 50;
/** For each operation. */
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
  // Of a sign-in that waits for its second step.
  'POST /v1/auth/mfa/verify',
  'POST /v1/auth/mfa/send',
  'PUT /v1/me/avatar',
  'PUT /v1/admin/realms/{id}/pictures/{picture}',
  'GET /avatars/{key}',
  // Sent to a provider, and back from there.
  'GET /v1/oauth/{provider}/login',
  'GET /v1/oauth/{provider}/callback',
  'POST /v1/oauth/{provider}/callback',
  'POST /v1/oauth/token',
  // Signed by an authenticator, and what such a signature has added.
  'POST /v1/auth/passkeys/verify',
  'POST /v1/auth/reauthenticate/passkey',
  'POST /v1/me/passkeys',
  'PATCH /v1/me/passkeys/{id}',
  'POST /v1/me/passkeys/{id}/confirm',
  'DELETE /v1/me/passkeys/{id}',
  'POST /v1/me/identities/{provider}',
  'DELETE /v1/me/identities/{provider}',
  'POST /v1/billing/webhook',
  // The second step of a sign-in that waits.
  'POST /v1/auth/mfa/verify',
  'POST /v1/auth/mfa/send',
  // The authorization server refuses in words of its own, and serves clients that are registered.
  'POST /oauth2/token',
  'POST /oauth2/par',
  'POST /oauth2/device_authorization',
  'POST /oauth2/introspect',
  'POST /oauth2/revoke',
  'POST /oauth2/register',
  'GET /oauth2/register/{id}',
  'PUT /oauth2/register/{id}',
  'DELETE /oauth2/register/{id}',
  'GET /.well-known/oauth-protected-resource/{id}',
  'GET /v1/admin/protected-resources/{id}',
  'PATCH /v1/admin/protected-resources/{id}',
  // Whom it asks, everybody else who registers in the realm would be asked about; test/hooks tries them.
  'PUT /v1/admin/hooks/{name}',
  'POST /v1/admin/hooks/{name}/test',
  // Of webhooks a realm has no more than a few; test/webhooks tries them.
  'GET /v1/admin/webhooks/{id}',
  'PATCH /v1/admin/webhooks/{id}',
  'DELETE /v1/admin/webhooks/{id}',
  'POST /v1/admin/webhooks/{id}/rotate',
  'POST /v1/admin/webhooks/{id}/test',
  'POST /v1/admin/webhooks/{id}/replay',
  'GET /v1/admin/webhooks/{id}/deliveries',
  'GET /v1/admin/webhooks/{id}/deliveries/{delivery}',
  'POST /v1/admin/webhooks/{id}/deliveries/{delivery}/resend',
  // A link or an id that was mailed, and members, invitations and domains that there would have to be; test/organizations tries them.
  'POST /v1/organizations/invitations/accept',
  'DELETE /v1/organizations/{id}/invitations/{invitation_id}',
  'GET /v1/organizations/{id}/members/{user_id}',
  'PATCH /v1/organizations/{id}/members/{user_id}',
  'DELETE /v1/organizations/{id}/members/{user_id}',
  'POST /v1/organizations/{id}/transfer',
  'PATCH /v1/organizations/{id}/api-keys/{key_id}',
  'DELETE /v1/organizations/{id}/api-keys/{key_id}',
  'PATCH /v1/organizations/{id}/domains/{domain_id}',
  'POST /v1/organizations/{id}/domains/{domain_id}/verify',
  'DELETE /v1/organizations/{id}/domains/{domain_id}',
  'PATCH /v1/admin/organizations/{id}/members/{user_id}',
  'DELETE /v1/admin/organizations/{id}/members/{user_id}',
  // Two ids, of which one would have to be a live session.
  'DELETE /v1/admin/users/{id}/sessions/{session_id}',
  // Or a key; test/product-keys tries them.
  'DELETE /v1/admin/users/{id}/api-keys/{key_id}',
  'DELETE /v1/admin/organizations/{id}/api-keys/{key_id}',
  // Lines of NDJSON, and what they made; test/import has a fuzz of its own.
  'POST /v1/admin/users/import',
  'POST /v1/admin/organizations/import',
  'GET /v1/admin/imports/{id}',
];
/** Deletes its user: each request needs one of its own. */
const DEADLY = 'DELETE /v1/me';
/** The same for whom an admin handles. */
const LETHAL = 'DELETE /v1/admin/users/{id}';

const nameOf = ({ method, path }: Operation) => `${method} ${path}`;

/** Sends hostile requests to a share of the operations. For one test file. */
export class OperationFuzz {
  readonly operations: Operation[];
  readonly #document: Json;
  readonly #answers: DeclaredAnswers;
  readonly #services = createServices(env as unknown as Bindings);
  /** Operations that never succeeded, or took whatever was sent. */
  readonly #shut: string[] = [];
  /** Ids of all answers; as many as there were requests. */
  readonly #requestIds = new Set<string | null>();
  #sent = 0;
  #paymentMethodId = '';
  #eventId = '';
  #address = freshAddress();

  private constructor(document: Json, share: keyof typeof SHARES) {
    const all = operationsOf(document);
    this.#document = document;
    this.#answers = new DeclaredAnswers(document, all);
    this.operations = all.filter(
      ({ path }) => Object.entries(SHARES).find(([, paths]) => paths.test(path))?.[0] === share,
    );
  }

  /** Reads the document, and makes the realm `other`. */
  static async start(share: keyof typeof SHARES): Promise<OperationFuzz> {
    await createRealm('other');
    return new OperationFuzz(await readDocument(), share);
  }

  /** Counts an answer to a request that a test has sent itself. */
  count(requestId: string | null): void {
    this.#sent += 1;
    this.#requestIds.add(requestId);
  }

  async makeUser() {
    const { user } = await register();
    await changeDirectory(user.id, { email_verified: 1, role: 'admin' });
    return user;
  }

  /** A session of that user, opened without the cost of a password. */
  async openSession(userId: string) {
    const { realms, directory, sessions } = this.#services;
    const realm = await realms.get('default');
    const opened = await accountOf(userId).open(directoryState(await directory.get(userId, null)), {
      client: { ip: '10.0.0.1', country: null, city: null, userAgent: null },
      methods: ['pwd'],
      lifetimes: realm.lifetimes,
      activity: 'signed_in',
    });
    return sessions.grant(realm, accepted(opened));
  }

  /** Expects whatever answers that operation gives to be declared. */
  async expectDeclared(operation: Operation): Promise<void> {
    const user = await this.makeUser();
    if (/billing|subscription/.test(operation.path)) await this.#prepareBilling(user.id);
    if (/credits|usage|authorize|tokens/.test(operation.path)) await this.#prepareMetering(user.id);
    const target = await makeTarget();
    const seen: Record<string, number> = {};
    const requests = requestsTo(operation, {
      document: this.#document,
      realms: ['default', 'other'],
      given: {
        ...rightFor(user),
        ...rightForBilling(operation.path, user),
        ...rightForClients(operation.path),
        ...rightForOrganizations(operation.path, user, target),
      },
    });
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const from = nameOf(operation) === DEADLY ? await this.makeUser() : user;
        const about = nameOf(operation) === LETHAL ? await makeTarget() : target;
        const answer = await this.#send(request, from, about);
        const outcome = await this.#answers.expect(answer, request, operation);
        seen[outcome] = (seen[outcome] ?? 0) + 1;
      }),
      { numRuns: RUNS, seed: SEED },
    );
    if (NEEDS_A_SECRET.includes(nameOf(operation))) return;
    const successes = Object.keys(operation.definition.responses).filter((status) => status < '300');
    const reached =
      Object.keys(seen).some((outcome) => successes.includes(outcome)) &&
      (!operation.definition.requestBody || 'validation_failed' in seen || 'invalid_request' in seen);
    if (!reached) this.#shut.push(nameOf(operation));
  }

  /** Expects nearly every operation to have succeeded and to have refused: a fuzz that is refused at the door tries nothing. */
  expectReached(): void {
    expect(this.#shut.length, this.#shut.join(', ')).toBeLessThan(this.operations.length / 10);
  }

  /** Expects every answer to have had an id of its own, and objects to have no property that somebody sent. */
  expectHarmless(): void {
    console.info(`fuzz: ${this.#sent} requests`);
    expect(this.#requestIds.size).toBe(this.#sent);
    const polluted: string[] = [];
    for (const name in {}) polluted.push(name);
    expect(polluted).toEqual([]);
  }

  /** Credits to use, a use to refund, and a reservation to end: of the user, and of an organization of theirs. */
  async #prepareMetering(userId: string): Promise<void> {
    const { credits, usage } = this.#services;
    const organizationId = await storedOrganization({ [userId]: 'owner' });
    const user = { userId, realmId: 'default' };
    const organization = { ...user, organizationId, actor: 'system' };
    const change = { description: null, actor: 'system', reference: 'start' };
    for (const owner of [user, organization]) {
      await credits.add(owner, { ...change, amount: 1e6, type: 'added', expiresAt: null });
      await credits.use(owner, { ...change, amount: 1e5, reference: LIVE.used });
      await usage.reserve(owner, {
        resource: 'images',
        quantity: 1,
        reference: LIVE.reference,
        seconds: null,
      });
    }
  }

  /** Prices that stand for something, a card, and an event. */
  async #prepareBilling(userId: string): Promise<void> {
    await mapPrices();
    await this.#services.billing.setupIntent({ payerId: userId, realmId: 'default' });
    const { customer_id: customer } = await customerOf(userId);
    const organizationId = await this.#organizationOf(userId);
    await this.#services.billing.setupIntent({ payerId: organizationId, realmId: 'default' });
    await atStripe('attach', { customer: (await customerOf(organizationId)).customer_id });
    this.#paymentMethodId = (await atStripe('attach', { customer })).id;
    await deliverAll(this.#paymentMethodId);
    [{ id: this.#eventId }] = await storedEvents('subject', this.#paymentMethodId);
  }

  /** An organization that a user has made, by its id. */
  async #organizationOf(userId: string): Promise<string> {
    const { organizations, realms } = this.#services;
    const page = await organizations.listOwn({ userId, bookmark: null }, { after: null, limit: 1 });
    const [own] = page.rows;
    if (own) return own.organization.id;
    return (
      await organizations.create(await realms.get('default'), userId, { name: 'A team' }, { actor: userId })
    ).id;
  }

  /** A key of a user's own, by its id: a new one where there is none. */
  async #keyOf(userId: string): Promise<string> {
    const { realms, userKeys } = this.#services;
    const owner = { userId, realmId: 'default' };
    const [known] = await userKeys.list(owner);
    if (known) return known.id;
    const { sessionId } = (await this.openSession(userId)).session;
    const wanted = { name: 'a key', scopes: [], caps: null, requests_per_minute: null };
    const client = { ip: '10.0.0.1', country: null, city: null, userAgent: null };
    return (await userKeys.create(await realms.get('default'), { ...owner, sessionId }, wanted, client)).key
      .id;
  }

  /** Sends a request. The user's account never locks: all would be refused that comes after. */
  async #send(
    request: HostileRequest,
    { id: userId, email }: { id: string; email: string },
    targetId: string,
  ): Promise<Response> {
    if (this.#sent % REQUESTS_PER_ADDRESS === 0) this.#address = freshAddress();
    const headers = new Headers([['cf-connecting-ip', this.#address], ...request.headers]);
    let { url, body } = request;
    if (/password|login|email|\/v1\/me$/.test(url)) {
      await runInDurableObject(accountOf(userId), (_, { storage }) => storage.kv.delete('attempts'));
    }
    const written = typeof body === 'string' ? body : '';
    if (request.session !== 'none' || url.includes(LIVE.sessionId) || written.includes(LIVE.refreshToken)) {
      const { session, accessToken, refreshToken } = await this.openSession(userId);
      if (request.session === 'token') headers.set('authorization', `Bearer ${accessToken}`);
      if (request.session === 'key') headers.set('x-api-key', INTERNAL['x-api-key']);
      if (request.session === 'cookie') headers.set('cookie', `__Host-latchkey=${refreshToken}`);
      url = url.replace(LIVE.sessionId, session.sessionId);
      if (written) body = written.replace(LIVE.refreshToken, refreshToken);
    }
    if (url.includes(LIVE.keyId)) url = url.replace(LIVE.keyId, (await createApiKey(['users:read'])).id);
    if (url.includes(LIVE.ownKeyId)) url = url.replace(LIVE.ownKeyId, await this.#keyOf(userId));
    url = url.replace(LIVE.paymentMethodId, this.#paymentMethodId).replace(LIVE.eventId, this.#eventId);
    if (url.includes(LIVE.clientId) || written.includes(LIVE.clientId)) {
      const { client_id, client_secret } = await makeClient();
      url = url.replace(LIVE.clientId, client_id);
      if (written) body = written.replace(LIVE.clientId, client_id).replace(LIVE.clientSecret, client_secret);
    }
    if (url.includes(LIVE.organizationId) || written.includes(LIVE.organizationId)) {
      const id = await this.#organizationOf(userId);
      url = url.replace(LIVE.organizationId, id);
      if (written) body = written.replace(LIVE.organizationId, id);
    }
    if (url.includes(LIVE.messageId)) url = url.replace(LIVE.messageId, await makeMessage());
    url = url.replace(LIVE.targetId, targetId).replace(LIVE.userId, userId).replace(LIVE.email, email);
    const { method } = request;
    const response = await exports.default.fetch(url, { method, headers, body, redirect: 'manual' });
    this.count(response.headers.get('x-request-id'));
    return response;
  }
}

/** Right values of fields, by their names. */
function rightFor(user: { id: string; email: string }): Record<string, fc.Arbitrary<unknown>> {
  return {
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
    organization_id: fc.constant(LIVE.organizationId),
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
    below: fc.integer({ min: 0, max: 3 }),
    monthly_limit: fc.constantFrom(500, 5000, 0),
    // Of a realm.
    color: fc.constantFrom('#1d4ed8', '#FFFFFF', 'blue'),
    audience: fc.constantFrom('https://api.example.com', null, 'api'),
    logo: fc.constantFrom('https://app.example.com/logo.svg', null, 'javascript:1'),
    allowed_origins: fc.constantFrom([], ['https://app.example.com'], ['https://app.example.com/']),
    redirect_targets: fc.constantFrom([], ['https://app.example.com/in'], ['javascript:1']),
    id: fc.uuid().map((id) => `r${id.slice(0, 20)}`),
  };
}

/** What is right of organizations, and where they are asked about: elsewhere some of these words mean something else. */
function rightForOrganizations(
  path: string,
  user: { id: string },
  target: string,
): Record<string, fc.Arbitrary<unknown>> {
  if (!/organization|invitation/.test(path)) return {};
  return {
    organization_id: fc.constantFrom(LIVE.organizationId, LIVE.organizationId, null, 'org_nobody'),
    name: fc.constantFrom('A team', 'Another', '', '\u0000'),
    slug: fc.uuid().map((id) => `t-${id}`),
    owner: fc.constantFrom(user.id, 'usr_nobody'),
    user_id: fc.constantFrom(target, target, user.id, 'usr_nobody'),
    role: fc.constantFrom('member', 'admin', 'emperor'),
    joins_as: fc.constantFrom(null, 'member', 'emperor'),
    domain: fc.uuid().map((id) => `${id}.example`),
    deliver: fc.constantFrom('link', 'mail'),
    expires_in_days: fc.constantFrom(1, 7, 0),
    seats: fc.constantFrom(null, 5, 0),
    status: fc.constantFrom('active', 'active', 'gone'),
  };
}

/** What is right where somebody pays, who is named there in two ways: it takes more of it to be right at once. */
function rightForBilling(path: string, user: { id: string }): Record<string, fc.Arbitrary<unknown>> {
  if (!path.startsWith('/v1/billing/')) return {};
  return {
    user_id: fc.constant(user.id),
    plan: fc.constantFrom('pro', 'pro', 'pro', 'nothing'),
    quantity: fc.constantFrom(1, 1, 0),
    success_url: fc.constant('/account'),
  };
}

/** What is right of clients, and where they ask: elsewhere some of these words mean something else. */
function rightForClients(path: string): Record<string, fc.Arbitrary<unknown>> {
  if (!/^\/oauth2\/|\/admin\/clients/.test(path)) return {};
  return {
    redirect_uris: fc.constantFrom([CALLBACK], [], ['javascript:1']),
    post_logout_redirect_uris: fc.constantFrom([], [CALLBACK]),
    scopes: fc.constantFrom(['openid'], ['users:read'], ['users:read'], ['account']),
    token_endpoint_auth_method: fc.constantFrom('client_secret_post', 'client_secret_basic', 'none'),
    grant_types: fc.constantFrom(
      ['authorization_code', 'refresh_token'],
      ['client_credentials'],
      ['password'],
    ),
    audiences: fc.constantFrom([], ['https://api.example.com']),
    jwks: fc.constantFrom(null, { keys: [] }),
    logo_uri: fc.constantFrom('https://app.example.com/logo.svg', null, 'javascript:1'),
    client_uri: fc.constantFrom('https://app.example.com', null),
    policy_uri: fc.constant(null),
    tos_uri: fc.constant(null),
    access_token_seconds: fc.constantFrom(600, null, -1),
    refresh_token_seconds: fc.constantFrom(86_400, null),
    client_id: fc.constant(LIVE.clientId),
    client_secret: fc.constant(LIVE.clientSecret),
    grant_type: fc.constantFrom('client_credentials', 'client_credentials', 'refresh_token', 'password'),
    scope: fc.constantFrom('photos:read', 'openid'),
    response_type: fc.constantFrom('code', 'code', 'token'),
    redirect_uri: fc.constantFrom(CALLBACK, CALLBACK, 'https://evil.test/callback'),
    code_challenge: fc.constantFrom(pkce().challenge, 'short'),
    code_challenge_method: fc.constantFrom('S256', 'S256', 'plain'),
    token: fc.constantFrom('a.b.c', LIVE.refreshToken),
    resource: fc.constantFrom('https://api.example.com', 'nothing'),
  };
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

/** A client that may do what clients may, but for users' account. */
function makeClient() {
  return createClient({
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    scopes: ['openid', 'photos:read'],
    audiences: ['https://api.example.com'],
  });
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
