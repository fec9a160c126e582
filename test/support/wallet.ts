import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Plan } from '../../src/account/metering-contract.ts';
import { newId } from '../../src/lib/ids.ts';
import type { Membership, OrganizationState } from '../../src/wallet/contract.ts';
import type { Organization } from '../../src/wallet/object.ts';
import type { MemberRequest, SharedTerms } from '../../src/wallet/spending-contract.ts';
import { termsOf } from './metering.ts';
import { setObjectVariables } from './worker.ts';

/** The stub of an organization's object, typed as what can be asked of it. */
export function organizationOf(organizationId: string) {
  return env.ORGANIZATION.get(env.ORGANIZATION.idFromName(organizationId)) as unknown as Organization;
}

/** Runs in the object itself. */
export function inOrganization<Result>(
  organizationId: string,
  act: (object: Organization, storage: DurableObjectStorage) => Result | Promise<Result>,
): Promise<Result> {
  const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(organizationId));
  return runInDurableObject(stub, (object, { storage }) => act(object as Organization, storage));
}

export function organizationState(
  organizationId: string,
  change: Partial<OrganizationState> = {},
): OrganizationState {
  return {
    organizationId,
    realmId: 'default',
    plan: 'free',
    planExpiresAt: null,
    customLimits: {},
    subscribed: false,
    status: 'active',
    version: 1,
    ...change,
  };
}

/** An organization whose object knows it and so many members; the first is the owner. */
export async function organizationWith(
  count: number,
  change: Partial<OrganizationState> = {},
): Promise<{ id: string; members: string[] }> {
  const id = newId('org');
  const members = Array.from({ length: count }, () => newId('usr'));
  await organizationOf(id).directoryChanged(
    organizationState(id, change),
    members.map((userId, index) => ({ userId, role: index === 0 ? 'owner' : 'member', version: 1 })),
  );
  return { id, members };
}

/** Terms of one plan, for a member or, with null, for a service that acts for none. */
export function sharedTerms(userId: string | null, plan: Partial<Plan> = {}): SharedTerms {
  return { ...termsOf(plan), behalf: { userId, actor: 'key_test' } };
}

/** What a member asks for: nothing, unless it is said. */
export function asked(request: Partial<MemberRequest> = {}): MemberRequest {
  return { use: null, credits: 0, reference: null, roles: null, ...request };
}

/**
 * What account objects are told of organizations by the objects made from now on, in order; `fails` says of whom that throws. No account
 * object is asked.
 */
export function hearMemberships(fails: (userId: string) => boolean = () => false): {
  heard: (Membership & { organizationId: string })[];
  end: () => void;
} {
  const heard: (Membership & { organizationId: string })[] = [];
  const accounts = {
    idFromName: (name: string) => name,
    get: (userId: string) => ({
      async membershipChanged(organizationId: string, membership: Omit<Membership, 'userId'>) {
        if (fails(userId)) throw new Error('the account object is away');
        heard.push({ userId, organizationId, ...membership });
      },
    }),
  };
  setObjectVariables({ ACCOUNT: accounts });
  return { heard, end: () => setObjectVariables(null) };
}

/** An organization of the default realm in the directory and in its object, of users who are there, with their roles. */
export async function storedOrganization(
  roles: Record<string, string>,
  change: Partial<OrganizationState> = {},
): Promise<string> {
  const id = newId('org');
  const members = Object.entries(roles).map(([userId, role]) => ({ userId, role, version: 1 }));
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO organizations (id, realm_id, name, slug, created_by, created_at, updated_at)
       VALUES (?1, 'default', 'Acme', replace(?1, '_', '-'), 'usr_maker', 0, 0)`,
    ).bind(id),
    ...members.map(({ userId, role }) =>
      env.DB.prepare(
        `INSERT INTO organization_members (organization_id, user_id, realm_id, role, version, joined_at)
         VALUES (?, ?, 'default', ?, 1, 0)`,
      ).bind(id, userId, role),
    ),
  ]);
  await organizationOf(id).directoryChanged(organizationState(id, change), members);
  return id;
}
