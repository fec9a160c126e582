import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { call, createRealm, expectProblem, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { foundedBy, join, person, type TestMember } from '../support/organizations.ts';
import { atStripe, customerOf, deliverAll, PRICE_MEANINGS } from '../support/stripe.ts';

const HOUR = 3_600_000;
const { billingAdmin } = createServices(env as unknown as Bindings);
const catchUp = (at = Date.now()) => billingAdmin.catchUp(at, PLENTY);

const MEANINGS = [
  ...PRICE_MEANINGS.filter(({ price_id }) => !price_id.includes('enterprise')),
  { price_id: 'price_team_month', plan: 'enterprise', seats: 'members' },
];

/** A realm of its own, whose plan `enterprise` is paid by members, or by bought seats. */
async function realmWith(seats: 'members' | 'paid'): Promise<string> {
  const realm = `r${crypto.randomUUID().slice(0, 8)}`;
  await createRealm(realm);
  const data = MEANINGS.map((one) => ('seats' in one ? { ...one, seats } : one));
  const set = await call('PUT', '/v1/admin/billing/prices', { headers: INTERNAL, realm, body: { data } });
  expect(set.status, JSON.stringify(set.body)).toBe(200);
  return realm;
}

/** An organization with a card, and as many members as asked. */
async function team(realm: string, count: number) {
  const owner = await person(realm);
  const id = await foundedBy(owner);
  const others: TestMember[] = [];
  for (let n = 1; n < count; n += 1) others.push(await join(id, owner, 'member'));
  const as = (method: string, path: string, body: object) =>
    call(method, `/v1/billing/${path}`, {
      realm,
      token: owner.token,
      body: { organization_id: id, ...body },
    });
  expect((await as('POST', 'setup-intent', {})).status).toBe(201);
  const { customer_id: customer } = await customerOf(id);
  await atStripe('attach', { customer });
  const leave = (member: TestMember) =>
    call('DELETE', `/v1/organizations/${id}/members/${member.id}`, { realm, token: owner.token });
  const subscribe = () => as('PUT', 'subscription', { plan: 'enterprise' });
  const quantity = async () => {
    const [subscription] = await atStripe('objects', { object: 'subscription', customer });
    return subscription.items.data[0].quantity as number;
  };
  return { realm, owner, id, others, customer, as, leave, subscribe, quantity };
}

const due = async (id: string) => {
  const row = await env.DB.prepare('SELECT times, attempts FROM seat_changes WHERE organization_id = ?')
    .bind(id)
    .first<{ times: number; attempts: number }>();
  return row;
};

describe('a plan that is paid by its members', () => {
  let realm: string;
  beforeAll(async () => {
    realm = await realmWith('members');
  });

  it('begins with as many as there are, whichever way', async () => {
    const one = await team(realm, 3);
    const opened = await one.as('POST', 'checkout', { plan: 'enterprise' });
    expect(opened.status, JSON.stringify(opened.body)).toBe(201);
    await atStripe('complete', { id: opened.body.id });
    await deliverAll(one.customer);
    expect(await one.quantity()).toBe(3);
    const other = await team(realm, 2);
    expect((await other.subscribe()).body).toMatchObject({
      plan: 'enterprise',
      members: 2,
      paid_seats: null,
      paid: { quantity: 2, amount: 2000 },
    });
    const wrong = await other.as('PUT', 'subscription', { plan: 'enterprise', seats: 7 });
    expectProblem(wrong, 422, 'validation_failed');
  });

  it('follows them as they come and go, the difference being billed with the next invoice', async () => {
    const one = await team(realm, 1);
    await one.subscribe();
    const newcomer = await join(one.id, one.owner, 'member');
    // Nobody who joins waits for Stripe.
    expect(await one.quantity()).toBe(1);
    await catchUp();
    expect(await one.quantity()).toBe(2);
    expect(await due(one.id)).toBeNull();
    const [made] = await atStripe('objects', { object: 'subscription', customer: one.customer });
    const [said] = await atStripe('requests', { pattern: `POST /v1/subscriptions/${made.id} .*quantity.=2` });
    expect(said).toContain('proration_behavior=create_prorations');
    const invoices = await atStripe('objects', { object: 'invoice', customer: one.customer });
    expect(invoices).toHaveLength(1);
    const shown = await call('GET', `/v1/billing/subscription?organization_id=${one.id}`, {
      realm,
      token: one.owner.token,
    });
    expect(shown.body.paid).toMatchObject({ quantity: 2, amount: 2000 });

    expect((await one.leave(newcomer)).status).toBe(204);
    await catchUp();
    expect(await one.quantity()).toBe(1);
    const [subscription] = await atStripe('objects', { object: 'subscription', customer: one.customer });
    await atStripe('renew', { id: subscription.id, pays: true });
    const [renewed] = await atStripe('objects', { object: 'invoice', customer: one.customer });
    expect(renewed.lines.data.map(({ quantity }: { quantity: number }) => quantity)).toEqual([1, 2, 2, 1, 1]);
  });

  it('asks Stripe for nothing where the number is the same', async () => {
    const one = await team(realm, 2);
    await one.subscribe();
    const newcomer = await join(one.id, one.owner, 'member');
    await one.leave(newcomer);
    const asked = () => atStripe<string[]>('requests', { pattern: 'POST /v1/subscriptions/sub' });
    const before = (await asked()).length;
    await catchUp();
    expect((await asked()).length).toBe(before);
    expect(await due(one.id)).toBeNull();
  });

  it('comes to the last number, however many join and however many tell at once', async () => {
    const one = await team(realm, 1);
    await one.subscribe();
    for (let round = 0; round < 3; round += 1) {
      const joining = [1, 2].map(() => join(one.id, one.owner, 'member'));
      await Promise.all([...joining, catchUp(), catchUp()]);
      await Promise.all([catchUp(), catchUp(), catchUp()]);
    }
    // What came while it was being told is told next.
    for (let tries = 0; tries < 3; tries += 1) await catchUp(Date.now() + HOUR);
    expect(await one.quantity()).toBe(7);
    expect(await due(one.id)).toBeNull();
  });

  it('is told again where somebody joined between counting and telling', async () => {
    const one = await team(realm, 1);
    await one.subscribe();
    await join(one.id, one.owner, 'member');
    // Stripe answers late: meanwhile another joins.
    await atStripe('faults', { pattern: `POST /v1/subscriptions/.*quantity.=2`, status: 'late', times: 1 });
    await Promise.all([
      catchUp(),
      new Promise((resolve) => setTimeout(resolve, 200)).then(() => join(one.id, one.owner, 'member')),
    ]);
    expect((await due(one.id))?.times).toBeGreaterThan(1);
    await catchUp(Date.now() + HOUR);
    expect(await one.quantity()).toBe(3);
    expect(await due(one.id)).toBeNull();
  });

  it('is put right where the checkout was open meanwhile, or another number was set at Stripe', async () => {
    const one = await team(realm, 1);
    const opened = await one.as('POST', 'checkout', { plan: 'enterprise' });
    await join(one.id, one.owner, 'member');
    await atStripe('complete', { id: opened.body.id });
    await deliverAll(one.customer);
    expect(await one.quantity()).toBe(1);
    await catchUp();
    expect(await one.quantity()).toBe(2);
    const [subscription] = await atStripe('objects', { object: 'subscription', customer: one.customer });
    await atStripe('set-quantity', { id: subscription.id, quantity: 9 });
    await deliverAll(subscription.id);
    await catchUp();
    expect(await one.quantity()).toBe(2);
    expect(await due(one.id)).toBeNull();
  });

  it('waits for a Stripe that fails, and tells it then', async () => {
    const one = await team(realm, 1);
    await one.subscribe();
    const [subscription] = await atStripe('objects', { object: 'subscription', customer: one.customer });
    await join(one.id, one.owner, 'member');
    await atStripe('faults', { pattern: `POST /v1/subscriptions/${subscription.id}`, status: 500, times: 3 });
    await catchUp();
    expect(await one.quantity()).toBe(1);
    expect(await due(one.id)).toMatchObject({ attempts: 1 });
    // Not before its time.
    await catchUp();
    expect(await one.quantity()).toBe(1);
    await catchUp(Date.now() + HOUR);
    expect(await one.quantity()).toBe(2);
    expect(await due(one.id)).toBeNull();
  });

  it('counts who goes with their account, and nobody where nothing is paid by members', async () => {
    const one = await team(realm, 2);
    await one.subscribe();
    const [other] = one.others;
    const gone = await call('DELETE', `/v1/admin/users/${other?.id}`, { realm, headers: INTERNAL });
    expect(gone.status).toBe(204);
    await catchUp();
    expect(await one.quantity()).toBe(1);

    const plain = await team(realm, 1);
    expect((await plain.as('PUT', 'subscription', { plan: 'pro' })).status).toBe(200);
    await join(plain.id, plain.owner, 'member');
    expect(await due(plain.id)).toBeNull();
    const wrong = await plain.as('PUT', 'subscription', { plan: 'pro', seats: 2 });
    expectProblem(wrong, 422, 'validation_failed');
    // By a change of plan it is paid for all of them, and by another for one thing.
    expect((await plain.subscribe()).body.paid).toMatchObject({ quantity: 2 });
    expect((await plain.as('PUT', 'subscription', { plan: 'pro' })).body.paid).toMatchObject({ quantity: 1 });
  });

  it('is paid once by a user, who has no members', async () => {
    const user = await person(realm);
    const buy = (quantity: number) =>
      call('POST', '/v1/billing/checkout', {
        realm,
        token: user.token,
        body: { plan: 'enterprise', quantity },
      });
    expect((await buy(1)).status).toBe(201);
    expectProblem(await buy(2), 422, 'validation_failed');
  });
});

describe('a plan that is paid by bought seats', () => {
  let realm: string;
  beforeAll(async () => {
    realm = await realmWith('paid');
  });
  const invite = async (one: Awaited<ReturnType<typeof team>>) => {
    const added = await person(realm);
    return call('POST', `/v1/admin/organizations/${one.id}/members`, {
      realm,
      headers: INTERNAL,
      body: { user_id: added.id, role: 'member' },
    });
  };

  it('lets in no more than are paid, and more when more are bought', async () => {
    const one = await team(realm, 1);
    const opened = await one.as('POST', 'checkout', { plan: 'enterprise', quantity: 2 });
    expect(opened.status, JSON.stringify(opened.body)).toBe(201);
    await atStripe('complete', { id: opened.body.id });
    await deliverAll(one.customer);
    expect(await one.quantity()).toBe(2);
    const joined = await Promise.all([1, 2, 3].map(() => invite(one)));
    expect(joined.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    const more = await one.as('PUT', 'subscription', { plan: 'enterprise', seats: 3 });
    expect(more.body, JSON.stringify(more.body)).toMatchObject({
      members: 2,
      paid_seats: 3,
      paid: { quantity: 3 },
    });
    const [subscription] = await atStripe('objects', { object: 'subscription', customer: one.customer });
    const [said] = await atStripe('requests', {
      pattern: `POST /v1/subscriptions/${subscription.id} .*quantity.=3`,
    });
    expect(said).toContain('proration_behavior=always_invoice');
    expect((await invite(one)).status).toBe(201);
    expectProblem(await invite(one), 409, 'no_seat_left');
    // Fewer than are in it cannot be; nobody's seat is taken.
    const fewer = await one.as('PUT', 'subscription', { plan: 'enterprise', seats: 2 });
    expectProblem(fewer, 422, 'validation_failed');
    // The number stays where none is said.
    expect((await one.as('PUT', 'subscription', { plan: 'enterprise' })).body).toMatchObject({
      paid_seats: 3,
    });
  });

  it('limits nothing any more when it is over, nor with another plan; the operator’s limit stays', async () => {
    const one = await team(realm, 1);
    await call('PATCH', `/v1/admin/organizations/${one.id}`, {
      realm,
      headers: INTERNAL,
      body: { seats: 2 },
    });
    expect((await one.subscribe()).body).toMatchObject({ paid_seats: 1 });
    expectProblem(await invite(one), 409, 'no_seat_left');
    const other = await one.as('PUT', 'subscription', { plan: 'pro' });
    expect(other.body).toMatchObject({ paid_seats: null });
    expect((await invite(one)).status).toBe(201);
    expectProblem(await invite(one), 409, 'no_seat_left');
    expect((await one.subscribe()).body).toMatchObject({ paid_seats: 2 });
    const [subscription] = await atStripe('objects', { object: 'subscription', customer: one.customer });
    await atStripe('end', { id: subscription.id });
    await deliverAll(subscription.id);
    const shown = await call('GET', `/v1/billing/subscription?organization_id=${one.id}`, {
      realm,
      token: one.owner.token,
    });
    expect(shown.body).toMatchObject({ plan: 'organization', paid_seats: null, paid: null });
  });

  const membersOf = (id: string) =>
    env.DB.prepare('SELECT count(*) AS n FROM organization_members WHERE organization_id = ?')
      .bind(id)
      .first<number>('n');

  it.each(['first', 'fewer'])('nobody joins beyond the seats that are being bought: %s', async (which) => {
    for (const delay of [0, 150, 300]) {
      const one = await team(realm, 2);
      if (which === 'fewer') {
        expect((await one.as('PUT', 'subscription', { plan: 'enterprise', seats: 9 })).status).toBe(200);
      }
      const pattern = `POST /v1/subscriptions.*${which === 'first' ? one.customer : 'quantity.=2'}`;
      await atStripe('faults', { pattern, status: 'late', times: 1 });
      const bought = one.as('PUT', 'subscription', {
        plan: 'enterprise',
        ...(which === 'fewer' && { seats: 2 }),
      });
      await new Promise((resolve) => setTimeout(resolve, delay));
      const joined = await Promise.all(Array.from({ length: 5 }, () => invite(one)));
      const answer = await bought;
      const members = await membersOf(one.id);
      const row = await env.DB.prepare('SELECT paid_seats FROM organizations WHERE id = ?')
        .bind(one.id)
        .first<any>();
      expect(members).toBe(2 + joined.filter(({ status }) => status === 201).length);
      expect(members, JSON.stringify(answer.body)).toBeLessThanOrEqual(row.paid_seats);
      expect(row.paid_seats).toBe(await one.quantity());
      // Nothing stays held.
      const later = await one.as('PUT', 'subscription', { plan: 'enterprise', seats: 9 });
      expect(later.status, JSON.stringify(later.body)).toBe(200);
      expect((await invite(one)).status).toBe(201);
    }
  });

  it('is declined whole where the card is: the seats stay as they were', async () => {
    const one = await team(realm, 1);
    await one.subscribe();
    const [method] = await atStripe('objects', { object: 'payment_method', customer: one.customer });
    await atStripe('decline', { id: method.id });
    const more = await one.as('PUT', 'subscription', { plan: 'enterprise', seats: 5 });
    expectProblem(more, 402, 'payment_failed');
    expect(await one.quantity()).toBe(1);
  });
});

it('what a price’s seats are is for plans alone', async () => {
  const data = [{ price_id: 'price_credits_500', credits: 500, seats: 'paid' }];
  const realm = `r${crypto.randomUUID().slice(0, 8)}`;
  await createRealm(realm);
  const set = await call('PUT', '/v1/admin/billing/prices', { headers: INTERNAL, realm, body: { data } });
  expectProblem(set, 422, 'validation_failed');
});
