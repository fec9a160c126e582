import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type CallOptions,
  call,
  createApiKey,
  createRealm,
  INTERNAL,
  ORIGIN,
  register,
  registerVerified,
} from '../support/api.ts';
import { atStripe, eventsAbout, mapPrices, payer, signatureOf, standing } from '../support/stripe.ts';

beforeAll(async () => {
  await createRealm('elsewhere');
  await mapPrices();
});

/** Every endpoint for services, with what names the user and a body that is right. */
const ENDPOINTS: [string, 'path' | 'query' | 'body', object?][] = [
  ['GET /auth/users/{user_id}/email', 'path'],
  ['GET /auth/users/by-email/{email}', 'path'],
  ['GET /credits/balance', 'query'],
  ['POST /credits/add', 'body', { amount: 1 }],
  ['POST /credits/use', 'body', { amount: 1 }],
  ['GET /credits/transactions', 'query'],
  ['POST /stripe/create-checkout-session', 'body', { plan: 'pro' }],
  ['POST /stripe/setup-intent', 'body', {}],
  ['GET /stripe/payment-methods', 'query'],
  ['POST /stripe/create-subscription', 'body', { plan: 'pro' }],
];

const asService = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(method, path, { body, headers: { ...INTERNAL, ...headers } });

function expectDetail(answer: Answer<any>, status: number, code: string): void {
  expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([status, code]);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.body.detail).toBeTruthy();
}

const wrongFields = (answer: Answer<any>) => {
  expect(answer.status).toBe(422);
  return answer.body.detail.map(({ loc }: { loc: string[] }) => loc.join('.'));
};

describe.each(ENDPOINTS)('%s', (endpoint, place, fields) => {
  const about = ({ id, email }: { id: string; email: string }, options: CallOptions) => {
    const [method = '', path = ''] = endpoint.split(' ');
    const filled = path.replace('{user_id}', id).replace('{email}', email);
    return call(method, place === 'query' ? `${filled}?user_id=${id}` : filled, {
      ...options,
      body: fields && { ...fields, user_id: id },
    });
  };
  const nobody = { id: 'usr_x', email: 'nobody@example.com' };

  it('wants the API key of a service, and nothing else will do', async () => {
    expectDetail(await about(nobody, {}), 401, 'authentication_required');
    const { user, access_token: token, refresh_token } = await registerVerified();
    expectDetail(await about(user, { token }), 401, 'authentication_required');
    const headers = { cookie: `__Host-latchkey=${refresh_token}`, origin: ORIGIN };
    expectDetail(await about(user, { headers }), 401, 'authentication_required');
    const forged = { 'x-api-key': 'nonsense' };
    expectDetail(await about(user, { headers: forged }), 401, 'invalid_api_key');
    const foreign = await createApiKey(['admin'], { realm: 'elsewhere' });
    expectDetail(await about(user, { headers: foreign.headers }), 401, 'invalid_api_key');
    const lacking = await createApiKey([endpoint.includes(' /auth') ? 'usage:write' : 'users:read']);
    expectDetail(await about(user, { headers: lacking.headers }), 403, 'insufficient_scope');
  });

  it('knows the users of its realm', async () => {
    const { user } = await registerVerified();
    const { user: stranger } = await register({}, { realm: 'elsewhere' });
    const { headers } = await createApiKey(['admin']);
    expect((await about(user, { headers })).body.code).not.toBe('user_not_found');
    for (const other of [nobody, stranger]) {
      expectDetail(await about(other, { headers }), 404, 'user_not_found');
    }
  });
});

describe('users', () => {
  it('are found by id and by address', async () => {
    const { user } = await register({ username: `u${crypto.randomUUID().slice(0, 12)}` });
    const email = await asService('GET', `/auth/users/${user.id}/email`);
    expect([email.status, email.body]).toEqual([
      200,
      { user_id: user.id, email: user.email, is_verified: false },
    ]);
    const found = await asService('GET', `/auth/users/by-email/${encodeURIComponent(user.email)}`);
    expect(found.status).toBe(200);
    expect(found.body).toEqual({
      id: user.id,
      username: user.username,
      email: user.email,
      is_verified: false,
      is_admin: false,
      created_at: user.created_at,
    });
    expect((await asService('GET', '/auth/users/by-email/nonsense')).status).toBe(422);
  });
});

