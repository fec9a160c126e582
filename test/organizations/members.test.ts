import { describe, expect, it } from 'vitest';
import { BUILT_IN_ROLES } from '../../src/lib/organization-roles.ts';
import { call, createRealm, expectProblem } from '../support/api.ts';
import { foundedBy, join, person, rolesIn, type TestMember } from '../support/organizations.ts';
import { ageProofs } from '../support/stale-proof.ts';

const setRole = (organization: string, by: TestMember, who: TestMember, role: string) =>
  call('PATCH', `/v1/organizations/${organization}/members/${who.id}`, { token: by.token, body: { role } });
const remove = (organization: string, by: TestMember, who: TestMember) =>
  call('DELETE', `/v1/organizations/${organization}/members/${who.id}`, { token: by.token });

/** Whose role each role may change from what to what. Nobody gives or takes what they may not themselves. */
const ROLES = ['owner', 'admin', 'billing', 'member'] as const;
const REACHES: Record<(typeof ROLES)[number], readonly string[]> = {
  owner: ROLES,
  admin: ['admin', 'member'],
  billing: [],
  member: [],
};

describe('roles', () => {
  it('are changed by who may: each of four by each of four, to each of four', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const actors: Record<string, TestMember> = { owner };
    for (const role of ROLES.slice(1)) actors[role] = await join(id, owner, role);
    const target = await join(id, owner, 'member');
    for (const by of ROLES) {
      for (const from of ROLES) {
        for (const to of ROLES) {
          await setRole(id, owner, target, from);
          const answer = await setRole(id, actors[by] as TestMember, target, to);
          const may = REACHES[by].includes(from) && REACHES[by].includes(to);
          const said = `${by} changes ${from} to ${to}`;
          if (may) expect(answer.status, said).toBe(200);
          else expectProblem(answer, 403, 'insufficient_permission');
          expect((await rolesIn(id, owner))[target.id], said).toBe(may ? to : from);
        }
      }
    }
  });

  it('say whom one may remove: each of four by each of four', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const actors: Record<string, TestMember> = { owner };
    for (const role of ROLES.slice(1)) actors[role] = await join(id, owner, role);
    for (const by of ROLES) {
      for (const from of ROLES) {
        const target = await join(id, owner, from);
        const answer = await remove(id, actors[by] as TestMember, target);
        if (REACHES[by].includes(from)) expect(answer.status, `${by} removes ${from}`).toBe(204);
        else expectProblem(answer, 403, 'insufficient_permission');
      }
    }
  });

  it('of the realm’s own may what it says, and what it adds to the others', async () => {
    const roles = { editor: ['articles:write', 'members:manage'], member: ['articles:read'] };
    await createRealm('editors', { organization_roles: JSON.stringify(roles) });
    const owner = await person('editors');
    const id = await foundedBy(owner);
    const editor = await join(id, owner, 'editor');
    const member = await join(id, owner, 'member');
    const permissions = async (who: TestMember) =>
      (await call('GET', `/v1/organizations/${id}`, { realm: 'editors', token: who.token })).body.permissions;
    expect(await permissions(editor)).toEqual(roles.editor);
    expect(await permissions(member)).toEqual(['articles:read']);
    expect(await permissions(owner)).toEqual([...BUILT_IN_ROLES.owner, 'articles:write', 'articles:read']);
    const path = `/v1/organizations/${id}/members/${member.id}`;
    const by = (token: string, role: string) =>
      call('PATCH', path, { realm: 'editors', token, body: { role } });
    // A member may read articles, which an editor may not: it is not theirs to take or give.
    expectProblem(await by(editor.token, 'editor'), 403, 'insufficient_permission');
    expectProblem(await by(owner.token, 'writer'), 422, 'validation_failed');
    expect((await by(owner.token, 'editor')).status).toBe(200);
  });

  it('are changed with a fresh proof of who one is', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const member = await join(id, owner, 'member');
    await ageProofs(owner.id, 3_600_000);
    expectProblem(await setRole(id, owner, member, 'admin'), 401, 'reauthentication_required');
  });
});

describe('the last owner', () => {
  it('stays: neither leaves, nor is demoted, nor deletes the account', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    await join(id, owner, 'admin');
    expectProblem(await remove(id, owner, owner), 409, 'last_organization_owner');
    expectProblem(await setRole(id, owner, owner, 'member'), 409, 'last_organization_owner');
    expect(await rolesIn(id, owner)).toMatchObject({ [owner.id]: 'owner' });
  });

  it('is one of two who leave at once', async () => {
    const first = await person();
    const id = await foundedBy(first);
    const second = await join(id, first, 'owner');
    const answers = await Promise.all([remove(id, first, first), remove(id, second, second)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409]);
    const left = answers[0].status === 204 ? second : first;
    expect(await rolesIn(id, left)).toEqual({ [left.id]: 'owner' });
  });

  it('hands the organization over, and is an admin then', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const admin = await join(id, owner, 'admin');
    const transfer = (by: TestMember, to: TestMember) =>
      call('POST', `/v1/organizations/${id}/transfer`, { token: by.token, body: { user_id: to.id } });
    expectProblem(await transfer(admin, admin), 403, 'insufficient_permission');
    expectProblem(await transfer(owner, await person()), 404, 'member_not_found');
    expect((await transfer(owner, admin)).status).toBe(204);
    expect(await rolesIn(id, owner)).toEqual({ [owner.id]: 'admin', [admin.id]: 'owner' });
    expectProblem(await transfer(owner, admin), 403, 'insufficient_permission');
  });
});

describe('a member', () => {
  it('leaves, and is not there from then on', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const member = await join(id, owner, 'member');
    expect((await remove(id, member, member)).status).toBe(204);
    expectProblem(
      await call('GET', `/v1/organizations/${id}`, { token: member.token }),
      404,
      'organization_not_found',
    );
    expectProblem(await remove(id, owner, member), 404, 'member_not_found');
  });

  it('who is demoted in the same moment does nothing more by what they were', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const admin = await join(id, owner, 'admin');
    const target = await join(id, owner, 'member');
    const [demoted, raised] = await Promise.all([
      setRole(id, owner, admin, 'member'),
      setRole(id, admin, target, 'admin'),
    ]);
    expect([200, 409]).toContain(demoted.status);
    const roles = await rolesIn(id, owner);
    // Either it came before, or it was refused: never after.
    if (raised.status !== 200) expect(roles[target.id]).toBe('member');
    expect([200, 403, 409]).toContain(raised.status);
  });
});
