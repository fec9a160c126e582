import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createServices } from '../../src/services.ts';
import { auditOf } from '../support/admin.ts';
import { call, changeDirectory, createRealm } from '../support/api.ts';
import { countedBindings } from '../support/counted.ts';
import { foundedBy } from '../support/organizations.ts';
import { ageProofs } from '../support/stale-proof.ts';
import {
  cookieOf,
  expectLedTo,
  expectPage,
  open,
  submit,
  type Visitor,
  visitor,
} from '../support/visitor.ts';

async function operator(role: 'admin' | 'owner' = 'admin', realm?: string): Promise<Visitor> {
  const who = await visitor({}, { realm });
  await changeDirectory(who.user.user.id, { role });
  return { ...who, cookie: await cookieOf(who.user, realm === undefined ? {} : { realm }) };
}

const idOf = ({ user }: Visitor) => user.user.id;
const pageOf = (who: Visitor) => `/admin/users/${idOf(who)}`;
const headingsOf = (body: string) => [...body.matchAll(/<h2 id="([\w-]+)">/g)].map(([, id]) => id);

let admin: Visitor;
beforeAll(async () => {
  admin = await operator();
});

describe('the tabs of a user', () => {
  const TABS: Record<string, string[]> = {
    overview: ['profile', 'facts', 'identities', 'organizations'],
    access: ['access', 'sessions', 'keys'],
    plan: ['plan-panel', 'spending', 'usage'],
    credits: ['credits'],
    activity: ['activity', 'history'],
    danger: ['danger'],
  };

  it('each have their panels, and the first is shown for what is no tab', async () => {
    const target = await visitor();
    for (const [tab, panels] of [
      ...Object.entries(TABS),
      ...['', 'none', '__proto__', 'constructor'].map((name) => [name, TABS.overview] as const),
    ]) {
      const answer = await open(`${pageOf(target)}?tab=${tab}`, admin);
      expectPage(answer);
      const own = headingsOf(answer.body).filter((id) => !id?.endsWith('-title'));
      expect(own, tab).toEqual(panels);
    }
  });

  it('show a form that was refused, with its dialog open, wherever it was sent from', async () => {
    const target = await visitor();
    const long = 'x'.repeat(501);
    for (const [form, fields] of [
      ['status', { status: 'suspended', status_reason: long }],
      ['role', { role: 'admin', role_reason: long }],
      ['plan', { plan: 'none' }],
      ['limits', { 'limits.images.day': 'many' }],
      ['credits', { amount: 'x', credits_reason: 'Why', reference: 'r' }],
      ['profile', { username: '!' }],
      ['delete', { confirmation: 'x' }],
    ] as const) {
      const answer = await submit(pageOf(target), { form, ...fields }, admin);
      expectPage(answer, 422);
      expect(answer.body, form).toMatch(new RegExp(`<dialog id="act-${form}"[^>]* open=""`));
      expect(answer.body.match(/role="alert"/g), form).toHaveLength(1);
    }
  });

  it('open a dialog by the address, and close it with what was asked', async () => {
    const target = await visitor();
    const tab = `${pageOf(target)}?tab=danger`;
    const { body } = await open(tab, admin);
    expect(body).toContain('href="?tab=danger&amp;dialog=act-status#act-status"');
    expect(body).not.toMatch(/<dialog [^>]*open/);
    const asked = `${tab}&dialog=act-status`;
    expect((await open(asked, admin)).body).toMatch(/<dialog id="act-status"[^>]* open=""/);
    const suspend = { form: 'status', status: 'suspended', status_reason: 'Spam' };
    expectLedTo(await submit(asked, suspend, admin), `${tab}&done=suspended`);
  });

  it('name who acted, and not by an id', async () => {
    const target = await visitor();
    const boss = await operator();
    await submit(pageOf(boss), { form: 'profile', name: 'Grace of the tabs' }, admin);
    await submit(pageOf(target), { form: 'verify', verify_reason: 'Called' }, boss);
    await submit(pageOf(target), { form: 'status', status: 'suspended', status_reason: 'Spam' }, boss);
    const { body } = await open(`${pageOf(target)}?tab=activity`, admin);
    expect(body).toMatch(/>Grace of the tabs<\/a> · Spam/);
  });
});

