import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  expectProblem,
  INTERNAL,
  register,
  type SignedInBody,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { project } from '../support/projection.ts';

const headers = INTERNAL;
const service = (method: string, path: string, body?: unknown, options: object = {}) =>
  call(method, path, { headers, body, ...options });
const id = (user: SignedInBody) => user.user.id;
const add = (user: SignedInBody, amount: number, more: object = {}) =>
  service('POST', '/v1/credits/add', { user_id: id(user), amount, reference: crypto.randomUUID(), ...more });

beforeAll(() => createRealm('other'));

describe('quotas', () => {
  it('count against the seeded plan, and refuse what is above it until midnight', async () => {
    const user = await register();
    const use = (quantity: number) =>
      service('POST', '/v1/usage', { user_id: id(user), resource: 'images', quantity });
    const used = await use(15);
    expect(used.status, JSON.stringify(used.body)).toBe(200);
    expect(used.body).toEqual({
      user_id: id(user),
      quota: {
        resource: 'images',
        limit: 20,
        used: 15,
        remaining: 5,
        period: 'day',
        resets_at: expect.stringMatching(/T00:00:00\.000Z$/),
      },
    });
    const refused = await use(6);
    expectProblem(refused, 429, 'quota_exceeded');
    const midnight = Math.ceil((86_400_000 - (Date.now() % 86_400_000)) / 1000);
    expect(Math.abs(Number(refused.headers.get('retry-after')) - midnight)).toBeLessThan(5);
    const mine = await call('GET', '/v1/me/quota', { token: user.access_token });
    expect(mine.body).toMatchObject({
      plan: 'free',
      resources: {
        images: { used: 15, remaining: 5 },
        videos: { limit: 5, used: 0 },
        messages: { limit: 100 },
        tokens: { limit: 100_000, period: 'month' },
      },
    });
    expect((await service('GET', `/v1/users/${id(user)}/quota`)).body).toEqual(mine.body);
  });

  it('count once for a reference or an Idempotency-Key', async () => {
    const user = await register();
    const body = { user_id: id(user), resource: 'images', quantity: 2 };
    const first = await service('POST', '/v1/usage', { ...body, reference: 'r1' });
    expect(await service('POST', '/v1/usage', { ...body, reference: 'r1' })).toMatchObject({
      status: 200,
      body: first.body,
    });
    const keyed = { headers: { ...headers, 'idempotency-key': 'r1' } };
    expect((await service('POST', '/v1/usage', body, keyed)).body).toEqual(first.body);
    const other = await service('POST', '/v1/usage', { ...body, quantity: 3, reference: 'r1' });
    expectProblem(other, 409, 'reference_reused');
  });

  it('can be reserved, committed in part, released', async () => {
    const user = await register();
    const user_id = id(user);
    const reserve = (reference: string, quantity: number) =>
      service('POST', '/v1/usage/reservations', { user_id, resource: 'videos', quantity, reference });
    expect((await reserve('a', 4)).body).toMatchObject({
      reservation: { reference: 'a', status: 'held', quantity: 4 },
      quota: { used: 0, remaining: 1 },
    });
    expectProblem(await reserve('b', 2), 429, 'quota_exceeded');
    const commit = (quantity: number) =>
      service('POST', '/v1/usage/reservations/a/commit', { user_id, quantity });
    expectProblem(await commit(5), 409, 'reservation_exceeded');
    expect((await commit(3)).body).toMatchObject({
      reservation: { status: 'committed', quantity: 3 },
      quota: { used: 3, remaining: 2 },
    });
    expect((await commit(3)).status).toBe(200);
    expect((await reserve('b', 2)).status).toBe(200);
    const release = () => service('POST', '/v1/usage/reservations/b/release', { user_id });
    expect((await release()).body).toMatchObject({
      reservation: { status: 'released' },
      quota: { remaining: 2 },
    });
    expect((await release()).status).toBe(200);
    expectProblem(
      await service('POST', '/v1/usage/reservations/c/release', { user_id }),
      404,
      'reservation_not_found',
    );
    expectProblem(
      await service('POST', '/v1/usage/reservations/b/commit', { user_id }),
      409,
      'reservation_ended',
    );
  });

  it('know what a resource is, and what a plan has', async () => {
    const user = await register();
    const use = (resource: string) => service('POST', '/v1/usage', { user_id: id(user), resource });
    const unknown = await use('unheard_of');
    expectProblem(unknown, 422, 'validation_failed');
    expect(unknown.body.errors).toMatchObject([
      { path: 'resource', message: expect.stringMatching(/there are .*images/) },
    ]);
    expectProblem(await use('constructor'), 422, 'validation_failed');
    const { limits, ...plan } = (await service('GET', '/v1/admin/plans')).body.data.find(
      (one: any) => one.id === 'pro',
    );
    const { id: _, ...rest } = { ...plan, limits: { ...limits, exports: { day: 1 } } };
    expect((await service('PUT', '/v1/admin/plans/pro', rest)).status).toBe(200);
    expectProblem(await use('exports'), 403, 'resource_not_in_plan');
  });

  it('warn by mail at 50, 80 and 100 per cent, once', async () => {
    const user = await register();
    await changeDirectory(id(user), { email_verified: 1 });
    const use = (quantity: number) =>
      service('POST', '/v1/usage', { user_id: id(user), resource: 'images', quantity });
    for (const quantity of [15, 1, 1, 3]) expect((await use(quantity)).status).toBe(200);
    expectProblem(await use(1), 429, 'quota_exceeded');
    await project(id(user));
    const { results } = await env.DB.prepare(
      `SELECT json_extract(data, '$.percent') AS percent, status FROM outbox WHERE user_id = ? AND template = 'quota_warning' ORDER BY id`,
    )
      .bind(id(user))
      .all<any>();
    expect(results.map(({ percent }) => percent).sort()).toEqual([100, 50, 80]);
  });
});

