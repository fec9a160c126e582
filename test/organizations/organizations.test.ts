import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { asAdmin, auditOf } from '../support/admin.ts';
import { call, createRealm, expectProblem, register, registerVerified } from '../support/api.ts';
import { foundedBy, join, person, rolesIn } from '../support/organizations.ts';

const make = (token: string, body: unknown) => call('POST', '/v1/organizations', { token, body });
const own = (token: string, query = '') => call('GET', `/v1/me/organizations${query}`, { token });

describe('an organization', () => {
  it('is made by a user, who owns it, and is listed with what they may', async () => {
    const ada = await person();
    const slug = `engines-${crypto.randomUUID().slice(0, 8)}`;
    const made = await make(ada.token, { name: ' Analytical Engines ', slug: slug.toUpperCase() });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      organization: {
        realm: 'default',
        name: 'Analytical Engines',
        slug,
        logo: null,
        plan: 'organization',
        seats: null,
      },
      role: 'owner',
    });
    expect(made.body.permissions).toContain('organization:delete');
    const listed = await own(ada.token);
    expect(listed.body).toEqual({ data: [made.body], next_cursor: null });
    const { id } = made.body.organization;
    expect((await call('GET', `/v1/organizations/${id}`, { token: ada.token })).body).toEqual(made.body);
    expect(await auditOf(id)).toMatchObject([{ action: 'organization_created', actor: ada.id }]);
  });

  it('gets a slug like its name, another one where that is taken, and never one that somebody has', async () => {
    const ada = await person();
    const name = `Zoë’s Räder ${crypto.randomUUID().slice(0, 8)}`;
    const [first, second] = [await make(ada.token, { name }), await make(ada.token, { name })];
    expect(first.body.organization.slug).toMatch(/^zoe-s-rader-[0-9a-f]{8}$/);
    expect(second.body.organization.slug).toMatch(/^zoe-s-rader-[0-9a-f]{8}-[0-9a-z]{8}$/);
    expectProblem(await make(ada.token, { name, slug: first.body.organization.slug }), 409, 'slug_taken');
  });

  it('needs a verified address, and a name', async () => {
    const unproven = await register();
    expectProblem(await make(unproven.access_token, { name: 'X' }), 403, 'email_not_verified');
    const ada = await person();
    expectProblem(await make(ada.token, { name: ' ' }), 422, 'validation_failed');
    expectProblem(await make(ada.token, { name: 'X', slug: '-x' }), 422, 'validation_failed');
    expectProblem(await make(ada.token, { name: 'X', plan: 'pro' }), 422, 'validation_failed');
  });

  it('is no more than the realm lets a user be in, also at once', async () => {
    await createRealm('few-teams', { organizations_per_user: 2 });
    const ada = await registerVerified({}, { realm: 'few-teams' });
    const token = ada.access_token;
    const answers = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        call('POST', '/v1/organizations', { realm: 'few-teams', token, body: { name: `T${n}` } }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 409, 409]);
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => body.code)).toEqual([
      'too_many_organizations',
      'too_many_organizations',
    ]);
  });

  it('is made by operators alone where the realm says so', async () => {
    await createRealm('no-teams', { organizations: 'closed' });
    const ada = await registerVerified({}, { realm: 'no-teams' });
    const answer = await call('POST', '/v1/organizations', {
      realm: 'no-teams',
      token: ada.access_token,
      body: { name: 'X' },
    });
    expectProblem(answer, 403, 'organizations_closed');
    const made = await asAdmin('POST', '/organizations', {
      realm: 'no-teams',
      body: { name: 'X', owner: ada.user.id, metadata: { tier: 'gold' } },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'X', metadata: { tier: 'gold' } });
  });

  it('is listed page by page, in the order in which the user joined', async () => {
    const ada = await person();
    const ids: string[] = [];
    for (const name of ['C', 'A', 'B']) ids.push(await foundedBy(ada, name));
    const first = await own(ada.token, '?limit=2');
    const second = await own(ada.token, `?limit=2&cursor=${first.body.next_cursor}`);
    const listed = [...first.body.data, ...second.body.data].map(
      (one: { organization: { id: string } }) => one.organization.id,
    );
    expect(listed).toEqual(ids);
    expect(second.body.next_cursor).toBeNull();
    expectProblem(await own(ada.token, '?cursor=x'), 422, 'validation_failed');
  });

  it('is changed by who may, and is not there for anybody else', async () => {
    const [ada, stranger] = [await person(), await person()];
    const id = await foundedBy(ada);
    const member = await join(id, ada, 'member');
    const path = `/v1/organizations/${id}`;
    const body = { name: 'Difference Engines', logo: 'https://example.com/logo.png' };
    expectProblem(await call('PATCH', path, { token: stranger.token, body }), 404, 'organization_not_found');
    expectProblem(await call('GET', path, { token: stranger.token }), 404, 'organization_not_found');
    expectProblem(await call('PATCH', path, { token: member.token, body }), 403, 'insufficient_permission');
    const changed = await call('PATCH', path, { token: ada.token, body });
    expect(changed.body).toMatchObject(body);
  });

  it('is deleted by an owner, with everything in it', async () => {
    const ada = await person();
    const id = await foundedBy(ada);
    const admin = await join(id, ada, 'admin');
    const path = `/v1/organizations/${id}`;
    expectProblem(await call('DELETE', path, { token: admin.token }), 403, 'insufficient_permission');
    expect((await call('DELETE', path, { token: ada.token })).status).toBe(204);
    expectProblem(await call('GET', path, { token: ada.token }), 404, 'organization_not_found');
    expect((await own(admin.token)).body.data).toEqual([]);
    const left = await env.DB.prepare(
      `SELECT (SELECT count(*) FROM organization_members WHERE organization_id = ?1)
       + (SELECT count(*) FROM organization_invitations WHERE organization_id = ?1) AS n`,
    )
      .bind(id)
      .first('n');
    expect(left).toBe(0);
  });

  it('of another realm is not there', async () => {
    await createRealm('other-teams');
    const other = await registerVerified({}, { realm: 'other-teams' });
    const ada = await person();
    const id = await foundedBy(ada);
    const answer = await call('GET', `/v1/organizations/${id}`, {
      realm: 'other-teams',
      token: other.access_token,
    });
    expectProblem(answer, 404, 'organization_not_found');
    const added = await asAdmin('POST', `/organizations/${id}/members`, {
      body: { user_id: other.user.id },
    });
    expectProblem(added, 404, 'user_not_found');
  });
});

