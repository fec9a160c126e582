import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { accountOf, call, createRealm, INTERNAL } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { eventServer, withEventSink } from '../support/event-sink.ts';
import { foundedBy, join, person, type TestMember } from '../support/organizations.ts';
import { organizationOf } from '../support/wallet.ts';

const DAY = 86_400_000;
let asked = 0;

const service = async (method: string, path: string, body?: object) => {
  const answer = await call(method, path, { headers: INTERNAL, ...(body && { body }) });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
};
const as = (who: TestMember, method: string, path: string, body: object) =>
  call(method, path, { token: who.token, body });
const charge = (of: object, amount: number) => {
  asked += 1;
  return service('POST', '/v1/credits/use', { ...of, amount, reference: `charge-${asked}` });
};
const tellOfUser = (id: string) => runDurableObjectAlarm(accountOf(id));
const stubOf = (id: string) => env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id));
const tellOf = (id: string) => runDurableObjectAlarm(stubOf(id));

async function mails(userId: string): Promise<any[]> {
  const sql = `SELECT template, data FROM outbox WHERE user_id = ? AND template IN ('quota_warning', 'cap_warning') ORDER BY created_at, id`;
  const { results } = await env.DB.prepare(sql).bind(userId).all<any>();
  return results.map(({ template, data }) => ({ template, ...JSON.parse(data) }));
}
const shown = (all: any[]) => all.map(({ resource, percent }) => [resource, percent]).sort();

async function team() {
  const owner = await person();
  const id = await foundedBy(owner);
  await service('PATCH', `/v1/admin/organizations/${id}`, { plan: 'free' });
  const [payer, member] = [await join(id, owner, 'billing'), await join(id, owner, 'member')];
  return { id, owner, payer, member };
}

/** What webhooks of the realm are told from now on, of one subject. */
async function hearing() {
  const { body } = await call('POST', '/v1/admin/webhooks', {
    headers: INTERNAL,
    body: { url: 'https://hooks.example.com/alerts' },
  });
  expect(body.id, JSON.stringify(body)).toMatch(/^whe_/);
  const told = async (types: string[], about: string) => {
    const { results } = await env.DB.prepare(
      `SELECT type, user_id, data FROM events WHERE type IN (SELECT value FROM json_each(?1)) AND (user_id = ?2 OR data ->> 'organization_id' = ?2) ORDER BY seq`,
    )
      .bind(JSON.stringify(types), about)
      .all<any>();
    return results.map(({ type, user_id, data }) => ({ type, user_id, ...JSON.parse(data) }));
  };
  return { told, end: () => call('DELETE', `/v1/admin/webhooks/${body.id}`, { headers: INTERNAL }) };
}

describe('a cap of a user', () => {
  it('is told of at 50, 80 and 100 per cent, once for each day and month', async () => {
    const hook = await hearing();
    const user = await person();
    const of = { user_id: user.id };
    await service('POST', '/v1/credits/add', { ...of, amount: 1000, reference: 'start' });
    await as(user, 'PUT', '/v1/me/spending', { credits: { day: 100 }, resources: { images: { day: 4 } } });
    await charge(of, 49);
    await tellOfUser(user.id);
    expect(await mails(user.id)).toEqual([]);
    await charge(of, 1);
    await charge(of, 35);
    await service('POST', '/v1/usage', { ...of, resource: 'images', quantity: 4 });
    await charge(of, 15);
    await tellOfUser(user.id);
    expect(shown(await mails(user.id))).toEqual([
      [null, 100],
      [null, 50],
      [null, 80],
      ['images', 100],
    ]);
    expect(await mails(user.id)).toContainEqual(
      expect.objectContaining({ template: 'cap_warning', is_own: false, organization: null }),
    );
    const types = ['cap.warning', 'cap.exceeded'];
    const events = await hook.told(types, user.id);
    expect(events.map(({ type, resource, percent }) => [type, resource, percent]).sort()).toEqual([
      ['cap.exceeded', null, 100],
      ['cap.exceeded', 'images', 100],
      ['cap.warning', null, 50],
      ['cap.warning', null, 80],
    ]);
    // Given back and used again, it is no news; a day later it is.
    await service('POST', '/v1/credits/refund', { ...of, refund_of: `charge-${asked}`, reference: 'back' });
    await evictDurableObject(accountOf(user.id));
    await charge(of, 15);
    await tellOfUser(user.id);
    expect(await mails(user.id)).toHaveLength(4);
    advance(DAY);
    await charge(of, 90);
    await tellOfUser(user.id);
    expect(shown(await mails(user.id)).filter(([, percent]) => percent === 80)).toHaveLength(2);
    await hook.end();
  });
});

