import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import {
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  expectProblem,
  INTERNAL,
  ORIGIN,
  register,
  registerVerified,
} from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import {
  atStripe,
  customerOf,
  deliverAll,
  mapPrices,
  PRICE_MEANINGS,
  payer,
  silentPayer,
} from '../support/stripe.ts';

beforeAll(() => mapPrices());

/** Every endpoint for the user who asks, with a body that is right. */
const ENDPOINTS: [string, string, unknown?][] = [
  ['POST', '/v1/billing/checkout', { plan: 'pro' }],
  ['POST', '/v1/billing/portal', {}],
  ['POST', '/v1/billing/setup-intent', {}],
  ['POST', '/v1/billing/subscriptions', { plan: 'pro' }],
  ['GET', '/v1/billing/payment-methods'],
  ['PUT', '/v1/billing/payment-methods/pm_x/default'],
  ['DELETE', '/v1/billing/payment-methods/pm_x'],
  ['GET', '/v1/billing/invoices'],
];
const ADMIN_ENDPOINTS: [string, string, unknown?][] = [
  ['GET', '/v1/admin/billing/prices'],
  ['PUT', '/v1/admin/billing/prices', { data: [] }],
  ['GET', '/v1/admin/billing/events'],
  ['GET', '/v1/admin/billing/shortfalls'],
  ['POST', '/v1/admin/billing/events/evt_x/replay'],
];

/** The request about somebody else. */
function about(userId: string, path: string, body?: unknown): [string, unknown?] {
  return body === undefined
    ? [`${path}?user_id=${userId}`]
    : [path, { ...(body as object), user_id: userId }];
}

describe.each(ENDPOINTS)('%s %s', (method, path, body) => {
  it('refuses a user whose address is not verified', async () => {
    const { access_token: token } = await register();
    expectProblem(await call(method, path, { token, body }), 403, 'email_not_verified');
  });

  it('refuses a user who names another', async () => {
    const [{ access_token: token }, { user }] = [await registerVerified(), await registerVerified()];
    const [where, what] = about(user.id, path, body);
    expectProblem(await call(method, where, { token, body: what }), 403, 'insufficient_scope');
  });

  it('refuses a service without the scope, and takes one that has it', async () => {
    const { userId } = await silentPayer();
    const [where, what] = about(userId, path, body);
    const without = await createApiKey(['users:read', 'credits:write']);
    const refused = await call(method, where, { headers: { 'x-api-key': without.key }, body: what });
    expectProblem(refused, 403, 'insufficient_scope');
    const able = await createApiKey(['billing:write']);
    const taken = await call(method, where, { headers: { 'x-api-key': able.key }, body: what });
    expect([200, 201, 204, 402, 404], JSON.stringify(taken.body)).toContain(taken.status);
  });

  it('asks a service whom it is about, and knows nobody of another realm', async () => {
    expectProblem(await call(method, path, { headers: INTERNAL, body }), 422, 'validation_failed');
    const realm = `r${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    const theirs = await registerVerified({}, { realm });
    const [where, what] = about(theirs.user.id, path, body);
    expectProblem(await call(method, where, { headers: INTERNAL, body: what }), 404, 'user_not_found');
  });
});

it.each(ENDPOINTS.slice(0, 4))(
  '%s %s does nothing for a user who is suspended',
  async (method, path, body) => {
    const { userId } = await silentPayer();
    await changeDirectory(userId, { status: 'suspended' });
    const [where, what] = about(userId, path, body);
    expectProblem(await call(method, where, { headers: INTERNAL, body: what }), 403, 'account_suspended');
  },
);

describe.each(ADMIN_ENDPOINTS)('%s %s', (method, path, body) => {
  it('refuses strangers, users, services without the scope, and admins of another realm', async () => {
    expectProblem(await call(method, path, { body }), 401, 'authentication_required');
    const { user, access_token: token } = await registerVerified();
    expectProblem(await call(method, path, { token, body }), 403, 'insufficient_scope');
    const { key } = await createApiKey(['billing:write']);
    expectProblem(
      await call(method, path, { headers: { 'x-api-key': key }, body }),
      403,
      'insufficient_scope',
    );
    await changeDirectory(user.id, { role: 'admin', email_verified: 1 });
    const realm = `r${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    expectProblem(await call(method, path, { token, realm, body }), 401, 'invalid_token');
  });
});

describe('a customer', () => {
  it('is made once, however many ask at once', async () => {
    const { user, access_token: token } = await registerVerified();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call('POST', '/v1/billing/setup-intent', { token, body: {} })),
    );
    for (const answer of answers) expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    const found = await atStripe('objects', { object: 'customer', email: user.email });
    expect(found).toHaveLength(1);
    expect(found[0].id).toBe((await customerOf(user.id)).customer_id);
    expect(found[0].metadata).toEqual({ user_id: user.id, realm_id: 'default', latchkey: ORIGIN });
  });

  it('of somebody interrupted is found again by its event', async () => {
    const { userId, customerId } = await silentPayer();
    await env.DB.prepare('DELETE FROM billing_customers WHERE user_id = ?').bind(userId).run();
    await env.DB.prepare('DELETE FROM billing_erasures WHERE customer_id = ?').bind(customerId).run();
    await deliverAll(customerId);
    expect((await customerOf(userId)).customer_id).toBe(customerId);
  });
});

