import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { asAdmin, auditOf, registerRole } from '../support/admin.ts';
import {
  type CallOptions,
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  expectProblem,
  INTERNAL,
  registerVerified,
} from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { mailTo } from '../support/mail.ts';
import { foundedBy, join, person, type TestMember } from '../support/organizations.ts';
import { ageProofs } from '../support/stale-proof.ts';
import { atStripe, customerOf, deliverAll, mapPrices } from '../support/stripe.ts';

const HOUR = 3_600_000;
const { billingAdmin } = createServices(env as unknown as Bindings);

/** Everything that can be asked about an organization's billing, and whether it changes anything. */
const OPERATIONS: [method: string, path: string, body: object | null, changes: boolean][] = [
  ['POST', '/v1/billing/checkout', { plan: 'pro' }, true],
  ['POST', '/v1/billing/portal', {}, true],
  ['POST', '/v1/billing/setup-intent', {}, true],
  ['POST', '/v1/billing/subscriptions', { plan: 'pro' }, true],
  ['PUT', '/v1/billing/subscription', { plan: 'organization' }, true],
  ['PUT', '/v1/billing/email', { email: 'bills@example.com' }, true],
  ['PUT', '/v1/billing/payment-methods/pm_x/default', null, true],
  ['DELETE', '/v1/billing/payment-methods/pm_x', null, true],
  ['PUT', '/v1/billing/top-up', { below: 10, price_id: 'price_credits_500', monthly_limit: 1000 }, true],
  ['DELETE', '/v1/billing/top-up', null, true],
  ['GET', '/v1/billing/top-up', null, false],
  ['GET', '/v1/billing/subscription', null, false],
  ['GET', '/v1/billing/payment-methods', null, false],
  ['GET', '/v1/billing/invoices', null, false],
];

/** Asks one of them about an organization. */
function ask([method, path, body]: (typeof OPERATIONS)[number], id: string, options: CallOptions) {
  if (body) return call(method, path, { ...options, body: { ...body, organization_id: id } });
  return call(method, `${path}?organization_id=${id}`, options);
}

