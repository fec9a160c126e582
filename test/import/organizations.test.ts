import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { auditOf } from '../support/admin.ts';
import { call, createRealm, expectProblem, INTERNAL, register } from '../support/api.ts';
import { importRows, ndjson, someUser } from '../support/import.ts';
import { foundedBy, person, rolesIn, type TestMember } from '../support/organizations.ts';

const send = (
  rows: object[] | string,
  query: Record<string, string> = {},
  options: { realm?: string; headers?: Record<string, string>; token?: string } = {},
) => {
  const { realm, token, headers = INTERNAL } = options;
  return call('POST', `/v1/admin/organizations/import?${new URLSearchParams(query)}`, {
    ...{ realm, token },
    raw: typeof rows === 'string' ? rows : ndjson(rows),
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  });
};
const slugged = () => `s-${crypto.randomUUID().slice(0, 12)}`;
const ownedBy = (who: TestMember, more: object = {}) => ({
  ...{ slug: slugged(), name: 'Moved', members: [{ user_id: who.id, role: 'owner' }] },
  ...more,
});
const get = async (id: string) =>
  (await call('GET', `/v1/admin/organizations/${id}`, { headers: INTERNAL })).body;

describe('imported organizations', () => {
  it('have what their rows say, and their members, however those are named', async () => {
    const [owner, member] = [await person(), await person()];
    const old = { ...someUser(), external_id: 'u-17' };
    const source = crypto.randomUUID();
    await importRows(ndjson([old]), { query: { source } });
    const row = {
      ...ownedBy(owner),
      name: 'Analytical Engines',
      logo: 'https://example.com/logo.png',
      metadata: { tier: 'gold' },
      plan: 'pro',
      plan_expires_at: '2999-01-01T00:00:00Z',
      seats: 5,
      created_at: '2020-02-03T04:05:06Z',
      members: [
        { user_id: owner.id, role: 'owner' },
        { email: member.email.toUpperCase(), role: 'admin' },
        { external_id: 'u-17' },
      ],
    };
    const answer = await send([row], { source });
    expect(answer.body).toMatchObject({ imported: 1, skipped: 0, failed: 0, errors: [] });
    const [{ id, row: number, slug }] = answer.body.organizations;
    expect([number, slug]).toEqual([1, row.slug]);
    expect(await get(id)).toMatchObject({
      ...{ name: row.name, slug, logo: row.logo, metadata: row.metadata, plan: 'pro', seats: 5 },
      ...{ plan_expires_at: '2999-01-01T00:00:00.000Z', created_at: '2020-02-03T04:05:06.000Z' },
    });
    const roles = await rolesIn(id, owner);
    expect(roles).toMatchObject({ [owner.id]: 'owner', [member.id]: 'admin' });
    expect(Object.values(roles).toSorted()).toEqual(['admin', 'member', 'owner']);
    expect(await auditOf(id)).toMatchObject([{ details: { imported: true, members: 3, user_id: owner.id } }]);
    // Its object knows them: what they use is the organization's.
    const use = { organization_id: id, user_id: member.id, resource: 'images', quantity: 2 };
    const used = await call('POST', '/v1/usage', { headers: INTERNAL, body: use });
    expect(used.body.quota).toMatchObject({ limit: 200, used: 2 });
  });

  it('have nobody who has signed up with somebody’s address and not proved it', async () => {
    const owner = await person();
    const { user } = await register();
    const named = (by: object) =>
      ownedBy(owner, {
        members: [
          { user_id: owner.id, role: 'owner' },
          { role: 'owner', ...by },
        ],
      });
    const refused = await send([named({ email: user.email })]);
    expect(refused.body).toMatchObject({ imported: 0, failed: 1 });
    expect(refused.body.errors).toMatchObject([{ row: 1, column: 'members', code: 'user_not_found' }]);
    // Whom an import has brought the operator knows, as they do an id.
    const old = someUser();
    await importRows(ndjson([old]));
    const sent = await send([named({ email: old.email }), named({ user_id: user.id })]);
    expect(sent.body).toMatchObject({ imported: 2, failed: 0 });
  });

  it('are made once: what is there is skipped, or an error, and never changed', async () => {
    const owner = await person();
    const rows = [ownedBy(owner), ownedBy(owner), ownedBy(owner)];
    const tried = await send([...rows, rows[0] as object], { dry_run: 'true' });
    expect(tried.body).toMatchObject({
      dry_run: true,
      imported: 3,
      skipped: 1,
      failed: 0,
      organizations: [],
    });
    expect((await send(rows.slice(0, 1))).body.imported).toBe(1);
    const again = rows.map((row) => ({ ...row, name: 'Changed' }));
    const sent = await Promise.all([send(again), send(again)]);
    const count = (name: string) => sent.reduce((sum, { body }) => sum + body[name], 0);
    expect([count('imported'), count('skipped'), count('failed')]).toEqual([2, 4, 0]);
    const refused = await send(again, { on_existing: 'error' });
    expect(refused.body).toMatchObject({ imported: 0, failed: 3 });
    expect(refused.body.errors[0]).toMatchObject({ row: 1, line: 1, column: 'slug', code: 'slug_taken' });
    const own = await call('GET', '/v1/me/organizations', { token: owner.token });
    const names = own.body.data.map(
      ({ organization }: { organization: { name: string } }) => organization.name,
    );
    expect(names.toSorted()).toEqual(['Changed', 'Changed', 'Moved']);
  });

  it('are whole or not there: each fault is named by row, line and column, and leaves the others alone', async () => {
    await createRealm('movers', { organizations_per_user: '2', members_per_organization: '3' });
    const realm = 'movers';
    const [owner, busy, elsewhere] = [await person(realm), await person(realm), await person()];
    for (let made = 0; made < 2; made++) await foundedBy(busy);
    const bad: [object, string | null, string][] = [
      [{ slug: 'No Such Name!' }, 'slug', 'invalid_format'],
      [{ slug: undefined }, 'slug', 'invalid_type'],
      [{ name: '' }, 'name', 'too_small'],
      [{ colour: 'red' }, 'colour', 'unknown_column'],
      [{ name: 'nul\0' }, 'name', 'null_character'],
      [{ plan: 'none' }, 'plan', 'unknown'],
      [{ plan_expires_at: '2020-01-01T00:00:00Z' }, 'plan_expires_at', 'past'],
      [{ created_at: '1900-01-01T00:00:00Z' }, 'created_at', 'custom'],
      [{ created_at: 1e300 }, 'created_at', 'custom'],
      [{ plan_expires_at: '9999-12-31T23:59:59-23:59' }, 'plan_expires_at', 'custom'],
      [{ logo: 'javascript:alert(1)' }, 'logo', 'invalid_format'],
      [{ members: [] }, 'members', 'custom'],
      [{ members: [{ user_id: owner.id, role: 'admin' }] }, 'members', 'custom'],
      [{ members: [{ role: 'owner' }] }, 'members', 'custom'],
      [{ members: [{ user_id: owner.id, email: owner.email, role: 'owner' }] }, 'members', 'custom'],
      [{ members: [{ user_id: elsewhere.id, role: 'owner' }] }, 'members', 'user_not_found'],
      [{ members: [{ email: elsewhere.email, role: 'owner' }] }, 'members', 'user_not_found'],
      [{ members: [{ external_id: 1, role: 'owner' }] }, 'members', 'user_not_found'],
      [{ members: [{ user_id: owner.id, role: 'owner' }, { email: owner.email }] }, 'members', 'duplicate'],
      [
        {
          members: [
            { user_id: owner.id, role: 'owner' },
            { user_id: busy.id, role: 'chef' },
          ],
        },
        'members',
        'unknown',
      ],
      [{ members: [{ user_id: busy.id, role: 'owner' }] }, 'members', 'too_many_organizations'],
      [
        { seats: 1, members: [{ user_id: owner.id, role: 'owner' }, { user_id: busy.id }] },
        'members',
        'no_seat_left',
      ],
    ];
    const good = ownedBy(owner);
    const lines = [
      ...bad.map(([more]) => JSON.stringify(ownedBy(owner, more))),
      '',
      '[]',
      JSON.stringify(good),
    ];
    const before = await env.DB.prepare('SELECT count(*) AS n FROM organization_members').first('n');
    const { body } = await send(lines.join('\n'), {}, { realm });
    expect(body).toMatchObject({ imported: 1, skipped: 0, failed: bad.length + 1 });
    for (const [index, [more, column, code]] of bad.entries()) {
      const found = body.errors.filter(({ row }: { row: number }) => row === index + 1);
      expect(found, JSON.stringify(more)).toMatchObject([{ line: index + 1, column, code }]);
    }
    expect(body.errors.at(-1)).toMatchObject({
      row: bad.length + 1,
      line: bad.length + 2,
      code: 'invalid_json',
    });
    const after = await env.DB.prepare('SELECT count(*) AS n FROM organization_members').first('n');
    expect(Number(after) - Number(before)).toBe(1);
  });

  it('are for operators of the realm with a fresh proof, as NDJSON, at most 100 a request', async () => {
    const owner = await person();
    const row = ownedBy(owner);
    expectProblem(await send([row], {}, { headers: {} }), 401, 'authentication_required');
    expectProblem(await send([row], {}, { headers: {}, token: owner.token }), 403, 'insufficient_scope');
    const csv = await send('slug,name\na,b\n', {}, { headers: { ...INTERNAL, 'content-type': 'text/csv' } });
    expectProblem(csv, 415, 'unsupported_media_type');
    expectProblem(await send(''), 422, 'validation_failed');
    expectProblem(await send(Array.from({ length: 101 }, () => row)), 422, 'validation_failed');
    expectProblem(await send(' '.repeat(1024 * 1024 + 1)), 413, 'payload_too_large');
    expect((await send([row])).body).toMatchObject({ imported: 1, errors: [] });
  });
});
