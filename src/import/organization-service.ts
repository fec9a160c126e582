import { and, eq, inArray, sql } from 'drizzle-orm';
import { type Database, primary } from '../db/client.ts';
import { ORGANIZATION_PLAN } from '../directory/state.ts';
import { users } from '../directory/tables.ts';
import { ApiError, type ErrorCode } from '../errors.ts';
import { rolesOf } from '../lib/organization-roles.ts';
import type { Realm } from '../lib/realm.ts';
import type { OrganizationChanges } from '../organizations/change-service.ts';
import { newOrganizationRow, policyOf } from '../organizations/service.ts';
import { organizations } from '../organizations/tables.ts';
import type { Plans } from '../plans/service.ts';
import { OrganizationRecord } from './organization-schemas.ts';
import { type FileRecord, type RowProblem, textProblem } from './record.ts';
import { issueProblems } from './row.ts';
import type { RowError } from './service.ts';
import { importedUsers } from './tables.ts';

/** What one request asks for. */
export interface OrganizationImportRequest {
  realm: Realm;
  records: FileRecord[];
  /** Which system the ids of members are of. */
  source: string;
  /** What becomes of a row whose slug an organization has. */
  onExisting: 'skip' | 'error';
  /** Says what would happen, and changes nothing. */
  dryRun: boolean;
}

/** What became of the rows: each is counted once. */
export interface OrganizationImportResult {
  imported: number;
  skipped: number;
  failed: number;
  organizations: { row: number; id: string; slug: string }[];
  errors: RowError[];
}

/** A row that may become an organization, with its members by their ids here. */
interface ReadRow {
  place: { row: number; line: number };
  record: OrganizationRecord;
  members: { userId: string; role: string }[];
}

/** Why a row that reads well did not become an organization. */
const REFUSED: Partial<Record<ErrorCode, RowProblem>> = {
  slug_taken: { column: 'slug', code: 'slug_taken', message: 'There is an organization with this slug' },
  user_not_found: { column: 'members', code: 'user_not_found', message: 'A member is no user any more' },
};
const TOO_MANY: RowProblem = {
  column: 'members',
  code: 'too_many_organizations',
  message: 'A member is in as many organizations as the realm lets one be',
};

/** Moves organizations in from other systems, after their users. */
export class OrganizationImport {
  readonly #d1: D1Database;
  readonly #changes: Pick<OrganizationChanges, 'create'>;
  readonly #plans: Pick<Plans, 'terms'>;

  constructor(deps: {
    d1: D1Database;
    changes: Pick<OrganizationChanges, 'create'>;
    plans: Pick<Plans, 'terms'>;
  }) {
    this.#d1 = deps.d1;
    this.#changes = deps.changes;
    this.#plans = deps.plans;
  }

  /**
   * Makes organizations of records; each becomes one with all its members or not at all, and one that is there, by its slug, is never
   * changed: a file can be sent again.
   */
  async run(request: OrganizationImportRequest, actor: string): Promise<OrganizationImportResult> {
    const { realm, dryRun, onExisting } = request;
    const { rows, errors } = await this.#read(request);
    const taken = dryRun ? await this.#taken(realm.id, rows) : new Set<string>();
    const result: OrganizationImportResult = {
      imported: 0,
      skipped: 0,
      failed: 0,
      organizations: [],
      errors,
    };
    for (const read of rows) {
      const made = dryRun ? tried(read, taken) : await this.#make(realm, read, actor);
      if ('id' in made) {
        result.imported += 1;
        const { id, slug } = made;
        if (!dryRun) result.organizations.push({ row: read.place.row, id, slug });
      } else if (made.code === 'slug_taken' && onExisting === 'skip') result.skipped += 1;
      else errors.push({ ...read.place, ...made });
    }
    result.failed = new Set(errors.map(({ row }) => row)).size;
    errors.sort((a, b) => a.row - b.row);
    return result;
  }

  async #make(realm: Realm, { record, members }: ReadRow, actor: string) {
    const { name, slug, logo = null, metadata = {}, seats = null, status = 'active', plan } = record;
    const at = Date.now();
    const createdAt = Math.min(at, record.created_at ?? at);
    const row = newOrganizationRow(realm, { name, logo }, actor, createdAt);
    const given = { slug, metadata, seats, status, plan: plan ?? row.plan, updatedAt: at };
    const owner = members.find(({ role }) => role === 'owner')?.userId;
    try {
      const made = await this.#changes.create(
        { ...row, ...given, planExpiresAt: record.plan_expires_at ?? null },
        members,
        policyOf(realm).perUser,
        {
          ...{ realmId: realm.id, at, actor, action: 'organization_created', target: row.id },
          details: { user_id: owner, slug, imported: true, members: members.length },
        },
      );
      return made ?? TOO_MANY;
    } catch (error) {
      const problem = error instanceof ApiError ? REFUSED[error.code] : undefined;
      if (problem) return problem;
      throw error;
    }
  }

  /** Those of the slugs that organizations have. */
  async #taken(realmId: string, rows: ReadRow[]): Promise<Set<string>> {
    const slugs = JSON.stringify(rows.map(({ record }) => record.slug));
    const found = await primary(this.#d1)
      .db.select({ slug: organizations.slug })
      .from(organizations)
      .where(
        and(
          eq(organizations.realmId, realmId),
          inArray(organizations.slug, sql`(SELECT value FROM json_each(${slugs}))`),
        ),
      );
    return new Set(found.map(({ slug }) => slug));
  }

  async #read({ realm, records, source }: OrganizationImportRequest) {
    const { plans } = await this.#plans.terms(realm.id);
    const roles = rolesOf(policyOf(realm).roles);
    const parsed: { place: ReadRow['place']; record: OrganizationRecord }[] = [];
    const errors: RowError[] = [];
    for (const [index, record] of records.entries()) {
      const place = { row: index + 1, line: record.line };
      const read = readRecord(record);
      if ('record' in read) parsed.push({ place, record: read.record });
      else errors.push(...read.problems.map((problem) => ({ ...place, ...problem })));
    }
    const { db } = primary(this.#d1);
    const known = await membersOf(
      db,
      realm.id,
      source,
      parsed.flatMap(({ record }) => record.members),
    );
    const rows: ReadRow[] = [];
    for (const { place, record } of parsed) {
      const members = record.members.map((member) => ({ userId: known(member), role: member.role }));
      const problem = ruleProblem(record, members, { plans, roles, most: policyOf(realm).members });
      if (problem) errors.push({ ...place, ...problem });
      else rows.push({ place, record, members: members as ReadRow['members'] });
    }
    return { rows, errors };
  }
}