describe('model tokens', () => {
  it('are recorded by model, within the tiers and the month of the plan', async () => {
    const { user, access_token: token } = await register();
    const record = (body: object) => call('POST', '/v1/me/tokens', { token, body });
    const use = { model: 'gpt-4o-mini', input_tokens: 900, output_tokens: 100 };
    expect((await record({ ...use, request_id: 'q1' })).body).toMatchObject({
      quota: { resource: 'tokens', used: 1000, remaining: 99_000 },
    });
    expect((await record({ ...use, request_id: 'q1' })).body.quota.used).toBe(1000);
    expectProblem(await record({ ...use, output_tokens: 7, request_id: 'q1' }), 409, 'reference_reused');
    expectProblem(await record({ ...use, model: 'gpt-4o' }), 403, 'model_not_in_plan');
    expectProblem(await record({ ...use, input_tokens: 99_000 }), 429, 'quota_exceeded');
    expectProblem(await record({ ...use, input_tokens: 0, output_tokens: 0 }), 422, 'validation_failed');
    await service('PUT', `/v1/admin/users/${user.id}/plan`, { plan: 'pro' });
    expect((await record({ ...use, model: 'gpt-4o' })).status).toBe(200);
    await project(user.id);
    const mine = (await call('GET', '/v1/me/tokens?days=2', { token })).body;
    const sum = { input_tokens: 900, output_tokens: 100, total_tokens: 1000, requests: 1 };
    expect(mine).toMatchObject({ period_days: 2, totals: { total_tokens: 2000, requests: 2 } });
    expect(mine.models).toEqual(
      expect.arrayContaining([
        { model: 'gpt-4o-mini', ...sum },
        { model: 'gpt-4o', ...sum },
      ]),
    );
    expect(mine.daily.map((day: any) => day.total_tokens)).toEqual([0, 2000]);
    const history = (await call('GET', '/v1/me/tokens/history?limit=1', { token })).body;
    expect(history.data).toMatchObject([{ model: 'gpt-4o', input_tokens: 900, request_id: null }]);
    const rest = await call('GET', `/v1/me/tokens/history?cursor=${history.next_cursor}`, { token });
    expect(rest.body).toMatchObject({
      data: [{ model: 'gpt-4o-mini', request_id: 'q1' }],
      next_cursor: null,
    });
    expect((await service('GET', `/v1/admin/users/${user.id}/tokens?days=2`)).body).toEqual(mine);
    const admin = (await service('GET', '/v1/admin/tokens?days=1')).body;
    expect(admin.top_users[0]).toEqual({ user_id: user.id, quantity: 2000 });
    expect(admin.models.length).toBeGreaterThanOrEqual(2);
  });

  it('of too many names are counted together', async () => {
    const { user, access_token: token } = await register();
    for (let n = 0; n < 55; n += 1) {
      const body = { model: `made-up-${n}`, input_tokens: 1, output_tokens: 0 };
      expect((await call('POST', '/v1/me/tokens', { token, body })).status).toBe(200);
    }
    await project(user.id);
    const { models } = (await call('GET', '/v1/me/tokens', { token })).body;
    expect(models).toHaveLength(51);
    expect(models[0]).toMatchObject({ model: 'other', requests: 5 });
  });
});