describe('ways to pay', () => {
  it('are listed, chosen and forgotten by their owner only', async () => {
    const [mine, theirs] = [await payer(), await payer()];
    const first = await atStripe('attach', { customer: mine.customerId });
    await deliverAll(mine.customerId);
    const second = await atStripe('attach', { customer: mine.customerId, brand: 'mastercard' });
    await deliverAll(mine.customerId);
    const list = async () =>
      (await call('GET', '/v1/billing/payment-methods', { token: mine.token })).body.data.map((one: any) => [
        one.id,
        one.brand,
        one.is_default,
      ]);
    expect(await list()).toEqual([
      [second.id, 'mastercard', false],
      [first.id, 'visa', true],
    ]);
    for (const [method, path] of [
      ['PUT', `/v1/billing/payment-methods/${second.id}/default`],
      ['DELETE', `/v1/billing/payment-methods/${second.id}`],
    ] as const) {
      expectProblem(await call(method, path, { token: theirs.token }), 404, 'payment_method_not_found');
    }
    const body = { plan: 'pro', payment_method_id: second.id };
    const stolen = await call('POST', '/v1/billing/subscriptions', { token: theirs.token, body });
    expectProblem(stolen, 404, 'payment_method_not_found');
    const path = `/v1/billing/payment-methods/${second.id}`;
    expect((await call('PUT', `${path}/default`, { token: mine.token })).status).toBe(204);
    expect((await list()).map(([, , isDefault]: unknown[]) => isDefault)).toEqual([true, false]);
    expect((await call('DELETE', path, { token: mine.token })).status).toBe(204);
    expect(await list()).toEqual([[first.id, 'visa', false]]);
    expectProblem(await call('DELETE', path, { token: mine.token }), 404, 'payment_method_not_found');
  });

  it('are prepared with a secret for the browser', async () => {
    const { token, customerId } = await payer();
    const { status, body } = await call('POST', '/v1/billing/setup-intent', { token, body: {} });
    expect(status).toBe(201);
    expect(body.client_secret).toMatch(/^seti_\w+_secret_/);
    const [intent] = await atStripe('objects', { object: 'setup_intent', customer: customerId });
    expect(intent).toMatchObject({ usage: 'off_session' });
  });
});