describe('operators', () => {
  it('find, change, suspend and delete organizations, and put users in', async () => {
    const [ada, grace] = [await person(), await person()];
    const name = `Q${crypto.randomUUID().slice(0, 8)}`;
    const id = await foundedBy(ada, name);
    const admin = (method: string, path: string, body?: unknown) =>
      asAdmin(method, `/organizations${path}`, { body });
    const found = await admin('GET', `?q=${name.toLowerCase()}`);
    expect(found.body).toMatchObject({ data: [{ id, name }], total: 1 });
    expect((await admin('GET', `?user_id=${ada.id}`)).body.data).toHaveLength(1);
    expect((await admin('GET', `?user_id=${grace.id}`)).body.data).toHaveLength(0);
    const changed = await admin('PATCH', `/${id}`, { seats: 2, metadata: { crm: 7 } });
    expect(changed.body).toMatchObject({ seats: 2, metadata: { crm: 7 } });
    expect((await admin('POST', `/${id}/members`, { user_id: grace.id, role: 'billing' })).status).toBe(201);
    expectProblem(await admin('POST', `/${id}/members`, { user_id: grace.id }), 409, 'member_exists');
    const third = await person();
    expectProblem(await admin('POST', `/${id}/members`, { user_id: third.id }), 409, 'no_seat_left');
    expect((await admin('PATCH', `/${id}/members/${grace.id}`, { role: 'owner' })).body.role).toBe('owner');
    expect((await admin('DELETE', `/${id}/members/${ada.id}`)).status).toBe(204);
    expectProblem(await admin('DELETE', `/${id}/members/${grace.id}`), 409, 'last_organization_owner');
    await admin('PATCH', `/${id}`, { status: 'suspended' });
    const refused = await call('PATCH', `/v1/organizations/${id}`, {
      token: grace.token,
      body: { name: 'Y' },
    });
    expectProblem(refused, 403, 'organization_suspended');
    expect((await admin('DELETE', `/${id}`)).status).toBe(204);
    expectProblem(await admin('GET', `/${id}`), 404, 'organization_not_found');
  });

  it('cannot leave an organization without an owner by deleting the user', async () => {
    const ada = await person();
    const id = await foundedBy(ada);
    expectProblem(await asAdmin('DELETE', `/users/${ada.id}`), 409, 'last_organization_owner');
    const grace = await join(id, ada, 'owner');
    expect((await asAdmin('DELETE', `/users/${ada.id}`)).status).toBe(204);
    expect(await rolesIn(id, grace)).toEqual({ [grace.id]: 'owner' });
  });
});
