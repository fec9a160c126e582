import { call, registerVerified, type SignedInBody } from './api.ts';

/** A user in an organization, as a test acts for them. */
export interface TestMember {
  id: string;
  email: string;
  token: string;
  realm: string | undefined;
}

/** A user with a proven address. */
export async function person(realm?: string): Promise<TestMember> {
  const { user, access_token: token }: SignedInBody = await registerVerified({}, { realm });
  return { id: user.id, email: user.email, token, realm };
}

/** An organization that somebody has just made, by its id. */
export async function foundedBy(owner: TestMember, name = 'Analytical Engines'): Promise<string> {
  const made = await call('POST', '/v1/organizations', {
    realm: owner.realm,
    token: owner.token,
    body: { name },
  });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return made.body.organization.id;
}

/** Has somebody join an organization with a role, by an invitation of its owner. */
export async function join(
  organizationId: string,
  owner: TestMember,
  role: string,
  who?: TestMember,
): Promise<TestMember> {
  const member = who ?? (await person(owner.realm));
  const invited = await call('POST', `/v1/organizations/${organizationId}/invitations`, {
    realm: owner.realm,
    token: owner.token,
    body: { email: member.email, role, deliver: 'link' },
  });
  if (invited.status !== 201) throw new Error(JSON.stringify(invited.body));
  const token = new URL(invited.body.link).searchParams.get('token');
  const accepted = await call('POST', '/v1/organizations/invitations/accept', {
    realm: owner.realm,
    token: member.token,
    body: { token },
  });
  if (accepted.status !== 200) throw new Error(JSON.stringify(accepted.body));
  return member;
}

/** The roles in an organization, by the id of the member. */
export async function rolesIn(organizationId: string, asked: TestMember): Promise<Record<string, string>> {
  const { body } = await call('GET', `/v1/organizations/${organizationId}/members`, {
    realm: asked.realm,
    token: asked.token,
  });
  return Object.fromEntries(
    body.data.map((one: { user_id: string; role: string }) => [one.user_id, one.role]),
  );
}

/** An address that nobody has. */
export function newEmail(): string {
  return `invited-${crypto.randomUUID()}@example.com`;
}
