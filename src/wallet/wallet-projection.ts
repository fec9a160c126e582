import type { SpendingAlert } from '../account/alert-book.ts';
import { mailOf } from '../account/alerts.ts';
import type { Atomically } from '../account/atomic.ts';
import { type AuditNote, projectAudit } from '../account/audit-note.ts';
import { creditEvents, noteBooked } from '../account/credit-events.ts';
import type { Cursor, MemberMonth, MemberSums } from '../account/member-sums.ts';
import type { MeteringBooks } from '../account/metering.ts';
import { overageStatement } from '../account/overage-statement.ts';
import { realmSumStatements } from '../account/projection-statements.ts';
import type { StandingWork } from '../account/schedule.ts';
import { CREDITS } from '../account/sharing.ts';
import type { Told } from '../account/told.ts';
import { type ToldMessage, ToldMessages } from '../account/told-messages.ts';
import { eventOfAlert } from '../events/derived.ts';
import { type ObjectEvent, objectEventsStatement } from '../events/emit.ts';
import type { RoleBook } from '../lib/organization-roles.ts';
import { SECOND } from '../lib/time.ts';
import { type MailAudience, type MailFact, projectOrganizationMail } from '../messages/outbox-projection.ts';

/** What is told, and how. */
export interface WalletProjectionDependencies {
  sql: SqlStorage;
  told: Told;
  atomically: Atomically;
  sums: MemberSums;
  books: () => MeteringBooks | null;
  /** Sees to it that `run` is called by then (Unix milliseconds). */
  wake: (at: number) => void;
  /** How long sums may wait, milliseconds. */
  delay: number;
  /** Has events that were written delivered at once, where there is somebody for that. Never throws. */
  callForDelivery: () => Promise<void>;
  /** Where to, and about which organization; null when it is no more. */
  target: () => { d1: D1Database; organizationId: string } | null;
  /** What the realm adds to the roles that every realm has. */
  roles: () => Promise<RoleBook>;
}

/** Messages and rows of the ledger of one batch. */
const BATCH = 100;
/** Months of one statement. */
const CHUNK = 1_000;

/**
 * Sums up what was used of an organization, and tells the directory what each member's months have come to, as a whole, and the realm
 * what came to each day: once in a while, and telling it twice changes nothing.
 */
export class WalletProjection implements StandingWork {
  readonly #deps: WalletProjectionDependencies;
  readonly #waiting: ToldMessages;
  #next: number | null = null;

  constructor(deps: WalletProjectionDependencies) {
    this.#deps = deps;
    this.#waiting = new ToldMessages(deps.sql);
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#next = null;
    this.#waiting.reload();
  }

  /** Forgets what waits, of an organization that is no more. */
  erase(): void {
    this.#waiting.erase();
  }

  /** Tells those whom it concerns that a quota or a cap is nearly reached. */
  alert(alert: SpendingAlert): void {
    this.tell(mailOf(alert), 'payers', alert.member);
  }

  /** Mails some of the members, or one alone. */
  tell(mail: MailFact, audience: MailAudience, member: string | null = null): void {
    this.#waiting.add('mail', { ...mail, audience, member });
    this.#wake(Date.now() + SECOND);
  }

  /** Has an act in the audit log. */
  note(act: AuditNote): void {
    this.#waiting.add('audit', act);
    this.#wake(Date.now() + SECOND);
  }

