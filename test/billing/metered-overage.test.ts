import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Customers } from '../../src/billing/customers.ts';
import { OverageReports } from '../../src/billing/overage-reports.ts';
import { dueReports, postponeReport } from '../../src/billing/overage-store.ts';
import type { OverageReportRow } from '../../src/billing/tables.ts';
import type { Bindings } from '../../src/config/config.ts';
import { primary } from '../../src/db/client.ts';
import { RunBudget } from '../../src/lib/run-budget.ts';
import { createServices } from '../../src/services.ts';
import { call, expectProblem, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { crashingD1, type Fuse } from '../support/crashing-d1.ts';
import {
  atStripe,
  deliverAll,
  KINDS,
  mapPrices,
  PRICE_MEANINGS,
  payerOfKind,
  stripeAt,
  watching,
} from '../support/stripe.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
// With a key of its own it collects no customers of other files, which it would take for ours without a user.
const own = watching('metered-overage');
const { billingAdmin, plans } = createServices(own as unknown as Bindings);
const run = (admin = billingAdmin) => admin.catchUp(Date.now(), PLENTY);
const compare = (admin = billingAdmin) => admin.reconcile(Date.now(), PLENTY);

const PLAN = {
  name: 'Pro',
  limits: { images: { day: 10 } },
  model_tiers: [],
  monthly_credits: 0,
  overage: { images: { meter: 'images_beyond' } },
  features: [],
};
const METERED = [
  { price_id: 'price_pro_month', plan: 'pro', metered: ['price_images_over'] },
  ...PRICE_MEANINGS.slice(1, 2),
  {
    price_id: 'price_enterprise_month',
    plan: 'enterprise',
    metered: ['price_images_dear', 'price_tokens_over'],
  },
  ...PRICE_MEANINGS.slice(3),
];

const savePlan = async (plan: object = PLAN) => {
  const answer = await call('PUT', '/v1/admin/plans/pro', { headers: INTERNAL, body: plan });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  plans.forget('default');
};

beforeAll(async () => {
  await savePlan();
  await mapPrices(METERED);
});

describe('prices by use', () => {
  it.each([
    ['price_nobody', 'unknown'],
    ['price_pro_year', 'mismatch'],
    ['price_images_yearly', 'mismatch'],
    ['price_counting', 'mismatch'],
    ['price_hourly', 'mismatch'],
    ['price_retired_meter', 'mismatch'],
  ])('are refused that no subscription can be billed by: %s', async (metered, code) => {
    const data = [{ price_id: 'price_pro_month', plan: 'pro', metered: [metered] }];
    const answer = await call('PUT', '/v1/admin/billing/prices', { headers: INTERNAL, body: { data } });
    expectProblem(answer, 422, 'validation_failed');
    expect(answer.body.errors).toMatchObject([{ path: 'data.0.metered.0', code }]);
  });

  it('are refused where two would bill the same use, and stand for no plan by themselves', async () => {
    const refusal = async (entry: object) => {
      const body = { data: [entry] };
      const answer = await call('PUT', '/v1/admin/billing/prices', { headers: INTERNAL, body });
      expectProblem(answer, 422, 'validation_failed');
      return answer.body.errors[0].path;
    };
    const twice = ['price_images_over', 'price_images_dear'];
    expect(await refusal({ price_id: 'price_pro_month', plan: 'pro', metered: twice })).toBe(
      'data.0.metered.1',
    );
    expect(await refusal({ price_id: 'price_images_over', plan: 'pro' })).toBe('data.0.price_id');
    const pack = { price_id: 'price_credits_500', credits: 5, metered: ['price_images_over'] };
    expect(await refusal(pack)).toBe('data.0.metered');
  });
});

describe.each(KINDS)('use beyond a limit, billed by a meter: %s', (kind) => {
  /** How far the clock was moved before a test, which begins with an hour: what it uses is of one hour at any time of the day. */
  let lead = 0;
  beforeEach(() => {
    lead = HOUR - (Date.now() % HOUR);
    advance(lead);
  });

  /** A payer who subscribed to a plan, and what they use. */
  async function payer(plan: string | null = 'pro') {
    const one = await payerOfKind(kind);
    const { customerId, payerId, named } = one;
    if (plan !== null) {
      await atStripe('attach', { customer: customerId });
      const body = { ...named, plan };
      const begun = await call('POST', '/v1/billing/subscriptions', { headers: INTERNAL, body });
      expect(begun.status, JSON.stringify(begun.body)).toBe(201);
    }
    const use = async (quantity: number, reference: string = crypto.randomUUID()) => {
      const body = { ...named, resource: 'images', quantity, reference };
      return call('POST', '/v1/usage', { headers: INTERNAL, body });
    };
    const [table, objects] = kind === 'user' ? ['users', env.ACCOUNT] : ['organizations', env.ORGANIZATION];
    const told = () => runDurableObjectAlarm(objects.get(objects.idFromName(payerId)) as never);
    const events = () => atStripe<any[]>('meter-events', { customer: customerId });
    const billed = async () =>
      (await events())
        .filter(({ counts }) => counts)
        .reduce((sum, { payload }) => sum + Number(payload.value), 0);
    const row = () =>
      env.DB.prepare('SELECT * FROM overage_reports WHERE payer_id = ?').bind(payerId).first<any>();
    const subscription = async () =>
      (await atStripe<any[]>('objects', { object: 'subscription', customer: customerId }))[0];
    /** Moves both clocks. */
    let ahead = lead;
    const pass = async (milliseconds: number) => {
      advance(milliseconds);
      ahead += milliseconds;
      await atStripe('clock', { customer: customerId, ahead: Math.round(ahead / 1000) });
    };
    /** Uses so much beyond the limit, which the directory then knows, and is due. */
    const useBeyond = async (quantity: number) => {
      expect((await use(10 + quantity)).status).toBe(200);
      await told();
      await pass(10 * MINUTE);
    };
    return { ...one, table, use, told, events, billed, row, subscription, pass, useBeyond };
  }

  it('is on for who subscribes to a plan with a price by use, and is told once, a while later', async () => {
    const one = await payer();
    expect((await one.subscription()).items.data.map(({ price }: any) => price.id)).toEqual([
      'price_pro_month',
      'price_images_over',
    ]);
    const used = await one.use(13, 'a');
    expect(used.body).toMatchObject({ overage: { quantity: 3, credits: 0, meter: 'images_beyond' } });
    expect((await one.use(13, 'a')).body).toEqual(used.body);
    await one.told();
    await run();
    expect(await one.events()).toEqual([]);
    expect((await one.use(2)).status).toBe(200);
    await one.told();
    await one.pass(10 * MINUTE);
    await run();
    expect(await one.events()).toMatchObject([
      { event_name: 'images_beyond', payload: { value: '5', stripe_customer_id: one.customerId } },
    ]);
    for (let times = 0; times < 3; times += 1) await run();
    await one.use(1);
    await one.told();
    await one.pass(10 * MINUTE);
    await run();
    expect(await one.events()).toHaveLength(2);
    expect(await one.billed()).toBe(6);
    const [first, second] = await one.events();
    expect(first.identifier).not.toBe(second.identifier);
    expect(first.identifier).toContain(one.payerId);
    if (kind !== 'user') return;
    const report = await call('GET', `/v1/users/${one.payerId}/quota`, { headers: INTERNAL });
    expect(report.body.resources.images).toMatchObject({ billed: 6, remaining: 0 });
  });

  it('is refused to who has the plan without paying for use beyond it', async () => {
    const one = await payer(null);
    const body = { plan: 'pro' };
    const given =
      kind === 'user'
        ? await call('PUT', `/v1/admin/users/${one.payerId}/plan`, { headers: INTERNAL, body })
        : await call('PATCH', `/v1/admin/organizations/${one.payerId}`, { headers: INTERNAL, body });
    expect(given.status, JSON.stringify(given.body)).toBe(200);
    expect((await one.use(10)).status).toBe(200);
    expectProblem(await one.use(1), 429, 'quota_exceeded');
    // And to who began when there was no such price: nobody has agreed to it.
    await mapPrices();
    const before = await payer();
    await mapPrices(METERED);
    expect((await before.use(10)).status).toBe(200);
    expectProblem(await before.use(1), 429, 'quota_exceeded');
    // Choosing the plan again agrees.
    const again = { ...before.named, plan: 'pro' };
    const chosen = await call('PUT', '/v1/billing/subscription', { headers: INTERNAL, body: again });
    expect(chosen.status, JSON.stringify(chosen.body)).toBe(200);
    expect((await before.use(1)).body).toMatchObject({ overage: { quantity: 1 } });
  });

  it('is billed by one price of a meter when the plan changes, and ends with the subscription', async () => {
    const one = await payer();
    await one.useBeyond(2);
    const body = { ...one.named, plan: 'enterprise' };
    const changed = await call('PUT', '/v1/billing/subscription', { headers: INTERNAL, body });
    expect(changed.status, JSON.stringify(changed.body)).toBe(200);
    expect((await one.subscription()).items.data.map(({ price }: any) => price.id)).toEqual([
      'price_enterprise_month',
      'price_images_dear',
      'price_tokens_over',
    ]);
    const meters = () =>
      env.DB.prepare(`SELECT meters FROM ${one.table} WHERE id = ?`).bind(one.payerId).first('meters');
    expect(JSON.parse(String(await meters()))).toEqual(['images_beyond', 'tokens_beyond']);
    const { id } = await one.subscription();
    await atStripe('end', { id });
    await deliverAll(id);
    expect(await meters()).toBeNull();
    if (kind === 'user') expectProblem(await one.use(100), 429, 'quota_exceeded');
    else expectProblem(await one.use(100), 403, 'resource_not_in_plan');
    // What was used before is told all the same.
    await run();
    expect(await one.billed()).toBe(2);
  });

  it('is told once when two crons run at once, and when answers are lost', async () => {
    const one = await payer();
    await one.useBeyond(4);
    await Promise.all([run(), run(), run()]);
    expect(await one.events()).toHaveLength(1);
    await one.use(3);
    await one.told();
    await one.pass(10 * MINUTE);
    const pattern = `meter_events .*${one.customerId}`;
    // The SDK tries three times by itself: none of its answers arrives, though the first was taken.
    await atStripe('faults', { pattern, status: 'lost', times: 1 });
    await atStripe('faults', { pattern, status: 500, times: 2 });
    await run();
    expect(await one.row()).toMatchObject({
      reported: 4,
      pending: 3,
      attempts: 1,
      last_error: 'service_unavailable',
    });
    await one.pass(HOUR);
    await run();
    expect(await one.row()).toMatchObject({ reported: 7, pending: null, due_at: null, last_error: null });
    expect(await one.billed()).toBe(7);
    expect(await one.events()).toHaveLength(2);
  });

  it('loses nothing while Stripe is down for two days, and counts nothing twice', async () => {
    const one = await payer();
    await one.useBeyond(4);
    const pattern = `meter_events .*${one.customerId}`;
    // What was taken first is not known here, for the answer is lost; then it is down, for so long that it forgets the report.
    await atStripe('faults', { pattern, status: 'lost', times: 1 });
    await atStripe('faults', { pattern, status: 503, times: 5 });
    for (let tries = 1; tries <= 2; tries += 1) {
      await run();
      expect(await one.row()).toMatchObject({ reported: 0, pending: 4, number: 1, attempts: tries });
      expect((await one.use(1)).status).toBe(200);
      await one.told();
      await one.pass(tries * 16 * HOUR);
    }
    await run();
    expect(await one.row()).toMatchObject({ reported: 4, pending: null });
    await one.pass(HOUR);
    await run();
    const { results } = await env.DB.prepare('SELECT used, reported FROM overage_reports WHERE payer_id = ?')
      .bind(one.payerId)
      .all<any>();
    expect(results.every(({ used, reported }) => used === reported)).toBe(true);
    const total = results.reduce((sum, { used }) => sum + used, 0);
    expect(await one.billed()).toBe(total);
  });

  it.each(Array.from({ length: 16 }, (_, n) => n))(
    'is told once though it dies at statement %i',
    async (n) => {
      const one = await payer();
      await one.useBeyond(5);
      const fuse: Fuse = { left: 5 + Math.floor(n / 2), isDone: n % 2 === 0 };
      const dying = createServices({ ...own, DB: crashingD1(env.DB, fuse) } as unknown as Bindings);
      await run(dying.billingAdmin).catch(() => {});
      await one.pass(3 * HOUR);
      await run();
      expect(await one.billed()).toBe(5);
      expect(await one.row()).toMatchObject({ reported: 5, pending: null });
    },
  );

  it.each([HOUR, 2 * DAY])(
    'is counted once though the database that knows of it is put back %i milliseconds later',
    async (later) => {
      const one = await payer();
      await one.useBeyond(5);
      await run();
      await one.pass(later);
      await env.DB.prepare(
        `UPDATE overage_reports SET reported = 0, number = 0, customer_id = NULL, check_at = NULL, due_at = used_at
         WHERE payer_id = ?`,
      )
        .bind(one.payerId)
        .run();
      await run();
      expect(await one.billed()).toBe(5);
      expect(await one.row()).toMatchObject({ reported: 5, pending: null, due_at: null });
      await one.pass(2 * HOUR);
      await compare();
      expect(await one.row()).toMatchObject({ check_at: null, last_error: null });
    },
  );

  it('is compared with what Stripe has counted, and what is missing is made good after two looks', async () => {
    const one = await payer();
    await one.useBeyond(5);
    await run();
    await atStripe('lose-meter-events', { customer: one.customerId });
    expect(await one.billed()).toBe(0);
    await compare();
    expect(await one.row()).toMatchObject({ reported: 5, missed: null });
    await one.pass(2 * HOUR);
    await Promise.all([compare(), compare()]);
    expect(await one.row()).toMatchObject({ reported: 5, missed: 0 });
    await one.pass(HOUR);
    await Promise.all([compare(), compare()]);
    expect(await one.row()).toMatchObject({ reported: 5, last_error: 'missing' });
    await run();
    expect(await one.billed()).toBe(5);
    const [lost, again] = await one.events();
    expect(again).toMatchObject({ identifier: lost.identifier, payload: lost.payload });
    expect(await one.events()).toHaveLength(2);
    await one.pass(20 * HOUR);
    await compare();
    expect(await one.row()).toMatchObject({ reported: 5, check_at: null, last_error: null });
    for (let times = 0; times < 2; times += 1) {
      await one.pass(HOUR);
      await compare();
      await run();
    }
    expect(await one.billed()).toBe(5);
  });

  it('is billed once where Stripe counts it many hours late', async () => {
    const one = await payer();
    await one.useBeyond(5);
    await run();
    await atStripe('count-meter-events', { customer: one.customerId, counts: false });
    for (let hours = 0; hours < 6; hours += 1) {
      await one.pass(2 * HOUR);
      await Promise.all([compare(), compare()]);
      await run();
    }
    expect(await one.events()).toHaveLength(1);
    await atStripe('count-meter-events', { customer: one.customerId, counts: true });
    for (let days = 0; days < 2; days += 1) {
      await one.pass(DAY);
      await compare();
      await run();
    }
    expect(await one.billed()).toBe(5);
    expect(await one.row()).toMatchObject({ reported: 5, check_at: null, last_error: null });
  });

  it.each([
    ['-5', 0],
    ['-2', 3],
    ['-6', -1],
  ])('is not billed again when an operator has given it back: %s', async (value, left) => {
    const [one, other] = [await payer(), await payer()];
    for (const each of [one, other]) await each.useBeyond(5);
    await run();
    const { used_at: at } = await one.row();
    await atStripe('meter-event', {
      event_name: 'images_beyond',
      identifier: crypto.randomUUID(),
      payload: { stripe_customer_id: one.customerId, value },
      timestamp: Math.floor(at / 1000),
    });
    for (let hours = 0; hours < 30; hours += 2) {
      await one.pass(2 * HOUR);
      await compare();
      await run();
    }
    expect(await one.billed()).toBe(left);
    expect(await one.row()).toMatchObject({ reported: 5, due_at: null, check_at: null, last_error: 'less' });
    expect(await other.row()).toMatchObject({ check_at: null, last_error: null });
  });

  it('is not told again from a database that was restored to before it was told', async () => {
    const one = await payer();
    await one.useBeyond(5);
    const { due_at: dueAt } = await one.row();
    await run();
    await one.pass(30 * HOUR);
    const restore = (used: number) =>
      env.DB.prepare(
        `UPDATE overage_reports SET used = ?3, reported = 0, number = 0, customer_id = NULL, due_at = ?2, check_at = NULL,
           pending = NULL, pending_at = NULL, pending_since = NULL WHERE payer_id = ?1`,
      )
        .bind(one.payerId, dueAt, used)
        .run();
    await restore(5);
    await run();
    expect(await one.row()).toMatchObject({ reported: 5, pending: null, due_at: null });
    expect(await one.billed()).toBe(5);
    // What the object has told since is the rest.
    await restore(7);
    await run();
    await run();
    expect(await one.row()).toMatchObject({ reported: 7, pending: null, due_at: null });
    expect(await one.billed()).toBe(7);
  });

  it('says so where Stripe has counted more, and takes nothing back', async () => {
    const one = await payer();
    await one.useBeyond(5);
    await run();
    const { used_at: at } = await one.row();
    const payload = { stripe_customer_id: one.customerId, value: '9' };
    const stranger = { event_name: 'images_beyond', identifier: 'by-hand', payload, timestamp: at / 1000 };
    await atStripe('meter-event', {
      ...stranger,
      timestamp: Math.floor(at / 1000),
      identifier: crypto.randomUUID(),
    });
    await one.pass(2 * HOUR);
    await compare();
    expect(await one.row()).toMatchObject({ reported: 5, check_at: null, last_error: 'surplus' });
    await run();
    expect(await one.billed()).toBe(14);
  });

  it('waits for a meter that is not there, and is given up when Stripe takes it no more', async () => {
    const one = await payer();
    await one.useBeyond(5);
    await env.DB.prepare("UPDATE overage_reports SET meter = 'nobody' WHERE payer_id = ?")
      .bind(one.payerId)
      .run();
    await run();
    expect(await one.row()).toMatchObject({ reported: 0, attempts: 1, last_error: expect.any(String) });
    expect(await one.events()).toEqual([]);
    await one.pass(DAY);
    await run();
    expect((await one.row()).due_at).not.toBeNull();
    await one.pass(35 * DAY);
    await run();
    expect(await one.row()).toMatchObject({ due_at: null, last_error: 'too_old' });
  });

  it('is nobody else’s to pay when its customer is another', async () => {
    const one = await payer();
    await one.useBeyond(5);
    await run();
    await atStripe('lose-meter-events', { customer: one.customerId });
    const [table, column] =
      kind === 'user' ? ['billing_customers', 'user_id'] : ['organization_customers', 'organization_id'];
    await env.DB.prepare(`UPDATE ${table} SET customer_id = ? WHERE ${column} = ?`)
      .bind(`cus_${crypto.randomUUID()}`, one.payerId)
      .run();
    await one.pass(2 * HOUR);
    await compare();
    expect(await one.row()).toMatchObject({ reported: 5, last_error: 'lost', check_at: null });
  });

  it('goes with its payer', async () => {
    const one = await payer();
    await one.useBeyond(5);
    await env.DB.prepare(`DELETE FROM ${one.table} WHERE id = ?`).bind(one.payerId).run();
    expect(await one.row()).toBeNull();
  });
});

describe('many reports', () => {
  /** Hours of one payer. */
  async function hours(n: number, fields: { dueAt?: number; checkAt?: number; reported?: number }) {
    const { payerId, customerId } = await payerOfKind('user');
    const last = Math.floor(Date.now() / HOUR) * HOUR - HOUR;
    const insert = env.DB.prepare(
      `INSERT INTO overage_reports (payer_id, user_id, realm_id, meter, hour, used, used_at, due_at, check_at, reported, customer_id)
       VALUES (?1, ?1, 'default', 'images_beyond', ?2, 3, ?2, ?3, ?4, ?5, ?6)`,
    );
    const { dueAt = null, checkAt = null, reported = 0 } = fields;
    await env.DB.batch(
      Array.from({ length: n }, (_, at) =>
        insert.bind(payerId, last - at * HOUR, dueAt, checkAt, reported, customerId),
      ),
    );
    const count = (which: string) =>
      env.DB.prepare(`SELECT count(*) AS n FROM overage_reports WHERE payer_id = ? AND ${which}`)
        .bind(payerId)
        .first('n');
    return { payerId, customerId, count };
  }
  const stripe = stripeAt('api');
  const reports = (at = stripe) =>
    new OverageReports({
      d1: env.DB,
      stripe: at,
      customers: new Customers(env.DB, at, 'https://auth.test', async () => true),
    });
  const ample = (calls: number) => new RunBudget(calls, Date.now() + MINUTE);

  beforeEach(() => env.DB.prepare('DELETE FROM overage_reports').run());
  afterAll(() => env.DB.prepare('DELETE FROM overage_reports').run());

  it('are told as far as the budget goes, several at once, and what waits is said', async () => {
    const { count, customerId } = await hours(70, { dueAt: Date.now() - 2 * HOUR });
    const said = vi.spyOn(console, 'error');
    let [now, most] = [0, 0];
    const slow: typeof stripe = {
      ...stripe,
      reportUse: async (report) => {
        now += 1;
        most = Math.max(most, now);
        return stripe.reportUse(report).finally(() => {
          now -= 1;
        });
      },
    };
    await reports(slow).run(Date.now(), ample(1_000));
    expect(await count('reported = 3 AND due_at IS NULL')).toBe(70);
    expect(await atStripe('meter-events', { customer: customerId })).toHaveLength(70);
    expect(most).toBe(10);
    const lines = said.mock.calls
      .map(([line]) => String(line))
      .filter((line) => line.includes('overage_late'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ seconds: 7_200 }]);
    said.mockRestore();
    const more = await hours(20, { dueAt: Date.now() });
    await reports().run(Date.now(), ample(50));
    expect(Number(await more.count('reported = 3'))).toBeGreaterThan(5);
    expect(Number(await more.count('reported = 0'))).toBeGreaterThan(5);
  });

  it('are compared as far as the budget goes', async () => {
    const { count } = await hours(20, { checkAt: 1, reported: 3 });
    await reports().compare(Date.now(), ample(1 + 4 + 5 * 2));
    expect(await count('missed = 0')).toBe(5);
    await reports().compare(Date.now(), ample(1_000));
    expect(await count('missed = 0')).toBe(20);
  });

  it('of a payer whose comparison fails keep nobody else’s', async () => {
    const all = [
      await hours(2, { checkAt: 1, reported: 3 }),
      await hours(2, { checkAt: 1, reported: 3 }),
      await hours(2, { checkAt: 1, reported: 3 }),
    ];
    const [failing, ...others] = all.sort((one, other) => (one.payerId < other.payerId ? -1 : 1));
    const broken: typeof stripe = {
      ...stripe,
      countedByHour: async (meter, customer, range) => {
        if (customer === failing?.customerId) throw new TypeError('not to be read');
        return stripe.countedByHour(meter, customer, range);
      },
    };
    await reports(broken).compare(Date.now(), ample(1_000));
    expect(await failing?.count('missed IS NULL AND check_at = 1')).toBe(2);
    for (const other of others) expect(await other.count('missed = 0')).toBe(2);
  });

  it('that were begun since are not put off by one that failed', async () => {
    const { payerId, count } = await hours(1, { dueAt: 1 });
    const { db } = primary(env.DB);
    const [row] = await dueReports(db, Date.now(), 1);
    expect(row?.payerId).toBe(payerId);
    await reports().run(Date.now(), ample(1_000));
    await postponeReport(db, row as OverageReportRow, 'service_unavailable', Date.now() + HOUR);
    expect(await count('due_at IS NULL AND last_error IS NULL')).toBe(1);
  });
});