describe('credits', () => {
  const balanceOf = async (id: string) => (await asService('GET', `/credits/balance?user_id=${id}`)).body;

  it('are added and used, with the user in the query or in the body', async () => {
    const { user } = await register();
    const user_id = user.id;
    expect(await balanceOf(user_id)).toEqual({ user_id, balance: 0 });
    const added = await asService('POST', `/credits/add?user_id=${user_id}`, {
      amount: 100,
      reference_id: 'order-1',
      description: 'A present',
    });
    expect(added.status, JSON.stringify(added.body)).toBe(200);
    expect(added.body).toEqual({
      id: expect.stringMatching(/^txn_/),
      user_id,
      amount: 100,
      transaction_type: 'credit_added',
      reference_id: 'order-1',
      description: 'A present',
      new_balance: 100,
      created_at: expect.any(String),
    });
    const used = await asService('POST', '/credits/use', { user_id, amount: 30, reference_id: 'job-1' });
    expect(used.body).toMatchObject({ amount: 30, transaction_type: 'credit_used', new_balance: 70 });
    expect(await balanceOf(user_id)).toEqual({ user_id, balance: 70 });
  });

  it('are numbers above zero whatever the change was, where the ledger takes what is used off', async () => {
    const { user } = await register();
    const user_id = user.id;
    await asService('POST', '/credits/add', { user_id, amount: 100, reference_id: 'in' });
    const used = await asService('POST', '/credits/use', { user_id, amount: 40, reference_id: 'out' });
    expect(used.body).toMatchObject({ amount: 40, new_balance: 60 });
    const { transactions } = (await asService('GET', `/credits/transactions?user_id=${user_id}`)).body;
    expect(transactions.map(({ amount, transaction_type }: any) => [transaction_type, amount])).toEqual([
      ['credit_used', 40],
      ['credit_added', 100],
    ]);
    const ledger = await call('GET', `/v1/credits/transactions?user_id=${user_id}`, { headers: INTERNAL });
    expect(ledger.body.data.map(({ amount }: any) => amount)).toEqual([-40, 100]);
  });

  it('change once for a reference or an Idempotency-Key, and each time without', async () => {
    const { user } = await register();
    const add = (fields: object, headers = {}) =>
      asService('POST', '/credits/add', { user_id: user.id, amount: 10, ...fields }, headers);
    for (let times = 0; times < 2; times++) {
      expect((await add({ reference_id: 'order-1' })).body.new_balance).toBe(10);
    }
    for (let times = 0; times < 2; times++) await add({}, { 'idempotency-key': 'order-2' });
    expect((await balanceOf(user.id)).balance).toBe(20);
    const [one, two] = [await add({}), await add({})];
    expect(one.body.reference_id).not.toBe(two.body.reference_id);
    expect((await balanceOf(user.id)).balance).toBe(40);
    expectDetail(await add({ reference_id: 'order-1', amount: 11 }), 409, 'reference_reused');
  });

  it('never fall below zero, and are whole numbers', async () => {
    const { user } = await register();
    const use = (amount: unknown) => asService('POST', '/credits/use', { user_id: user.id, amount });
    expectDetail(await use(1), 402, 'insufficient_credits');
    for (const amount of [0, -1, 1.5, '1', undefined])
      expect(wrongFields(await use(amount))).toEqual(['body.amount']);
    expect(wrongFields(await asService('POST', '/credits/use', { amount: 1 }))).toEqual(['body.user_id']);
    const spaced = { user_id: user.id, amount: 1, reference_id: 'a b' };
    expect(wrongFields(await asService('POST', '/credits/add', spaced))).toEqual(['body.reference_id']);
    expect(wrongFields(await asService('GET', '/credits/balance'))).toEqual(['query.user_id']);
  });

  it('have a history, which is paged by skip and limit', async () => {
    const { user } = await register();
    const history = (query = '') => asService('GET', `/credits/transactions?user_id=${user.id}${query}`);
    expect((await history()).body).toEqual({ transactions: [], total_count: 0 });
    for (let n = 1; n <= 5; n++) {
      const body = { user_id: user.id, amount: n, reference_id: `order-${n}` };
      await asService('POST', '/credits/add', body);
      if (n === 1)
        expect((await history()).body).toMatchObject({ total_count: 1, transactions: [{ amount: 1 }] });
    }
    const all = await history();
    expect(all.status).toBe(200);
    expect(all.body.total_count).toBe(5);
    expect(all.body.transactions.map(({ amount }: any) => amount)).toEqual([5, 4, 3, 2, 1]);
    expect(all.body.transactions[4]).toEqual({
      id: expect.stringMatching(/^txn_/),
      user_id: user.id,
      amount: 1,
      transaction_type: 'credit_added',
      reference_id: 'order-1',
      description: null,
      new_balance: 1,
      created_at: expect.any(String),
    });
    const some = await history('&skip=1&limit=2');
    expect(some.body.transactions.map(({ amount }: any) => amount)).toEqual([4, 3]);
    expect((await history('&skip=5')).body).toEqual({ transactions: [], total_count: 5 });
    expect((await history('&skip=99')).body).toEqual({ transactions: [], total_count: 5 });
    expect(wrongFields(await history('&skip=x'))).toEqual(['query.skip']);
    expect(wrongFields(await history('&limit=0'))).toEqual(['query.limit']);
  });
});