describe('usage by day', () => {
  it('shows every day, and single uses', async () => {
    advance(0);
    const { user, access_token: token } = await register();
    const use = (resource: string, quantity: number) =>
      service('POST', '/v1/usage', {
        user_id: user.id,
        resource,
        quantity,
        reference: `${resource}${quantity}`,
      });
    await use('images', 3);
    await use('images', 4);
    await use('videos', 1);
    await project(user.id);
    const usage = (await call('GET', '/v1/me/usage', { token })).body;
    expect(usage).toMatchObject({
      period_days: 30,
      totals: { images: 7, videos: 1, messages: 0, tokens: 0 },
    });
    expect(usage.daily).toHaveLength(30);
    expect(usage.daily[0]).toMatchObject({ images: 0, videos: 0, messages: 0 });
    expect(usage.daily[29]).toEqual({
      date: new Date().toISOString().slice(0, 10),
      images: 7,
      videos: 1,
      messages: 0,
      tokens: 0,
    });
    const page = (await call('GET', '/v1/me/usage/history?limit=2', { token })).body;
    expect(page.data.map((row: any) => [row.resource, row.quantity, row.reference])).toEqual([
      ['videos', 1, 'videos1'],
      ['images', 4, 'images4'],
    ]);
    expect((await service('GET', `/v1/admin/users/${user.id}/usage`)).body).toEqual(usage);
    const before = (await service('GET', '/v1/admin/usage?days=1')).body;
    expect(before.daily).toHaveLength(1);
    expect(before.totals.images).toBeGreaterThanOrEqual(7);
    await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(user.id).run();
    expect((await service('GET', '/v1/admin/usage?days=1')).body.totals).toEqual(before.totals);
    expectProblem(await call('GET', '/v1/me/usage?days=0', { token }), 422, 'validation_failed');
    const other = await service('GET', '/v1/admin/usage', undefined, { realm: 'other' });
    expect(other.body).toMatchObject({ totals: { images: 0 }, top_users: { images: [] } });
  });
});

