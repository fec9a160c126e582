import { beforeAll, describe, expect, it } from 'vitest';
import { auditOf } from '../support/admin.ts';
import { call, changeDirectory, createRealm, INTERNAL, register } from '../support/api.ts';
import { foundedBy, join, person, rolesIn, type TestMember } from '../support/organizations.ts';
import { ageProofs } from '../support/stale-proof.ts';
import {
  cookieOf,
  expectLedTo,
  expectPage,
  open,
  submit,
  type Visitor,
  visitor,
  withoutOwnScripts,
} from '../support/visitor.ts';

const MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'';
const LIST = '/admin/organizations';

async function operator(realm?: string): Promise<Visitor> {
  const who = await visitor({}, { realm });
  await changeDirectory(who.user.user.id, { role: 'admin' });
  return { ...who, cookie: await cookieOf(who.user, { realm }) };
}

const get = async (id: string) =>
  (await call('GET', `/v1/admin/organizations/${id}`, { headers: INTERNAL })).body;

let admin: Visitor;
let elsewhere: Visitor;
beforeAll(async () => {
  await createRealm('elsewhere-orgs');
  [admin, elsewhere] = [await operator(), { ...(await operator('elsewhere-orgs')), realm: 'elsewhere-orgs' }];
});

describe('the list of organizations', () => {
  it('has a form that makes one for a user, by address or id', async () => {
    const owner = await person();
    const fields = { form: 'create', name: MARKUP, slug: '', owner: owner.email.toUpperCase() };
    const made = await submit(LIST, fields, admin);
    const [, id] = /\/admin\/organizations\/(org_\w+)\?done=created$/.exec(
      made.headers.get('location') ?? '',
    ) as RegExpExecArray;
    expect(await rolesIn(id as string, owner)).toEqual({ [owner.id]: 'owner' });
    for (const path of [LIST, `${LIST}/${id}`, `/admin/users/${owner.id}`]) {
      const { body } = await open(path, admin);
      expect(body).toContain('&lt;script&gt;');
      expect(withoutOwnScripts(body)).not.toMatch(/<script|<img src=x/);
    }
    const byId = await submit(LIST, { ...fields, name: 'By id', owner: owner.id }, admin);
    expect(byId.status).toBe(303);
    for (const [wrong, field] of [
      [{ owner: 'nobody@example.com' }, 'owner'],
      [{ owner: 'usr_none' }, 'owner'],
      // Whoever has signed up with an address and not proved it may be anybody.
      [{ owner: (await register()).user.email }, 'owner'],
      [{ owner: elsewhere.user.user.id }, 'owner'],
      [{ name: '' }, 'name'],
      [{ slug: 'No Such Name!' }, 'slug'],
    ] as const) {
      const refused = await submit(LIST, { ...fields, ...wrong }, admin);
      expectPage(refused, 422);
      expect(refused.body).toContain(`href="#${field}"`);
    }
  });

  it('is searched and paged', async () => {
    const owner = await person();
    const mark = `Paged ${crypto.randomUUID().slice(0, 8)}`;
    const make = (index: number) =>
      call('POST', '/v1/admin/organizations', {
        headers: INTERNAL,
        body: { name: `${mark} ${String(index).padStart(2, '0')}`, owner: owner.id },
      });
    // One user may be in no more than the realm lets them.
    await call('PATCH', '/v1/admin/realms/default', {
      headers: INTERNAL,
      body: { organizations_per_user: 500 },
    });
    for (let index = 0; index < 51; index++) expect((await make(index)).status).toBe(201);
    const first = await open(`${LIST}?q=${encodeURIComponent(mark.toLowerCase())}`, admin);
    expect(first.body).toContain('51 in all');
    expect(first.body.match(/<tr>/g)).toHaveLength(51);
    const [, next] = first.body.match(/href="([^"]+)" rel="next"/) as RegExpMatchArray;
    const second = await open((next as string).replaceAll('&amp;', '&'), admin);
    expect(second.body.match(/<tr>/g)).toHaveLength(2);
    expect((await open(`${LIST}?q=none-such&cursor=x`, admin)).body).toContain('No organizations found');
  });
});

