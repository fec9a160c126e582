import { describe, expect, it } from 'vitest';
import { registerRole } from '../support/admin.ts';
import { call, login, PASSWORD, register, registerVerified } from '../support/api.ts';
import { tokenTo } from '../support/mail.ts';
import { changePlan } from '../support/metering.ts';
import { atStripe, customerOf, mapPrices, payer } from '../support/stripe.ts';

const NEW_PASSWORD = 'four lighthouses at dawn';
const TOKENS = {
  success: true,
  access_token: expect.any(String),
  refresh_token: expect.any(String),
  token_type: 'bearer',
};
const aUser = (fields: Record<string, unknown> = {}) => ({
  id: expect.stringMatching(/^usr_/),
  email: expect.any(String),
  role: 'user',
  is_active: true,
  is_verified: expect.any(Boolean),
  created_at: expect.any(String),
  updated_at: expect.any(String),
  subscription: expect.objectContaining({ plan: 'free', status: 'active', is_active: true }),
  ...fields,
});

describe('signing in', () => {
  it('POST /api/auth/register makes an account on the free plan, whatever is asked for', async () => {
    const email = `doztra-${crypto.randomUUID()}@example.com`;
    const { status, body } = await call('POST', '/api/auth/register', {
      body: {
        name: 'John Doe',
        email,
        password: PASSWORD,
        role: 'admin',
        subscription: { plan: 'professional', payment_method_id: 'pm_1234567890' },
      },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...aUser({ email, name: 'John Doe', is_verified: false }), ...TOKENS });
  });

  it('POST /api/auth/login takes the form of OAuth2', async () => {
    const { user } = await register({ given_name: 'Ada', family_name: 'Lovelace' });
    const form = (password: string) =>
      new URLSearchParams({ grant_type: 'password', username: user.email, password, scope: '' });
    const { status, body } = await call('POST', '/api/auth/login', { raw: form(PASSWORD) });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...aUser({ id: user.id, name: 'Ada Lovelace' }), ...TOKENS });
    const wrong = await call('POST', '/api/auth/login', { raw: form('wrong') });
    expect([wrong.status, typeof wrong.body.detail]).toEqual([401, 'string']);
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('POST /api/auth/refresh and POST /api/auth/logout', async () => {
    const { refresh_token } = await register();
    const fresh = await call('POST', '/api/auth/refresh', { body: { refresh_token } });
    expect([fresh.status, fresh.body]).toMatchObject([200, TOKENS]);
    const token = fresh.body.access_token;
    const body = { refresh_token: fresh.body.refresh_token };
    const out = await call('POST', '/api/auth/logout', { token, body });
    expect([out.status, out.body]).toEqual([200, { success: true, message: 'Successfully logged out' }]);
    expect((await call('POST', '/api/auth/refresh', { body })).status).toBe(401);
  });

  it('POST /api/auth/verify-email/{token} proves the address', async () => {
    const { user, access_token: token } = await register();
    const link = await tokenTo(user.email, /onfirm|erify/);
    const verified = await call('POST', `/api/auth/verify-email/${link}`);
    expect([verified.status, verified.body]).toEqual([
      200,
      { success: true, message: 'Email verified successfully' },
    ]);
    expect((await call('GET', '/api/users/me', { token })).body.is_verified).toBe(true);
    expect((await call('POST', '/api/auth/verify-email/nonsense')).status).toBe(400);
  });

  it('POST /api/auth/password-reset and POST /api/auth/reset-password', async () => {
    const { user } = await registerVerified();
    const ask = (email: unknown) => call('POST', '/api/auth/password-reset', { body: { email } });
    const known = await ask(user.email);
    expect([known.status, known.body]).toEqual([200, (await ask('nobody@example.com')).body]);
    expect((await ask(undefined)).body.detail[0].loc).toEqual(['body', 'email']);
    const token = await tokenTo(user.email, /password/i);
    const reset = { token, new_password: NEW_PASSWORD };
    const done = await call('POST', '/api/auth/reset-password', { body: reset });
    expect([done.status, done.body]).toEqual([
      200,
      { success: true, message: 'Password reset successfully' },
    ]);
    expect((await call('POST', '/api/auth/reset-password', { body: reset })).status).toBe(400);
    expect((await login(user.email, NEW_PASSWORD)).status).toBe(200);
  });
});

