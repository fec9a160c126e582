import { beforeAll, describe, expect, it } from 'vitest';
import { asAdmin, auditOf } from '../support/admin.ts';
import { call, INTERNAL, ORIGIN } from '../support/api.ts';
import { foundedBy, join } from '../support/organizations.ts';
import { ageProofs } from '../support/stale-proof.ts';
import { atStripe, customerOf, deliverAll, mapPrices, PRICE_MEANINGS } from '../support/stripe.ts';
import { expectLedTo, expectPage, open, submit, type Visitor, visitor } from '../support/visitor.ts';

const BILLING = '/account/billing';
const words = ({ body }: { body: string }) => body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

beforeAll(() =>
  mapPrices([...PRICE_MEANINGS, { price_id: 'price_seats_month', plan: 'enterprise', seats: 'paid' }]),
);

const memberOf = ({ user }: Visitor) => ({
  id: user.user.id,
  email: user.user.email,
  token: user.access_token,
  realm: undefined,
});

/** Somebody with an organization, its page, and what it has at Stripe. */
async function founder() {
  const owner = await visitor();
  const id = await foundedBy(memberOf(owner));
  const page = `/account/organizations/${id}`;
  const opened = await call('POST', '/v1/billing/setup-intent', {
    headers: INTERNAL,
    body: { organization_id: id },
  });
  expect(opened.status).toBe(201);
  const { customer_id: customer } = await customerOf(id);
  return { owner, id, page, customer, send: (fields: Record<string, string>) => submit(page, fields, owner) };
}

/** Somebody who is in it with a role. */
async function colleague({ id, owner }: Awaited<ReturnType<typeof founder>>, role: string) {
  const one = await visitor();
  await join(id, memberOf(owner), role, memberOf(one));
  return one;
}

describe('the billing of an organization, on its page', () => {
  it('is bought at Stripe, shown and ended', async () => {
    const one = await founder();
    const before = await open(one.page, one.owner);
    expectPage(before);
    expect(words(before)).toMatch(/Plan No paid plan You pay nothing\. Members: 1/);
    expect(before.headers.get('content-security-policy')).toContain('https://checkout.stripe.com');
    const led = await one.send({ form: 'plan', price: 'price_pro_month' });
    const [session] = await atStripe('objects', { object: 'checkout.session', customer: one.customer });
    expectLedTo(led, session.url);
    expect(session.success_url).toBe(`${ORIGIN}${one.page}?done=paid`);
    await atStripe('complete', { id: session.id });
    await deliverAll(one.customer);
    const after = await open(`${one.page}?done=paid`, one.owner);
    expect(words(after)).toMatch(/Thank you\..*Plan Pro Active \$20\.00 a month Renews on/);
    expect(words(after)).toMatch(/Invoices LK-\d+/);
    expectLedTo(await one.send({ form: 'end' }), `${one.page}?done=plan_ends`);
    expect(words(await open(one.page, one.owner))).toContain('Keep the plan');
    // The owner's own page says nothing of it.
    expect(words(await open(BILLING, one.owner))).toMatch(/Your plan Free/);
  });

  it('sells seats, and says why fewer cannot be', async () => {
    const one = await founder();
    await colleague(one, 'member');
    await atStripe('attach', { customer: one.customer });
    expectLedTo(
      await one.send({ form: 'plan', price: 'price_seats_month' }),
      `${one.page}?done=plan_changed`,
    );
    expectLedTo(
      await one.send({ form: 'seats', price: 'price_seats_month', seats: '4' }),
      `${one.page}?done=seats_changed`,
    );
    expect(words(await open(one.page, one.owner))).toMatch(/for each of 4.*Members: 2 of 4 seats/);
    for (const seats of ['1', '0', 'many', '1.5']) {
      const refused = await one.send({ form: 'seats', price: 'price_seats_month', seats });
      expectPage(refused, 422);
      expect(refused.body).toContain('aria-invalid="true"');
    }
  });

  it('is in the audit log, by whom', async () => {
    const one = await founder();
    await atStripe('attach', { customer: one.customer });
    const done: [Record<string, string>, string][] = [
      [{ form: 'plan', price: 'price_pro_month' }, 'plan_chosen'],
      [{ form: 'end' }, 'plan_chosen'],
      [{ form: 'credits', price: 'price_credits_500' }, 'checkout_opened'],
      [{ form: 'portal' }, 'billing_portal_opened'],
      [{ form: 'top_up', below: '1', pack: 'price_credits_500', monthly_limit: '50' }, 'top_up_set'],
      [{ form: 'top_up_end' }, 'top_up_ended'],
      [{ form: 'billing_email', email: 'x@example.com' }, 'billing_email_set'],
    ];
    for (const [fields, action] of done) {
      const before = (await auditOf(one.id)).length;
      expect((await one.send(fields)).status, action).toBe(303);
      const noted = (await auditOf(one.id)).slice(before);
      expect(noted.filter((entry) => entry.action === action)).toMatchObject([
        { actor: one.owner.user.user.id },
      ]);
    }
    // What was refused was not done.
    const count = (await auditOf(one.id)).length;
    expectPage(await one.send({ form: 'seats', price: 'price_seats_month', seats: 'many' }), 422);
    expect(await auditOf(one.id)).toHaveLength(count);
  });

  it('is seen by who may read it, changed by who may manage it, and by nobody else', async () => {
    const one = await founder();
    const [billing, admin, member] = [
      await colleague(one, 'billing'),
      await colleague(one, 'admin'),
      await colleague(one, 'member'),
    ];
    const shown = async (who: Visitor) => words(await open(one.page, who));
    expect(await shown(billing)).toMatch(/Invoices.*Email address for invoices/);
    expect(await shown(admin)).toContain('Invoices');
    expect(await shown(admin)).not.toContain('Payment methods');
    expect(await shown(member)).not.toContain('Invoices');
    const forms: Record<string, string>[] = [
      { form: 'plan', price: 'price_pro_month' },
      { form: 'end' },
      { form: 'seats', price: 'price_seats_month', seats: '2' },
      { form: 'credits', price: 'price_credits_500' },
      { form: 'portal' },
      { form: 'method_remove', method: 'pm_x' },
      { form: 'top_up', below: '1', pack: 'price_credits_500', monthly_limit: '50' },
      { form: 'top_up_end' },
      { form: 'billing_email', email: 'x@example.com' },
    ];
    for (const fields of forms) {
      for (const who of [admin, member]) expectPage(await submit(one.page, fields, who), 403);
      const stranger = await visitor();
      expect((await submit(one.page, fields, stranger)).status).toBe(404);
    }
    const made = await atStripe('objects', { object: 'checkout.session', customer: one.customer });
    expect(made).toEqual([]);
    await ageProofs(memberOf(billing).id, 3_600_000);
    const asked = await submit(one.page, { form: 'portal' }, billing);
    expect(words(asked)).toMatch(/password|confirm/i);
  });

  it('says where invoices go, in both languages', async () => {
    const one = await founder();
    expectLedTo(
      await one.send({ form: 'billing_email', email: 'bills@example.com' }),
      `${one.page}?done=email_set`,
    );
    expect((await open(one.page, one.owner)).body).toContain('value="bills@example.com"');
    expectPage(await one.send({ form: 'billing_email', email: 'nonsense' }), 422);
    expectLedTo(await one.send({ form: 'billing_email', email: '' }), `${one.page}?done=email_set`);
    const german = await open(one.page, one.owner, { 'accept-language': 'de' });
    expect(words(german)).toMatch(
      /Kein bezahlter Tarif.*Automatisch aufladen.*E-Mail-Adresse für Rechnungen/,
    );
  });

  it('is not there for one that is suspended', async () => {
    const one = await founder();
    await asAdmin('PATCH', `/organizations/${one.id}`, { body: { status: 'suspended' } });
    expect(words(await open(one.page, one.owner))).not.toContain('Invoices');
    expectPage(await one.send({ form: 'portal' }), 403);
  });
});