describe('the page of an organization', () => {
  const send = (id: string, form: string, fields: Record<string, string>, who = admin) =>
    submit(`${LIST}/${id}`, { form, ...fields }, who);
  async function team(): Promise<{ id: string; owner: TestMember; member: TestMember }> {
    const owner = await person();
    const id = await foundedBy(owner, 'Team');
    return { id, owner, member: await join(id, owner, 'member') };
  }

  it('changes what it is, may and costs, with a reason', async () => {
    const { id } = await team();
    const page = `${LIST}/${id}`;
    const settings = { name: 'Renamed', slug: `renamed-${id.slice(-6)}`, logo: '', seats: '3' };
    expectLedTo(await send(id, 'settings', settings), `${page}?done=saved`);
    const plan = { plan: 'pro', plan_expires: '2999-01-01', plan_reason: 'They asked' };
    expectLedTo(await send(id, 'plan', plan), `${page}?done=plan`);
    const limits = { 'limits.images.day': '7', 'limits.videos.month': 'unlimited', limits_reason: '' };
    expectLedTo(await send(id, 'limits', limits), `${page}?done=limits`);
    expect(await get(id)).toMatchObject({
      name: 'Renamed',
      seats: 3,
      plan: 'pro',
      plan_expires_at: '2999-01-01T00:00:00.000Z',
      limits: { images: { day: 7 }, videos: { month: null } },
    });
    expect((await auditOf(id)).map(({ details }) => details.reason)).toContain('They asked');
    const credits = { amount: '25', credits_reason: 'Goodwill', reference: 'twice' };
    for (let time = 0; time < 2; time++) {
      expectLedTo(await send(id, 'credits', credits), `${page}?done=credits`);
    }
    const status = { status: 'suspended', status_reason: 'Unpaid' };
    expectLedTo(await send(id, 'status', status), `${page}?done=suspended`);
    for (const [tab, ...said] of [
      ['', 'Renamed', 'Suspended', 'value="3"'],
      ['plan', 'value="7"'],
      ['credits', '<strong>1,025</strong>'],
      ['activity', 'Unpaid'],
    ] as const) {
      const { body } = await open(`${page}?tab=${tab}`, admin);
      for (const one of said) expect(body, tab).toContain(one);
    }
    expectLedTo(await send(id, 'status', { status: 'active' }), `${page}?done=reactivated`);
  });

  it('says at the form what is wrong, and changes nothing', async () => {
    const { id } = await team();
    const before = await get(id);
    for (const [form, fields, field] of [
      ['settings', { name: 'Team', slug: 'No!', seats: '' }, 'slug'],
      ['settings', { name: 'Team', slug: 'team-x', seats: 'many' }, 'seats'],
      ['settings', { name: 'Team', slug: 'team-x', logo: 'javascript:alert(1)' }, 'logo'],
      ['plan', { plan: 'none' }, 'plan'],
      ['plan', { plan: 'free', plan_expires: '2020-01-01' }, 'plan_expires'],
      ['limits', { 'limits.images.day': '-1' }, 'limits.images.day'],
      ['credits', { amount: 'x', credits_reason: 'A', reference: 'r' }, 'amount'],
      ['add', { user: 'nobody@example.com', role: 'member' }, 'user'],
    ] as const) {
      const refused = await send(id, form, fields);
      expectPage(refused, 422);
      expect(refused.body, `${form} ${field}`).toContain(`href="#${field}"`);
    }
    expect(await get(id)).toEqual(before);
  });

  it('adds, changes and removes members, but not the last owner', async () => {
    const { id, owner, member } = await team();
    const page = `${LIST}/${id}`;
    const other = await person();
    expectLedTo(await send(id, 'add', { user: other.email, role: 'billing' }), `${page}?done=added`);
    expectPage(await send(id, 'add', { user: other.email, role: 'member' }), 409);
    const changed = { user: member.id, [`role.${member.id}`]: 'admin' };
    expectLedTo(await send(id, 'role', changed), `${page}?done=role`);
    expect(await rolesIn(id, owner)).toEqual({
      ...{ [owner.id]: 'owner', [member.id]: 'admin', [other.id]: 'billing' },
    });
    expectPage(await send(id, 'remove', { user: owner.id }), 409);
    expectLedTo(await send(id, 'remove', { user: other.id }), `${page}?done=removed`);
    expect(Object.keys(await rolesIn(id, owner))).toHaveLength(2);
  });

  it('deletes it after a fresh proof', async () => {
    const { id } = await team();
    await ageProofs(admin.user.user.id, 3_600_000);
    const asked = await send(id, 'delete', {});
    expect(asked.headers.get('location')).toBeNull();
    expect(await get(id)).toMatchObject({ id });
    const again = await operator();
    expectLedTo(await send(id, 'delete', {}, again), `${LIST}?done=deleted`);
    expect(await get(id)).toMatchObject({ code: 'organization_not_found' });
    admin = again;
  });

  it('is there for operators of the realm alone', async () => {
    const { id, owner } = await team();
    const before = await get(id);
    expect((await open(`${LIST}/${id}`)).status).toBe(303);
    expect((await open(`${LIST}/${id}`, elsewhere)).status).toBe(404);
    expect((await open(`${LIST}/org_none`, admin)).status).toBe(404);
    for (const form of [
      'settings',
      'status',
      'plan',
      'limits',
      'credits',
      'add',
      'role',
      'remove',
      'delete',
    ]) {
      const fields = { name: 'Mine', slug: 'mine', status: 'suspended', plan: 'free', amount: '1' };
      const more = { credits_reason: 'x', reference: 'r', user: owner.id, role: 'owner' };
      const there = await send(id, form, { ...fields, ...more }, elsewhere);
      expect([404, 422], form).toContain(there.status);
      const stranger = await submit(
        `${LIST}/${id}`,
        { form, ...fields, ...more },
        {},
        { accept: 'text/html' },
      );
      expect(stranger.status).toBe(303);
    }
    expect(await get(id)).toEqual(before);
  });
});