describe('acting as a user', () => {
  const reason = { form: 'impersonate', impersonate_reason: 'Cannot see their plan' };
  const tokenIn = (body: string) => /<code class="secret">([^<]+)<\/code>/.exec(body)?.[1];

  it('gives a token, once, with a reason', async () => {
    const target = await visitor();
    const needed = await submit(pageOf(target), { form: 'impersonate', impersonate_reason: ' ' }, admin);
    expectPage(needed, 422);
    expect(needed.body).toContain('href="#impersonate_reason"');
    const given = await submit(pageOf(target), reason, admin);
    expectPage(given);
    const token = tokenIn(given.body) as string;
    const me = await call('GET', '/v1/me', { token });
    expect([me.status, me.body.id]).toEqual([200, idOf(target)]);
    expect((await call('PATCH', '/v1/me', { token, body: { name: 'Changed' } })).status).toBe(403);
    expect((await auditOf(idOf(target))).at(-1)).toMatchObject({
      action: 'user_impersonated',
      actor: idOf(admin),
      details: { reason: reason.impersonate_reason },
    });
    const later = await open(`${pageOf(target)}?tab=access`, admin);
    expect(tokenIn(later.body)).toBeUndefined();
    expect(later.body).not.toContain(token);
  });

  it('is for nobody who is an operator, suspended, oneself or of another realm, and by operators alone', async () => {
    const suspended = await visitor();
    await submit(pageOf(suspended), { form: 'status', status: 'suspended' }, admin);
    for (const [who, status] of [
      [suspended, 403],
      [await operator(), 403],
      [await operator('owner'), 403],
      [admin, 403],
    ] as const) {
      const refused = await submit(pageOf(who), reason, admin);
      expectPage(refused, status);
      expect(tokenIn(refused.body)).toBeUndefined();
      expect(refused.body).toContain('role="alert"');
      expect((await open(pageOf(who), admin)).body).not.toContain('act-impersonate');
    }
    const realm = `acting-${crypto.randomUUID().slice(0, 8)}`;
    await createRealm(realm, {});
    const other = await visitor({}, { realm });
    expect((await submit(pageOf(other), reason, admin)).status).toBe(404);
    expect((await submit(pageOf(suspended), reason, await visitor())).status).toBe(403);
  });

  it('asks for a fresh proof, and ends with the session of the operator', async () => {
    const target = await visitor();
    const boss = await operator();
    const { body } = await submit(pageOf(target), reason, boss);
    const token = tokenIn(body) as string;
    expect((await call('GET', '/v1/me', { token })).status).toBe(200);
    await ageProofs(idOf(boss), 24 * 3_600_000);
    const asked = await submit(pageOf(target), reason, boss);
    expect(tokenIn(asked.body)).toBeUndefined();
    expect(asked.body).toContain('name="impersonate_reason"');
    await changeDirectory(idOf(boss), { role: 'user' });
    expect((await call('GET', '/v1/me', { token })).status).toBe(401);
  });
});

it('each tab costs few statements and calls', async () => {
  const { bindings, counted } = countedBindings();
  const app = createApp(createServices(bindings), bindings);
  const target = await visitor();
  const organization = await foundedBy({ id: idOf(target), token: target.user.access_token } as never);
  const costOf = async (path: string) => {
    const ask = async () => {
      const headers = { cookie: admin.cookie, accept: 'text/html' };
      const answer = await app.request(`https://auth.test${path}`, { headers }, bindings);
      expect(answer.status, path).toBe(200);
    };
    await ask();
    Object.assign(counted, { statements: 0, objects: 0 });
    await ask();
    return [counted.statements, counted.objects];
  };
  // Statements, and calls of objects.
  const costs: Record<string, number[]> = {};
  for (const tab of ['overview', 'access', 'plan', 'credits', 'activity', 'danger']) {
    costs[tab] = await costOf(`${pageOf(target)}?tab=${tab}`);
  }
  expect(costs).toEqual({
    overview: [6, 1],
    access: [4, 3],
    plan: [4, 5],
    credits: [3, 3],
    activity: [5, 2],
    danger: [3, 1],
  });
  const shared: Record<string, number[]> = {};
  for (const tab of ['overview', 'members', 'plan', 'credits', 'keys', 'activity', 'danger']) {
    shared[tab] = await costOf(`/admin/organizations/${organization}?tab=${tab}`);
  }
  expect(shared).toEqual({
    overview: [3, 1],
    members: [5, 1],
    plan: [4, 4],
    credits: [3, 3],
    keys: [3, 2],
    activity: [7, 1],
    danger: [3, 1],
  });
});