describe.each(['user', 'organization'])('topping up on the page of a %s', (kind) => {
  it('is turned on, shown and turned off', async () => {
    const one = await founder();
    const page = kind === 'user' ? BILLING : one.page;
    const send = (fields: Record<string, string>) => submit(page, fields, one.owner);
    if (kind === 'user') await send({ form: 'portal' });
    const fields = { form: 'top_up', below: '100', pack: 'price_credits_500', monthly_limit: '12.50' };
    const early = await send(fields);
    expectPage(early, 402);
    const payerId = kind === 'user' ? memberOf(one.owner).id : one.id;
    const { customer_id: customer } = await customerOf(payerId);
    await atStripe('attach', { customer });
    for (const wrong of [
      { below: '' },
      { below: 'x' },
      { monthly_limit: '' },
      { monthly_limit: '4.99' },
      { monthly_limit: '1,234.50' },
      { monthly_limit: '-5' },
      { pack: 'price_pro_month' },
    ]) {
      expect((await send({ ...fields, ...wrong })).status, JSON.stringify(wrong)).toBe(422);
    }
    expectLedTo(await send(fields), `${page}?done=top_up_set`);
    const shown = words(await open(page, one.owner));
    expect(shown).toMatch(/Automatic top-up .* On .*\$0\.00 of \$12\.50 spent this month/);
    const set = await call(
      'GET',
      `/v1/billing/top-up?${kind === 'user' ? 'user_id' : 'organization_id'}=${payerId}`,
      { headers: INTERNAL },
    );
    expect(set.body).toMatchObject({ status: 'on', monthly_limit: 1250, below: 100 });
    expectLedTo(await send({ form: 'top_up_end' }), `${page}?done=top_up_ended`);
    expect(words(await open(page, one.owner))).toMatch(/Automatic top-up .* Off /);
  });
});
