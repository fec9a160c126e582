import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/lib/time.ts';
import { checkDomains } from '../../src/organizations/domain-checks.ts';
import { Domains, recordOf } from '../../src/organizations/domain-service.ts';
import { createServices } from '../../src/services.ts';
import { auditOf } from '../support/admin.ts';
import { call, expectProblem, registerVerified } from '../support/api.ts';
import { foundedBy, join, person, rolesIn, type TestMember } from '../support/organizations.ts';

// No test can write into DNS: what a name says is told to the service here, and everything else is real.

const NOBODY = { userId: '', bookmark: null };

async function scene() {
  const services = createServices(env as never);
  const realm = await services.realms.get('default');
  const owner = await person();
  const id = await foundedBy(owner);
  const domain = `${crypto.randomUUID().slice(0, 8)}.example`;
  const named = async (by: TestMember, organization: string, joins_as: string | null) => {
    const answer = await call('POST', `/v1/organizations/${organization}/domains`, {
      token: by.token,
      body: { domain: domain.toUpperCase(), joins_as },
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body;
  };
  const verify = async (by: TestMember, organization: string, domainId: string, texts: string[]) => {
    const { organizations } = services;
    const domains = new Domains({
      d1: services.d1,
      sessions: services.sessions,
      changes: services.organizationChanges,
      organizations,
      resolve: async (name) => (name === `_latchkey-challenge.${domain}` ? texts : []),
    });
    const admitted = await organizations.admit(
      realm,
      organization,
      { ...NOBODY, userId: by.id },
      'domains:manage',
    );
    return domains.verify(admitted, domainId);
  };
  return { services, realm, owner, id, domain, named, verify };
}

describe('a domain', () => {
  it('is proved by its record, and its users join by themselves', async () => {
    const { owner, id, domain, named, verify } = await scene();
    const row = await named(owner, id, 'member');
    expect(row).toMatchObject({ domain, verified_at: null, joins_as: 'member' });
    expect(row.record).toMatchObject({ type: 'TXT', name: `_latchkey-challenge.${domain}` });
    await expect(verify(owner, id, row.id, ['something else'])).rejects.toMatchObject({
      code: 'domain_unverified',
    });
    const user = await registerVerified({ email: `ada@${domain}` });
    const own = () => call('GET', '/v1/me/organizations', { token: user.access_token });
    expect((await own()).body.data).toEqual([]);
    expect((await verify(owner, id, row.id, ['x', row.record.value])).verifiedAt).toBeGreaterThan(0);
    expect((await own()).body.data).toMatchObject([{ organization: { id }, role: 'member' }]);
    expect(await rolesIn(id, owner)).toMatchObject({ [user.user.id]: 'member' });
    // Who was removed does not come back by it, nor who has left.
    const path = `/v1/organizations/${id}/members/${user.user.id}`;
    expect((await call('DELETE', path, { token: owner.token })).status).toBe(204);
    expect((await own()).body.data).toEqual([]);
    const back = { id: user.user.id, email: user.user.email, token: user.access_token, realm: undefined };
    await join(id, owner, 'member', back);
    expect((await own()).body.data).toHaveLength(1);
    // Of another domain, or unproven, nobody joins.
    const { body } = await call('GET', '/v1/me/organizations', { token: (await person()).token });
    expect(body.data).toEqual([]);
  });

  it('is one organization’s: another that has the record too is refused', async () => {
    const { owner, id, named, verify } = await scene();
    const other = await person();
    const otherId = await foundedBy(other);
    const [first, second] = [await named(owner, id, null), await named(other, otherId, null)];
    const texts = [first.record.value, second.record.value];
    await verify(owner, id, first.id, texts);
    await expect(verify(other, otherId, second.id, texts)).rejects.toMatchObject({ code: 'domain_taken' });
  });

  it('is handled by who may, and joins nobody as more than they are', async () => {
    const { owner, id, domain, named } = await scene();
    const admin = await join(id, owner, 'admin');
    const member = await join(id, owner, 'member');
    const path = `/v1/organizations/${id}/domains`;
    const add = (by: TestMember, joins_as: string) =>
      call('POST', path, { token: by.token, body: { domain, joins_as } });
    expectProblem(await add(member, 'member'), 403, 'insufficient_permission');
    expectProblem(await add(admin, 'owner'), 403, 'insufficient_permission');
    expectProblem(await add(owner, 'admin'), 422, 'validation_failed');
    const row = await named(admin, id, 'member');
    expect(recordOf({ domain, token: row.record.value.split('=')[1] })).toEqual(row.record);
    const patch = (by: TestMember, joins_as: string | null) =>
      call('PATCH', `${path}/${row.id}`, { token: by.token, body: { joins_as } });
    expectProblem(await patch(admin, 'billing'), 403, 'insufficient_permission');
    expectProblem(await patch(owner, 'billing'), 422, 'validation_failed');
    expect((await patch(owner, null)).body.joins_as).toBeNull();
    expect((await call('GET', path, { token: admin.token })).body.data).toHaveLength(1);
    expect((await call('DELETE', `${path}/${row.id}`, { token: admin.token })).status).toBe(204);
    expectProblem(await patch(owner, null), 404, 'domain_not_found');
  });
});

describe('a proof', () => {
  /** A run of the check at so many days from now, where the name says that, or nobody knows what. */
  async function proved() {
    const { services, owner, id, named, verify, ...rest } = await scene();
    const row = await named(owner, id, 'member');
    await verify(owner, id, row.id, [row.record.value]);
    const { d1, organizationChanges: changes } = services;
    const asked: string[] = [];
    const check = async (days: number, texts: string[] | null, calls = 1000) => {
      let left = calls;
      const take = (count: number) => {
        const may = count <= left;
        if (may) left -= count;
        return may;
      };
      const budget = { take };
      const resolve = async (name: string) => {
        if (name === row.record.name) asked.push(name);
        return name === row.record.name ? texts : null;
      };
      await checkDomains({ d1, changes, resolve }, Date.now() + days * DAY + HOUR, budget);
    };
    const isProved = async () => {
      const { body } = await call('GET', `/v1/organizations/${id}/domains`, { token: owner.token });
      return body.data[0].verified_at !== null;
    };
    return { ...rest, id, owner, row, verify, named, check, isProved, asked, found: [row.record.value] };
  }

  it('ends after three days without the record, and with it the joining', async () => {
    const { domain, owner, id, row, verify, named, check, isProved } = await proved();
    for (const day of [1, 2]) await check(day, []);
    expect(await isProved()).toBe(true);
    await check(3, ['somebody else’s']);
    expect(await isProved()).toBe(false);
    expect((await auditOf(id)).at(-1)).toMatchObject({
      ...{ action: 'domain_changed', actor: 'system' },
      details: { domain_id: row.id, domain, verified: false },
    });
    const user = await registerVerified({ email: `late@${domain}` });
    const own = () => call('GET', '/v1/me/organizations', { token: user.access_token });
    expect((await own()).body.data).toEqual([]);
    // Whoever has the domain now proves it; and who had it may again, where nobody has.
    const other = await person();
    const otherId = await foundedBy(other);
    const second = await named(other, otherId, null);
    await verify(other, otherId, second.id, [second.record.value]);
    await expect(verify(owner, id, row.id, [row.record.value])).rejects.toMatchObject({
      code: 'domain_taken',
    });
  });

  it('stays while the record is there, or nobody knows, and is looked at once a day', async () => {
    const { check, isProved, asked, found } = await proved();
    await check(0, []);
    expect(asked).toEqual([]);
    for (const day of [1, 2]) await check(day, []);
    await check(3, found);
    await check(3, []);
    expect(asked).toHaveLength(3);
    for (const day of [4, 5]) await check(day, []);
    for (const day of [6, 7, 8, 9]) await check(day, null);
    expect(await isProved()).toBe(true);
  });

  it('ends after three days, though on others nobody knows', async () => {
    const { check, isProved } = await proved();
    for (const day of [1, 2]) await check(day, []);
    for (const day of [3, 4]) await check(day, null);
    expect(await isProved()).toBe(true);
    await check(5, []);
    expect(await isProved()).toBe(false);
  });

  it('that cannot be looked at now is looked at later', async () => {
    const { check, isProved, asked } = await proved();
    for (const day of [1, 2]) await check(day, []);
    await check(3, [], 3);
    expect(asked).toHaveLength(2);
    await check(3, []);
    expect(await isProved()).toBe(false);
  });
});