describe('Stripe', () => {
  it('opens a checkout, whose payment POST /stripe/webhook reports', async () => {
    const { userId } = await payer();
    const opened = await asService('POST', '/stripe/create-checkout-session', {
      user_id: userId,
      price_id: 'price_credits_500',
      success_url: '/account',
    });
    expect(opened.status, JSON.stringify(opened.body)).toBe(200);
    expect(opened.body).toEqual({ session_id: expect.any(String), url: expect.stringMatching(/^https?:/) });
    await atStripe('complete', { id: opened.body.session_id });
    const [event] = await eventsAbout(opened.body.session_id);
    const raw = JSON.stringify(event);
    const send = (signature: string | null) =>
      call('POST', '/stripe/webhook', {
        raw,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          ...(signature !== null && { 'stripe-signature': signature }),
        },
      });
    for (const signature of [null, 'v1=abc', await signatureOf(raw, { secret: 'whsec_other' })]) {
      expectDetail(await send(signature), 400, 'invalid_signature');
    }
    // Who has a key could still not say what Stripe did.
    expectDetail(await asService('POST', '/stripe/webhook', event), 400, 'invalid_signature');
    expect((await standing(userId)).balance).toBe(0);
    const signature = await signatureOf(raw);
    for (let times = 0; times < 2; times++) {
      const answer = await send(signature);
      expect([answer.status, answer.body]).toEqual([200, { received: true }]);
    }
    expect((await standing(userId)).balance).toBe(500);
  });

  it('prepares a way to pay, lists it, and begins a subscription by it', async () => {
    const { userId: user_id, customerId } = await payer();
    const intent = await asService('POST', '/stripe/setup-intent', { user_id });
    expect([intent.status, Object.keys(intent.body).sort()]).toEqual([200, ['client_secret', 'id']]);
    const none = await asService('GET', `/stripe/payment-methods?user_id=${user_id}`);
    expect([none.status, none.body]).toEqual([200, { payment_methods: [] }]);
    expectDetail(
      await asService('POST', '/stripe/create-subscription', { user_id, plan: 'pro' }),
      402,
      'payment_required',
    );
    await atStripe('attach', { customer: customerId });
    const methods = await asService('GET', `/stripe/payment-methods?user_id=${user_id}`);
    expect(methods.body.payment_methods).toHaveLength(1);
    const begun = await asService('POST', `/stripe/create-subscription?user_id=${user_id}`, {
      plan: 'pro',
      payment_method_id: methods.body.payment_methods[0].id,
    });
    expect(begun.status, JSON.stringify(begun.body)).toBe(200);
    expect(begun.body).toMatchObject({ subscription_id: expect.any(String), plan: 'pro', status: 'active' });
    const again = await asService('POST', '/stripe/create-subscription', { user_id, plan: 'pro' });
    expectDetail(again, 409, 'subscription_exists');
  });

  it('names what is wrong', async () => {
    const { userId: user_id } = await payer();
    const checkout = (body: object) => asService('POST', '/stripe/create-checkout-session', body);
    expect(wrongFields(await checkout({ plan: 'pro' }))).toEqual(['body.user_id']);
    expect(wrongFields(await checkout({ user_id }))).toEqual(['body.plan']);
    expectDetail(await checkout({ user_id, price_id: 'price_nobody' }), 404, 'price_not_found');
    const elsewhere = { user_id, plan: 'pro', success_url: 'https://evil.example/' };
    expect(wrongFields(await checkout(elsewhere))).toEqual(['body.success_url']);
    expect(wrongFields(await asService('GET', '/stripe/payment-methods'))).toEqual(['query.user_id']);
  });
});