describe('POST /v1/billing/checkout', () => {
  it('leads back to our own pages and the realm’s addresses, and nowhere else', async () => {
    await env.DB.prepare("UPDATE realms SET redirect_targets = ? WHERE id = 'default'")
      .bind(JSON.stringify(['https://app.test']))
      .run();
    const { token } = await payer();
    const open = (urls: object) =>
      call('POST', '/v1/billing/checkout', { token, body: { price_id: 'price_credits_500', ...urls } });
    for (const success_url of [
      'https://evil.test/',
      '//evil.test',
      'javascript:alert(1)',
      'https://app.test@evil.test/',
    ]) {
      expectProblem(await open({ success_url }), 422, 'validation_failed');
      expectProblem(await open({ cancel_url: success_url }), 422, 'validation_failed');
      const portal = await call('POST', '/v1/billing/portal', { token, body: { return_url: success_url } });
      expectProblem(portal, 422, 'validation_failed');
    }
    const opened = await open({ success_url: '/account?paid=1' });
    expect(opened.status).toBe(201);
    const [session] = await atStripe('objects', { object: 'checkout.session', id: opened.body.id });
    expect(session).toMatchObject({
      success_url: `${ORIGIN}/account?paid=1`,
      cancel_url: `${ORIGIN}/account/billing?done=not_paid`,
      metadata: { credits: '500' },
    });
  });

  it('sells packs of credits by the number, and plans once', async () => {
    const { token, userId } = await payer();
    const open = (body: object) => call('POST', '/v1/billing/checkout', { token, body });
    const { id } = (await open({ price_id: 'price_credits_500', quantity: 3 })).body;
    await atStripe('complete', { id });
    await deliverAll(id);
    const balance = await call('GET', `/v1/credits/balance?user_id=${userId}`, { headers: INTERNAL });
    expect(balance.body.balance).toBe(1500);
    expectProblem(await open({ plan: 'pro', quantity: 2 }), 422, 'validation_failed');
    expectProblem(await open({ price_id: 'price_unmapped_month' }), 404, 'price_not_found');
    expectProblem(await open({}), 422, 'validation_failed');
    expectProblem(await open({ plan: 'pro', price_id: 'price_pro_month' }), 422, 'validation_failed');
  });

  it('leaves one checkout for a plan open, and none beside a subscription', async () => {
    const { token, customerId } = await payer();
    const open = (plan: string) => call('POST', '/v1/billing/checkout', { token, body: { plan } });
    const [first, second] = [(await open('pro')).body.id, (await open('enterprise')).body.id];
    const states = await atStripe('objects', { object: 'checkout.session', customer: customerId });
    expect(Object.fromEntries(states.map(({ id, status }: any) => [id, status]))).toEqual({
      [first]: 'expired',
      [second]: 'open',
    });
    await atStripe('complete', { id: second });
    expectProblem(await open('pro'), 409, 'subscription_exists');
    const again = await call('POST', '/v1/billing/subscriptions', { token, body: { plan: 'pro' } });
    expectProblem(again, 409, 'subscription_exists');
  });
});

it('GET /v1/billing/invoices pages through a user’s own', async () => {
  const [{ token, customerId }, other] = [await payer(), await payer()];
  expect((await call('GET', '/v1/billing/invoices', { token })).body).toEqual({
    data: [],
    next_cursor: null,
  });
  await atStripe('attach', { customer: customerId });
  await call('POST', '/v1/billing/subscriptions', { token, body: { plan: 'pro' } });
  const [subscription] = await atStripe('objects', { object: 'subscription', customer: customerId });
  await atStripe('renew', { id: subscription.id, pays: true });
  const page = await call('GET', '/v1/billing/invoices?limit=1', { token });
  expect(page.body.data).toMatchObject([{ status: 'paid', total: 2000, currency: 'usd' }]);
  const rest = await call('GET', `/v1/billing/invoices?cursor=${page.body.next_cursor}`, { token });
  expect(rest.body).toMatchObject({ data: [{ status: 'paid' }], next_cursor: null });
  const theirs = await call('GET', `/v1/billing/invoices?cursor=${page.body.next_cursor}`, {
    token: other.token,
  });
  expect(theirs.status === 200 ? theirs.body.data : []).toEqual([]);
});

it('POST /v1/billing/portal gives an address at Stripe', async () => {
  const { token } = await payer();
  const opened = await call('POST', '/v1/billing/portal', { token, body: {} });
  expect(opened).toMatchObject({
    status: 201,
    body: { url: expect.stringMatching(/^https:\/\/billing\.stripe\.com/) },
  });
});

