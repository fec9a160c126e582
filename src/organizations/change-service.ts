import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core';
import { CONTROL } from '../config/databases.ts';
import { type Database, primary } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { insertRows } from '../db/insert-rows.ts';
import { type AuditEntry, writeAuditIf } from '../directory/audit.ts';
import { refuseViolation } from '../directory/service.ts';
import { ApiError, isRefusal, type Refusal } from '../errors.ts';
import type { Outbox } from '../messages/outbox.ts';
import { outbox } from '../messages/tables.ts';
import type { Membership, OrganizationMirrors, OrganizationState } from '../wallet/contract.ts';
import { areInFewerThan } from './store.ts';
import { members, type OrganizationRow, organizations } from './tables.ts';

type Statement = BatchItem<'sqlite'>;

/** A change of one organization, and of who is in it: one batch, all or nothing. */
export interface OrganizationChange {
  set?: SQLiteUpdateSetSource<typeof organizations>;
  /** What must be so beside the id, when the batch runs: it decides races. */
  guard?: SQL | undefined;
  /** Statements before all that, which must not change what the guard reads: their results come back. */
  before?: () => Statement[];
  /**
   * The statements that change members, and give them. They come right after the organization has changed; each has to hang on
   * `changed`, which says that what stands before it has changed something.
   */
  members?: (db: Database, changed: SQL, version: SQL) => Statement[];
  /** Who is no member any more when it is done. */
  removed?: string[];
  /** Statements after that, the first of which has `changed` as those of members do. */
  after?: (db: Database, changed: SQL) => Statement[];
  audit: AuditEntry;
  mail?: typeof outbox.$inferInsert | undefined;
}

/** What organizations are made of. */
export interface OrganizationChangeDependencies {
  d1: D1Database;
  /** The name of the database, which the objects remember. */
  database: string;
  mirrors: OrganizationMirrors;
  outbox: Pick<Outbox, 'sendSoon' | 'deliverByQueue'>;
}

/** The one way to change an organization that is there: nothing else writes its row, or those of its members. */
export class OrganizationChanges {
  readonly #deps: OrganizationChangeDependencies;

  constructor(deps: OrganizationChangeDependencies) {
    this.#deps = deps;
  }

  /**
   * Announces the change to the object of the organization, writes the batch with the next version under the guard, and tells the
   * object. Gives the row as changed, or null when the guard did not hold. Throws `slug_taken`, `last_organization_owner`,
   * `user_not_found`.
   */
  async change(organizationId: string, change: OrganizationChange): Promise<OrganizationRow | null> {
    return (await this.record(organizationId, change)).row;
  }

  /** As `change`; `results` are those of `before`, which are written whether the guard holds or not. */
  async record(
    organizationId: string,
    change: OrganizationChange,
  ): Promise<{ row: OrganizationRow | null; results: readonly unknown[] }> {
    const { audit, mail, removed = [] } = change;
    const object = this.#deps.mirrors(organizationId);
    await object.announceChange();
    const { db } = primary(this.#deps.d1);
    const where = and(eq(organizations.id, organizationId), change.guard) as SQL;
    const stands = sql`EXISTS (SELECT 1 FROM ${organizations} WHERE ${where})`;
    const version = sql`(SELECT version FROM organizations WHERE id = ${organizationId})`;
    const first = [
      ...(change.before?.() ?? []),
      writeAuditIf(db, audit, stands),
      ...(mail ? [insertIf(db, outbox, mail, stands)] : []),
      db
        .update(organizations)
        .set({ ...change.set, version: sql`${organizations.version} + 1`, updatedAt: audit.at })
        .where(where)
        .returning(),
    ];
    const changed = sql`changes() > 0`;
    const ofMembers = change.members?.(db, changed, version) ?? [];
    const batch = [...first, ...ofMembers, ...(change.after?.(db, changed) ?? [])] as unknown as [
      Statement,
      ...Statement[],
    ];
    const results = (await db.batch(batch).catch(refuseBroken)) as unknown[];
    const row = (results[first.length - 1] as OrganizationRow[])[0] ?? null;
    if (!row) return { row, results };
    const told = results.slice(first.length, first.length + ofMembers.length).flat() as Membership[];
    await object.directoryChanged(this.#stateOf(row), [
      ...told.filter(({ userId }) => !removed.includes(userId)).map(membershipOf),
      ...removed.map((userId) => ({ userId, role: null, version: row.version })),
    ]);
    this.#sent(mail);
    return { row, results };
  }