describe('users', () => {
  it('GET /api/users/me and GET /api/users/{user_id}', async () => {
    const { user, access_token: token } = await register({ name: 'Ada' });
    const me = await call('GET', '/api/users/me', { token });
    expect(me.status).toBe(200);
    expect(me.body).toMatchObject(aUser({ id: user.id, email: user.email, name: 'Ada' }));
    expect(me.body.subscription).toMatchObject({ token_limit: 100_000, max_model_tier: 'gpt-3.5-turbo' });
    const by = await call('GET', `/api/users/${user.id}`, { token });
    expect([by.status, by.body]).toMatchObject([200, aUser({ id: user.id })]);
    const other = await register();
    const refused = await call('GET', `/api/users/${other.user.id}`, { token });
    expect([refused.status, typeof refused.body.detail]).toEqual([403, 'string']);
    const admin = await registerRole('admin');
    const found = await call('GET', `/api/users/${user.id}`, { token: admin.access_token });
    expect(found.body.id).toBe(user.id);
    expect((await call('GET', '/api/users/usr_x', { token: admin.access_token })).status).toBe(404);
  });

  it('PUT /api/users/me changes the name, and with the present password what signs in', async () => {
    const { user, access_token: token } = await registerVerified({ name: 'Before' });
    const put = (body: object) => call('PUT', '/api/users/me', { token, body });
    const named = await put({ name: 'After', email: user.email.toUpperCase() });
    expect([named.status, named.body]).toMatchObject([200, aUser({ name: 'After', email: user.email })]);
    expect((await put({ password: NEW_PASSWORD })).body.detail).toEqual([
      expect.objectContaining({ loc: ['body', 'current_password'] }),
    ]);
    expect((await put({ email: 'other@example.com' })).body.detail[0].loc).toEqual([
      'body',
      'current_password',
    ]);
    expect((await put({ password: NEW_PASSWORD, current_password: 'wrong' })).status).toBe(400);
    const email = `next-${crypto.randomUUID()}@example.com`;
    const all = await put({ email, password: NEW_PASSWORD, current_password: PASSWORD, name: 'Third' });
    expect([all.status, all.body.name, all.body.email]).toEqual([200, 'Third', user.email]);
    expect((await login(user.email, NEW_PASSWORD)).status).toBe(200);
    const link = await tokenTo(email, /onfirm|erify/);
    await call('POST', `/api/auth/verify-email/${link}`);
    expect((await call('GET', '/api/users/me', { token })).body.email).toBe(email);
  });

  it('PUT /api/users/me changes what is not sensitive before the address is verified', async () => {
    const { access_token: token } = await register();
    const answer = await call('PUT', '/api/users/me', { token, body: { name: 'X' } });
    expect([answer.status, answer.body.name]).toEqual([200, 'X']);
    const patch = await call('PUT', '/api/users/me', { token, body: { username: 'unverified.x' } });
    expect([patch.status, patch.body.code]).toEqual([403, 'email_not_verified']);
  });
});

describe('subscriptions', () => {
  it('GET /api/users/me/subscription', async () => {
    const { user, access_token: token } = await register();
    const get = () => call('GET', '/api/users/me/subscription', { token });
    expect((await get()).body).toEqual({
      id: user.id,
      user_id: user.id,
      plan: 'free',
      status: 'active',
      is_active: true,
      auto_renew: false,
      start_date: user.created_at,
      expires_at: null,
      stripe_customer_id: null,
      stripe_subscription_id: null,
      payment_method_id: null,
      token_limit: 100_000,
      max_model_tier: 'gpt-3.5-turbo',
      created_at: user.created_at,
      updated_at: expect.any(String),
    });
    await changePlan(user.id, { plan: 'pro' });
    expect((await get()).body).toMatchObject({ plan: 'basic', max_model_tier: 'gpt-4' });
    await changePlan(user.id, { plan: 'enterprise' });
    expect((await get()).body).toMatchObject({
      plan: 'professional',
      token_limit: null,
      max_model_tier: 'gpt-4-turbo',
    });
  });

  it('PUT /api/users/me/subscription asks for a payment, begins, changes and ends', async () => {
    await mapPrices();
    const { token, userId } = await payer();
    const put = (body: unknown) => call('PUT', '/api/users/me/subscription', { token, body });
    const refused = await put({ plan: 'basic', payment_method_id: 'pm_1234567890' });
    expect([refused.status, typeof refused.body.detail]).toEqual([402, 'string']);
    expect(refused.body.checkout_url).toMatch(/^https:\/\/checkout\.stripe\.com\//);
    const { customer_id: customer } = await customerOf(userId);
    await atStripe('attach', { customer });
    const begun = await put({ plan: 'basic' });
    expect(begun.status).toBe(200);
    expect(begun.body).toMatchObject({ id: userId, email: expect.any(String), plan: 'basic' });
    expect(begun.body.subscription).toMatchObject({
      plan: 'basic',
      status: 'active',
      auto_renew: true,
      stripe_subscription_id: expect.stringMatching(/^sub_/),
    });
    expect((await put({ plan: 'professional' })).body.subscription.plan).toBe('professional');
    const ending = await put({ auto_renew: false });
    expect(ending.body.subscription).toMatchObject({ plan: 'professional', auto_renew: false });
    expect((await put({ plan: 'gold' })).status).toBe(422);
    expect((await put({})).body.detail[0].loc).toEqual(['body', 'plan']);
  });
});

describe('preferences', () => {
  it('GET /api/preferences/me and PUT /api/preferences/me', async () => {
    const { user, access_token: token } = await register();
    const get = () => call('GET', '/api/preferences/me', { token });
    const put = (body: unknown) => call('PUT', '/api/preferences/me', { token, body });
    const defaults = {
      id: user.id,
      user_id: user.id,
      theme: 'light',
      notifications: true,
      default_model: 'gpt-3.5-turbo',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    };
    expect([(await get()).status, (await get()).body]).toEqual([200, defaults]);
    await call('PUT', '/v1/me/preferences', { token, body: { notifications: { news: true }, mine: 1 } });
    const changed = await put({ theme: 'dark', notifications: false });
    const expected = { ...defaults, theme: 'dark', notifications: false, mine: 1 };
    expect([changed.status, changed.body]).toEqual([200, expected]);
    expect((await put({ default_model: 'gpt-4' })).body).toEqual({ ...expected, default_model: 'gpt-4' });
    expect((await call('GET', '/v1/me/preferences', { token })).body.notifications).toEqual({
      news: true,
      all: false,
    });
    const wrong = await put({ theme: 'pink', notifications: 'loud' });
    expect(wrong.status).toBe(422);
    expect(wrong.body.detail.map(({ loc }: any) => loc[1])).toEqual(['theme', 'notifications']);
  });
});
