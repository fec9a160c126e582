import { beforeAll, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { auditOf } from '../support/admin.ts';
import { call, changeDirectory, createRealm, INTERNAL } from '../support/api.ts';
import {
  atStripe,
  deliver,
  eventsAbout,
  mapPrices,
  silentPayer,
  standing,
  storedEvents,
  watching,
} from '../support/stripe.ts';
import { expectLedTo, expectPage, open, submit, type Visitor, visitor } from '../support/visitor.ts';

let admin: Visitor;
beforeAll(async () => {
  await mapPrices();
  admin = await visitor();
  await changeDirectory(admin.user.user.id, { role: 'admin' });
});

/** Somebody who has paid for credits, while Stripe did not answer when it was asked about that. */
async function unlucky() {
  const { userId } = await silentPayer();
  const body = { price_id: 'price_credits_500', user_id: userId };
  const { id: checkout } = (await call('POST', '/v1/billing/checkout', { headers: INTERNAL, body })).body;
  await atStripe('complete', { id: checkout });
  const [event] = await eventsAbout(checkout);
  const fail = () => atStripe('faults', { pattern: checkout, status: 500, times: 3 });
  await fail();
  expect((await deliver(event)).status).toBe(500);
  expect(await standing(userId)).toMatchObject({ balance: 0 });
  return { userId, event: event?.id as string, fail };
}

const replay = (event: string, who = admin) => submit('/admin/billing', { form: 'replay', event }, who);

it('an event that has failed is handled again, and does its work once', async () => {
  const { userId, event } = await unlucky();
  const failed = await open('/admin/billing?status=failed', admin);
  expect(failed.body).toContain(event);
  for (let times = 0; times < 2; times += 1) {
    expectLedTo(await replay(event), '/admin/billing?done=replayed');
    expect(await standing(userId)).toMatchObject({ balance: 500, ledger: [{ type: 'purchase' }] });
  }
  const told = await open('/admin/billing?done=replayed&status=done', admin);
  expectPage(told);
  expect(told.body).toContain('The event was handled again.');
  expect(told.body).toContain(event);
  expect((await open('/admin/billing?status=failed', admin)).body).not.toContain(event);
  expect(await auditOf(event)).toMatchObject([
    { action: 'billing_event_replayed', actor: admin.user.user.id },
    { action: 'billing_event_replayed', actor: admin.user.user.id },
  ]);
});

it('that it has failed again is said', async () => {
  const { userId, event, fail } = await unlucky();
  await fail();
  expectLedTo(await replay(event), '/admin/billing?done=replay_failed');
  const told = await open('/admin/billing?done=replay_failed', admin);
  expectPage(told);
  expect(told.body).toContain('The event failed again.');
  expect(told.body).not.toContain('role="status"');
  expect((await storedEvents('id', event))[0]).toMatchObject({ status: 'failed', attempts: 1 });
  expect(await standing(userId)).toMatchObject({ balance: 0 });
});

it('an event of another realm is not there', async () => {
  await createRealm('billing-annex');
  const other = await visitor({}, { realm: 'billing-annex' });
  await changeDirectory(other.user.user.id, { role: 'admin' });
  const { userId, event } = await unlucky();
  expect((await open('/admin/billing', other)).body).not.toContain(event);
  expectPage(await replay(event, other), 404);
  expect(await standing(userId)).toMatchObject({ balance: 0 });
});

/** The page of payments, by an app whose key of Stripe is this file's own. */
async function pageOfPrices(): Promise<string> {
  const bindings = watching('admin-prices') as unknown as Bindings;
  const app = createApp(createServices(bindings), bindings);
  const headers = { cookie: admin.cookie, accept: 'text/html' };
  const answer = await app.request('https://auth.test/admin/billing', { headers }, bindings);
  expect(answer.status).toBe(200);
  return answer.text();
}

/** The field of the first price. */
const fieldIn = (body: string) =>
  /<(input|select)[^>]* id="price_id\.0".*?(?=<\/div>)/s.exec(body)?.[0] ?? '';

it('prices are chosen from those of Stripe that are not archived, by their names', async () => {
  const field = fieldIn(await pageOfPrices());
  expect(field).toMatch(/^<select/);
  expect(field).toContain('Product of price_pro_month · ');
  expect(field).toContain('<option value="price_pro_month" selected="">');
  expect(field).toContain('value="price_unmapped_month"');
  expect(field).not.toContain('"price_retired"');
  // What is paid by use goes along with a plan's price.
  expect(field).not.toContain('"price_counting"');
});

it.each([500, 'drop', 'hung'] as const)('prices are typed where Stripe says nothing: %s', async (status) => {
  await atStripe('faults', { pattern: 'GET /v1/prices\\?.* by admin-prices', status, times: 1 });
  const field = fieldIn(await pageOfPrices());
  expect(field).toMatch(/^<input/);
  expect(field).toContain('value="price_pro_month"');
  expect(fieldIn(await pageOfPrices())).toMatch(/^<select/);
});