describe('credits', () => {
  it('are added, used, refunded; each row says what the balance came to', async () => {
    const user = await register();
    const user_id = id(user);
    expect((await add(user, 100, { type: 'purchase', reference: 'order-1' })).body).toEqual({
      transaction: {
        id: expect.stringMatching(/^txn_/),
        type: 'purchase',
        amount: 100,
        balance_after: 100,
        reference: 'order-1',
        refund_of: null,
        sources: [{ source: 'pack', amount: 100 }],
        description: null,
        by: 'service',
        expires_at: null,
        created_at: expect.any(String),
      },
      balance: 100,
    });
    expect((await add(user, 100, { type: 'purchase', reference: 'order-1' })).body.balance).toBe(100);
    expectProblem(await add(user, 99, { type: 'purchase', reference: 'order-1' }), 409, 'reference_reused');
    const use = (amount: number, reference: string) =>
      service('POST', '/v1/credits/use', { user_id, amount, reference, description: 'a picture' });
    expect((await use(60, 'job-1')).body).toMatchObject({
      transaction: { type: 'used', amount: -60 },
      balance: 40,
    });
    expectProblem(await use(41, 'job-2'), 402, 'insufficient_credits');
    const refund = (amount: number | undefined, reference: string) =>
      service('POST', '/v1/credits/refund', { user_id, amount, reference, refund_of: 'job-1' });
    expect((await refund(10, 'back-1')).body).toMatchObject({
      transaction: { type: 'refund', amount: 10, refund_of: 'job-1' },
      balance: 50,
    });
    expectProblem(await refund(51, 'back-2'), 409, 'refund_exceeds_use');
    expect((await refund(undefined, 'back-2')).body.balance).toBe(100);
    expectProblem(await refund(undefined, 'back-3'), 409, 'refund_exceeds_use');
    const balance = { status: 200, body: { user_id, balance: 100 } };
    expect(await service('GET', `/v1/credits/balance?user_id=${user_id}`)).toMatchObject(balance);
    expect(await call('GET', '/v1/me/credits', { token: user.access_token })).toMatchObject(balance);
    const page = await service('GET', `/v1/credits/transactions?user_id=${user_id}&limit=3`);
    expect(page.body.data.map((row: any) => row.balance_after)).toEqual([100, 50, 40]);
    const rest = await call('GET', `/v1/me/credits/transactions?cursor=${page.body.next_cursor}`, {
      token: user.access_token,
    });
    expect(rest.body).toMatchObject({ data: [{ reference: 'order-1' }], next_cursor: null });
  });

  it('say who did it', async () => {
    const user = await register();
    const key = await createApiKey(['credits:write']);
    await service(
      'POST',
      '/v1/credits/add',
      { user_id: id(user), amount: 5, reference: 'x' },
      { headers: key.headers },
    );
    await service('PUT', `/v1/admin/users/${id(user)}/plan`, { plan: 'enterprise' });
    await call('GET', '/v1/me/credits', { token: user.access_token });
    const { body: ledger } = await service('GET', `/v1/admin/users/${id(user)}/credits`);
    expect(ledger.data.map((row: any) => [row.type, row.amount, row.reference, row.actor])).toEqual([
      ['grant', 10_000, expect.stringMatching(/^grant:/), 'system'],
      ['added', 5, 'x', key.id],
    ]);
    const mine = await call('GET', '/v1/me/credits/transactions', { token: user.access_token });
    expect(mine.body.data.map((row: any) => [row.type, row.by])).toEqual([
      ['grant', 'system'],
      ['added', 'service'],
    ]);
    const activity = await call('GET', '/v1/me/activity', { token: user.access_token });
    expect(activity.body.data.map((row: any) => [row.type, row.by])).toEqual([
      ['plan_changed', 'service'],
      ['registered', 'user'],
    ]);
  });

  it('need a reference, which is not one of Latchkey’s own', async () => {
    const user = await register();
    const body = { user_id: id(user), amount: 1 };
    expectProblem(await service('POST', '/v1/credits/add', body), 422, 'validation_failed');
    expectProblem(await add(user, 1, { reference: 'grant:2027-01' }), 422, 'validation_failed');
    expectProblem(await add(user, 1, { expires_at: '2020-01-01T00:00:00Z' }), 422, 'validation_failed');
    const keyed = { headers: { ...headers, 'idempotency-key': 'k' } };
    expect((await service('POST', '/v1/credits/add', body, keyed)).body.transaction.reference).toBe('k');
  });
});

describe('who may', () => {
  it('only services with the scope, only for users of their realm', async () => {
    const user = await register();
    const user_id = id(user);
    const stranger = await register({}, { realm: 'other' });
    const reader = await createApiKey(['users:read']);
    const writer = await createApiKey(['usage:write']);
    const attempts: [string, string, unknown?][] = [
      ['POST', '/v1/usage', { user_id, resource: 'images' }],
      ['POST', '/v1/usage/reservations', { user_id, resource: 'images', reference: 'a' }],
      ['POST', '/v1/usage/reservations/a/commit', { user_id }],
      ['POST', '/v1/usage/reservations/a/release', { user_id }],
      ['POST', '/v1/authorize', { token: user.access_token }],
      ['GET', `/v1/credits/balance?user_id=${user_id}`],
      ['GET', `/v1/credits/transactions?user_id=${user_id}`],
      ['POST', '/v1/credits/add', { user_id, amount: 1, reference: 'a' }],
      ['POST', '/v1/credits/use', { user_id, amount: 1, reference: 'a' }],
      ['POST', '/v1/credits/refund', { user_id, refund_of: 'b', reference: 'a' }],
      ['GET', '/v1/admin/usage'],
      ['GET', '/v1/admin/tokens'],
      ['GET', '/v1/admin/plans'],
      ['PUT', '/v1/admin/plans/pro', {}],
      ['PUT', `/v1/admin/users/${user_id}/plan`, { plan: 'pro' }],
      ['PUT', `/v1/admin/users/${user_id}/limits`, { limits: {} }],
    ];
    for (const [method, path, body] of attempts) {
      expectProblem(await call(method, path, { body }), 401, 'authentication_required');
      const withKey = await call(method, path, { body, headers: reader.headers });
      expectProblem(withKey, 403, 'insufficient_scope');
      const own = await call(method, path, { body, token: user.access_token });
      expect([401, 403], `${method} ${path}`).toContain(own.status);
      const elsewhere = await call(method, path, { body, headers: writer.headers, realm: 'other' });
      expectProblem(elsewhere, 401, 'invalid_api_key');
      for (const nobody of ['usr_nobody', id(stranger), '__proto__']) {
        const swap = JSON.parse(JSON.stringify(body ?? {}).replaceAll(user_id, nobody));
        const to = path.replaceAll(user_id, nobody);
        if (to === path && !JSON.stringify(body ?? {}).includes(user_id)) continue;
        expectProblem(await service(method, to, body && swap), 404, 'user_not_found');
      }
    }
    const asSelf = { token: user.access_token };
    expect((await call('GET', `/v1/users/${user_id}/quota`, asSelf)).status).toBe(200);
    expectProblem(await call('GET', `/v1/users/usr_x/quota`, asSelf), 403, 'insufficient_scope');
  });

  it('nobody uses anything for an account that is suspended', async () => {
    const user = await register();
    await changeDirectory(id(user), { status: 'suspended' });
    const user_id = id(user);
    const body = { user_id, resource: 'images', reference: 'a' };
    expectProblem(await service('POST', '/v1/usage', body), 403, 'account_suspended');
    expectProblem(await service('POST', '/v1/usage/reservations', body), 403, 'account_suspended');
    expect((await add(user, 5)).status).toBe(200);
    const use = { user_id, amount: 1, reference: 'b' };
    expectProblem(await service('POST', '/v1/credits/use', use), 403, 'account_suspended');
  });

  it('serves a user whose object has never heard of them', async () => {
    const user_id = `usr_${crypto.randomUUID()}`;
    await env.DB.prepare(
      `INSERT INTO users (id, realm_id, email, created_at, updated_at) VALUES (?, 'default', ?, 0, 0)`,
    )
      .bind(user_id, `${user_id}@example.com`)
      .run();
    const used = await service('POST', '/v1/usage', { user_id, resource: 'images' });
    expect(used.body).toMatchObject({ quota: { used: 1 } });
  });
});

