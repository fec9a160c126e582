import { resolveTxt } from 'node:dns/promises';
import { and, asc, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import { type Database, nearestReplica, primary } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { users } from '../directory/tables.ts';
import { ApiError, fieldError } from '../errors.ts';
import { newId } from '../lib/ids.ts';
import { describeFailure, log } from '../lib/log.ts';
import { managesNothing, rolesOf } from '../lib/organization-roles.ts';
import type { Realm } from '../lib/realm.ts';
import { join } from './join.ts';
import type { Admitted, OrganizationDependencies, Organizations } from './service.ts';
import { policyOf } from './service.ts';
import { type DomainRow, domains, organizations } from './tables.ts';

/** Gives the TXT records of a name, none where it has none; null where nobody knows. */
export type ResolveText = (name: string) => Promise<string[] | null>;

/** What a resolver says of a name that is not there, or has no such record. */
const NONE = ['ENOTFOUND', 'ENODATA'];

/** The TXT records of a name, by the resolver that Workers have. A long one comes in pieces. */
export const resolveText: ResolveText = async (name) => {
  try {
    return (await resolveTxt(name)).map((pieces) => pieces.join(''));
  } catch (error) {
    return NONE.includes((error as { code?: string }).code ?? '') ? [] : null;
  }
};

/** What domains are made of. */
export interface DomainDependencies extends OrganizationDependencies {
  organizations: Organizations;
  resolve: ResolveText;
}

/** Domains that one organization has named at most. */
const MOST = 20;

/** Where the record has to be, below the domain, and what it has to say. */
export function recordOf({ domain, token }: Pick<DomainRow, 'domain' | 'token'>) {
  return { type: 'TXT' as const, name: `_latchkey-challenge.${domain}`, value: `latchkey-domain=${token}` };
}

/** Domains of organizations: proved by a record in DNS; users with a proven address of one may join by themselves. */
export class Domains {
  readonly #deps: DomainDependencies;

  constructor(deps: DomainDependencies) {
    this.#deps = deps;
  }

  /** The domains that an organization has named. */
  list(organizationId: string, bookmark: string | null): Promise<DomainRow[]> {
    const { db } = nearestReplica(this.#deps.d1, bookmark);
    return db
      .select()
      .from(domains)
      .where(eq(domains.organizationId, organizationId))
      .orderBy(asc(domains.id));
  }

  /** Names a domain, which proves nothing yet; naming it again gives the same. Throws `insufficient_permission`, `conflict`, 422 for more than 20. */
  async add(
    by: Admitted,
    { domain, joinsAs }: { domain: string; joinsAs: string | null },
  ): Promise<DomainRow> {
    const { organizations: service } = this.#deps;
    const { id: organizationId, realmId } = by.organization;
    if (joinsAs !== null) requirePlain(service, by, joinsAs);
    const { db } = primary(this.#deps.d1);
    const known = await findByName(db, organizationId, domain);
    if (known) return known;
    const now = Date.now();
    const token = Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64url');
    const row: DomainRow = {
      id: newId('dom', now),
      organizationId,
      realmId,
      domain,
      token,
      verifiedAt: null,
      joinsAs,
      checkedAt: null,
      missed: 0,
      createdBy: by.actor,
      createdAt: now,
    };
    await service.apply(by, {
      guard: sql`(SELECT count(*) FROM organization_domains WHERE organization_id = ${organizationId}) < ${MOST}
        AND NOT EXISTS (SELECT 1 FROM organization_domains WHERE organization_id = ${organizationId} AND domain = ${domain})`,
      after: (batch, changed) => [insertIf(batch, domains, row, changed)],
      audit: service.entry(by, 'domain_added', { domain_id: row.id, domain }),
    });
    return row;
  }

  /** Changes as what users join by themselves; null is that they do not. Throws `domain_not_found`, `insufficient_permission`, `conflict`. */
  async setJoining(by: Admitted, domainId: string, joinsAs: string | null): Promise<DomainRow> {
    const { organizations: service } = this.#deps;
    if (joinsAs !== null) requirePlain(service, by, joinsAs);
    const row = await this.#find(by, domainId);
    await this.#change(by, row, { joinsAs }, 'domain_changed', { joins_as: joinsAs });
    return { ...row, joinsAs };
  }

  /** Looks for the record. Throws `domain_unverified` while it is not there, `domain_taken`, `domain_not_found`, `conflict`. */
  async verify(by: Admitted, domainId: string): Promise<DomainRow> {
    const row = await this.#find(by, domainId);
    if (row.verifiedAt !== null) return row;
    const record = recordOf(row);
    const texts = await this.#deps.resolve(record.name);
    if (!texts?.includes(record.value)) {
      throw new ApiError('domain_unverified', {
        detail: `There is no TXT record at ${record.name} that says so yet.`,
      });
    }
    const verifiedAt = Date.now();
    await this.#change(by, row, { verifiedAt }, 'domain_verified', {});
    return { ...row, verifiedAt };
  }

  /** Gives a domain up. Throws `domain_not_found`, `conflict`. */
  async remove(by: Admitted, domainId: string): Promise<void> {
    const { organizations: service } = this.#deps;
    const row = await this.#find(by, domainId);
    await service.apply(by, {
      after: (batch, changed) => [batch.delete(domains).where(and(eq(domains.id, row.id), changed))],
      audit: service.entry(by, 'domain_removed', { domain_id: row.id, domain: row.domain }),
    });
  }

  /**
   * Lets a user whose proven address is of a domain that an organization has proved join it, where it wants that and has room. It
   * fails nothing that it comes along with, and whoever has left does not come back by it: whoever cannot join is invited as everybody else.
   */
  async joinByAddress(realm: Realm, userId: string): Promise<void> {
    await this.#join(realm, userId).catch((error: unknown) => {
      // That there is no seat, or that they came in otherwise meanwhile, is nobody's fault.
      if (error instanceof ApiError) return;
      log('error', 'domain_join_failed', { user_id: userId, error: describeFailure(error) });
    });
  }

  async #join(realm: Realm, userId: string): Promise<void> {
    const { db } = primary(this.#deps.d1);
    const found = await db
      .select({ domain: domains, organization: organizations, email: users.email })
      .from(users)
      .innerJoin(
        domains,
        and(
          eq(domains.realmId, users.realmId),
          sql`${domains.domain} = lower(substr(${users.email}, instr(${users.email}, '@') + 1))`,
          isNotNull(domains.verifiedAt),
          isNotNull(domains.joinsAs),
        ),
      )
      .innerJoin(organizations, eq(organizations.id, domains.organizationId))
      .where(
        and(
          eq(users.id, userId),
          eq(users.realmId, realm.id),
          eq(users.emailVerified, true),
          eq(organizations.status, 'active'),
          sql`NOT EXISTS (SELECT 1 FROM organization_members AS m WHERE m.organization_id = ${domains.organizationId} AND m.user_id = ${userId})`,
          sql`NOT ${hasLeft(sql`${domains.organizationId}`, userId)}`,
        ),
      )
      .get();
    const role = found?.domain.joinsAs;
    if (!found || !role || !managesNothing(rolesOf(policyOf(realm).roles), role)) return;
    const { organization, domain, email } = found;
    await join(
      this.#deps,
      {
        realm,
        organization,
        userId,
        role,
        actor: userId,
        invitedBy: null,
        details: { domain_id: domain.id },
      },
      {
        guard: and(
          sql`NOT ${hasLeft(sql`${organization.id}`, userId)}`,
          sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND email = ${email} AND email_verified = 1)`,
          sql`EXISTS (SELECT 1 FROM organization_domains WHERE id = ${domain.id} AND joins_as = ${role} AND verified_at IS NOT NULL)`,
        ),
      },
    );
  }

  async #find({ organization }: Admitted, domainId: string): Promise<DomainRow> {
    const { db } = primary(this.#deps.d1);
    const where = and(eq(domains.id, domainId), eq(domains.organizationId, organization.id));
    const found = await db.select().from(domains).where(where).get();
    if (!found) throw new ApiError('domain_not_found');
    return found;
  }

  async #change(
    by: Admitted,
    { id, domain }: DomainRow,
    set: Partial<Pick<DomainRow, 'joinsAs' | 'verifiedAt'>>,
    action: 'domain_changed' | 'domain_verified',
    details: Record<string, unknown>,
  ): Promise<void> {
    const { organizations: service } = this.#deps;
    const unverified: SQL | undefined = set.verifiedAt === undefined ? undefined : isNull(domains.verifiedAt);
    await service.apply(by, {
      guard: sql`EXISTS (SELECT 1 FROM organization_domains WHERE id = ${id})`,
      after: (batch, changed) => [
        batch
          .update(domains)
          .set(set)
          .where(and(eq(domains.id, id), unverified, changed)),
      ],
      audit: service.entry(by, action, { domain_id: id, domain, ...details }),
    });
  }
}

/** The condition that a user has left an organization, or was removed. */
function hasLeft(organizationId: SQL, userId: string): SQL {
  return sql`EXISTS (SELECT 1 FROM organization_leavers AS l WHERE l.organization_id = ${organizationId} AND l.user_id = ${userId})`;
}

/** Throws as `requireRole` does, and 422 for a role that manages something. */
function requirePlain(service: Organizations, by: Admitted, role: string): void {
  service.requireRole(by, role, 'joins_as');
  if (managesNothing(by.roles, role)) return;
  throw fieldError('joins_as', 'manages', 'Must be a role without permissions of Latchkey, such as member');
}

async function findByName(db: Database, organizationId: string, domain: string): Promise<DomainRow | null> {
  const where = and(eq(domains.organizationId, organizationId), eq(domains.domain, domain));
  return (await db.select().from(domains).where(where).get()) ?? null;
}
