import { describe, expect, it } from 'vitest';
import {
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  expectProblem,
  INTERNAL,
  register,
} from '../support/api.ts';

const NOBODY = {
  user_id: null,
  session_id: null,
  api_key: null,
  client_id: null,
  act: null,
  cnf: null,
  organization_id: null,
  role: null,
  plan: null,
  quota: null,
  balance: null,
  retry_after: null,
};

const authorize = (body: object, options: object = {}) =>
  call('POST', '/v1/authorize', { headers: INTERNAL, body, ...options });

async function userWith(credits: number) {
  const user = await register();
  const body = { user_id: user.user.id, amount: credits, reference: 'start' };
  if (credits > 0) await call('POST', '/v1/credits/add', { headers: INTERNAL, body });
  const rest = async () => ({
    images: (await call('GET', '/v1/me/quota', { token: user.access_token })).body.resources.images.used,
    balance: (await call('GET', '/v1/me/credits', { token: user.access_token })).body.balance,
  });
  return { ...user, rest };
}

describe('POST /v1/authorize', () => {
  it('says who, counts and charges in one decision', async () => {
    const user = await userWith(10);
    const answer = await authorize({
      token: user.access_token,
      resource: 'images',
      quantity: 2,
      credits: 4,
      reference: 'job',
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body).toEqual({
      allowed: true,
      reason: null,
      user_id: user.user.id,
      session_id: user.session_id,
      api_key: null,
      client_id: null,
      act: null,
      cnf: null,
      organization_id: null,
      role: null,
      plan: 'free',
      quota: {
        resource: 'images',
        limit: 20,
        used: 2,
        remaining: 18,
        period: 'day',
        resets_at: expect.any(String),
      },
      balance: 6,
      retry_after: null,
      reference: 'job',
    });
    expect(await user.rest()).toEqual({ images: 2, balance: 6 });
  });

  it('asked for nothing says who', async () => {
    const user = await userWith(0);
    const answer = await authorize({ token: user.access_token });
    expect(answer.body).toMatchObject({ allowed: true, user_id: user.user.id, quota: null, balance: 0 });
  });

  it('does all or nothing', async () => {
    const user = await userWith(3);
    const token = user.access_token;
    expect((await authorize({ token, resource: 'images', quantity: 1, credits: 4 })).body).toMatchObject({
      allowed: false,
      reason: 'insufficient_credits',
      quota: { used: 0, remaining: 20 },
      balance: 3,
    });
    expect((await authorize({ token, resource: 'images', quantity: 21, credits: 1 })).body).toMatchObject({
      allowed: false,
      reason: 'quota_exceeded',
      balance: 3,
    });
    expect(await user.rest()).toEqual({ images: 0, balance: 3 });
  });

  it('once for a reference, also for a hundred at once', async () => {
    const user = await userWith(50);
    const body = { token: user.access_token, resource: 'images', quantity: 1, credits: 5, reference: 'same' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => authorize(body)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(await user.rest()).toEqual({ images: 1, balance: 45 });
    expectProblem(await authorize({ ...body, credits: 6 }), 409, 'reference_reused');
    // A reference that the ledger has from elsewhere changes nothing either.
    expectProblem(await authorize({ ...body, reference: 'start' }), 409, 'reference_reused');
    expect(await user.rest()).toEqual({ images: 1, balance: 45 });
    const refund = { user_id: user.user.id, refund_of: 'same', reference: 'back' };
    expect((await call('POST', '/v1/credits/refund', { headers: INTERNAL, body: refund })).body.balance).toBe(
      50,
    );
  });

  it('lets a refusal be tried again', async () => {
    const user = await userWith(0);
    const body = { token: user.access_token, credits: 5, reference: 'later' };
    expect((await authorize(body)).body.allowed).toBe(false);
    const more = { user_id: user.user.id, amount: 5, reference: 'top-up' };
    await call('POST', '/v1/credits/add', { headers: INTERNAL, body: more });
    expect((await authorize(body)).body).toMatchObject({ allowed: true, balance: 0 });
  });

  it('says of somebody who is not let in nothing but why', async () => {
    const user = await userWith(5);
    const token = user.access_token;
    const ask = (other: string) =>
      authorize({ token: other, resource: 'images', credits: 1, reference: 'r' });
    const refused = (reason: string) => ({ allowed: false, reason, reference: 'r', ...NOBODY });
    expect((await ask('nonsense')).body).toEqual(refused('invalid_token'));
    expect((await ask(`${token.slice(0, -4)}AAAA`)).body).toEqual(refused('invalid_token'));
    await createRealm('elsewhere');
    const elsewhere = await authorize({ token, reference: 'r' }, { realm: 'elsewhere' });
    expect(elsewhere.body).toEqual(refused('invalid_token'));
    await changeDirectory(user.user.id, { status: 'suspended' });
    expect((await ask(token)).body).toEqual(refused('account_suspended'));
    await changeDirectory(user.user.id, { status: 'active' });
    expect((await ask(token)).body).toEqual(refused('session_ended'));
  });

  it('refuses what is no question, and who may not charge', async () => {
    const user = await userWith(5);
    const token = user.access_token;
    for (const body of [
      { token, resource: 'unheard_of' },
      { token, quantity: 1 },
      { token, credits: 0 },
      { token, reference: 'grant:2027-01' },
      { token, more: 1 },
    ]) {
      expectProblem(await authorize(body), 422, 'validation_failed');
    }
    const { headers } = await createApiKey(['usage:write']);
    expect((await authorize({ token, resource: 'images' }, { headers })).body.allowed).toBe(true);
    expectProblem(await authorize({ token, credits: 1 }, { headers }), 403, 'insufficient_scope');
  });
});