describe('plans', () => {
  it('of a user change at once, and lapse', async () => {
    advance(0);
    const user = await register();
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const set = (body: object) => service('PUT', `/v1/admin/users/${id(user)}/plan`, body);
    expect((await set({ plan: 'pro', expires_at: soon })).body).toMatchObject({
      plan: 'pro',
      status: 'active',
      current_period_end: soon,
      limits: { images: { day: 200 } },
    });
    const mine = () => call('GET', '/v1/me/subscription', { token: user.access_token });
    expect((await mine()).body.plan).toBe('pro');
    expectProblem(await set({ plan: 'nonesuch' }), 422, 'validation_failed');
    expectProblem(await set({ plan: 'pro', expires_at: '2020-01-01T00:00:00Z' }), 422, 'validation_failed');
    const limits = { limits: { images: { day: null }, videos: { month: 3 } } };
    const limited = await service('PUT', `/v1/admin/users/${id(user)}/limits`, limits);
    expect(limited.body.limits).toMatchObject(limits.limits);
    advance(3_600_000);
    const { access_token: token } = (
      await call('POST', '/v1/auth/refresh', { body: { refresh_token: user.refresh_token } })
    ).body;
    for (const path of ['/v1/me/subscription', '/v1/me', '/v1/auth/session']) {
      expect((await call('GET', path, { token })).body.plan, path).toBe('free');
    }
    expect((await call('GET', '/v1/me/quota', { token })).body.resources).toMatchObject({
      images: { limit: null, remaining: null },
      videos: { limit: 3, period: 'month' },
    });
  });

  it('of a realm become its own when they are changed', async () => {
    const realm = 'owner';
    await createRealm(realm);
    const list = async (of?: string) =>
      (await service('GET', '/v1/admin/plans', undefined, { realm: of })).body.data;
    const shared = await list();
    const { id: _, ...free } = (await list(realm)).find((plan: any) => plan.id === 'free');
    const changed = { ...free, limits: { images: { day: 1, month: 2 } } };
    expect((await service('PUT', '/v1/admin/plans/free', changed, { realm })).body.limits).toEqual(
      changed.limits,
    );
    expect((await list(realm)).map((plan: any) => plan.id)).toEqual(['enterprise', 'free', 'pro']);
    expect(await list()).toEqual(shared);
    const user = await register({}, { realm });
    const use = () => service('POST', '/v1/usage', { user_id: id(user), resource: 'images' }, { realm });
    expect((await use()).body.quota).toMatchObject({ limit: 1, remaining: 0, period: 'day' });
  });
});