function readRecord(record: FileRecord): { record: OrganizationRecord } | { problems: RowProblem[] } {
  if ('problem' in record) return { problems: [record.problem] };
  for (const [column, value] of Object.entries(record.values)) {
    const problem = textProblem(column) ?? textProblem(value);
    if (problem) return { problems: [{ ...problem, column: textProblem(column) ? null : column }] };
  }
  const parsed = OrganizationRecord.safeParse(record.values);
  return parsed.success ? { record: parsed.data } : { problems: parsed.error.issues.flatMap(issueProblems) };
}

function ruleProblem(
  { plan, plan_expires_at: expiry, seats }: OrganizationRecord,
  members: { userId: string | undefined; role: string }[],
  { plans, roles, most }: { plans: object; roles: object; most: number },
): RowProblem | null {
  if (plan !== undefined && plan !== ORGANIZATION_PLAN && !Object.hasOwn(plans, plan)) {
    return { column: 'plan', code: 'unknown', message: 'Must be a plan of the realm' };
  }
  if (expiry != null && expiry <= Date.now()) {
    return { column: 'plan_expires_at', code: 'past', message: 'Must be in the future' };
  }
  const problem = (code: string, message: string) => ({ column: 'members', code, message });
  const stranger = members.findIndex(({ userId }) => userId === undefined);
  if (stranger !== -1)
    return problem(
      'user_not_found',
      `Number ${stranger + 1} is no user of the realm, or has not proved the address`,
    );
  if (members.some(({ role }) => !Object.hasOwn(roles, role))) {
    return problem('unknown', `Must have roles of the realm: ${Object.keys(roles).join(', ')}`);
  }
  const ids = new Set(members.map(({ userId }) => userId));
  if (ids.size < members.length) return problem('duplicate', 'Has somebody twice');
  if (members.length > Math.min(most, seats ?? most))
    return problem('no_seat_left', 'Has more members than seats');
  return null;
}

/**
 * The users that members are, by one look at each way in which they are named; who has not registered is none. An address names who has
 * proved it, or came with it by an import: whoever else has signed up with it may be a stranger.
 */
async function membersOf(
  db: Database,
  realmId: string,
  source: string,
  named: OrganizationRecord['members'],
): Promise<(member: OrganizationRecord['members'][number]) => string | undefined> {
  const list = (values: (string | undefined)[]) =>
    sql`(SELECT value FROM json_each(${JSON.stringify(values.filter(Boolean))}))`;
  const own = and(eq(users.realmId, realmId), eq(users.anonymous, false));
  const [byEmail, byId, byExternal] = await db.batch([
    db
      .select({ key: users.email, id: users.id })
      .from(users)
      .where(
        and(
          own,
          inArray(users.email, list(named.map(({ email }) => email))),
          sql`(${users.emailVerified} = 1 OR EXISTS (SELECT 1 FROM ${importedUsers} WHERE ${importedUsers.userId} = ${users.id}))`,
        ),
      ),
    db
      .select({ id: users.id })
      .from(users)
      .where(and(own, inArray(users.id, list(named.map(({ user_id: id }) => id))))),
    db
      .select({ key: importedUsers.externalId, id: importedUsers.userId })
      .from(importedUsers)
      .where(
        and(
          eq(importedUsers.realmId, realmId),
          eq(importedUsers.source, source),
          inArray(importedUsers.externalId, list(named.map(({ external_id: id }) => id))),
        ),
      ),
  ]);
  const emails = new Map(byEmail.map(({ key, id }) => [key, id]));
  const ids = new Set(byId.map(({ id }) => id));
  const external = new Map(byExternal.map(({ key, id }) => [key, id]));
  return ({ email, user_id: id, external_id: externalId }) => {
    if (id !== undefined) return ids.has(id) ? id : undefined;
    return email === undefined ? external.get(externalId ?? null) : emails.get(email);
  };
}

/** What would become of a row: one of the same request has taken what an earlier one names. */
function tried({ record: { slug } }: ReadRow, taken: Set<string>): { id: string; slug: string } | RowProblem {
  if (taken.has(slug)) return REFUSED.slug_taken as RowProblem;
  taken.add(slug);
  return { id: '', slug };
}