  /** A row of the ledger was written. Where webhooks want to hear of those, they are told with the sums. */
  booked(seq: number, tells: boolean | undefined): void {
    noteBooked(this.#deps.told, seq, tells);
    this.later();
  }

  /** Something was used. */
  later(): void {
    if (this.#next === null) this.#wake(Date.now() + this.#deps.delay);
  }

  next(): number | null {
    return this.#next;
  }

  async run(): Promise<void> {
    this.#next = null;
    const { atomically, sql, sums, target, told } = this.#deps;
    const to = target();
    if (!to) return;
    const { unsent, used, messages, credits, overage } = atomically(() => {
      const messages = this.#waiting.list(BATCH);
      const books = this.#deps.books();
      // Nobody has used anything yet.
      if (!books) return { unsent: null, used: null, messages, credits: null, overage: null };
      const used = this.#used(books.usage);
      const credits = creditEvents(sql, told.get().credits, BATCH, to.organizationId);
      return { unsent: sums.unsent(), used, messages, credits, overage: books.usage.overage.unsent() };
    });
    if (!unsent && !overage && messages.length === 0 && !credits) return;
    const { months, reached } = unsent ?? { months: [], reached: null };
    const statements = [];
    // By a resource, of which there is one where something was used.
    const first = months.find(({ resource }) => resource !== CREDITS);
    if (used && reached && first) {
      const of = { table: 'organizations', id: to.organizationId, first, number: numberOf(reached) } as const;
      statements.push(...realmSumStatements(to.d1, of, used));
    }
    for (let from = 0; reached && from < months.length; from += CHUNK)
      statements.push(statement(to, months.slice(from, from + CHUNK), reached));
    const whose = { table: 'organizations', id: to.organizationId } as const;
    if (overage) statements.push(overageStatement(to.d1, whose, overage, Date.now()));
    const roles = messages.some(isMail) ? await this.#deps.roles() : {};
    for (const one of messages)
      statements.push(
        isMail(one)
          ? projectOrganizationMail(to.d1, to.organizationId, one, roles)
          : projectAudit(to.d1, one),
      );
    const events = [
      ...messages.flatMap((one) => eventOf(one, to.organizationId)),
      ...(credits?.events ?? []),
    ];
    if (events.length > 0) statements.push(objectEventsStatement(to.d1, whose, events, Date.now()));
    const results = statements.length > 0 ? await to.d1.batch(statements) : [];
    const isTold = events.length > 0 && (results.at(-1)?.meta.changes ?? 0) > 0;
    // What webhooks hear of acts is written with their entries.
    if (isTold || !messages.every(isMail)) await this.#deps.callForDelivery();
    // Of what was deleted meanwhile nothing is kept.
    if (!target()) return;
    atomically(() => {
      if (reached) sums.noteSent(reached);
      if (used) told.put({ sent: used.to });
      if (overage) this.#deps.books()?.usage.overage.noteSent(overage);
      const last = messages.at(-1);
      if (last) this.#waiting.drop(last.seq);
      // Nobody may want to hear of them by now.
      if (credits && told.get().credits !== undefined) told.put({ credits: credits.reached });
    });
    // What had to wait for a range that was on its way does not wait again.
    if (used?.isLate || messages.length === BATCH || credits?.events.length === BATCH)
      this.#wake(Date.now() + SECOND);
  }

  /** Sums up what was used, and gives what the realm does not have of it; null when it has all. */
  #used(usage: MeteringBooks['usage']) {
    const { sums, told } = this.#deps;
    const { folded, sent } = told.get();
    // What is on its way goes as it is, or the realm could count it twice.
    const isLate = folded.uses !== sent.uses || folded.tokens !== sent.tokens;
    if (!isLate) sums.fold();
    const to = isLate ? folded : usage.fold();
    if (to.uses === sent.uses && to.tokens === sent.tokens) return null;
    if (!isLate) told.put({ folded: to });
    return { days: usage.quotas.sums(sent, to).days, models: usage.tokens.sums(sent, to), to, isLate };
  }

  #wake(at: number): void {
    this.#next = Math.min(at, this.#next ?? at);
    this.#deps.wake(this.#next);
  }
}

function isMail({ kind }: ToldMessage): boolean {
  return kind === 'mail';
}

/** The event that a mail is; that of an act is in its entry. */
function eventOf(message: ToldMessage, organizationId: string): ObjectEvent[] {
  if (!isMail(message)) return [];
  const { seq, at, data } = message;
  const { member, ...mail } = data as MailFact & { member: string | null };
  const event = eventOfAlert(mail, { organizationId, member });
  return event ? [{ ...event, key: `m${seq}`, at, actor: null, request_id: null }] : [];
}

/** What numbers sums: it rises with each. */
function numberOf({ uses, tokens, credits }: Cursor): number {
  return uses + tokens + credits;
}

/** Puts months in place of what was there, unless what is there is newer. */
function statement(
  { d1, organizationId }: { d1: D1Database; organizationId: string },
  months: MemberMonth[],
  reached: Cursor,
): D1PreparedStatement {
  const rows = months.map(({ resource, ...rest }) => ({
    ...rest,
    resource: resource === CREDITS ? '' : resource,
  }));
  return d1
    .prepare(
      `INSERT INTO organization_usage (organization_id, realm_id, month, member, resource, quantity, seq)
       SELECT organizations.id, organizations.realm_id, value ->> 'month', value ->> 'member', value ->> 'resource', value ->> 'quantity', ?3
       FROM organizations, json_each(?2) WHERE organizations.id = ?1
       ON CONFLICT DO UPDATE SET quantity = excluded.quantity, seq = excluded.seq
       WHERE excluded.seq > organization_usage.seq`,
    )
    .bind(organizationId, JSON.stringify(rows), numberOf(reached));
}
