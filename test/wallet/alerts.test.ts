import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { accountOf, call, createRealm, INTERNAL } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { eventServer, withEventSink } from '../support/event-sink.ts';
import { foundedBy, join, person, type TestMember } from '../support/organizations.ts';
import { authorizeBy, payingUser, userKey } from '../support/product-keys.ts';
import { countRows, takeRows } from '../support/rows.ts';
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

describe('the cap of a key', () => {
  const at = [
    ['credits', 49],
    ['credits', 1],
    ['credits', 35],
    ['images', 2],
    ['credits', 15],
  ] as const;
  const used = async (key: string) => {
    for (const [what, amount] of at) {
      asked += 1;
      const body =
        what === 'credits'
          ? { credits: amount, reference: `key-${asked}` }
          : { resource: what, quantity: amount, reference: `key-${asked}` };
      const { allowed } = (await authorizeBy(key, body)).body;
      expect(allowed).toBe(true);
    }
  };
  const caps = { credits: { month: 100 }, resources: { images: { day: 4 } } };
  const reached = [
    ['cap.exceeded', null, 100],
    ['cap.warning', null, 50],
    ['cap.warning', null, 80],
    ['cap.warning', 'images', 50],
  ];
  const asListed = (events: any[]) =>
    events.map(({ type, resource, percent }) => [type, resource, percent]).sort();

  it('is told of to its user at 50, 80 and 100 per cent, once for each period, by mail and as an event', async () => {
    const hook = await hearing();
    const user = await payingUser(1000);
    const { id } = user.user;
    const key = await userKey(user, { name: 'Export', caps });
    const other = await userKey(user, { name: 'Other', caps: { credits: { month: 10 } } });
    await used(key.key);
    await tellOfUser(id);
    const sent = await mails(id);
    expect(shown(sent)).toEqual([
      [null, 100],
      [null, 50],
      [null, 80],
      ['images', 50],
    ]);
    for (const mail of sent)
      expect(mail).toMatchObject({ is_own: false, api_key: { id: key.id, name: 'Export' } });
    const types = ['cap.warning', 'cap.exceeded'];
    const events = await hook.told(types, id);
    expect(asListed(events)).toEqual(reached);
    expect(new Set(events.map(({ api_key_id }) => api_key_id))).toEqual(new Set([key.id]));
    // Another key has caps of its own; what is given back and used again is no news, and another month is.
    await authorizeBy(other.key, { credits: 5, reference: 'other' });
    const refund = { user_id: id, refund_of: `key-${asked}`, reference: 'key-back' };
    await service('POST', '/v1/credits/refund', refund);
    await evictDurableObject(accountOf(id));
    await authorizeBy(key.key, { credits: 15, reference: 'again' });
    await tellOfUser(id);
    const later = await mails(id);
    expect(later.filter(({ api_key }) => api_key.id === other.id)).toMatchObject([{ percent: 50 }]);
    expect(later).toHaveLength(5);
    advance(32 * DAY);
    const next = await authorizeBy(key.key, { credits: 60, reference: 'next-month' });
    expect(next.body, JSON.stringify(next.body)).toMatchObject({ allowed: true });
    await tellOfUser(id);
    expect((await mails(id)).filter(({ percent }) => percent === 50)).toHaveLength(4);
    await hook.end();
  });

  it('is told of to those who hear of what the organization spends, and to no other member', async () => {
    const hook = await hearing();
    const { id, owner, payer, member } = await team();
    await service('POST', '/v1/credits/add', { organization_id: id, amount: 1000, reference: 'start' });
    const made = await as(owner, 'POST', `/v1/organizations/${id}/api-keys`, { name: 'Shared', caps });
    await used(made.body.key);
    await tellOf(id);
    for (const one of [owner, payer]) {
      const own = (await mails(one.id)).filter(({ api_key }) => api_key);
      expect(shown(own)).toEqual([
        [null, 100],
        [null, 50],
        [null, 80],
        ['images', 50],
      ]);
      expect(own[0]).toMatchObject({
        is_own: false,
        api_key: { id: made.body.id, name: 'Shared' },
        organization: 'Analytical Engines',
      });
    }
    expect(await mails(member.id)).toEqual([]);
    const events = (await hook.told(['cap.warning', 'cap.exceeded'], id)).filter((one) => one.api_key_id);
    expect(asListed(events)).toEqual(reached);
    expect(events[0]).toMatchObject({ api_key_id: made.body.id, organization_id: id });
    expect(events[0].member_id).toBeUndefined();
    await hook.end();
  });

  it('writes nothing more where nothing is reached, and two rows where something is', async () => {
    const user = await payingUser(1000);
    const { key } = await userKey(user, { caps: { credits: { month: 100 } } });
    await authorizeBy(key, { credits: 1, reference: 'warm' });
    await tellOfUser(user.user.id);
    await countRows();
    const rowsOf = async (credits: number) => {
      await takeRows();
      asked += 1;
      await authorizeBy(key, { credits, reference: `rows-${asked}` });
      return (await takeRows()).otherRows;
    };
    // The first after the alarm sets it again.
    await rowsOf(1);
    const usual = await rowsOf(1);
    expect(await rowsOf(46)).toBe(usual);
    // What was told, and the mail that waits: with the table of those that wait, and its number, where it is the first.
    expect(await rowsOf(1)).toBeGreaterThan(usual);
    expect(await rowsOf(29)).toBe(usual);
    expect((await rowsOf(1)) - usual).toBe(3);
    expect(await rowsOf(1)).toBe(usual);
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
