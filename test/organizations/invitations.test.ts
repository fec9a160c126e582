import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { asAdmin } from '../support/admin.ts';
import { call, expectProblem, register, registerVerified } from '../support/api.ts';
import { linkIn, mailTo } from '../support/mail.ts';
import { foundedBy, join, newEmail, person, rolesIn, type TestMember } from '../support/organizations.ts';

const invite = (organization: string, by: TestMember, body: unknown) =>
  call('POST', `/v1/organizations/${organization}/invitations`, { token: by.token, body });
const accept = (who: TestMember, body: unknown) =>
  call('POST', '/v1/organizations/invitations/accept', { token: who.token, body });
const tokenOf = (link: string) => new URL(link).searchParams.get('token') as string;
const linkFor = async (organization: string, by: TestMember, body: object) => {
  const made = await invite(organization, by, { deliver: 'link', ...body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { id: made.body.id as string, token: tokenOf(made.body.link) };
};

describe('an invitation', () => {
  it('goes by mail, and lets whoever has the address in, once', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const email = newEmail();
    const made = await invite(id, owner, { email, role: 'admin' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ email, role: 'admin', link: null, invited_by: owner.id });
    const mail = await mailTo(email, /invited .* “Analytical Engines”/);
    const token = linkIn(mail).searchParams.get('token');
    const { user, access_token } = await registerVerified({ email });
    const invited = { id: user.id, email, token: access_token, realm: undefined };
    const joined = await accept(invited, { token });
    expect(joined.body).toMatchObject({ role: 'admin', organization: { id } });
    expect(await rolesIn(id, owner)).toEqual({ [owner.id]: 'owner', [user.id]: 'admin' });
    expectProblem(await accept(invited, { token }), 404, 'invitation_not_found');
  });

  it('is for nobody but the address, proven, and is not there for others', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const email = newEmail();
    const { token, id: invitationId } = await linkFor(id, owner, { email });
    const other = await person();
    expectProblem(await accept(other, { token }), 404, 'invitation_not_found');
    expectProblem(await accept(other, { invitation_id: invitationId }), 404, 'invitation_not_found');
    const unproven = await register({ email });
    const asked = { id: unproven.user.id, email, token: unproven.access_token, realm: undefined };
    expectProblem(await accept(asked, { token }), 403, 'email_not_verified');
    expect(await rolesIn(id, owner)).toEqual({ [owner.id]: 'owner' });
  });

  it('waits with the user, who accepts it without the link', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const invited = await person();
    const { id: invitationId } = await linkFor(id, owner, { email: invited.email, role: 'billing' });
    const listed = await call('GET', '/v1/me/invitations', { token: invited.token });
    expect(listed.body.data).toMatchObject([
      { id: invitationId, organization_id: id, organization_name: 'Analytical Engines', role: 'billing' },
    ]);
    expect(JSON.stringify(listed.body)).not.toContain('token');
    expect((await accept(invited, { invitation_id: invitationId })).status).toBe(200);
    expect((await call('GET', '/v1/me/invitations', { token: invited.token })).body.data).toEqual([]);
  });

  it('for a domain lets one of it in, and nobody else', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const domain = `${crypto.randomUUID().slice(0, 8)}.example`;
    const { token } = await linkFor(id, owner, { domain });
    expectProblem(await accept(await person(), { token }), 404, 'invitation_not_found');
    const of = async (at: string) => {
      const { user, access_token } = await registerVerified({ email: `u${crypto.randomUUID()}@${at}` });
      return { id: user.id, email: user.email, token: access_token, realm: undefined };
    };
    expectProblem(await accept(await of(`not${domain}`), { token }), 404, 'invitation_not_found');
    expectProblem(await accept(await of(`sub.${domain}`), { token }), 404, 'invitation_not_found');
    const both = await Promise.all([await of(domain), await of(domain)].map((who) => accept(who, { token })));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 404]);
  });

  it('is not used up by who is a member already', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const domain = owner.email.slice(owner.email.indexOf('@') + 1);
    const { token } = await linkFor(id, owner, { domain });
    expectProblem(await accept(owner, { token }), 409, 'member_exists');
    expect((await accept(await person(), { token })).status).toBe(200);
  });

  it('in place of an earlier one of the address ends that', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const invited = await person();
    const first = await linkFor(id, owner, { email: invited.email });
    const second = await linkFor(id, owner, { email: invited.email });
    expectProblem(await accept(invited, { token: first.token }), 404, 'invitation_not_found');
    expect((await accept(invited, { token: second.token })).status).toBe(200);
    expectProblem(await invite(id, owner, { email: invited.email }), 409, 'member_exists');
  });

  it('ends when it is withdrawn, and after its days', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const invited = await person();
    const { token, id: invitationId } = await linkFor(id, owner, { email: invited.email });
    const path = `/v1/organizations/${id}/invitations/${invitationId}`;
    expect((await call('DELETE', path, { token: owner.token })).status).toBe(204);
    expectProblem(await call('DELETE', path, { token: owner.token }), 404, 'invitation_not_found');
    expectProblem(await accept(invited, { token }), 404, 'invitation_not_found');
    const late = await linkFor(id, owner, { email: invited.email });
    await env.DB.prepare('UPDATE organization_invitations SET expires_at = ? WHERE id = ?')
      .bind(Date.now() - 1, late.id)
      .run();
    expectProblem(await accept(invited, { token: late.token }), 404, 'invitation_not_found');
  });

  it('to more than one may oneself is refused, and one whose maker may no more is none', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const admin = await join(id, owner, 'admin');
    const member = await join(id, owner, 'member');
    const email = newEmail();
    expectProblem(await invite(id, admin, { email, role: 'owner' }), 403, 'insufficient_permission');
    expectProblem(await invite(id, admin, { email, role: 'billing' }), 403, 'insufficient_permission');
    expectProblem(await invite(id, member, { email }), 403, 'insufficient_permission');
    expectProblem(await invite(id, owner, { email, role: 'emperor' }), 422, 'validation_failed');
    const invited = await person();
    const { token } = await linkFor(id, admin, { email: invited.email, role: 'admin' });
    await call('PATCH', `/v1/organizations/${id}/members/${admin.id}`, {
      token: owner.token,
      body: { role: 'member' },
    });
    expectProblem(await accept(invited, { token }), 404, 'invitation_not_found');
  });

  it('finds a seat, or is refused, also when two accept at once', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const [first, second] = [await person(), await person()];
    await asAdmin('PATCH', `/organizations/${id}`, { body: { seats: 3 } });
    const links = [
      await linkFor(id, owner, { email: first.email }),
      await linkFor(id, owner, { email: second.email }),
    ] as const;
    expectProblem(await invite(id, owner, { email: newEmail() }), 409, 'no_seat_left');
    await asAdmin('PATCH', `/organizations/${id}`, { body: { seats: 2 } });
    const answers = await Promise.all([
      accept(first, { token: links[0].token }),
      accept(second, { token: links[1].token }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('no_seat_left');
    expect(Object.keys(await rolesIn(id, owner))).toHaveLength(2);
  });

  it('does not tell whether the address has an account', async () => {
    const owner = await person();
    const id = await foundedBy(owner);
    const known = await person();
    const [one, other] = [
      await invite(id, owner, { email: known.email }),
      await invite(id, owner, { email: newEmail() }),
    ];
    const shape = ({ body }: { body: Record<string, unknown> }) => Object.keys(body).toSorted();
    expect(one.status).toBe(other.status);
    expect(shape(one)).toEqual(shape(other));
  });
});
