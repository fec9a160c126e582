import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import { advance } from '../support/clock.ts';
import {
  asked,
  hearMemberships,
  inOrganization,
  organizationOf,
  organizationState,
  organizationWith,
  sharedTerms,
} from '../support/wallet.ts';

let isAway: (userId: string) => boolean = () => false;
let hearing: ReturnType<typeof hearMemberships>;
beforeEach(() => {
  isAway = () => false;
  hearing = hearMemberships((userId) => isAway(userId));
});
afterEach(() => hearing.end());

const alarm = (id: string) => inOrganization(id, (object) => object.alarm());
const toldOf = (id: string) =>
  hearing.heard
    .filter(({ organizationId }) => organizationId === id)
    .map(({ organizationId: _, ...rest }) => rest);

/** Writes an organization and its members to the directory, as its operations do. */
async function store(id: string, version: number, members: Record<string, [role: string, version: number]>) {
  const rows = Object.entries(members).map(([userId, [role, since]]) => ({ userId, role, since }));
  const list = JSON.stringify(rows);
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO users (id, realm_id, email, email_verified, plan, created_at, updated_at)
       SELECT value ->> 'userId', 'default', (value ->> 'userId') || '@example.com', 1, 'free', 0, 0
       FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`,
    ).bind(list),
    env.DB.prepare(
      `INSERT INTO organizations (id, realm_id, name, slug, version, created_by, created_at, updated_at)
       VALUES (?1, 'default', 'Acme', replace(?1, '_', '-'), ?2, 'usr_maker', 0, 0)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version`,
    ).bind(id, version),
    env.DB.prepare(
      `INSERT INTO organization_members (organization_id, user_id, realm_id, role, version, joined_at)
       SELECT ?1, value ->> 'userId', 'default', value ->> 'role', value ->> 'since', 0
       FROM json_each(?2) WHERE true
       ON CONFLICT DO UPDATE SET role = excluded.role, version = excluded.version`,
    ).bind(id, list),
  ]);
}

describe('who is in an organization', () => {
  it('is what was told last, however late the rest comes, and how often', async () => {
    const { id, members } = await organizationWith(1);
    const [userId] = members as [string];
    const object = organizationOf(id);
    const tell = (role: string | null, version: number) =>
      object.directoryChanged(organizationState(id, { version }), [{ userId, role, version }]);
    const role = async () => {
      const answer = await object.membership('default', userId);
      return answer.result === 'ok' ? answer.role : answer.reason;
    };
    expect(await role()).toBe('owner');
    await tell('admin', 5);
    await tell('member', 3);
    expect(await role()).toBe('admin');
    await tell('admin', 5);
    expect(await role()).toBe('admin');
    await tell(null, 8);
    expect(await role()).toBe('not_a_member');
    await tell('owner', 7);
    expect(await role()).toBe('not_a_member');
    await tell(null, 8);
    expect(await role()).toBe('not_a_member');
    await tell('billing', 9);
    expect(await role()).toBe('billing');
    expect(toldOf(id)).toEqual([
      { userId, role: 'owner', version: 1 },
      { userId, role: 'admin', version: 5 },
      { userId, role: null, version: 8 },
      { userId, role: 'billing', version: 9 },
    ]);
  });

  it('takes the state by its own version, and members by theirs', async () => {
    const { id, members } = await organizationWith(1);
    const object = organizationOf(id);
    await object.directoryChanged(organizationState(id, { version: 4, plan: 'pro' }), []);
    const late = newId('usr');
    await object.directoryChanged(organizationState(id, { version: 3 }), [
      { userId: late, role: 'member', version: 3 },
    ]);
    expect(await object.subscription(sharedTerms(null))).toMatchObject({ result: 'ok' });
    const state = await inOrganization(id, (_, { kv }) => kv.get('state'));
    expect(state).toMatchObject({ plan: 'pro', version: 4 });
    expect(await object.membership('default', late)).toMatchObject({ role: 'member', version: 3 });
    expect(await object.membership('default', members[0] as string)).toMatchObject({ role: 'owner' });
  });

  it('refuses a member who was removed at the next decision', async () => {
    const { id, members } = await organizationWith(2);
    const object = organizationOf(id);
    const second = members[1] as string;
    const decide = () => object.authorizeMember(sharedTerms(second), asked());
    expect(await decide()).toMatchObject({ decision: { allowed: true } });
    const gone = [{ userId: second, role: null, version: 2 }];
    const [, after] = await Promise.all([
      object.directoryChanged(organizationState(id, { version: 2 }), gone),
      decide(),
    ]);
    expect(after).toMatchObject({ reason: 'not_a_member' });
  });
});

describe('members', () => {
  it('hear by the alarm what could not be told, and nobody is held up by them', async () => {
    const away = new Set<string>();
    isAway = (userId) => away.has(userId);
    const { id, members } = await organizationWith(0);
    const many = Array.from({ length: 70 }, () => newId('usr')).sort();
    for (const userId of many.slice(0, 40)) away.add(userId);
    await organizationOf(id).directoryChanged(
      organizationState(id, { version: 2 }),
      many.map((userId) => ({ userId, role: 'member', version: 2 })),
    );
    expect(members).toEqual([]);
    expect(toldOf(id)).toHaveLength(0);
    for (let n = 0; n < 4; n += 1) {
      advance(3_600_000);
      await alarm(id);
    }
    expect(toldOf(id).map(({ userId }) => userId)).toEqual(many.slice(40));
    away.clear();
    for (let n = 0; n < 3; n += 1) {
      advance(3_600_000);
      await alarm(id);
    }
    expect(toldOf(id)).toHaveLength(70);
    await alarm(id);
    expect(toldOf(id)).toHaveLength(70);
    const left = await inOrganization(id, (_, { kv }) => [kv.get('due'), kv.get('tell_tries')]);
    expect(left).toEqual([undefined, undefined]);
  });

  it('are told again later and later', async () => {
    isAway = () => true;
    const { id } = await organizationWith(1);
    const waits: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const due = await inOrganization(id, (_, { kv }) => (kv.get('due') as { tell: number }).tell);
      waits.push(due - Date.now());
      advance(due - Date.now() + 1);
      await alarm(id);
    }
    expect(waits[0]).toBeLessThanOrEqual(10_000);
    for (const [n, wait] of waits.slice(1).entries()) {
      expect(wait).toBeGreaterThan(30_000 * 2 ** n - 100);
      expect(wait).toBeLessThan(60_000 * 2 ** n + 100);
    }
  });

  it('hear that their organization is no more, and nothing brings it back', async () => {
    const { id, members } = await organizationWith(40);
    const object = organizationOf(id);
    const first = members[0] as string;
    await object.addCredits(sharedTerms(null), {
      type: 'added',
      amount: 5,
      reference: 'five',
      description: null,
      actor: 'key_test',
      expiresAt: null,
    });
    while (toldOf(id).length < 40) await alarm(id);
    isAway = (userId) => userId === first;
    await object.organizationDeleted({ organizationId: id, realmId: 'default' });
    await object.organizationDeleted({ organizationId: id, realmId: 'default' });
    expect(await object.membership('default', first)).toMatchObject({ reason: 'organization_not_found' });
    expect(await object.creditBalance(sharedTerms(null))).toMatchObject({ reason: 'organization_not_found' });
    await object.directoryChanged(organizationState(id, { version: 99 }), [
      { userId: first, role: 'owner', version: 99 },
    ]);
    expect(await object.authorizeMember(sharedTerms(first), asked())).toMatchObject({
      reason: 'organization_not_found',
    });
    for (let n = 0; n < 3; n += 1) {
      advance(3_600_000);
      await alarm(id);
    }
    expect(toldOf(id).filter(({ role }) => role === null)).toHaveLength(39);
    isAway = () => false;
    advance(3_600_000);
    await alarm(id);
    expect(toldOf(id).filter(({ role }) => role === null)).toHaveLength(40);
    const left = await inOrganization(id, (_, { kv, sql }) => [
      [...kv.list()].map(([key]) => key),
      sql.exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_%' ESCAPE '\\'").toArray(),
    ]);
    expect(left).toEqual([['deleted'], []]);
  });
});

describe('a change that was announced and never reported', () => {
  it('is looked up of who was out meanwhile: since when they are in it is told', async () => {
    const { id, members } = await organizationWith(1);
    const [userId] = members as [string];
    const object = organizationOf(id);
    // As an object of an earlier version has its members.
    await inOrganization(id, (_, storage) => storage.sql.exec('ALTER TABLE members DROP COLUMN joined_at'));
    await evictDurableObject(object as never);
    await object.announceChange();
    await store(id, 7, { [userId]: ['owner', 7] });
    await env.DB.prepare('UPDATE organization_members SET joined_at = 5 WHERE organization_id = ?')
      .bind(id)
      .run();
    advance(11_000);
    await alarm(id);
    expect(toldOf(id).at(-1)).toEqual({ userId, role: 'owner', version: 7, joinedAt: 5 });
  });

  it('is looked up: who came, who changed, who went, in pages', async () => {
    const { id, members } = await organizationWith(3);
    const [owner, second, third] = members as [string, string, string];
    const many = Array.from({ length: 1_500 }, () => newId('usr'));
    const joined = Object.fromEntries(many.map((one) => [one, ['member', 6]] as const)) as Record<
      string,
      [string, number]
    >;
    const object = organizationOf(id);
    await object.announceChange();
    await store(id, 7, { [owner]: ['owner', 1], [second]: ['admin', 7], ...joined });
    await alarm(id);
    expect(await object.membership('default', second)).toMatchObject({ role: 'member' });
    advance(11_000);
    await alarm(id);
    expect(await object.membership('default', owner)).toMatchObject({ role: 'owner', version: 1 });
    expect(await object.membership('default', second)).toMatchObject({ role: 'admin', version: 7 });
    expect(await object.membership('default', third)).toMatchObject({ reason: 'not_a_member' });
    expect(await object.membership('default', many.at(-1) as string)).toMatchObject({ role: 'member' });
    // What was told while it was read, and is newer, stays.
    const newest = newId('usr');
    await object.directoryChanged(organizationState(id, { version: 9 }), [
      { userId: newest, role: 'member', version: 9 },
    ]);
    await object.announceChange();
    advance(11_000);
    await alarm(id);
    expect(await object.membership('default', newest)).toMatchObject({ role: 'member' });
  });

  it('is looked up of an organization that the object was never told of', async () => {
    const id = newId('org');
    const userId = newId('usr');
    const object = organizationOf(id);
    await object.announceChange();
    await store(id, 1, { [userId]: ['owner', 1] });
    advance(11_000);
    await alarm(id);
    expect(await object.membership('default', userId)).toMatchObject({ result: 'ok', role: 'owner' });
    expect(toldOf(id)).toEqual([{ userId, role: 'owner', version: 1, joinedAt: 0 }]);
  });

  it('is looked up when the organization is gone, and again when D1 is away', async () => {
    const { id, members } = await organizationWith(1);
    const object = organizationOf(id);
    await object.announceChange();
    const prototype = Object.getPrototypeOf(env.DB.withSession());
    const away = vi.spyOn(prototype, 'prepare').mockImplementation(() => {
      throw new Error('D1 is away');
    });
    advance(11_000);
    await alarm(id);
    away.mockRestore();
    expect(await object.membership('default', members[0] as string)).toMatchObject({ role: 'owner' });
    advance(61_000);
    await alarm(id);
    expect(await object.membership('default', members[0] as string)).toMatchObject({
      reason: 'organization_not_found',
    });
    expect(toldOf(id).at(-1)).toMatchObject({ role: null });
  });
});