describe('what operators see', () => {
  it('is what Stripe has not taken, page by page, of their realm alone', async () => {
    const userId = (await payerOfKind('user')).payerId;
    const add = (hour: number, realm: string, error: string | null) =>
      env.DB.prepare(
        `INSERT INTO overage_reports (payer_id, user_id, realm_id, meter, hour, used, used_at, last_error, due_at)
         VALUES (?1, ?1, ?2, ?3, ?4, 3, ?4, ?5, ?4)`,
      )
        .bind(userId, realm, `m_${realm}`, hour, error)
        .run();
    await env.DB.prepare('DELETE FROM overage_reports').run();
    const far = Date.UTC(2031, 0, 1);
    for (const n of [1, 2, 3]) await add(far + n * HOUR, 'default', 'too_old');
    await add(far, 'default', null);
    await add(far, 'other', 'missing');
    const page = async (query: string) =>
      (await call('GET', `/v1/admin/billing/overage${query}`, { headers: INTERNAL })).body;
    const first = await page('?limit=2');
    expect(first).toMatchObject({
      total: 3,
      data: [{ hour: '2031-01-01T03:00:00.000Z', reason: 'too_old' }, {}],
    });
    const rest = await page(`?limit=2&cursor=${encodeURIComponent(first.next_cursor)}`);
    expect(rest).toMatchObject({
      next_cursor: null,
      data: [{ hour: '2031-01-01T01:00:00.000Z', user_id: userId }],
    });
    const wrong = await call('GET', '/v1/admin/billing/overage?cursor=x', { headers: INTERNAL });
    expectProblem(wrong, 422, 'validation_failed');
    expectProblem(await call('GET', '/v1/admin/billing/overage'), 401, 'authentication_required');
    await env.DB.prepare('DELETE FROM overage_reports').run();
  });
});
