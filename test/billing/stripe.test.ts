import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { createStripe } from '../../src/billing/providers/stripe.ts';
import { ApiError } from '../../src/errors.ts';
import { CREDENTIALS } from '../support/peers/ports.ts';
import { atStripe, stripeAt } from '../support/stripe.ts';

const { secretKey, webhookSecrets } = CREDENTIALS.stripe;
const fresh = () => ({ email: `${crypto.randomUUID()}@example.com`, metadata: { user_id: 'usr_x' } });

afterEach(() => {
  vi.restoreAllMocks();
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error.code;
}

// What each emulator can do, the adapter does with it.
describe('customers', () => {
  it.each(['api', 'emulate', 'mock'] as const)('are made and deleted at %s', async (peer) => {
    const stripe = stripeAt(peer);
    const id = await stripe.createCustomer(fresh(), crypto.randomUUID());
    expect(id).toMatch(/^cus_/);
    if (peer === 'mock') return;
    await stripe.deleteCustomer(id);
    // Once more: gone is gone.
    await stripe.deleteCustomer(id);
  });

  it.each(['api', 'mock'] as const)('are made once for one key at %s', async (peer) => {
    const [stripe, customer, key] = [stripeAt(peer), fresh(), crypto.randomUUID()];
    const ids = [await stripe.createCustomer(customer, key), await stripe.createCustomer(customer, key)];
    expect(new Set(ids).size).toBe(1);
  });
});

describe('subscriptions', () => {
  it('are read as the stateful mock makes them', async () => {
    const { mock } = inject('peers').stripe;
    const post = async (path: string, form: Record<string, string>) => {
      const answer = await fetch(`http://127.0.0.1:${mock}/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secretKey}` },
        body: new URLSearchParams(form),
      });
      return (await answer.json()) as { id: string };
    };
    const price = await post('prices', {
      currency: 'usd',
      unit_amount: '2000',
      'recurring[interval]': 'month',
      'product_data[name]': 'Pro',
    });
    const stripe = stripeAt('mock');
    expect(await stripe.price(price.id)).toMatchObject({ id: price.id, months: 1, unitAmount: 2000 });
    const customerId = await stripe.createCustomer(fresh(), crypto.randomUUID());
    const order = {
      customerId,
      priceId: price.id,
      quantity: 1,
      metered: [],
      paymentMethodId: 'pm_card_visa',
      metadata: {},
    };
    const made = await stripe.createSubscription(order, crypto.randomUUID());
    expect(made).toMatchObject({ customerId, priceId: price.id, status: 'active', cancelAt: null });
    expect(made.periodEnd - made.periodStart).toBeGreaterThan(27 * 86_400_000);
    expect(await stripe.subscription(made.id)).toEqual(made);
    expect(await stripe.subscription('sub_nobody')).toBeNull();
  });

  it('fail with a declined card, and say how it was declined', async () => {
    const stripe = stripeAt('api');
    const customerId = await stripe.createCustomer(fresh(), crypto.randomUUID());
    const { id } = await atStripe('attach', { customer: customerId, declines: true });
    const plan = { priceId: 'price_pro_month', quantity: 1, metered: [] };
    const order = { ...plan, customerId, paymentMethodId: id, metadata: {} };
    const failure = stripe.createSubscription(order, crypto.randomUUID());
    expect(await codeOf(failure)).toBe('payment_failed');
    await expect(failure).rejects.toMatchObject({ detail: 'Stripe says: `insufficient_funds`.' });
  });
});

describe('an API that fails', () => {
  it('is asked again, with the same key, and then answers', async () => {
    const stripe = stripeAt('api');
    const customer = fresh();
    await atStripe('faults', { pattern: customer.email, status: 500, times: 1 });
    await atStripe('faults', { pattern: customer.email, status: 'drop', times: 1 });
    expect(await stripe.createCustomer(customer, crypto.randomUUID())).toMatch(/^cus_/);
    expect(await atStripe('requests', { pattern: customer.email })).toHaveLength(3);
    expect(await atStripe('objects', { object: 'customer', email: customer.email })).toHaveLength(1);
  });

  it('becomes a 503 when it goes on failing, or refuses the key', async () => {
    const stripe = stripeAt('api');
    const customer = fresh();
    await atStripe('faults', { pattern: customer.email, status: 503, times: 9 });
    expect(await codeOf(stripe.createCustomer(customer, crypto.randomUUID()))).toBe('service_unavailable');
    const apiUrl = `http://127.0.0.1:${inject('peers').stripe.api}`;
    const stranger = createStripe({ secretKey: 'sk_test_wrong', webhookSecrets, apiUrl });
    expect(await codeOf(stranger.price('price_pro_month'))).toBe('service_unavailable');
  });

  it('is logged without addresses, secrets or what was sent', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const customer = fresh();
    await atStripe('faults', { pattern: customer.email, status: 400, times: 1 });
    expect(await codeOf(stripeAt('api').createCustomer(customer, crypto.randomUUID()))).toBe(
      'service_unavailable',
    );
    const lines = JSON.stringify(logged.mock.calls);
    expect(lines).toContain('stripe_refused');
    expect(lines).not.toMatch(/@|sk_test|whsec|usr_x|Something went wrong/);
  });

  it('is not believed when it answers 200 without an id', async () => {
    // `emulate` has no setup intents: it answers 404 without an error, which the SDK takes for an object.
    await expect(stripeAt('emulate').createSetupIntent('cus_x')).rejects.toThrow();
    await expect(stripeAt('emulate').createPortal('cus_x', 'https://app.test')).rejects.toThrow();
    await expect(stripeAt('emulate').subscription('sub_x')).rejects.toThrow();
  });
});