describe('a quota and a cap of an organization', () => {
  it('are told to those who pay, and the cap of a member to that member', async () => {
    const hook = await hearing();
    const { id, owner, payer, member } = await team();
    const of = { organization_id: id };
    await service('POST', '/v1/credits/add', { ...of, amount: 1000, reference: 'start' });
    await as(owner, 'PUT', `/v1/organizations/${id}/spending`, { credits: { month: 100 } });
    await as(owner, 'PUT', `/v1/organizations/${id}/caps`, { credits: { day: 60 } });
    await charge({ ...of, user_id: member.id }, 50);
    await service('POST', '/v1/usage', { ...of, resource: 'images', quantity: 10 });
    await tellOf(id);
    for (const one of [owner, payer]) {
      expect(shown(await mails(one.id))).toEqual([
        [null, 50],
        ['images', 50],
      ]);
      expect((await mails(one.id))[0].organization).toEqual(expect.any(String));
    }
    expect(await mails(member.id)).toEqual([
      expect.objectContaining({ template: 'cap_warning', resource: null, percent: 80, is_own: true }),
    ]);
    const events = await hook.told(['cap.warning', 'quota.warning', 'credits.changed', 'credits.low'], id);
    expect(
      events.map(({ type, user_id, member_id, percent }) => [type, user_id, member_id, percent]),
    ).toEqual(
      expect.arrayContaining([
        ['cap.warning', null, undefined, 50],
        ['cap.warning', null, member.id, 80],
        ['quota.warning', null, undefined, 50],
      ]),
    );
    // Told again, as when an answer is lost, it is told once.
    await tellOf(id);
    expect(await mails(owner.id)).toHaveLength(2);
    await hook.end();
  });

  it('are told to whoever sees what is paid, by roles of the realm as they are by then', async () => {
    const realm = 'alerted';
    await createRealm(realm);
    const roles = { controller: ['billing:read'], payer: ['billing:manage'], writer: ['usage:read'] };
    const set = (organization_roles: object) =>
      call('PATCH', `/v1/admin/realms/${realm}`, { headers: INTERNAL, body: { organization_roles } });
    expect((await set(roles)).status).toBe(200);
    const owner = await person(realm);
    const id = await foundedBy(owner);
    const joined = async (role: string) => [role, (await join(id, owner, role)).id] as const;
    const named = [await joined('controller'), await joined('payer'), await joined('writer')];
    const ids = Object.fromEntries([...named, await joined('admin'), await joined('member')]);
    const asService = (path: string, body: object) => call('POST', path, { realm, headers: INTERNAL, body });
    const told = async () => {
      await tellOf(id);
      const all = Object.entries({ owner: owner.id, ...ids });
      const counts = await Promise.all(
        all.map(async ([role, who]) => [role, (await mails(who)).length] as const),
      );
      return counts.filter(([, count]) => count > 0).map(([role]) => role);
    };
    await asService('/v1/credits/add', { organization_id: id, amount: 1000, reference: 'start' });
    const cap = { credits: { month: 100 } };
    await call('PUT', `/v1/organizations/${id}/spending`, { realm, token: owner.token, body: cap });
    await asService('/v1/credits/use', { organization_id: id, amount: 50, reference: 'half' });
    expect((await told()).sort()).toEqual(['admin', 'controller', 'owner', 'payer']);
    await env.DB.prepare("DELETE FROM outbox WHERE template = 'cap_warning'").run();
    await set({ ...roles, controller: [], writer: ['billing:read'] });
    await asService('/v1/credits/use', { organization_id: id, amount: 40, reference: 'more' });
    expect((await told()).sort()).toEqual(['admin', 'owner', 'payer', 'writer']);
  });

  it('are heard by webhooks, as are its credits, with who it was', async () => {
    const hook = await hearing();
    const { id, member } = await team();
    // What an isolate knows of the realm's webhooks is half a minute old at most.
    advance(31_000);
    const of = { organization_id: id };
    await service('POST', '/v1/credits/add', { ...of, amount: 100, reference: 'start' });
    await charge({ ...of, user_id: member.id }, 95);
    await tellOf(id);
    const events = await hook.told(['credits.changed', 'credits.low'], id);
    expect(
      events.map(({ type, amount, balance, member_id }) => [type, amount ?? balance, member_id]),
    ).toEqual([
      ['credits.changed', 100, undefined],
      ['credits.changed', -95, member.id],
      ['credits.low', 5, member.id],
    ]);
    await hook.end();
  });

  it('go to the sink, each use and each row of the ledger once, also of one that is deleted', async () => {
    const server = eventServer();
    withEventSink(server.variables);
    const { id, owner, member } = await team();
    const of = { organization_id: id };
    await evictDurableObject(stubOf(id)).catch(() => {});
    await service('POST', '/v1/credits/add', { ...of, amount: 100, reference: 'start' });
    await service('POST', '/v1/usage', { ...of, user_id: member.id, resource: 'images', quantity: 2 });
    await tellOf(id);
    await charge({ ...of, user_id: member.id }, 5);
    await organizationOf(id).organizationDeleted({ organizationId: id, realmId: 'default' });
    for (let n = 0; n < 3; n += 1) {
      advance(61_000);
      await tellOf(id);
    }
    const events = (await server.taken()).filter(({ subject }) => subject === id);
    expect(events.map(({ type, data }: any) => [type, data.amount ?? data.quantity, data.member])).toEqual([
      ['latchkey.credits', 100, 'internal'],
      ['latchkey.usage', 2, member.id],
      ['latchkey.credits', -5, member.id],
    ]);
    for (const { data } of events as any[]) expect(data.organization_id).toBe(id);
    expect(new Set(events.map((one) => one.id)).size).toBe(3);
    expect(owner.id).not.toBe(member.id);
  });
});