describe('PUT /v1/admin/billing/prices', () => {
  const put = (data: unknown, realm?: string) =>
    call('PUT', '/v1/admin/billing/prices', { headers: INTERNAL, body: { data }, ...(realm && { realm }) });

  it('takes prices that Stripe has, for plans that there are', async () => {
    for (const one of [
      { price_id: 'price_nobody', plan: 'pro' },
      { price_id: 'price_retired', credits: 5 },
      { price_id: 'price_pro_month', plan: 'platinum' },
      { price_id: 'price_pro_month', credits: 5 },
      { price_id: 'price_credits_500', plan: 'pro' },
      { price_id: 'price_pro_month' },
    ]) {
      expectProblem(await put([one]), 422, 'validation_failed');
    }
    expectProblem(await put([PRICE_MEANINGS[0], PRICE_MEANINGS[0]]), 422, 'validation_failed');
  });

  it('gives a realm prices of its own in place of the shared ones', async () => {
    const realm = `r${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    const get = async () =>
      (await call('GET', '/v1/admin/billing/prices', { headers: INTERNAL, realm })).body;
    expect((await get()).total).toBe(PRICE_MEANINGS.length);
    await put([{ price_id: 'price_credits_500', credits: 7 }], realm);
    expect(await get()).toMatchObject({
      data: [
        {
          price_id: 'price_credits_500',
          plan: null,
          credits: 7,
          unit_amount: 500,
          currency: 'usd',
          months: null,
        },
      ],
    });
    const { token } = await payer({ realm });
    const opened = await call('POST', '/v1/billing/checkout', { token, realm, body: { plan: 'pro' } });
    expectProblem(opened, 422, 'validation_failed');
  });
});

describe('GET /v1/plans', () => {
  const offers = async (realm?: string) => (await call('GET', '/v1/plans', realm ? { realm } : {})).body;

  it('shows anybody the plans on offer with their prices, and nothing else', async () => {
    const { data, next_cursor } = await offers();
    expect(next_cursor).toBeNull();
    const month = { unit_amount: 2000, currency: 'usd', months: 1 };
    expect(data).toEqual([
      expect.objectContaining({ id: 'free', prices: [] }),
      expect.objectContaining({
        id: 'pro',
        name: 'Pro',
        monthly_credits: 1000,
        limits: expect.objectContaining({ images: { day: 200 } }),
        prices: [{ price_id: 'price_pro_month', ...month }, expect.objectContaining({ months: 12 })],
      }),
      expect.objectContaining({ id: 'enterprise' }),
    ]);
    expect(JSON.stringify(data)).not.toContain('price_credits_500');
  });

  it('shows no plan of a realm that is not on offer there', async () => {
    const realm = `r${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    const inside = { name: 'Inside', limits: {}, model_tiers: [], monthly_credits: 0, features: [] };
    await call('PUT', '/v1/admin/plans/inside', { headers: INTERNAL, realm, body: inside });
    await call('PUT', '/v1/admin/billing/prices', {
      headers: INTERNAL,
      realm,
      body: { data: [{ price_id: 'price_pro_month', plan: 'pro' }] },
    });
    const ids = (await offers(realm)).data.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(['free', 'pro']);
    expect((await offers()).data.map(({ id }: { id: string }) => id)).toEqual(['free', 'pro', 'enterprise']);
  });
});

describe('without keys of Stripe', () => {
  const bindings = {
    ...env,
    STRIPE_SECRET_KEY: undefined,
    STRIPE_WEBHOOK_SECRET: undefined,
  } as unknown as Bindings;
  const services = createServices(bindings);
  const app = createApp(services, bindings);
  const ask = (method: string, path: string, token: string, body?: unknown) =>
    app.request(
      `${ORIGIN}${path}`,
      {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
      bindings,
    );

  it('billing answers 503, and everything else works', async () => {
    const { access_token: token } = await registerVerified();
    for (const [method, path, body] of [
      ...ENDPOINTS,
      ['PUT', '/v1/me/subscription', { plan: 'pro' }] as const,
    ]) {
      const answer = await ask(method, path, token, body);
      expect([answer.status, ((await answer.json()) as any).code], path).toEqual([
        503,
        'billing_not_configured',
      ]);
    }
    expect((await ask('POST', '/v1/billing/webhook', token, {})).status).toBe(503);
    expect((await ask('GET', '/v1/me/subscription', token)).status).toBe(200);
    expect((await ask('GET', '/v1/me/export', token)).status).toBe(200);
    await services.billingAdmin.catchUp(Date.now(), PLENTY);
    await services.billingAdmin.reconcile(Date.now(), PLENTY);
  });
});
