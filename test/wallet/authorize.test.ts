import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createServices } from '../../src/services.ts';
import {
  accountOf,
  call,
  changeDirectory,
  expectProblem,
  INTERNAL,
  registerVerified,
} from '../support/api.ts';
import { countedBindings } from '../support/counted.ts';
import { countRows, takeRows } from '../support/rows.ts';
import { organizationOf, organizationState, sharedTerms, storedOrganization } from '../support/wallet.ts';

const authorize = (body: object, options: object = {}) =>
  call('POST', '/v1/authorize', { headers: INTERNAL, body, ...options });

async function team(credits = 100) {
  const [owner, member] = await Promise.all([registerVerified(), registerVerified()]);
  const id = await storedOrganization({ [owner.user.id]: 'owner', [member.user.id]: 'member' });
  const object = organizationOf(id);
  if (credits > 0) {
    await object.addCredits(sharedTerms(null), {
      type: 'added',
      amount: credits,
      reference: 'start',
      description: null,
      actor: 'key_test',
      expiresAt: null,
    });
  }
  const balance = async () =>
    ((await object.creditBalance(sharedTerms(null))) as { balance: number }).balance;
  return { id, object, owner, member, balance };
}

const NOBODY = {
  allowed: false,
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
  reference: null,
};

describe('POST /v1/authorize for a member', () => {
  it('uses what the organization has, and nothing of the user’s own', async () => {
    const { id, member, balance } = await team();
    const body = {
      token: member.access_token,
      organization_id: id,
      resource: 'images',
      quantity: 2,
      credits: 4,
      reference: 'job',
    };
    const answer = await authorize(body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body).toMatchObject({
      allowed: true,
      reason: null,
      user_id: member.user.id,
      organization_id: id,
      role: 'member',
      plan: 'free',
      quota: { resource: 'images', used: 2 },
      balance: 96,
      reference: 'job',
    });
    expect((await authorize(body)).body).toEqual(answer.body);
    expect(await balance()).toBe(96);
    const own = await call('GET', '/v1/me/quota', { token: member.access_token });
    expect(own.body.resources.images.used).toBe(0);
    const personal = await authorize({
      ...body,
      organization_id: null,
      credits: undefined,
      reference: 'own',
    });
    expect(personal.body).toMatchObject({
      organization_id: null,
      role: null,
      quota: { used: 2 },
      balance: 0,
    });
  });

  it('goes by the organization that the token says, unless another is named', async () => {
    const { id, member, balance } = await team();
    const chosen = await call('PUT', '/v1/auth/session/organization', {
      token: member.access_token,
      body: { organization_id: id },
    });
    expect(chosen.status, JSON.stringify(chosen.body)).toBe(200);
    const token = chosen.body.access_token;
    const answer = await authorize({ token, credits: 1, reference: 'one' });
    expect(answer.body).toMatchObject({ allowed: true, organization_id: id, role: 'member', balance: 99 });
    const own = await authorize({ token, credits: 1, reference: 'two', organization_id: null });
    expect(own.body).toMatchObject({ allowed: false, reason: 'insufficient_credits', organization_id: null });
    expect(await balance()).toBe(99);
  });

  it('asks for a permission of the role', async () => {
    const { id, owner, member, balance } = await team();
    const ask = { organization_id: id, permission: 'billing:manage', credits: 1 };
    const refusal = await authorize({ ...ask, token: member.access_token, reference: 'a' });
    expect(refusal.body).toMatchObject({
      allowed: false,
      reason: 'insufficient_permission',
      user_id: member.user.id,
      role: 'member',
      balance: 100,
    });
    const allowed = await authorize({ ...ask, token: owner.access_token, reference: 'b' });
    expect(allowed.body).toMatchObject({ allowed: true, role: 'owner', balance: 99 });
    expect(await balance()).toBe(99);
    const nowhere = { token: owner.access_token, permission: 'billing:manage' };
    expectProblem(await authorize({ ...nowhere, organization_id: null }), 422, 'validation_failed');
    // The token is of nobody’s organization: that is about the user, not about the request.
    expect((await authorize(nowhere)).body).toEqual({ ...NOBODY, reason: 'insufficient_permission' });
  });

  it('lets in nobody who is no member, whose session is over, or whose organization is suspended', async () => {
    const { id, object, owner, member, balance } = await team();
    const stranger = await registerVerified();
    const ask = (token: string, more: object = {}) =>
      authorize({ token, organization_id: id, credits: 1, ...more });
    expect((await ask(stranger.access_token)).body).toEqual({ ...NOBODY, reason: 'not_a_member' });
    const nowhere = await ask(stranger.access_token, { organization_id: `org_${'0'.repeat(26)}` });
    expect(nowhere.body).toEqual({ ...NOBODY, reason: 'organization_not_found' });
    expectProblem(await ask(stranger.access_token, { organization_id: 'org_no' }), 422, 'validation_failed');
    await call('POST', '/v1/auth/logout', { token: member.access_token });
    for (const credits of [0, 1]) {
      const over = await ask(member.access_token, credits ? {} : { credits: undefined });
      expect(over.body).toEqual({ ...NOBODY, reason: 'session_ended' });
    }
    await changeDirectory(owner.user.id, { status: 'suspended' });
    expect((await ask(owner.access_token)).body).toEqual({ ...NOBODY, reason: 'account_suspended' });
    await changeDirectory(owner.user.id, { status: 'active' });
    await object.directoryChanged(organizationState(id, { version: 2, status: 'suspended' }), []);
    const fresh = await call('POST', '/v1/auth/login', {
      body: { identifier: owner.user.email, password: 'three lighthouses at dusk' },
    });
    expect((await ask(fresh.body.access_token)).body).toEqual({
      ...NOBODY,
      reason: 'organization_suspended',
    });
    expect(await balance()).toBe(100);
  });

  it('refuses a member who was removed at the next decision', async () => {
    const { id, object, member, balance } = await team();
    const ask = () => authorize({ token: member.access_token, organization_id: id, credits: 1 });
    expect((await ask()).body).toMatchObject({ allowed: true });
    await object.directoryChanged(organizationState(id, { version: 2 }), [
      { userId: member.user.id, role: null, version: 2 },
    ]);
    expect((await ask()).body).toEqual({ ...NOBODY, reason: 'not_a_member' });
    expect(await balance()).toBe(99);
  });

  it('makes no more calls than two, and no statement', async () => {
    const { id, member } = await team(1_000);
    const { bindings, counted } = countedBindings();
    const app = createApp(createServices(bindings), bindings);
    const ask = async (more: object) => {
      const response = await app.request(
        'https://auth.test/v1/authorize',
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...INTERNAL },
          body: JSON.stringify({ token: member.access_token, organization_id: id, ...more }),
        },
        bindings,
      );
      expect(await response.json()).toMatchObject({ allowed: true });
    };
    // What an isolate keeps: realms, plans, keys.
    await ask({});
    await ask({ resource: 'images' });
    for (const more of [
      {},
      { resource: 'images', reference: 'a' },
      { resource: 'images', credits: 1, reference: 'b' },
    ]) {
      Object.assign(counted, { statements: 0, objects: 0 });
      await ask(more);
      expect(counted, JSON.stringify(more)).toEqual({ statements: 0, objects: 2 });
    }
  });

  // What is told once a minute is spread over ten decisions, as in test/cost.
  it('writes no more rows than it must', async () => {
    const { id, member } = await team(1_000);
    await call('PUT', '/v1/auth/session/organization', {
      token: member.access_token,
      body: { organization_id: id },
    });
    const ask = async (more: object) => {
      const { body } = await authorize({ token: member.access_token, organization_id: id, ...more });
      expect(body).toMatchObject({ allowed: true });
    };
    const alarm = () => runDurableObjectAlarm(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id)));
    await organizationOf(id).setCaps('default', null, {
      credits: { day: 900 },
      resources: { messages: { day: 90 } },
    });
    await ask({ resource: 'messages', credits: 1, reference: 'warm' });
    await alarm();
    await runDurableObjectAlarm(accountOf(member.user.id));
    await countRows();
    const TIMES = 10;
    const spread = async (act: (n: number) => Promise<unknown>, tells = true) => {
      await takeRows();
      for (let n = 0; n < TIMES; n += 1) await act(n);
      if (tells) expect(await alarm()).toBe(true);
      const { otherRows, d1Rows, statements } = await takeRows();
      return { object: otherRows / TIMES, d1: d1Rows / TIMES, statements: statements / TIMES };
    };
    expect({
      look: await spread(() => ask({}), false),
      quota: await spread((n) => ask({ resource: 'messages', reference: `q-${n}` })),
      credits: await spread((n) => ask({ resource: 'messages', credits: 1, reference: `c-${n}` })),
    }).toEqual({
      look: { object: 0, d1: 0, statements: 0 },
      quota: { object: 2.7, d1: 0.2, statements: 0.2 },
      credits: { object: 5.8, d1: 0.3, statements: 0.2 },
    });
  });
});