  /**
   * Makes an organization with its first members. Gives null when one of them is in `perUser` organizations or more. Throws `slug_taken`,
   * `user_not_found`.
   */
  async create(
    row: Required<typeof organizations.$inferInsert>,
    first: { userId: string; role: string }[],
    perUser: number,
    audit: AuditEntry,
  ): Promise<OrganizationRow | null> {
    const { db } = primary(this.#deps.d1);
    const { id: organizationId, realmId, version, createdAt: joinedAt } = row;
    const same = { organizationId, realmId, version, invitedBy: null, joinedAt };
    const own = first.map((member) => ({ ...same, ...member }));
    const ids = first.map(({ userId }) => userId);
    const stands = areInFewerThan(ids, perUser);
    const [, made] = await db
      .batch([
        writeAuditIf(db, audit, stands),
        insertIf(db, organizations, row, stands).returning(),
        insertRows(db, members, own, () => sql`changes() > 0`),
      ])
      .catch(refuseBroken);
    const [written] = made as OrganizationRow[];
    if (!written) return null;
    await this.#tell(written, own);
    this.#sent(undefined);
    return written;
  }

  /** Deletes an organization with everything in it, under a guard; false when that did not hold. */
  async delete(
    { id, realmId }: { id: string; realmId: string },
    guard: SQL | undefined,
    audit: AuditEntry,
  ): Promise<boolean> {
    const object = this.#deps.mirrors(id);
    await object.announceChange();
    const { db } = primary(this.#deps.d1);
    const where = and(eq(organizations.id, id), eq(organizations.realmId, realmId), guard) as SQL;
    const [, gone] = await db.batch([
      writeAuditIf(db, audit, sql`EXISTS (SELECT 1 FROM ${organizations} WHERE ${where})`),
      db.delete(organizations).where(where).returning({ id: organizations.id }),
    ]);
    if (gone.length === 0) return false;
    await object.organizationDeleted({ organizationId: id, realmId });
    this.#sent(undefined);
    return true;
  }

  /**
   * Asks the object of an organization; one that was never told of it is told first. Throws `organization_not_found`, and what the
   * object refuses with.
   */
  async ask<Answer extends object>(
    organization: { organizationId: string; realmId: string },
    call: () => Promise<Answer | Refusal>,
  ): Promise<Exclude<Answer, Refusal>> {
    let answer = await call();
    if (isRefusal(answer) && answer.reason === 'organization_not_found') {
      const { db } = primary(this.#deps.d1);
      const { organizationId, realmId } = organization;
      const [[row], rows] = await db.batch([
        db.select().from(organizations).where(eq(organizations.id, organizationId)),
        db.select().from(members).where(eq(members.organizationId, organizationId)),
      ]);
      if (row?.realmId !== realmId) throw new ApiError('organization_not_found');
      await this.#tell(row, rows);
      answer = await call();
    }
    if (isRefusal(answer)) throw new ApiError(answer.reason, answer);
    return answer as Exclude<Answer, Refusal>;
  }

  async #tell(row: OrganizationRow, rows: Membership[]): Promise<void> {
    await this.#deps.mirrors(row.id).directoryChanged(this.#stateOf(row), rows.map(membershipOf));
  }

  #stateOf(row: OrganizationRow): OrganizationState {
    const { database } = this.#deps;
    const { id, realmId, plan, planExpiresAt, customLimits, subscribed, meters, status, version } = row;
    return {
      organizationId: id,
      realmId,
      plan,
      planExpiresAt,
      customLimits,
      subscribed,
      ...(meters && { meters }),
      status,
      version,
      ...(database !== CONTROL && { database }),
    };
  }

  #sent(mail: typeof outbox.$inferInsert | undefined): void {
    if (mail) this.#deps.outbox.sendSoon([mail]);
    this.#deps.outbox.deliverByQueue();
  }
}

/** What the object hears of a row of a member, which may have more. */
function membershipOf({ userId, role, version, joinedAt }: Membership): Membership {
  return { userId, role, version, ...(joinedAt !== undefined && { joinedAt }) };
}

/** Throws the error to answer with when a failed write broke a rule of organizations; any other failure as it is. */
function refuseBroken(thrown: unknown): never {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const message = cause instanceof Error ? cause.message : '';
  if (message.includes('organizations.slug')) throw new ApiError('slug_taken');
  if (message.includes('organization_domains')) throw new ApiError('domain_taken');
  if (message.includes('FOREIGN KEY constraint failed')) throw new ApiError('user_not_found');
  return refuseViolation(thrown);
}
