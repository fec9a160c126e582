import { env } from 'cloudflare:workers';
import Stripe from 'stripe';
import { expect, inject, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, INTERNAL, ORIGIN } from '../support/api.ts';
import { meteredUser } from '../support/metering.ts';
import { PATIENCE } from '../support/patience.ts';
import { CREDENTIALS } from '../support/peers/ports.ts';
import { emulatedWebhooks, signatureOf, standing } from '../support/stripe.ts';

const emulator = `http://127.0.0.1:${inject('peers').stripe.emulate}`;
const bindings = { ...env, STRIPE_API_URL: emulator } as unknown as Bindings;
const app = createApp(createServices(bindings), bindings);

async function ask(path: string, body: unknown, headers: Record<string, string> = INTERNAL) {
  const raw = typeof body === 'string' ? body : JSON.stringify(body);
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: raw };
  const answer = await app.request(`${ORIGIN}${path}`, init, bindings);
  return { status: answer.status, body: (await answer.json()) as any };
}

// The whole way of a purchase at an emulator that others have written: it makes the price, shows Checkout, and signs.
it('credits that are bought at the emulator arrive by its webhook', async () => {
  const stripe = new Stripe(CREDENTIALS.stripe.secretKey, {
    host: '127.0.0.1',
    port: inject('peers').stripe.emulate,
    protocol: 'http',
  });
  const { data } = await stripe.prices.list({ limit: 100 });
  const price = data.find(({ unit_amount }) => unit_amount === 500);
  expect(price?.id).toBeDefined();
  await env.DB.prepare(
    "INSERT INTO billing_prices (realm_id, price_id, credits, currency, position) VALUES ('default', ?, 500, 'usd', 0)",
  )
    .bind(price?.id)
    .run();
  const userId = await meteredUser();
  const opened = await ask('/v1/billing/checkout', { price_id: price?.id, user_id: userId });
  expect(opened.status, JSON.stringify(opened.body)).toBe(201);
  const page = await fetch(opened.body.url);
  expect(await page.text()).toContain('Credits');
  const paid = await fetch(`${emulator}/checkout/${opened.body.id}/complete`, {
    method: 'POST',
    redirect: 'manual',
  });
  expect(paid.headers.get('location')).toBe(`${ORIGIN}/account/billing?done=paid`);

  const [webhook] = await vi.waitFor(async () => {
    const found = await emulatedWebhooks(opened.body.id);
    expect(found).toHaveLength(1);
    return found;
  }, PATIENCE);
  const { body, signature } = webhook as { body: string; signature: string };
  // It is signed rightly, but no event of Stripe's: it has no id to be known by.
  expect(JSON.parse(body)).not.toHaveProperty('id');
  const stripes = (sent: string, header: string) =>
    ask('/v1/billing/webhook', sent, { 'stripe-signature': header });
  expect(await stripes(body, signature)).toMatchObject({ status: 400, body: { code: 'invalid_signature' } });
  expect(await standing(userId)).toMatchObject({ balance: 0 });

  const created = Math.floor(Date.now() / 1000);
  const whole = JSON.stringify({
    ...JSON.parse(body),
    id: `evt_${crypto.randomUUID()}`,
    object: 'event',
    created,
  });
  for (let times = 0; times < 2; times += 1) {
    expect(await stripes(whole, await signatureOf(whole))).toMatchObject({ status: 200 });
  }
  expect(await standing(userId)).toMatchObject({
    balance: 500,
    ledger: [{ type: 'purchase', amount: 500, reference: `checkout:${opened.body.id}` }],
  });
  expect((await call('GET', '/v1/admin/billing/events', { headers: INTERNAL })).body.total).toBe(1);
});
