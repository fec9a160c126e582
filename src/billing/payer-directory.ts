import { type SQL, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { type Database, nearestReplica, primary } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { writeAuditIf } from '../directory/audit.ts';
import { maskEmail } from '../directory/schemas.ts';
import type { Directory } from '../directory/service.ts';
import { type ActivityType, DEFAULT_PLAN, ORGANIZATION_PLAN } from '../directory/state.ts';
import { ApiError } from '../errors.ts';
import { eventOfActivity } from '../events/derived.ts';
import { tellOf } from '../events/emit.ts';
import { isPlaceholder, placeholderOf } from '../lib/email-address.ts';
import { isOrganizationId } from '../lib/jurisdiction.ts';
import { issuerOf } from '../lib/realm.ts';
import { rfc3339 } from '../lib/time.ts';
import type { MailBudget } from '../messages/budgets.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { message } from '../messages/outbox.ts';
import { outbox } from '../messages/tables.ts';
import type { AccountChange, MailData } from '../messages/templates/mail-data.ts';
import type { OrganizationChanges } from '../organizations/change-service.ts';
import type { PayingParty } from '../wallet/payers.ts';
import { billingAddressOf, ownerAddressOf, type PlanWrite, subscriptionChange } from './store.ts';
import type { SubscriptionRow } from './tables.ts';

/** Whose billing: the id of a user or an organization. */
export interface Payer {
  payerId: string;
  realmId: string;
}

/** A payer, as the directory has them. */
export interface PayerRow {
  id: string;
  realmId: string;
  /** Where mails about paying go; a placeholder where nothing can be sent. */
  email: string;
  locale: string | null;
  /** By what a mail greets a user. */
  name: string | null;
  /** What an organization is called; null for a user. */
  organization: string | null;
  isActive: boolean;
  plan: string;
  /** When the plan lapses; null is never. */
  planExpiresAt: number | null;
  /** How many are in an organization. */
  members: number;
  /** How many seats an organization pays for, where no more may join. */
  paidSeats: number | null;
  /** What an organization has said where mails about paying go. */
  billingEmail: string | null;
}

/** How often somebody else may change the address between reading and writing it. */
const EMAIL_TRIES = 3;

export type MailRow = typeof outbox.$inferInsert;
type Statement = BatchItem<'sqlite'>;

/** What payers are made of. */
export interface PayerDirectoryDependencies {
  d1: D1Database;
  directory: Directory;
  organizations: Pick<OrganizationChanges, 'record'>;
  mailBudget: MailBudget;
  /** Below which the realms have their pages. */
  origin: string;
}

/** Whose balance and plan it is. */
export function partyOf({ payerId, realmId }: Payer): PayingParty {
  if (!isOrganizationId(payerId)) return { realmId, userId: payerId };
  return { realmId, organizationId: payerId, userId: null, actor: 'system' };
}

/** Users and organizations, as far as paying goes: looked up, given plans, told what happens to their money. */
export class PayerDirectory {
  readonly #deps: PayerDirectoryDependencies;

  constructor(deps: PayerDirectoryDependencies) {
    this.#deps = deps;
  }

  /** A payer of the realm. Throws `user_not_found`, `organization_not_found`. */
  async find({ payerId, realmId }: Payer): Promise<PayerRow> {
    if (!isOrganizationId(payerId)) {
      const user = await this.#deps.directory.find(realmId, { userId: payerId }, null);
      const none = { organization: null, members: 1, paidSeats: null, billingEmail: null };
      return rowOf({ ...user, ...none, greeted: greetedName(user) }, DEFAULT_PLAN);
    }
    const { d1 } = this.#deps;
    const look = (db: Database) => findOrganizationPayer(db, payerId);
    const found = (await look(nearestReplica(d1, null).db)) ?? (await look(primary(d1).db));
    if (found?.realmId !== realmId) throw new ApiError('organization_not_found');
    return found;
  }

  /** As `find`; throws `account_suspended` or `organization_suspended` for who may not act. */
  async findActive(payer: Payer): Promise<PayerRow> {
    const row = await this.find(payer);
    if (row.isActive) return row;
    throw new ApiError(row.organization === null ? 'account_suspended' : 'organization_suspended');
  }

  /** Writes what a subscription is now, and the plan that the payer has by it. False when somebody else wrote meanwhile. */
  async holdPlan(realmId: string, row: SubscriptionRow, now: number): Promise<boolean> {
    const { d1, directory, organizations } = this.#deps;
    const { payerId, id, plan, status } = row;
    const write = subscriptionChange(primary(d1).db, row, now);
    const data = { subscription_id: id, plan, status };
    if (!isOrganizationId(payerId)) {
      const { results } = await directory.change(payerId, {
        ...userWrite(write),
        now,
        event: { type: 'subscription.updated', data },
        activity: (user) => ({
          type: 'plan_changed',
          client: null,
          actor: 'system',
          details: { plan: user.plan, subscription: id, status },
        }),
      });
      return (results[0] as unknown[]).length > 0;
    }
    const { set, paidSeats, guard, before, after } = write;
    const { results } = await organizations.record(payerId, {
      set: { ...set, paidSeats },
      guard,
      before,
      after,
      audit: {
        realmId,
        at: now,
        actor: 'system',
        action: 'organization_billing',
        target: payerId,
        details: { activity: 'plan_changed', ...data },
      },
    });
    return (results[0] as unknown[]).length > 0;
  }

  /**
   * What the batch that settles something tells of it: those who listen to events and, of an organization, its audit log. Each
   * statement writes where `stands` holds.
   */
  telling(
    { payerId, realmId }: Payer,
    activity: ActivityType,
    details: Record<string, unknown>,
    now: number,
  ): (db: Database, stands: SQL) => Statement[] {
    if (isOrganizationId(payerId)) {
      const act = { actor: 'system', action: 'organization_billing', target: payerId } as const;
      const entry = { realmId, at: now, ...act, details: { activity, ...details } };
      return (db, stands) => [writeAuditIf(db, entry, stands)];
    }
    const told = eventOfActivity({ type: activity, sessionId: null, details });
    if (!told) return () => [];
    return (db, stands) => [
      tellOf(db, told, { actor: 'system', now }, sql`users.id = ${payerId} AND ${stands}`),
    ];
  }

  /**
   * Says where mails about what an organization pays go; the address before and the new one are told, in the batch that changes it. Throws
   * `organization_not_found`, and `conflict` when somebody always changes it meanwhile.
   */
  async setEmail({ payerId, realmId }: Payer, email: string | null, actor: string): Promise<void> {
    const { d1, organizations } = this.#deps;
    const { db } = primary(d1);
    for (let tries = 0; tries < EMAIL_TRIES; tries += 1) {
      const row = await findOrganizationPayer(db, payerId);
      if (row?.realmId !== realmId) throw new ApiError('organization_not_found');
      const mails = await this.#addressMails(row, email ?? row.ownerEmail);
      const changed = await organizations.record(payerId, {
        set: { billingEmail: email },
        // Else another address than the one before would be told.
        guard: sql`billing_email IS ${row.billingEmail}`,
        after: (to, stands) => mails.map((mail) => this.mailing(to, mail, stands)),
        audit: {
          realmId,
          at: Date.now(),
          actor,
          action: 'organization_changed',
          target: payerId,
          details: { changed: ['billing_email'] },
        },
      });
      if (!changed.row) continue;
      for (const mail of mails) this.send(mail);
      return;
    }
    throw new ApiError('conflict');
  }

  /** The mails that tell the address of an organization and another one that mails go there; none where it stays the same. */
  async #addressMails(row: OrganizationPayerRow, to: string | null): Promise<MailRow[]> {
    const { id, realmId, email: before, locale, organization, billingEmail } = row;
    if (to === null || to.toLowerCase() === before.toLowerCase()) return [];
    const issuer = issuerOf(this.#deps.origin, realmId);
    // That of an owner is proved; what else was said may be anybody's.
    const isProved = billingEmail === null;
    const told = { organization: isProved ? organization : null, email_masked: maskEmail(to) };
    const about = { told, link: `${issuer}/account/organizations/${id}` };
    const wanted = [
      ...(isPlaceholder(before) ? [] : [{ to: before, isProved, data: about }]),
      { to, isProved: to === row.ownerEmail, data: { told: null, link: `${issuer}/` } },
    ];
    const mails: MailRow[] = [];
    for (const { to: address, isProved, data } of wanted) {
      // What an organization has others sent is bounded; an owner hears of it whatever it has sent before.
      const request = { realmId, to: address, client: null, userId: isProved ? null : id };
      if (!(await this.#deps.mailBudget.take('notice', request))) continue;
      const text = { template: 'billing_email_changed', data: { name: null, ...data } } as const;
      const envelope = { realmId, userId: null, to: address, locale };
      mails.push(message({ channel: 'mail', ...text }, envelope, Date.now()));
    }
    return mails;
  }

  /** Puts it into the activity log of a user, of which webhooks were told; that of an organization is the audit log. */
  async log(
    { payerId, realmId }: Payer,
    type: ActivityType,
    details: Record<string, unknown>,
  ): Promise<void> {
    if (isOrganizationId(payerId)) return;
    const entry = { type, sessionId: null, client: null, actor: 'system', details };
    await this.#deps.directory.log({ userId: payerId, realmId }, entry, { isTold: true });
  }

  /** The mail that tells a payer that a way to pay came or went; null when they are no more. */
  async noticeOf(payer: Payer, change: AccountChange): Promise<MailRow | null> {
    return this.mail(payer, (row, link) => ({
      template: 'account_changed',
      data: {
        name: row.name,
        change,
        about: row.organization,
        at: rfc3339(Date.now()),
        place: null,
        device: null,
        link:
          row.organization === null ? link('/account/security') : link(`/account/organizations/${row.id}`),
      },
    }));
  }

  /**
   * A mail to where mails about paying go; null when the payer is no more, and where an address that nobody has proved has had as many as
   * strangers can have sent. `link` makes addresses of the realm's pages.
   */
  async mail<Template extends keyof MailData>(
    payer: Payer,
    content: (
      row: PayerRow,
      link: (path: string) => string,
    ) => { template: Template; data: MailData[Template] },
  ): Promise<MailRow | null> {
    const row = await this.find(payer).catch(() => null);
    if (!row) return null;
    if (row.billingEmail !== null) {
      const request = { realmId: row.realmId, to: row.email, client: null, userId: row.id };
      if (!(await this.#deps.mailBudget.take('other', request))) return null;
    }
    const issuer = issuerOf(this.#deps.origin, row.realmId);
    const { template, data } = content(row, (path) => `${issuer}${path}`);
    const userId = row.organization === null ? row.id : null;
    const envelope = { realmId: row.realmId, userId, to: row.email, locale: row.locale };
    return message(
      { channel: 'mail', template, data } as Parameters<typeof message>[0],
      envelope,
      Date.now(),
    );
  }

  /** Sends a mail that was written. */
  send(mail: MailRow): void {
    this.#deps.directory.send(mail);
  }

  /** The statement that sends a mail where a condition holds. */
  mailing(db: Database, mail: MailRow, stands: SQL): Statement {
    return insertIf(db, outbox, mail, stands);
  }
}

/** What of it is a change of a user. */
function userWrite({ set, guard, before, after }: PlanWrite) {
  return { set, guard, before, after };
}

type Found = Omit<PayerRow, 'name' | 'isActive'> & { greeted: string | null; status: string };

function rowOf({ greeted: name, status, ...found }: Found, free: string): PayerRow {
  const { id, realmId, email, locale, organization, members, paidSeats, billingEmail } = found;
  const hasLapsed = found.planExpiresAt !== null && found.planExpiresAt <= Date.now();
  const plan = hasLapsed ? free : found.plan;
  const planExpiresAt = hasLapsed ? null : found.planExpiresAt;
  const own = { id, realmId, email, locale, name, organization, isActive: status === 'active' };
  return { ...own, plan, planExpiresAt, members, paidSeats, billingEmail };
}

/** With the address of an owner, whatever else was said; null where none has one. */
type OrganizationPayerRow = PayerRow & { ownerEmail: string | null };

async function findOrganizationPayer(db: Database, id: string): Promise<OrganizationPayerRow | null> {
  const address = billingAddressOf({ owner: 'organization_id' }, sql`organizations.id`);
  const [found] = await db.all<
    Omit<Found, 'email' | 'greeted'> & { email: string | null; ownerEmail: string | null }
  >(sql`
    SELECT id, realm_id AS realmId, ${address} AS email, ${ownerAddressOf(sql`organizations.id`)} AS ownerEmail, name AS organization, status, plan, plan_expires_at AS planExpiresAt,
      paid_seats AS paidSeats, billing_email AS billingEmail,
      (SELECT count(*) FROM organization_members WHERE organization_id = organizations.id) AS members,
      (SELECT users.locale FROM organization_members JOIN users ON users.id = user_id
       WHERE organization_id = organizations.id AND organization_members.role = 'owner'
       ORDER BY joined_at, users.id LIMIT 1) AS locale
    FROM organizations WHERE id = ${id}`);
  const nobody = { greeted: null, email: found?.email ?? placeholderOf(id) };
  if (!found) return null;
  return { ...rowOf({ ...found, ...nobody }, ORGANIZATION_PLAN), ownerEmail: found.ownerEmail };
}
