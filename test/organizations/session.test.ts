import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { PERMISSIONS } from '../../src/lib/organization-roles.ts';
import { asAdmin } from '../support/admin.ts';
import { call, expectProblem, login, PASSWORD, registerVerified } from '../support/api.ts';
import { foundedBy, join, person, type TestMember } from '../support/organizations.ts';

const choose = (token: string, id: string | null) =>
  call('PUT', '/v1/auth/session/organization', { token, body: { organization_id: id } });
const session = async (token: string) => (await call('GET', '/v1/auth/session', { token })).body;

/** A user with all that their sign-in gave. */
async function signedIn() {
  const user = await registerVerified();
  return { ...user, id: user.user.id, email: user.user.email, token: user.access_token, realm: undefined };
}

describe('a session', () => {
  it('goes on in an organization, which its tokens say from then on', async () => {
    const owner = await signedIn();
    const id = await foundedBy(owner);
    expect(decodeJwt(owner.token)).not.toHaveProperty('org_id');
    const chosen = await choose(owner.token, id);
    expect(chosen.status).toBe(200);
    expect(chosen.body).toMatchObject({ token_type: 'Bearer', membership: { role: 'owner' } });
    expect(decodeJwt(chosen.body.access_token)).toMatchObject({
      org_id: id,
      org_role: 'owner',
      org_permissions: [...PERMISSIONS],
      sub: owner.id,
    });
    expect(await session(chosen.body.access_token)).toMatchObject({
      organization_id: id,
      organization_role: 'owner',
    });
    const refreshed = await call('POST', '/v1/auth/refresh', {
      body: { refresh_token: owner.refresh_token },
    });
    expect(decodeJwt(refreshed.body.access_token)).toMatchObject({ org_id: id });
    const alone = await choose(refreshed.body.access_token, null);
    expect(alone.body.membership).toBeNull();
    expect(decodeJwt(alone.body.access_token)).not.toHaveProperty('org_id');
  });

  it('that begins later goes on where the user was last; another that is open stays where it is', async () => {
    const owner = await signedIn();
    const id = await foundedBy(owner);
    const other = (await login(owner.email, PASSWORD)).body.access_token;
    await choose(owner.token, id);
    expect(decodeJwt((await login(owner.email, PASSWORD)).body.access_token)).toMatchObject({ org_id: id });
    expect(await session(other)).toMatchObject({ organization_id: null });
  });

  it('chooses none that its user is not in, or that is suspended', async () => {
    const [owner, stranger] = [await person(), await person()];
    const id = await foundedBy(owner);
    expectProblem(await choose(stranger.token, id), 404, 'organization_not_found');
    await asAdmin('PATCH', `/organizations/${id}`, { body: { status: 'suspended' } });
    expectProblem(await choose(owner.token, id), 403, 'organization_suspended');
    expectProblem(await choose(owner.token, 'org_x'), 404, 'organization_not_found');
  });

  it('hears of another role, and of the end of it, at once', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const member: TestMember = await join(id, owner, 'member');
    await choose(member.token, id);
    const path = `/v1/organizations/${id}/members/${member.id}`;
    await call('PATCH', path, { token: owner.token, body: { role: 'billing' } });
    expect(await session(member.token)).toMatchObject({ organization_role: 'billing' });
    await call('DELETE', path, { token: owner.token });
    expect(await session(member.token)).toMatchObject({ organization_id: null, organization_role: null });
    // The token that was made before says it still; whoever decides by it asks.
    expectProblem(await choose(member.token, id), 404, 'organization_not_found');
  });

  it('hears of the end of the organization', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const member = await join(id, owner, 'member');
    await choose(member.token, id);
    await call('DELETE', `/v1/organizations/${id}`, { token: owner.token });
    expect(await session(member.token)).toMatchObject({ organization_id: null });
  });

  it('of a member who is removed in the same moment is not left in it', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    for (let round = 0; round < 5; round += 1) {
      const member = await join(id, owner, 'member');
      const path = `/v1/organizations/${id}/members/${member.id}`;
      await Promise.all([choose(member.token, id), call('DELETE', path, { token: owner.token })]);
      expect(await session(member.token)).toMatchObject({ organization_id: null });
    }
  });
});