describe('an organization’s billing', () => {
  let owner: TestMember;
  let id: string;
  const members: Record<string, TestMember> = {};

  beforeAll(async () => {
    await mapPrices();
    owner = await person();
    id = await foundedBy(owner);
    for (const role of ['admin', 'billing', 'member']) members[role] = await join(id, owner, role);
  });

  it.each(OPERATIONS)('%s %s is for members who may, and services', async (...operation) => {
    const [, , , changes] = operation;
    const by = async (options: CallOptions) => {
      const { status, body } = await ask(operation, id, options);
      return status < 300 ||
        ![
          'insufficient_permission',
          'organization_not_found',
          'organization_suspended',
          'insufficient_scope',
          'impersonation_refused',
          'reauthentication_required',
          'account_suspended',
          'email_not_verified',
          'authentication_required',
          'invalid_token',
        ].includes(body?.code)
        ? 'in'
        : body.code;
    };
    const of = (role: string) => ({ token: (members[role] as TestMember).token });
    expect(await by(of('billing'))).toBe('in');
    expect(await by({ token: owner.token })).toBe('in');
    // Whoever administers sees what is paid, and changes nothing of it.
    expect(await by(of('admin'))).toBe(changes ? 'insufficient_permission' : 'in');
    expect(await by(of('member'))).toBe('insufficient_permission');
    expect(await by({})).toBe('authentication_required');
    const stranger = await person();
    expect(await by({ token: stranger.token })).toBe('organization_not_found');
    const key = await createApiKey(['billing:write']);
    expect(await by({ headers: key.headers })).toBe('in');
    const other = await createApiKey(['credits:write']);
    expect(await by({ headers: other.headers })).toBe('insufficient_scope');
  });

  it.each(OPERATIONS)(
    '%s %s is refused to who acts for a member, is suspended, or left',
    async (...operation) => {
      const admin = await registerRole('admin');
      await changeDirectory(admin.user.id, { email_verified: 1 });
      const leaver = await join(id, owner, 'billing');
      const acting = await asAdmin('POST', `/users/${leaver.id}/impersonate`, {
        token: admin.access_token,
        body: { reason: 'a test' },
      });
      const acted = await ask(operation, id, { token: acting.body.access_token });
      expectProblem(acted, 403, 'impersonation_refused');
      await call('DELETE', `/v1/organizations/${id}/members/${leaver.id}`, { token: owner.token });
      expectProblem(await ask(operation, id, { token: leaver.token }), 404, 'organization_not_found');
      const suspended = await join(id, owner, 'billing');
      await changeDirectory(suspended.id, { status: 'suspended' });
      expectProblem(await ask(operation, id, { token: suspended.token }), 403, 'account_suspended');
    },
  );

  it('is refused to another realm, and where the organization is suspended', async () => {
    const realm = `r${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm);
    const foreign = await person(realm);
    const stopped = await foundedBy(owner, 'Stopped');
    await asAdmin('PATCH', `/organizations/${stopped}`, { body: { status: 'suspended' } });
    for (const operation of OPERATIONS) {
      const elsewhere = await ask(operation, id, { token: foreign.token, realm });
      expectProblem(elsewhere, 404, 'organization_not_found');
      expectProblem(await ask(operation, id, { headers: INTERNAL, realm }), 404, 'organization_not_found');
      expectProblem(await ask(operation, stopped, { token: owner.token }), 403, 'organization_suspended');
    }
    const opened = await call('POST', '/v1/billing/checkout', {
      headers: INTERNAL,
      body: { plan: 'pro', organization_id: stopped },
    });
    expectProblem(opened, 403, 'organization_suspended');
  });

  it('needs a fresh proof where a user’s does', async () => {
    const stale = await join(id, owner, 'billing');
    await ageProofs(stale.id, HOUR);
    const asked = await Promise.all(
      OPERATIONS.map(async (operation) => (await ask(operation, id, { token: stale.token })).body?.code),
    );
    const own = await Promise.all(
      OPERATIONS.map(async ([method, path, body]) => {
        if (path === '/v1/billing/email') return 'reauthentication_required';
        return (await call(method, path, { token: stale.token, ...(body && { body }) })).body?.code;
      }),
    );
    const isStale = (codes: unknown[]) => codes.map((code) => code === 'reauthentication_required');
    expect(isStale(asked)).toEqual(isStale(own));
    expect(isStale(asked).filter(Boolean).length).toBe(7);
  });

  it('names a member beside the organization who acts, and may', async () => {
    const both = (userId: string, options: CallOptions) =>
      call('POST', '/v1/billing/setup-intent', {
        ...options,
        body: { organization_id: id, user_id: userId },
      });
    const service = { headers: INTERNAL };
    const { billing, member } = members as Record<string, TestMember>;
    expect((await both(billing?.id as string, service)).status).toBe(201);
    expectProblem(await both(member?.id as string, service), 403, 'insufficient_permission');
    expectProblem(await both((await person()).id, service), 404, 'organization_not_found');
    expect((await both(owner.id, { token: owner.token })).status).toBe(201);
    // Nobody acts for another.
    expectProblem(await both(owner.id, { token: member?.token as string }), 403, 'insufficient_scope');
    expectProblem(await both(billing?.id as string, { token: owner.token }), 403, 'insufficient_scope');
    for (const wrong of [1, null, {}, 'org_x', 'x'.repeat(200)]) {
      const answer = await call('POST', '/v1/billing/setup-intent', {
        token: owner.token,
        body: { organization_id: wrong },
      });
      expect([404, 422]).toContain(answer.status);
    }
    const none = await call('POST', '/v1/billing/setup-intent', { headers: INTERNAL, body: {} });
    expectProblem(none, 422, 'validation_failed');
  });

  it('has what members do about it in the audit log', async () => {
    const audited = await foundedBy(owner, 'Audited');
    await call('POST', '/v1/billing/setup-intent', {
      token: owner.token,
      body: { organization_id: audited },
    });
    expect(await auditOf(audited)).toMatchObject([
      { action: 'organization_created' },
      { action: 'setup_intent_created', actor: owner.id },
    ]);
  });

  it('asks for tax ids, and leads back to the page of the organization', async () => {
    const taxed = await foundedBy(owner, 'Taxed');
    const body = { plan: 'pro', organization_id: taxed };
    expect((await call('POST', '/v1/billing/checkout', { token: owner.token, body })).status).toBe(201);
    const { customer_id: customer } = await customerOf(taxed);
    const [said] = await atStripe('requests', { pattern: `POST /v1/checkout/sessions .*${customer}` });
    expect(said).toContain('tax_id_collection[enabled]=true');
    expect(said).toContain('customer_update[name]=auto');
    expect(said).toContain(`/account/organizations/${taxed}?done=paid`);
    const portal = await call('POST', '/v1/billing/portal', {
      token: owner.token,
      body: { organization_id: taxed },
    });
    expect(portal.status).toBe(201);
    const [opened] = await atStripe('requests', {
      pattern: `POST /v1/billing_portal/sessions .*${customer}`,
    });
    expect(opened).toContain(`/account/organizations/${taxed}`);
  });

  it('lists invoices with their numbers, amounts and addresses, of this organization alone', async () => {
    const paying = await foundedBy(owner, 'Paying');
    const named = { organization_id: paying };
    await call('POST', '/v1/billing/setup-intent', { token: owner.token, body: named });
    const { customer_id: customer } = await customerOf(paying);
    await atStripe('attach', { customer });
    const body = { plan: 'pro', ...named };
    expect((await call('POST', '/v1/billing/subscriptions', { token: owner.token, body })).status).toBe(201);
    const list = (of: string) =>
      call('GET', `/v1/billing/invoices?organization_id=${of}`, { token: owner.token });
    expect((await list(paying)).body.data).toMatchObject([
      {
        number: expect.stringMatching(/^LK-/),
        total: 2000,
        amount_paid: 2000,
        currency: 'usd',
        status: 'paid',
        url: expect.stringContaining('https://invoice.stripe.com/'),
      },
    ]);
    expect((await list(id)).body.data).toEqual([]);
    const mine = await call('GET', '/v1/billing/invoices', { token: owner.token });
    expect(mine.body.data).toEqual([]);
    const foreign = (await list(paying)).body.data[0].id;
    const stolen = await call('GET', `/v1/billing/invoices?organization_id=${id}&cursor=${foreign}`, {
      token: owner.token,
    });
    expectProblem(stolen, 422, 'validation_failed');
  });

  it('does not let one organization use another’s way to pay', async () => {
    const rich = await foundedBy(owner, 'Rich');
    await call('POST', '/v1/billing/setup-intent', { token: owner.token, body: { organization_id: rich } });
    const { customer_id: customer } = await customerOf(rich);
    const { id: method } = await atStripe('attach', { customer });
    const body = { plan: 'pro', payment_method_id: method, organization_id: id };
    const stolen = await call('POST', '/v1/billing/subscriptions', { token: owner.token, body });
    expectProblem(stolen, 404, 'payment_method_not_found');
    const detached = await call('DELETE', `/v1/billing/payment-methods/${method}?organization_id=${id}`, {
      token: owner.token,
    });
    expectProblem(detached, 404, 'payment_method_not_found');
  });
});

describe('where mails about paying go', () => {
  const emailAtStripe = async (organizationId: string) => {
    await billingAdmin.catchUp(Date.now(), PLENTY);
    const { customer_id: id } = await customerOf(organizationId);
    return (await atStripe('objects', { object: 'customer', id }))[0].email;
  };

  it('is an owner’s address, or what is said; Stripe hears of each change', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    await call('POST', '/v1/billing/setup-intent', { token: owner.token, body: { organization_id: id } });
    expect(await emailAtStripe(id)).toBe(owner.email);
    const set = (email: string | null, token = owner.token) =>
      call('PUT', '/v1/billing/email', { token, body: { organization_id: id, email } });
    expect((await set('bills@example.com')).status).toBe(204);
    expect(await emailAtStripe(id)).toBe('bills@example.com');
    const shown = await call('GET', `/v1/billing/subscription?organization_id=${id}`, { token: owner.token });
    expect(shown.body).toMatchObject({ organization_id: id, billing_email: 'bills@example.com', members: 1 });
    expectProblem(await set('nonsense'), 422, 'validation_failed');
    expect((await set(null)).status).toBe(204);
    expect(await emailAtStripe(id)).toBe(owner.email);

    // The owner has another address, then another owner is the one.
    const address = `moved-${crypto.randomUUID()}@example.com`;
    await env.DB.prepare('UPDATE users SET email = ? WHERE id = ?').bind(address, owner.id).run();
    expect(await emailAtStripe(id)).toBe(address);
    const heir = await join(id, owner, 'owner');
    const left = await call('DELETE', `/v1/organizations/${id}/members/${owner.id}`, { token: owner.token });
    expect(left.status).toBe(204);
    expect(await emailAtStripe(id)).toBe(heir.email);
  });

  it('tells the address before and the new one, and is no relay', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const [first, second] = [1, 2].map((n) => `bills-${n}-${crypto.randomUUID()}@example.com`) as [
      string,
      string,
    ];
    const set = (email: string | null) =>
      call('PUT', '/v1/billing/email', { token: owner.token, body: { organization_id: id, email } });
    const about = () =>
      env.DB.prepare(
        "SELECT count(*) AS n FROM outbox WHERE template = 'billing_email_changed'",
      ).first<number>('n');
    const before = (await about()) ?? 0;
    expect((await set(first)).status).toBe(204);
    const old = await mailTo(owner.email, /go elsewhere now/);
    expect(old.text).toContain(`/account/organizations/${id}`);
    expect(old.text).not.toContain(first);
    const fresh = await mailTo(first, /come here now/);
    // Nothing that a member wrote, and nothing that leads to the organization.
    expect(fresh.text).not.toContain(id);
    // The same again tells nobody.
    expect((await set(first)).status).toBe(204);
    expect(await about()).toBe(before + 2);
    // Two at once: each tells what it has changed.
    const both = await Promise.all([set(second), set(null)]);
    expect(both.map(({ status }) => status)).toEqual([204, 204]);
    expect(await about()).toBe(before + 6);
    // An address that nobody has proved hears nothing that members wrote, when it comes and when it goes.
    await set(first);
    await set(second);
    const gone = await mailTo(first, /go elsewhere now/);
    expect(`${gone.subject} ${gone.text}`).not.toContain('Analytical');
    // An inbox gets no more than is needed to know of it, an owner's too.
    for (let n = 0; n < 16; n += 1) await set([first, second, null][n % 3] ?? null);
    expect(((await about()) ?? 0) - before).toBeLessThanOrEqual(3 * 5);
    const audit = env.DB.prepare(
      "SELECT details FROM audit WHERE target = ? AND action = 'organization_changed'",
    );
    expect(await audit.bind(id).first('details')).toContain('billing_email');
  });

  it('is tried again when Stripe fails', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    await call('POST', '/v1/billing/setup-intent', { token: owner.token, body: { organization_id: id } });
    const { customer_id: customer } = await customerOf(id);
    await call('PUT', '/v1/billing/email', {
      token: owner.token,
      body: { organization_id: id, email: 'later@example.com' },
    });
    await atStripe('faults', { pattern: `POST /v1/customers/${customer}`, status: 500, times: 3 });
    expect(await emailAtStripe(id)).toBe(owner.email);
    await billingAdmin.catchUp(Date.now() + 10 * 60_000, PLENTY);
    expect(await emailAtStripe(id)).toBe('later@example.com');
  });
});

it('what an organization is told is no user’s', async () => {
  const { user, access_token: token } = await registerVerified();
  const id = await foundedBy({ id: user.id, email: user.email, token, realm: undefined });
  await call('POST', '/v1/billing/setup-intent', { token, body: { organization_id: id } });
  const { customer_id: customer } = await customerOf(id);
  await atStripe('attach', { customer });
  await call('POST', '/v1/billing/subscriptions', { token, body: { plan: 'pro', organization_id: id } });
  await deliverAll(customer);
  const own = await call('GET', '/v1/me/subscription', { token });
  expect(own.body).toMatchObject({ plan: 'free', paid: null });
  const shown = await call('GET', `/v1/organizations/${id}`, { token });
  expect(shown.body.organization.plan).toBe('pro');
});
