import { beforeAll, describe, expect, it } from 'vitest';
import { call, expectProblem } from '../support/api.ts';
import { atStripe, mapPrices, payer } from '../support/stripe.ts';

beforeAll(() => mapPrices());

const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

describe('POST /v1/billing/checkout', () => {
  it.each([[{ plan: 'pro' }], [{ price_id: 'price_credits_500' }]])(
    'opens one checkout for one key: %j',
    async (body) => {
      const [{ token }, other] = [await payer(), await payer()];
      const key = crypto.randomUUID();
      const first = await call('POST', '/v1/billing/checkout', { token, body, ...keyed(key) });
      expect(first.status).toBe(201);
      const again = await call('POST', '/v1/billing/checkout', { token, body, ...keyed(key) });
      expect([again.status, again.body]).toEqual([201, first.body]);
      const theirs = await call('POST', '/v1/billing/checkout', { token: other.token, body, ...keyed(key) });
      expect(theirs.body.id).not.toBe(first.body.id);
      const another = await call('POST', '/v1/billing/checkout', { token, body });
      expect(another.body.id).not.toBe(first.body.id);
    },
  );

  it('refuses a key that stood for something else', async () => {
    const { token } = await payer();
    const key = crypto.randomUUID();
    const buy = (quantity: number) =>
      call('POST', '/v1/billing/checkout', {
        token,
        body: { price_id: 'price_credits_500', quantity },
        ...keyed(key),
      });
    expect((await buy(1)).status).toBe(201);
    expectProblem(await buy(2), 409, 'reference_reused');
  });

  it('refuses a key that is none', async () => {
    const { token } = await payer();
    const body = { plan: 'pro' };
    expectProblem(
      await call('POST', '/v1/billing/checkout', { token, body, ...keyed('a b') }),
      422,
      'validation_failed',
    );
  });
});

describe('POST /v1/billing/subscriptions', () => {
  it('begins one subscription for one key, however often it is asked', async () => {
    const { token, customerId } = await payer();
    await atStripe('attach', { customer: customerId });
    const ask = (plan: string, key: string) =>
      call('POST', '/v1/billing/subscriptions', { token, body: { plan }, ...keyed(key) });
    const key = crypto.randomUUID();
    const first = await ask('pro', key);
    expect(first.status).toBe(201);
    expect((await ask('pro', key)).body).toEqual(first.body);
    expectProblem(await ask('enterprise', key), 409, 'reference_reused');
    expectProblem(await ask('pro', crypto.randomUUID()), 409, 'subscription_exists');
  });

  it('refuses a key that stood for a checkout', async () => {
    const { token, customerId } = await payer();
    await atStripe('attach', { customer: customerId });
    const key = crypto.randomUUID();
    const ask = (path: string) =>
      call('POST', `/v1/billing/${path}`, { token, body: { plan: 'pro' }, ...keyed(key) });
    expect((await ask('checkout')).status).toBe(201);
    expectProblem(await ask('subscriptions'), 409, 'reference_reused');
  });
});
