import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, createRealm, expectProblem, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { PATIENCE } from '../support/patience.ts';
import { CREDENTIALS } from '../support/peers/ports.ts';
import { stoppingAfter, stoppingBefore } from '../support/stopping-d1.ts';
import {
  atStripe,
  customerOf,
  deliver,
  deliverAll,
  eventsAbout,
  mapPrices,
  signatureOf,
  silentPayer,
  standing,
  storedEvents,
} from '../support/stripe.ts';

const MINUTE = 60_000;
const { billingAdmin } = createServices(env as unknown as Bindings);
const send = (raw: BodyInit, signature: string | null) =>
  call('POST', '/v1/billing/webhook', {
    raw,
    headers: {
      'content-type': 'application/json',
      ...(signature !== null && { 'stripe-signature': signature }),
    },
  });

beforeAll(() => mapPrices());

/** Somebody who has bought 500 credits of which Stripe has told nothing yet. */
async function buyer() {
  const user = await silentPayer();
  const body = { price_id: 'price_credits_500', user_id: user.userId };
  const opened = await call('POST', '/v1/billing/checkout', { headers: INTERNAL, body });
  expect(opened.status, JSON.stringify(opened.body)).toBe(201);
  await atStripe('complete', { id: opened.body.id });
  const [charge] = await atStripe('objects', { object: 'charge', customer: user.customerId });
  const events = await eventsAbout(opened.body.id);
  return {
    ...user,
    checkoutId: opened.body.id as string,
    chargeId: charge.id as string,
    event: events[0] as any,
  };
}

describe('a webhook that is not Stripe’s', () => {
  it('is refused with 400, and nothing is stored', async () => {
    const { userId, event } = await buyer();
    const body = JSON.stringify(event);
    const now = Math.floor(Date.now() / 1000);
    const right = await signatureOf(body);
    const refused: [string, BodyInit, string | null][] = [
      ['no signature', body, null],
      ['an empty one', body, ''],
      ['nonsense', body, 'v1=abc'],
      ['another secret', body, await signatureOf(body, { secret: 'whsec_other' })],
      ['an old timestamp', body, await signatureOf(body, { timestamp: now - 301 })],
      ['another timestamp', body, right.replace(/^t=\d+/, `t=${now + 1}`)],
      ['another scheme', body, right.replace('v1=', 'v0=')],
      ['a byte more', `${body} `, right],
      ['a byte order mark', `\uFEFF${body}`, right],
      ['no body', '', right],
      ['no JSON', 'nonsense', await signatureOf('nonsense')],
      ['no event', '{"object":"event"}', await signatureOf('{"object":"event"}')],
      ['null', 'null', await signatureOf('null')],
    ];
    for (let at = 0; at < body.length; at += 37) {
      const changed = new TextEncoder().encode(body);
      changed[at] = (changed[at] as number) ^ 1;
      refused.push([`byte ${at} changed`, changed, right]);
    }
    // Not text: a decoder that replaces what it cannot read would make two bodies one.
    const broken = new Uint8Array([...new TextEncoder().encode(body), 0xff]);
    refused.push(['bytes that are no text', broken, await signatureOf(`${body}\uFFFD`)]);
    for (const [what, raw, signature] of refused) {
      const answer = await send(raw, signature);
      expect(answer.status, what).toBe(400);
      expectProblem(answer, 400, 'invalid_signature');
    }
    expect(await storedEvents('id', event.id)).toEqual([]);
    expect(await standing(userId)).toMatchObject({ balance: 0, ledger: [] });
    // It is right as it was.
    expect((await send(body, right)).status).toBe(200);
    expect(await standing(userId)).toMatchObject({ balance: 500 });
  });

  it('is taken with the secret before, while it is rolled', async () => {
    const { userId, event } = await buyer();
    expect((await deliver(event, { secret: CREDENTIALS.stripe.webhookSecrets[1] as string })).status).toBe(
      200,
    );
    expect(await standing(userId)).toMatchObject({ balance: 500 });
  });

  it('may be of any content type and up to a MiB', async () => {
    const { event } = await buyer();
    const long = JSON.stringify({ ...event, padding: 'x'.repeat(200_000) });
    const headers = { 'content-type': 'text/plain', 'stripe-signature': await signatureOf(long) };
    expect((await call('POST', '/v1/billing/webhook', { raw: long, headers })).status).toBe(200);
    const tooLong = 'x'.repeat(1024 * 1024 + 1);
    expectProblem(await send(tooLong, await signatureOf(tooLong)), 413, 'payload_too_large');
  });
});

