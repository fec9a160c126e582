import { and, asc, eq, gt, ne, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { nearestReplica, primary } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { hashToken } from '../directory/links.ts';
import type { Directory } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { ApiError } from '../errors.ts';
import { pageOf } from '../http/paging.ts';
import type { Client } from '../lib/client.ts';
import { newId } from '../lib/ids.ts';
import { permissionsOf, reaches, rolesOf } from '../lib/organization-roles.ts';
import type { Realm } from '../lib/realm.ts';
import { DAY } from '../lib/time.ts';
import type { MailBudget } from '../messages/budgets.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { message } from '../messages/outbox.ts';
import { join } from './join.ts';
import type { NewInvitation } from './schemas.ts';
import { type Admitted, type OrganizationDependencies, type Organizations, policyOf } from './service.ts';
import { isMember, type OwnOrganization, seatsOf } from './store.ts';
import { type InvitationRow, invitations, members, organizations } from './tables.ts';

/** What invitations are made of. */
export interface InvitationDependencies extends OrganizationDependencies {
  organizations: Organizations;
  directory: Directory;
  mailBudget: MailBudget;
}

/** An invitation, and the organization that it is to. */
export interface ShownInvitation {
  invitation: InvitationRow;
  organization: { name: string; logo: string | null };
}

const SHOWN = {
  invitation: invitations,
  organization: { name: organizations.name, logo: organizations.logo },
};

/**
 * Invitations to organizations. One is for an address or for any address of a domain, and whoever accepts it has proved theirs: the
 * link alone lets nobody in.
 */
export class Invitations {
  readonly #deps: InvitationDependencies;

  constructor(deps: InvitationDependencies) {
    this.#deps = deps;
  }

  /**
   * Invites, in place of an earlier invitation of the same address. `link` is null where a mail brings it. Throws
   * `insufficient_permission` for a role that may more, `member_exists`, `no_seat_left`, `rate_limited`, `conflict`.
   */
  async create(
    by: Admitted,
    body: z.output<typeof NewInvitation>,
    client: Client | null,
  ): Promise<{ invitation: InvitationRow; link: string | null }> {
    const { organization, realm, actor } = by;
    const { organizations: service, mailBudget } = this.#deps;
    service.requireRole(by, body.role);
    const now = Date.now();
    const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
    const link = `${realm.issuer}/organizations/invitation?token=${token}`;
    const invitation: InvitationRow = {
      id: newId('inv', now),
      organizationId: organization.id,
      realmId: realm.id,
      email: body.email ?? null,
      domain: body.domain ?? null,
      role: body.role,
      tokenHash: hashToken(token),
      invitedBy: actor,
      byOperator: by.role === null,
      createdAt: now,
      expiresAt: now + body.expires_in_days * DAY,
    };
    const { email } = invitation;
    const isMailed = email !== null && body.deliver === 'mail';
    if (isMailed) {
      const request = { realmId: realm.id, to: email, client, userId: by.role === null ? null : actor };
      if (!(await mailBudget.take('other', request)))
        throw new ApiError('rate_limited', { retryAfter: 3600 });
    }
    const mail = isMailed
      ? await this.#mail(by, { ...invitation, email }, link, body.expires_in_days)
      : undefined;
    const guards = [
      this.#hasRoomToInvite(by, email, now),
      email === null ? undefined : noMember(organization.id, email),
    ];
    const isMade = await this.#deps.changes.change(organization.id, {
      guard: and(service.standing(by), ...guards),
      after: (db, changed) => [
        insertIf(db, invitations, invitation, changed),
        ...(email === null ? [] : [db.delete(invitations).where(earlier(invitation, email))]),
      ],
      audit: service.entry(by, 'member_invited', { invitation_id: invitation.id, role: invitation.role }),
      mail,
    });
    if (!isMade) throw await this.#whyNot(by, email);
    return { invitation, link: isMailed ? null : link };
  }

  /** A page of the invitations of an organization that stand, by their age. */
  async list(organizationId: string, bookmark: string | null, page: { after: string | null; limit: number }) {
    const { db } = nearestReplica(this.#deps.d1, bookmark);
    const rows = await db
      .select()
      .from(invitations)
      .where(
        and(
          eq(invitations.organizationId, organizationId),
          gt(invitations.expiresAt, Date.now()),
          page.after === null ? undefined : gt(invitations.id, page.after),
        ),
      )
      .orderBy(asc(invitations.id))
      .limit(page.limit + 1);
    return pageOf(rows, page.limit, ({ id }) => id);
  }

  /** The invitations that a user can accept by their proven address. */
  async listOwn(userId: string): Promise<ShownInvitation[]> {
    const { db } = primary(this.#deps.d1);
    return db
      .select(SHOWN)
      .from(invitations)
      .innerJoin(organizations, eq(organizations.id, invitations.organizationId))
      .innerJoin(users, and(eq(users.realmId, invitations.realmId), eq(users.email, invitations.email)))
      .where(and(eq(users.id, userId), eq(users.emailVerified, true), gt(invitations.expiresAt, Date.now())))
      .orderBy(asc(invitations.id))
      .limit(100);
  }

  /** Withdraws an invitation. Throws `invitation_not_found`, `insufficient_permission` for a role that may more. */
  async revoke(by: Admitted, invitationId: string): Promise<void> {
    const { organizations: service } = this.#deps;
    const { db } = primary(this.#deps.d1);
    const mine = and(eq(invitations.id, invitationId), eq(invitations.organizationId, by.organization.id));
    const found = await db.select().from(invitations).where(mine).get();
    if (!found) throw new ApiError('invitation_not_found');
    service.requireReach(by, found.role);
    await service.apply(by, {
      guard: stands(invitationId),
      after: (batch, changed) => [batch.delete(invitations).where(and(mine, changed))],
      audit: service.entry(by, 'invitation_revoked', { invitation_id: invitationId }),
    });
  }

  /** What a link invites to, and for which address; null for one that is over. It decides nothing. */
  async preview(realm: Realm, token: string): Promise<ShownInvitation | null> {
    const { db } = primary(this.#deps.d1);
    const found = await db
      .select(SHOWN)
      .from(invitations)
      .innerJoin(organizations, eq(organizations.id, invitations.organizationId))
      .where(
        and(
          eq(invitations.tokenHash, hashToken(token)),
          eq(invitations.realmId, realm.id),
          gt(invitations.expiresAt, Date.now()),
        ),
      )
      .get();
    return found ?? null;
  }

  /**
   * Accepts an invitation, once: the user is a member from then on. Throws `invitation_not_found` for one that is not for the
   * user's proven address, or whose maker may not give it any more; `member_exists`, `no_seat_left`, `too_many_organizations`,
   * `organization_suspended`.
   */
  async accept(
    realm: Realm,
    userId: string,
    by: { token: string } | { invitationId: string },
  ): Promise<OwnOrganization> {
    const { d1, directory } = this.#deps;
    const { db } = primary(d1);
    const user = await directory.current({ realmId: realm.id, userId });
    const where =
      'token' in by ? eq(invitations.tokenHash, hashToken(by.token)) : eq(invitations.id, by.invitationId);
    const found = await db
      .select({ invitation: invitations, organization: organizations, inviter: members.role })
      .from(invitations)
      .innerJoin(organizations, eq(organizations.id, invitations.organizationId))
      .leftJoin(
        members,
        and(
          eq(members.organizationId, invitations.organizationId),
          eq(members.userId, invitations.invitedBy),
        ),
      )
      .where(and(where, eq(invitations.realmId, realm.id), gt(invitations.expiresAt, Date.now())))
      .get();
    if (!found || !isFor(found.invitation, user)) throw new ApiError('invitation_not_found');
    const { invitation, organization, inviter } = found;
    const mayInvite = standingOf(realm, invitation, inviter);
    if (!mayInvite) throw new ApiError('invitation_not_found');
    if (organization.status === 'suspended') throw new ApiError('organization_suspended');
    const { id, role, invitedBy } = invitation;
    const isProven = sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND email = ${user.email} AND email_verified = 1 AND status = 'active')`;
    const joined = await join(
      this.#deps,
      { realm, organization, userId, role, actor: userId, invitedBy, details: { invitation_id: id } },
      {
        guard: and(stands(id), isProven, mayInvite),
        after: (batch, changed) => [batch.delete(invitations).where(and(eq(invitations.id, id), changed))],
      },
    );
    if (!joined) throw new ApiError('invitation_not_found');
    return joined;
  }

  /** As many may be invited as would find a seat. */
  #hasRoomToInvite(
    { organization, realm }: Pick<Admitted, 'organization' | 'realm'>,
    email: string | null,
    now: number,
  ): SQL {
    const { members: most } = policyOf(realm);
    return sql`(SELECT count(*) FROM organization_members WHERE organization_id = ${organization.id})
      + (SELECT count(*) FROM organization_invitations
         WHERE organization_id = ${organization.id} AND expires_at > ${now} AND email IS NOT ${email})
      < ${seatsOf(organization.id, most)}`;
  }

  async #whyNot({ organization, realm }: Admitted, email: string | null): Promise<ApiError> {
    const { db } = primary(this.#deps.d1);
    if (email !== null) {
      const [found] = await db.all(sql`SELECT 1 WHERE NOT ${noMember(organization.id, email)}`);
      if (found) return new ApiError('member_exists');
    }
    const [room] = await db.all(
      sql`SELECT 1 WHERE ${this.#hasRoomToInvite({ organization, realm }, email, Date.now())}`,
    );
    return new ApiError(room ? 'conflict' : 'no_seat_left');
  }

  /** The mail that brings an invitation: in the language of whoever has the address, or of the realm's mails. */
  async #mail(by: Admitted, invitation: InvitationRow & { email: string }, link: string, days: number) {
    const { db } = primary(this.#deps.d1);
    const find = (where: SQL) =>
      db
        .select()
        .from(users)
        .where(and(eq(users.realmId, by.realm.id), where))
        .get();
    const inviter = by.role === null ? undefined : await find(eq(users.id, by.actor));
    const known = await find(eq(users.email, invitation.email));
    const data = {
      name: known ? greetedName(known) : null,
      inviter: inviter ? greetedName(inviter) : null,
      organization: by.organization.name,
      link,
      days,
    };
    // No user's: whoever has the address need not have an account, and the list of their mails does not tell it.
    const envelope = {
      realmId: by.realm.id,
      userId: null,
      to: invitation.email,
      locale: known?.locale ?? inviter?.locale ?? null,
      expiresAt: invitation.expiresAt,
    };
    return message(
      { channel: 'mail', template: 'organization_invitation', data },
      envelope,
      invitation.createdAt,
    );
  }
}

/** Whether an invitation is for a user, as far as their proven address says. */
function isFor({ email, domain }: InvitationRow, user: UserRow): boolean {
  if (!user.emailVerified || user.anonymous) return false;
  if (email !== null) return email === user.email;
  return domain === user.email.slice(user.email.lastIndexOf('@') + 1).toLowerCase();
}

/** The condition that whoever invited may still do it; null where they may not. What an operator has made stands. */
function standingOf(realm: Realm, invitation: InvitationRow, inviter: string | null): SQL | null {
  const { byOperator, organizationId, invitedBy, role } = invitation;
  if (byOperator) return sql`TRUE`;
  if (inviter === null) return null;
  const roles = rolesOf(policyOf(realm).roles);
  const mayInvite = permissionsOf(roles, inviter).includes('invitations:manage');
  return mayInvite && reaches(roles, inviter, role) ? isMember(organizationId, invitedBy, inviter) : null;
}

/** The condition that an invitation stands. */
function stands(invitationId: string): SQL {
  return sql`EXISTS (SELECT 1 FROM organization_invitations WHERE id = ${invitationId} AND expires_at > ${Date.now()})`;
}

/** Earlier invitations of the same address, once the new one is there. */
function earlier({ id, organizationId }: InvitationRow, email: string): SQL {
  return and(
    eq(invitations.organizationId, organizationId),
    eq(invitations.email, email),
    ne(invitations.id, id),
    sql`EXISTS (SELECT 1 FROM organization_invitations WHERE id = ${id})`,
  ) as SQL;
}

/** The condition that nobody with that address is in an organization. */
function noMember(organizationId: string, email: string): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM organization_members AS m JOIN users ON users.id = m.user_id
    WHERE m.organization_id = ${organizationId} AND users.email = ${email})`;
}
