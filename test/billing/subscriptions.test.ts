import { beforeAll, describe, expect, it } from 'vitest';
import { call, expectProblem } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { atStripe, deliverAll, mapPrices, payer, standing } from '../support/stripe.ts';

const DAY = 86_400_000;

beforeAll(() => mapPrices());

const choose = (token: string, plan: string) => call('PUT', '/v1/me/subscription', { token, body: { plan } });
const mine = async (token: string) => (await call('GET', '/v1/me/subscription', { token })).body;

describe('PUT /v1/me/subscription', () => {
  it('asks for a way to pay with a checkout, which then brings the plan and its credits', async () => {
    const { token, userId, customerId } = await payer();
    const refused = await choose(token, 'pro');
    expectProblem(refused, 402, 'payment_required');
    expect(refused.body.checkout_url).toMatch(/^https:\/\/checkout\.stripe\.com\//);
    expect(await standing(userId)).toMatchObject({ plan: 'free', balance: 0 });
    const [session] = await atStripe('objects', { object: 'checkout.session', customer: customerId });
    expect(session.success_url).toBe('https://auth.test/account/billing?done=paid');
    await atStripe('complete', { id: session.id });
    await deliverAll(customerId);
    expect(await standing(userId)).toMatchObject({ plan: 'pro', balance: 1000, ledger: [{ type: 'grant' }] });
    expect(await mine(token)).toMatchObject({
      plan: 'pro',
      status: 'active',
      cancel_at_period_end: false,
      paid: {
        plan: 'pro',
        price_id: 'price_pro_month',
        amount: 2000,
        currency: 'usd',
        months: 1,
        status: 'active',
      },
    });
  });

  it('begins, changes, ends with the period and resumes', async () => {
    const { token, userId, customerId } = await payer();
    await atStripe('attach', { customer: customerId });
    const begun = await choose(token, 'pro');
    expect(begun.status, JSON.stringify(begun.body)).toBe(200);
    expect(begun.body).toMatchObject({
      plan: 'pro',
      paid: { status: 'active', price_id: 'price_pro_month' },
    });
    await deliverAll(customerId);
    expect(await standing(userId)).toMatchObject({ plan: 'pro', balance: 1000 });

    const changed = await choose(token, 'enterprise');
    expect(changed.body).toMatchObject({ plan: 'enterprise', paid: { price_id: 'price_enterprise_month' } });
    await deliverAll(customerId);
    // What is left of the period is billed, less what is left of the plan before: (10,000 - 1,000) credits of a month.
    const { balance } = await standing(userId);
    expect(balance).toBeGreaterThan(1000 + 8800);
    expect(balance).toBeLessThan(1000 + 9001);

    const ending = await choose(token, 'free');
    expect(ending.body).toMatchObject({ plan: 'enterprise', cancel_at_period_end: true });
    expect(ending.body.paid.cancel_at).toBe(ending.body.paid.current_period_end);
    expect((await choose(token, 'enterprise')).body).toMatchObject({ cancel_at_period_end: false });
    expect((await choose(token, 'enterprise')).body).toMatchObject({ plan: 'enterprise' });
    expect(await atStripe('objects', { object: 'subscription', customer: customerId })).toHaveLength(1);

    await choose(token, 'free');
    const { paid } = await mine(token);
    await atStripe('end', { id: paid.id });
    await deliverAll(customerId);
    expect(await standing(userId)).toMatchObject({
      plan: 'free',
      row: { subscribed: 0, plan_expires_at: null },
    });
    expect(await mine(token)).toMatchObject({ plan: 'free', status: 'active', paid: null });
  });

  it('leaves nobody with two subscriptions, however often it is asked at once', async () => {
    const { token, userId, customerId } = await payer();
    await atStripe('attach', { customer: customerId });
    const answers = await Promise.all(['pro', 'enterprise', 'pro', 'pro'].map((plan) => choose(token, plan)));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    for (const answer of answers) expect([200, 409]).toContain(answer.status);
    expect(await atStripe('objects', { object: 'subscription', customer: customerId })).toHaveLength(1);
    await deliverAll(customerId);
    expect((await standing(userId)).ledger.length).toBeGreaterThan(0);
  });

  it('answers a declined card with 402 and a checkout, and tries again when asked again', async () => {
    const { token, userId, customerId } = await payer();
    await atStripe('attach', { customer: customerId, declines: true });
    const declined = await choose(token, 'pro');
    expectProblem(declined, 402, 'payment_failed');
    expect(declined.body.detail).toContain('insufficient_funds');
    expect(declined.body.checkout_url).toMatch(/^https:\/\/checkout\.stripe\.com\//);
    expect(await standing(userId)).toMatchObject({ plan: 'free', balance: 0 });
    const good = await atStripe('attach', { customer: customerId });
    const made = await call('PUT', `/v1/billing/payment-methods/${good.id}/default`, { token });
    expect(made.status).toBe(204);
    expect((await choose(token, 'pro')).body).toMatchObject({ plan: 'pro' });
  });

  it('knows no plan without a price, and ends nothing where there is nothing', async () => {
    const { token } = await payer();
    expectProblem(await choose(token, 'platinum'), 422, 'validation_failed');
    expect((await choose(token, 'free')).body).toMatchObject({ plan: 'free', paid: null });
  });
});

describe('a subscription in time', () => {
  async function subscriber() {
    const user = await payer();
    await atStripe('attach', { customer: user.customerId });
    const { paid } = (await choose(user.token, 'pro')).body;
    await deliverAll(user.customerId);
    return { ...user, id: paid.id as string, end: Date.parse(paid.current_period_end) };
  }

  it('lasts on for the grace when nothing is heard of Stripe', async () => {
    const { userId, end } = await subscriber();
    expect((await standing(userId)).row).toMatchObject({ plan_expires_at: end + 7 * DAY, subscribed: 1 });
  });

  it('brings credits with each invoice, to expire with its period, and none by the calendar', async () => {
    const { userId, id, customerId } = await subscriber();
    await atStripe('renew', { id, pays: true });
    await deliverAll(customerId);
    const { ledger, balance } = await standing(userId);
    expect(balance).toBe(2000);
    expect(ledger.map(({ reference }) => reference.replace(/in_.*/, ''))).toEqual(['invoice:', 'invoice:']);
  });

  it('falls back to free when an invoice stays unpaid beyond the grace', async () => {
    const { userId, id, customerId, token } = await subscriber();
    await atStripe('renew', { id, pays: false });
    await deliverAll(customerId);
    const [invoice] = await atStripe('objects', { object: 'invoice', customer: customerId });
    const { row, plan, balance } = await standing(userId);
    expect(row).toMatchObject({ plan_expires_at: invoice.created * 1000 + 7 * DAY });
    expect([plan, balance]).toEqual(['pro', 1000]);
    expect(await mine(token)).toMatchObject({ status: 'past_due' });
    // Nobody need say so.
    advance(7 * DAY + 60_000);
    expect(await standing(userId)).toMatchObject({ plan: 'free', row: { plan: 'pro' } });
    await atStripe('pay', { id });
    await deliverAll(customerId);
    expect(await standing(userId)).toMatchObject({ plan: 'pro', balance: 2000 });
  });
});