describe('an event', () => {
  it('that was taken before does nothing', async () => {
    const { userId, event } = await buyer();
    for (let times = 0; times < 3; times += 1) expect((await deliver(event)).status).toBe(200);
    const together = await Promise.all(Array.from({ length: 5 }, () => deliver(event)));
    expect(together.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await standing(userId)).toMatchObject({ balance: 500, ledger: [{ type: 'purchase' }] });
    expect(await storedEvents('id', event.id)).toMatchObject([{ status: 'done', attempts: 1 }]);
  });

  it('keeps nothing of its body but ids', async () => {
    const { event, customerId } = await buyer();
    await deliver(event);
    const [row] = await storedEvents('id', event.id);
    expect(Object.keys(row)).not.toContain('body');
    const created = (await eventsAbout(customerId)).find(({ type }) => type === 'customer.created');
    await deliver(created);
    const [stored] = await storedEvents('id', created?.id as string);
    expect(JSON.stringify(stored)).not.toContain('@');
  });

  it('that fails answers 500 until it works, and shows in the list of events', async () => {
    const { userId, event, checkoutId, customerId } = await buyer();
    await atStripe('faults', { pattern: checkoutId, status: 500, times: 3 });
    expectProblem(await deliver(event), 500, 'billing_event_failed');
    const list = await call('GET', '/v1/admin/billing/events?status=failed&limit=100', { headers: INTERNAL });
    const shown = list.body.data.find(({ id }: { id: string }) => id === event.id);
    expect(shown).toMatchObject({
      type: 'checkout.session.completed',
      subject: checkoutId,
      customer_id: customerId,
      status: 'failed',
      attempts: 1,
      last_error: 'service_unavailable',
    });
    expect(await standing(userId)).toMatchObject({ balance: 0 });
    expect((await deliver(event)).status).toBe(200);
    expect(await standing(userId)).toMatchObject({ balance: 500 });
  });

  it('can be replayed by an admin, as often as wanted', async () => {
    const { userId, event, checkoutId } = await buyer();
    await atStripe('faults', { pattern: checkoutId, status: 500, times: 3 });
    await deliver(event);
    const replay = () => call('POST', `/v1/admin/billing/events/${event.id}/replay`, { headers: INTERNAL });
    for (let times = 0; times < 3; times += 1) {
      expect(await replay()).toMatchObject({
        status: 200,
        body: { id: event.id, status: 'done', last_error: null },
      });
    }
    expect(await standing(userId)).toMatchObject({ balance: 500, ledger: [{ type: 'purchase' }] });
    const { results } = await env.DB.prepare('SELECT * FROM audit WHERE target = ?').bind(event.id).all();
    expect(results).toHaveLength(3);
    expect(results[0]).toMatchObject({ action: 'billing_event_replayed', actor: 'internal' });
    const nobody = await call('POST', '/v1/admin/billing/events/evt_nobody/replay', { headers: INTERNAL });
    expectProblem(nobody, 404, 'billing_event_not_found');
  });

  it('belongs to its realm’s admins only', async () => {
    const realm = `r${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    const { event } = await buyer();
    await deliver(event);
    const list = await call('GET', '/v1/admin/billing/events', { headers: INTERNAL, realm });
    expect(list.body).toMatchObject({ data: [], total: 0 });
    const replay = await call('POST', `/v1/admin/billing/events/${event.id}/replay`, {
      headers: INTERNAL,
      realm,
    });
    expectProblem(replay, 404, 'billing_event_not_found');
  });

  it('of a customer that is nobody’s here is let be', async () => {
    const customer = { id: `cus_${crypto.randomUUID()}`, object: 'customer' };
    const event = { id: `evt_${crypto.randomUUID()}`, type: 'customer.subscription.updated', created: 1 };
    const data = { object: { id: 'sub_other', object: 'subscription', customer: customer.id } };
    expect((await deliver({ ...event, data })).status).toBe(200);
    expect(await storedEvents('id', event.id)).toMatchObject([{ status: 'ignored' }]);
    const other = { ...event, id: `evt_${crypto.randomUUID()}`, type: 'product.created', data };
    expect((await deliver(other)).status).toBe(200);
    expect(await storedEvents('id', other.id)).toEqual([]);
  });

  it('about what has no id is let be', async () => {
    for (const [type, object] of [
      ['invoice.upcoming', { object: 'invoice' }],
      ['refund.failed', { object: 'refund', id: 're_x', charge: null }],
    ] as const) {
      const event = { id: `evt_${crypto.randomUUID()}`, type, created: 1, data: { object } };
      expect((await deliver(event)).status).toBe(200);
      expect(await storedEvents('id', event.id)).toEqual([]);
    }
  });

  it('of a customer who was deleted at Stripe ends their subscription, and paying begins anew', async () => {
    const user = await silentPayer();
    await atStripe('attach', { customer: user.customerId });
    const body = { plan: 'pro', user_id: user.userId };
    const subscribe = () => call('POST', '/v1/billing/subscriptions', { headers: INTERNAL, body });
    expect((await subscribe()).status).toBe(201);
    await atStripe('delete-customer', { id: user.customerId });
    const deleted = (await eventsAbout(user.customerId)).find(({ type }) => type === 'customer.deleted');
    expect((await deliver(deleted)).status).toBe(200);
    expect(await standing(user.userId)).toMatchObject({ plan: 'free' });
    await deliverAll(user.customerId);
    expectProblem(await subscribe(), 402, 'payment_required');
  });

  it('whose price stands for nothing fails until it does', async () => {
    const user = await silentPayer();
    const { id: pm } = await atStripe('attach', { customer: user.customerId });
    const order = { customer: user.customerId, items: [{ price: 'price_unmapped_month' }] };
    const { id } = await atStripe('subscribe', { ...order, default_payment_method: pm });
    const created = (await eventsAbout(id)).find(({ type }) => type === 'customer.subscription.created');
    expectProblem(await deliver(created), 500, 'billing_event_failed');
    expect(await storedEvents('id', created?.id as string)).toMatchObject([
      { last_error: 'price_not_found' },
    ]);
    expect(await standing(user.userId)).toMatchObject({ plan: 'free' });
  });
});

describe('a crash', () => {
  it('between storing and acting is made up for by Stripe’s repetition', async () => {
    const { userId, event } = await buyer();
    await crashAfterStoring(event);
    expect(await standing(userId)).toMatchObject({ balance: 0 });
    // While the one that crashed may still be at work, nobody else begins.
    expect((await deliver(event)).status).toBe(200);
    expect(await standing(userId)).toMatchObject({ balance: 0 });
    advance(3 * MINUTE);
    expect((await deliver(event)).status).toBe(200);
    expect(await standing(userId)).toMatchObject({ balance: 500, ledger: [{ type: 'purchase' }] });
  });

  it('or a failure is made up for by the cron without Stripe', async () => {
    const { userId, event } = await buyer();
    await crashAfterStoring(event);
    const other = await buyer();
    await atStripe('faults', { pattern: other.checkoutId, status: 500, times: 3 });
    await deliver(other.event);
    advance(3 * MINUTE);
    await billingAdmin.catchUp(Date.now(), PLENTY);
    expect(await standing(userId)).toMatchObject({ balance: 500, ledger: [{ type: 'purchase' }] });
    expect(await standing(other.userId)).toMatchObject({ balance: 500 });
  });

  /** What is in the database when the Worker dies having stored an event and begun with it. */
  async function crashAfterStoring(event: any): Promise<void> {
    const now = Date.now();
    await env.DB.prepare(
      `INSERT INTO billing_events (id, type, subject, customer_id, attempts, leased_until, next_attempt_at, created_at,
         received_at) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)`,
    )
      .bind(
        event.id,
        event.type,
        event.data.object.id,
        event.data.object.customer,
        now + 2 * MINUTE,
        now,
        event.created * 1000,
        now,
      )
      .run();
  }
});

describe('what was true when it was asked for', () => {
  it('does not replace what is newer: a subscription', async () => {
    const user = await silentPayer();
    await atStripe('attach', { customer: user.customerId });
    const body = { plan: 'pro', user_id: user.userId };
    const { id } = (await call('POST', '/v1/billing/subscriptions', { headers: INTERNAL, body })).body;
    const events = await eventsAbout(id);
    await atStripe('faults', { pattern: `GET /v1/subscriptions/${id}`, status: 'late', times: 1 });
    const slow = deliver(events.find(({ type }) => type === 'customer.subscription.created'));
    await waitUntilAsked(`GET /v1/subscriptions/${id}`, 2);
    await atStripe('end', { id });
    await deliverAll(id);
    expect(await standing(user.userId)).toMatchObject({ plan: 'free' });
    expect((await slow).status).toBe(200);
    expect(await standing(user.userId)).toMatchObject({ plan: 'free', row: { plan: 'free', subscribed: 0 } });
  });

  it('does not replace what is newer: a refund', async () => {
    const { userId, chargeId, checkoutId } = await buyer();
    await deliverAll(checkoutId);
    const dispute = await atStripe('dispute', { id: chargeId });
    const [created] = await eventsAbout(dispute.id);
    const pattern = `GET /v1/disputes.*${chargeId}`;
    await atStripe('faults', { pattern, status: 'late', times: 2 });
    const slow = deliver(created);
    await waitUntilAsked(pattern, 2);
    await atStripe('close-dispute', { id: dispute.id, status: 'won' });
    const closed = (await eventsAbout(dispute.id)).at(-1);
    await deliver(closed);
    expect((await slow).status).toBe(200);
    expect((await standing(userId)).balance).toBe(500);
  });

  async function waitUntilAsked(pattern: string, times: number): Promise<void> {
    await vi.waitFor(
      async () => expect((await atStripe('requests', { pattern })).length).toBe(times),
      PATIENCE,
    );
  }
});

describe('a reference of a caller', () => {
  it('that is the same as one of Latchkey’s own neither fails a webhook nor costs anybody anything', async () => {
    const { userId, chargeId, checkoutId } = await buyer();
    const change = (path: string, reference: string) =>
      call('POST', `/v1/credits/${path}`, {
        headers: INTERNAL,
        body: { user_id: userId, amount: 10, reference },
      });
    expect((await change('add', 'gift')).status).toBeLessThan(300);
    for (const reference of [`checkout:${checkoutId}`, `reversal:1:checkout:${checkoutId}`]) {
      const answers = [await change('use', reference), await change('add', `${reference}:`)];
      for (const answer of answers) expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    }
    await deliverAll(checkoutId);
    expect(await standing(userId)).toMatchObject({ balance: 510 });
    await atStripe('refund', { id: chargeId, amount: 250 });
    await deliverAll(chargeId);
    expect(await standing(userId)).toMatchObject({ balance: 260 });
    expect((await change('use', 'job')).body).toMatchObject({ balance: 250 });
    expect(
      (await storedEvents('customer_id', (await customerOf(userId)).customer_id)).map(
        ({ status, attempts }) => [status, attempts],
      ),
    ).not.toContainEqual(['failed', 1]);
  });
});

describe('a payment that is lost again', () => {
  const refund = (id: string, amount: number) => atStripe('refund', { id, amount });

  it('takes its credits back in proportion', async () => {
    const { userId, chargeId, checkoutId } = await buyer();
    await deliverAll(checkoutId);
    await refund(chargeId, 125);
    await deliverAll(chargeId);
    expect(await standing(userId)).toMatchObject({ balance: 375 });
    await refund(chargeId, 375);
    await deliverAll(chargeId);
    const { balance, ledger } = await standing(userId);
    expect(balance).toBe(0);
    expect(ledger.map(({ type, amount }) => [type, amount])).toEqual([
      ['refund', -375],
      ['refund', -125],
      ['purchase', 500],
    ]);
  });

  it('takes no more than there is, remembers what is missing, and leaves alone what comes later', async () => {
    const { userId, chargeId, checkoutId } = await buyer();
    await deliverAll(checkoutId);
    const use = { user_id: userId, amount: 400, reference: crypto.randomUUID() };
    expect((await call('POST', '/v1/credits/use', { headers: INTERNAL, body: use })).status).toBeLessThan(
      300,
    );
    await refund(chargeId, 500);
    await deliverAll(chargeId);
    expect(await standing(userId)).toMatchObject({ balance: 0 });
    const gift = { user_id: userId, amount: 50, reference: crypto.randomUUID() };
    await call('POST', '/v1/credits/add', { headers: INTERNAL, body: gift });
    for (const { id } of await storedEvents('subject', chargeId)) {
      await call('POST', `/v1/admin/billing/events/${id}/replay`, { headers: INTERNAL });
    }
    expect(await standing(userId)).toMatchObject({ balance: 50 });
    const shortfall = await call('GET', `/v1/admin/billing/shortfalls`, { headers: INTERNAL });
    expect(shortfall.body.data).toContainEqual({
      user_id: userId,
      reference: `checkout:${checkoutId}`,
      credits: 500,
      taken: 100,
      shortfall: 400,
      updated_at: expect.any(String),
    });
  });

  it('comes back with its credits when a dispute is won, and not when it is lost', async () => {
    for (const [status, left] of [
      ['won', 500],
      ['lost', 0],
    ] as const) {
      const { userId, chargeId, checkoutId } = await buyer();
      await deliverAll(checkoutId);
      const dispute = await atStripe('dispute', { id: chargeId });
      await deliverAll(dispute.id);
      expect(await standing(userId)).toMatchObject({ balance: 0 });
      await atStripe('close-dispute', { id: dispute.id, status });
      await deliverAll(dispute.id);
      expect((await standing(userId)).balance, status).toBe(left);
    }
  });
});

describe('the mail about an event', () => {
  const mailsAbout = async (userId: string) => {
    const rows = env.DB.prepare("SELECT data FROM outbox WHERE user_id = ? AND template = 'account_changed'");
    return (await rows.bind(userId).all<{ data: string }>()).results.map(
      ({ data }) => JSON.parse(data).change,
    );
  };
  async function attached() {
    const { userId, customerId } = await silentPayer();
    await atStripe('attach', { customer: customerId });
    const event = (await eventsAbout(customerId)).find(({ type }) => type === 'payment_method.attached');
    const hint = { id: event?.id as string, type: 'payment_method.attached', customerId };
    await env.DB.prepare(
      `INSERT INTO billing_events (id, type, subject, customer_id, next_attempt_at, created_at, received_at)
       VALUES (?, ?, ?, ?, 0, 0, 0)`,
    )
      .bind(hint.id, hint.type, event?.data.object.id, customerId)
      .run();
    return { userId, id: hint.id };
  }
  const handled = (environment: object) =>
    createServices(environment as Bindings).billingAdmin.catchUp(Date.now(), PLENTY);
  /** In the statement that settles an event, and in no other. */
  const SETTLES = 'coalesce((SELECT realm_id FROM billing_customers';

  it('is written once, by what settles it, however often the machine stopped before', async () => {
    const { userId, id } = await attached();
    // Nothing else is due.
    await env.DB.prepare("UPDATE billing_events SET status = 'ignored' WHERE id <> ?").bind(id).run();
    for (let times = 0; times < 2; times += 1) {
      await expect(handled(stoppingBefore(SETTLES))).rejects.toThrow();
      expect(await mailsAbout(userId)).toEqual([]);
      advance(3 * MINUTE);
    }
    await expect(handled(stoppingAfter(SETTLES))).rejects.toThrow();
    expect(await mailsAbout(userId)).toEqual(['payment_method_added']);
    advance(3 * MINUTE);
    await handled(env);
    expect(await mailsAbout(userId)).toEqual(['payment_method_added']);
  });
});
