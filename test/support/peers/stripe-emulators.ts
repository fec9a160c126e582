import type { Server } from 'node:http';
import { createEmulator } from 'emulate';
import { type Arrived, startHttp } from './http.ts';
import { CREDENTIALS } from './ports.ts';
import { portOf } from './smtp.ts';

/** A webhook as it came. */
export interface DeliveredWebhook {
  body: string;
  signature: string;
}

/** The price of 500 credits at the emulator. */
const PRODUCTS = {
  products: [{ id: 'prod_credits', name: 'Credits' }],
  prices: [{ id: 'price_credits_500', product_name: 'Credits', currency: 'usd', unit_amount: 500 }],
};

/** What the mock wants to know of a plan. */
const PLAN = { id: 'plan_test', amount: '2000', currency: 'usd', interval: 'month', 'product[name]': 'Pro' };

/** The emulator with Checkout and webhooks, which go to a server that keeps them: `GET /?about=` reads them. */
export async function startEmulate() {
  const delivered: DeliveredWebhook[] = [];
  const receiver = await startHttp(async ({ method, path, headers, body }: Arrived) => {
    if (method === 'POST') {
      delivered.push({ body, signature: headers['stripe-signature'] ?? '' });
      return { status: 200 };
    }
    const about = new URL(path, 'http://receiver').searchParams.get('about') ?? '';
    return { status: 200, body: JSON.stringify(delivered.filter((one) => one.body.includes(about))) };
  });
  const webhook = {
    url: `http://127.0.0.1:${receiver.port}/`,
    events: ['*'],
    secret: CREDENTIALS.stripe.webhookSecrets[0],
  };
  const emulator = await createEmulator({
    service: 'stripe',
    port: 0,
    seed: { stripe: { ...PRODUCTS, webhooks: [webhook] } },
  });
  return {
    port: Number(new URL(emulator.url).port),
    receiver: receiver.port,
    stop: () => Promise.all([emulator.close(), receiver.stop()]),
  };
}

/**
 * The mock with subscriptions and declined cards. It speaks an old version of the API: what stands before it names the
 * plan that it wants beside the price, and moves the period of a subscription to where it is today, to its items.
 */
export async function startStatefulMock() {
  // Without types, and CommonJS.
  const mock: { createExpressApp(): { listen(port: number, host: string): Server } } = (
    (await import('stripe-stateful-mock' as string)) as { default: any }
  ).default;
  const inner = mock.createExpressApp().listen(0, '127.0.0.1');
  const inside = `http://127.0.0.1:${await portOf(inner)}`;
  const authorization = `Bearer ${CREDENTIALS.stripe.secretKey}`;
  await fetch(`${inside}/v1/plans`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams(PLAN),
  });
  const outer = await startHttp(async ({ method, path, headers, body }) => {
    const { host: _, connection: __, 'content-length': ___, ...rest } = headers;
    const ordered = method === 'POST' && path === '/v1/subscriptions';
    const sent = ordered ? `${body}&items[0][plan]=${PLAN.id}` : body;
    const answer = await fetch(inside + path, {
      method,
      headers: rest,
      body: method === 'GET' ? null : sent,
    });
    const found = JSON.parse(await answer.text());
    if (found.object === 'subscription') {
      const { current_period_start, current_period_end } = found;
      for (const item of found.items.data) Object.assign(item, { current_period_start, current_period_end });
    }
    return { status: answer.status, body: JSON.stringify(found) };
  });
  return {
    port: outer.port,
    async stop() {
      await outer.stop();
      inner.closeAllConnections();
      await new Promise((done) => inner.close(done));
    },
  };
}
