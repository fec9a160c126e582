import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, changeDirectory, expectProblem, INTERNAL, ORIGIN } from '../support/api.ts';
import { changePlan } from '../support/metering.ts';
import { atStripe, customerOf, deliverAll, mapPrices, standing } from '../support/stripe.ts';
import { expectLedTo, expectPage, open, submit, type Visitor, visitor } from '../support/visitor.ts';

const PAGE = '/account/billing';

beforeAll(() => mapPrices());

/** Somebody with a customer at Stripe. */
async function payer(): Promise<Visitor & { id: string; customerId: string }> {
  const user = await visitor();
  const { id } = user.user.user;
  await submit(PAGE, { form: 'portal' }, user);
  return { ...user, id, customerId: (await customerOf(id)).customer_id };
}

/** Somebody with a card and the plan `pro`. */
async function subscriber() {
  const user = await payer();
  await atStripe('attach', { customer: user.customerId });
  expectLedTo(await choose(user), `${PAGE}?done=plan_changed`);
  await deliverAll(user.customerId);
  const [subscription] = await subscriptions(user.customerId);
  return { ...user, subscription };
}

const choose = (user: Visitor, price = 'price_pro_month') => submit(PAGE, { form: 'plan', price }, user);
const subscriptions = (customer: string) => atStripe('objects', { object: 'subscription', customer });
const methods = (customer: string) => atStripe<any[]>('objects', { object: 'payment_method', customer });
/** What a page says, without its markup. */
const words = ({ body }: { body: string }) => body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('a plan', () => {
  it('is bought at Stripe, and is there when that is told', async () => {
    const user = await payer();
    const before = await open(PAGE, user);
    expectPage(before);
    expect(words(before)).toMatch(/Your plan Free You pay nothing\..*\$20\.00 a month.*\$200\.00 a year/);
    expect(before.headers.get('content-security-policy')).toContain(
      "form-action 'self' https://checkout.stripe.com https://billing.stripe.com;",
    );
    const led = await choose(user, 'price_pro_year');
    const [session] = await atStripe('objects', { object: 'checkout.session', customer: user.customerId });
    expectLedTo(led, session.url);
    expect(session).toMatchObject({
      success_url: `${ORIGIN}${PAGE}?done=paid`,
      cancel_url: `${ORIGIN}${PAGE}?done=not_paid`,
      wanted: { price: 'price_pro_year' },
    });
    await atStripe('complete', { id: session.id });
    await deliverAll(user.customerId);
    const after = await open(`${PAGE}?done=paid`, user);
    expect(words(after)).toMatch(/Thank you\..*Your plan Pro Active \$200\.00 a year Renews on/);
    expect(words(await open(`${PAGE}?done=not_paid`, user))).toContain('Nothing was bought');
  });

  it('is changed with the price that was shown, ended with its period, and kept after all', async () => {
    const user = await subscriber();
    expect(await standing(user.id)).toMatchObject({ plan: 'pro' });
    // Of the same plan, by year.
    expectLedTo(await choose(user, 'price_pro_year'), `${PAGE}?done=plan_changed`);
    expectLedTo(await choose(user, 'price_enterprise_month'), `${PAGE}?done=plan_changed`);
    expect(await standing(user.id)).toMatchObject({ plan: 'enterprise' });

    expectLedTo(await submit(PAGE, { form: 'end' }, user), `${PAGE}?done=plan_ends`);
    const ending = await open(`${PAGE}?done=plan_ends`, user);
    expect(words(ending)).toMatch(/Enterprise Ends soon .* You keep it until/);
    expect(ending.body).not.toContain('value="end"');

    const kept = await submit(PAGE, { form: 'resume', price: 'price_enterprise_month' }, user);
    expectLedTo(kept, `${PAGE}?done=plan_resumed`);
    expect(words(await open(PAGE, user))).toMatch(/Enterprise Active .* Renews on/);
    expect(await subscriptions(user.customerId)).toMatchObject([{ cancel_at_period_end: false }]);
  });

  it('whose payment is declined leads to another way to pay, and changes nothing', async () => {
    const user = await payer();
    await atStripe('attach', { customer: user.customerId, declines: true });
    const declined = await choose(user);
    expectPage(declined, 402);
    expect(declined.body).toMatch(/role="alert".*href="https:\/\/checkout\.stripe\.com\/c\/pay\//s);
    expect(await standing(user.id)).toMatchObject({ plan: 'free' });
  });

  it('whose renewal is declined says what to do, and until when', async () => {
    const user = await subscriber();
    await atStripe('renew', { id: user.subscription.id, pays: false });
    await deliverAll(user.customerId);
    const page = await open(PAGE, user);
    expect(words(page)).toMatch(
      /Pro Payment due .* did not go through.* You keep the plan until .*Pay the invoice/,
    );
    expect(page.body).toContain('class="button" href="https://invoice.stripe.com/i/test"');
  });

  it('in its trial says until when nothing is paid', async () => {
    const user = await payer();
    const { id: default_payment_method } = await atStripe('attach', { customer: user.customerId });
    const items = [{ price: 'price_pro_month' }];
    await atStripe('subscribe', { customer: user.customerId, default_payment_method, items, trial_days: 14 });
    await deliverAll(user.customerId);
    expect(words(await open(PAGE, user))).toMatch(/Pro Trial .*You pay nothing before/);
  });

  it('that an admin has given costs nothing, and has its end', async () => {
    const user = await visitor();
    const plan_expires_at = Date.parse('2031-05-06T00:00:00Z');
    await changePlan(user.user.user.id, { plan: 'pro', plan_expires_at });
    expect((await open(PAGE, user)).body).toMatch(/It lasts until <time datetime="2031-05-06">/);
  });

  it('that is not offered, or is no plan, is refused', async () => {
    const user = await payer();
    for (const [price, status] of [
      ['price_unmapped_month', 404],
      ['price_credits_500', 422],
      ['', 404],
      ['__proto__', 404],
    ] as const) {
      const answer = await choose(user, price);
      expectPage(answer, status);
      expect(answer.body).toContain('role="alert"');
    }
    expect(await subscriptions(user.customerId)).toEqual([]);
  });
});

it('a pack of credits is bought at Stripe', async () => {
  const user = await payer();
  expect(words(await open(PAGE, user))).toMatch(/You have 0\. 500 credits \$5\.00/);
  await submit(PAGE, { form: 'credits', price: 'price_credits_500' }, user);
  const [session] = await atStripe('objects', { object: 'checkout.session', customer: user.customerId });
  await atStripe('complete', { id: session.id });
  await deliverAll(user.customerId);
  expect(words(await open(PAGE, user))).toContain('You have 500.');
});

describe('ways to pay', () => {
  it('are listed, made the default and removed', async () => {
    const user = await payer();
    const visa = await atStripe('attach', { customer: user.customerId });
    const other = await atStripe('attach', { customer: user.customerId, brand: 'mastercard' });
    expect(words(await open(PAGE, user))).toMatch(/Mastercard ending in 4242 Valid until 12\/2031/);
    const byDefault = await submit(PAGE, { form: 'method_default', method: other.id }, user);
    expectLedTo(byDefault, `${PAGE}?done=method_default`);
    expect(words(await open(PAGE, user))).toContain('Mastercard ending in 4242 Default');
    const removed = await submit(PAGE, { form: 'method_remove', method: visa.id }, user);
    expectLedTo(removed, `${PAGE}?done=method_removed`);
    expect(await methods(user.customerId)).toMatchObject([{ id: other.id }]);
  });

  it.each(['method_default', 'method_remove'])('of somebody else are nobody’s: %s', async (form) => {
    const [user, theirs] = [await payer(), await payer()];
    const { id } = await atStripe('attach', { customer: theirs.customerId });
    for (const method of [id, 'pm_none', '../customers', '']) {
      const answer = await submit(PAGE, { form, method }, user);
      expectPage(answer, 404);
      expect(answer.body).toContain('This payment method is not stored any more.');
    }
    expect(await methods(theirs.customerId)).toMatchObject([{ id }]);
    const [customer] = await atStripe('objects', { object: 'customer', id: theirs.customerId });
    expect(customer.invoice_settings.default_payment_method).toBeNull();
  });
});

it('invoices have their amount in the user’s language, and only the user’s are shown', async () => {
  const user = await subscriber();
  const [invoice] = await atStripe('objects', { object: 'invoice', customer: user.customerId });
  const page = await open(PAGE, user, { 'accept-language': 'de' });
  expect(words(page)).toMatch(new RegExp(`${invoice.number} Bezahlt .*20,00\\s\\$`));
  expect(page.body).toContain('href="https://invoice.stripe.com/i/test"');
  expect((await open(PAGE, await payer())).body).not.toContain(invoice.number);
});

describe('nothing is changed', () => {
  const forms = (method: string): Record<string, string>[] => [
    { form: 'plan', price: 'price_enterprise_month' },
    { form: 'end' },
    { form: 'credits', price: 'price_credits_500' },
    { form: 'method_default', method },
    { form: 'method_remove', method },
  ];

  it.each([
    ['without a session', (user: Visitor) => ({ ...user, cookie: '' }), {}, 303],
    ['from another origin', (user: Visitor) => user, { origin: 'https://evil.example' }, 403],
  ] as const)('%s', async (_, as, headers, status) => {
    const user = await subscriber();
    const [method] = await methods(user.customerId);
    const requests = () => atStripe<string[]>('requests', { pattern: `^POST .*${user.customerId}` });
    const before = await requests();
    for (const fields of forms(method.id)) {
      const answer = await submit(PAGE, fields, as(user), headers);
      expect(answer.status).toBe(status);
      if (status === 403) expectProblem(answer, 403, 'origin_not_allowed');
    }
    expect(await requests()).toEqual(before);
    expect(await methods(user.customerId)).toHaveLength(1);
    expect(await subscriptions(user.customerId)).toMatchObject([{ cancel_at_period_end: false }]);
  });

  it.each([
    ['whose address is not verified', { email_verified: 0 }, 403],
    ['who is suspended', { status: 'suspended' }, 303],
  ] as const)('for somebody %s', async (_, columns, status) => {
    const user = await subscriber();
    const [method] = await methods(user.customerId);
    await changeDirectory(user.id, columns);
    for (const fields of forms(method.id)) {
      expect((await submit(PAGE, fields, user)).status).toBe(status);
    }
    expect(await methods(user.customerId)).toHaveLength(1);
    expect(await subscriptions(user.customerId)).toMatchObject([
      { cancel_at_period_end: false, items: { data: [{ price: { id: 'price_pro_month' } }] } },
    ]);
  });
});

it('without an answer of Stripe the page shows what is known here', async () => {
  const user = await subscriber();
  await atStripe('faults', { pattern: `GET .*${user.customerId}`, status: 500, times: 30 });
  const page = await open(PAGE, user);
  expectPage(page);
  expect(words(page)).toMatch(/Pro Active .*Stripe does not answer at the moment/);
});

it('without keys of Stripe the page says so, and the rest works', async () => {
  const user = await visitor();
  await call('POST', '/v1/credits/add', {
    headers: INTERNAL,
    body: { user_id: user.user.user.id, amount: 5, reference: 'gift' },
  });
  const bindings = { ...env, STRIPE_SECRET_KEY: undefined, STRIPE_WEBHOOK_SECRET: undefined };
  const app = createApp(createServices(bindings as unknown as Bindings), bindings as unknown as Bindings);
  const ask = (init: RequestInit = {}) =>
    app.request(`${ORIGIN}${PAGE}`, { ...init, headers: { cookie: user.cookie, ...init.headers } }, bindings);
  const page = await ask();
  expect(page.status).toBe(200);
  expect(await page.text()).toMatch(/<strong>Free<\/strong>.*Payment is not set up here/s);
  for (const form of ['plan', 'end', 'credits', 'portal', 'method_default']) {
    const answer = await ask({
      method: 'POST',
      body: new URLSearchParams({ form, price: 'price_pro_month' }),
      headers: { origin: ORIGIN },
    });
    expect(answer.status, form).toBe(503);
    expect(await answer.text()).toContain('role="alert"');
  }
});
