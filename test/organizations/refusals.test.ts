import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings, Config } from '../../src/config/config.ts';
import { prune } from '../../src/privacy/retention.ts';
import { createServices } from '../../src/services.ts';
import { asAdmin } from '../support/admin.ts';
import { call, createRealm, expectProblem, INTERNAL } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { foundedBy, join, newEmail, person, rolesIn } from '../support/organizations.ts';
import { ageProofs } from '../support/stale-proof.ts';
import { submit, visitor } from '../support/visitor.ts';

const DAY = 86_400_000;

it('what gives power takes a fresh proof; to invite a member does not', async () => {
  const owner = await person();
  const id = await foundedBy(owner);
  const member = await join(id, owner, 'member');
  await ageProofs(owner.id, 3_600_000);
  const path = `/v1/organizations/${id}`;
  const invite = (role: string) =>
    call('POST', `${path}/invitations`, { token: owner.token, body: { email: newEmail(), role } });
  expectProblem(await invite('owner'), 401, 'reauthentication_required');
  expectProblem(await invite('billing'), 401, 'reauthentication_required');
  expect((await invite('member')).status).toBe(201);
  const removal = await call('DELETE', `${path}/members/${member.id}`, { token: owner.token });
  expectProblem(removal, 401, 'reauthentication_required');
  expect(await rolesIn(id, member)).toMatchObject({ [member.id]: 'member' });
});

it('nothing is used in an organization that nobody has given a plan, nor by one that there is not', async () => {
  const owner = await person();
  const id = await foundedBy(owner);
  const use = () =>
    call('POST', '/v1/usage', { headers: INTERNAL, body: { organization_id: id, resource: 'images' } });
  expectProblem(await use(), 403, 'resource_not_in_plan');
  const balance = await call('GET', `/v1/credits/balance?organization_id=${id}`, { headers: INTERNAL });
  expect(balance.body.balance).toBe(0);
  const patch = (body: object) => asAdmin('PATCH', `/organizations/${id}`, { body });
  expectProblem(await patch({ plan: 'nothing' }), 422, 'validation_failed');
  const later = new Date(Date.now() + DAY).toISOString();
  expect((await patch({ plan: 'pro', plan_expires_at: later })).body).toMatchObject({ plan: 'pro' });
  expect((await use()).status).toBe(200);
  const soon = new Date(Date.now() + 500).toISOString();
  expect((await patch({ plan: 'pro', plan_expires_at: soon })).status).toBe(200);
  await expect.poll(async () => (await use()).body.code).toBe('resource_not_in_plan');
});

it('one that is suspended can be deleted, so that its only owner can go', async () => {
  const owner = await person();
  const id = await foundedBy(owner);
  await asAdmin('PATCH', `/organizations/${id}`, { body: { status: 'suspended' } });
  const path = `/v1/organizations/${id}`;
  const invited = await call('POST', `${path}/invitations`, {
    token: owner.token,
    body: { email: newEmail() },
  });
  expectProblem(invited, 403, 'organization_suspended');
  expect((await call('DELETE', path, { token: owner.token })).status).toBe(204);
});

it('who has not registered yet owns none, and is put into none', async () => {
  const [owner, guest] = [await person(), await person()];
  const id = await foundedBy(owner);
  await env.DB.prepare('UPDATE users SET anonymous = 1 WHERE id = ?').bind(guest.id).run();
  const made = await asAdmin('POST', '/organizations', { body: { name: 'X', owner: guest.id } });
  expectProblem(made, 404, 'user_not_found');
  const added = await asAdmin('POST', `/organizations/${id}/members`, { body: { user_id: guest.id } });
  expectProblem(added, 404, 'user_not_found');
});

it('the page of an invitation wants the second factor that the realm wants', async () => {
  await createRealm('strict-teams', { mfa: 'required' });
  const services = createServices(env as unknown as Bindings);
  const realm = await services.realms.get('strict-teams');
  const owner = await visitor({}, { realm: 'strict-teams' });
  const made = await services.organizations.create(
    realm,
    owner.user.user.id,
    { name: 'Vault' },
    { actor: 'system', isOperator: true },
  );
  const guest = await visitor({}, { realm: 'strict-teams' });
  const body = { email: guest.user.user.email, role: 'member', expires_in_days: 7, deliver: 'link' } as const;
  const by = await services.organizations.operate(realm, made.id, 'system');
  const { link } = await services.invitations.create(by, body, null);
  const { search } = new URL(link as string);
  const answer = await submit(`/organizations/invitation${search}`, {}, guest);
  expect(answer.headers.get('location') ?? '').not.toContain('done=joined');
  const members = await services.organizations.listMembers(made.id, null, { after: null, limit: 10 });
  expect(members.rows.map(({ userId }) => userId)).toEqual([owner.user.user.id]);
});

it('invitations count among the mails of who sends them, and go when they are over', async () => {
  const owner = await person();
  const id = await foundedBy(owner);
  const bindings = { ...env, MAILS_PER_CLIENT: '100', MAILS_PER_ACCOUNT: '2' } as unknown as Bindings;
  const app = createApp(createServices(bindings), bindings);
  const invite = async () => {
    const answer = await app.request(
      `https://auth.test/v1/organizations/${id}/invitations`,
      {
        method: 'POST',
        body: JSON.stringify({ email: newEmail(), expires_in_days: 1 }),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${owner.token}` },
      },
      bindings,
    );
    return answer.status;
  };
  expect([await invite(), await invite(), await invite()]).toEqual([201, 201, 429]);
  const left = async (days: number) => {
    await prune(env.DB, { ACTIVITY_DAYS: 365 } as Config, Date.now() + days * DAY, PLENTY);
    const sql = 'SELECT count(*) AS n FROM organization_invitations WHERE organization_id = ?';
    return env.DB.prepare(sql).bind(id).first('n');
  };
  expect(await left(7)).toBe(2);
  expect(await left(9)).toBe(0);
});
