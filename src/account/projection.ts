import type { ActivityEntry } from '../directory/state.ts';
import { eventOfAlert } from '../events/derived.ts';
import { type ObjectEvent, objectEventsStatement } from '../events/emit.ts';
import { SECOND } from '../lib/time.ts';
import { type MailFact, projectMail } from '../messages/outbox-projection.ts';
import type { ActivityLog } from './activity-log.ts';
import type { Atomically } from './atomic.ts';
import { projectAudit } from './audit-note.ts';
import { creditEvents, noteBooked } from './credit-events.ts';
import type { ActivityLogRow } from './history-contract.ts';
import { overageStatement } from './overage-statement.ts';
import {
  type AccountStanding,
  activityStatement,
  projectLogout,
  projectRehash,
  standingStatements,
  sumStatements,
} from './projection-statements.ts';
import type { StandingWork } from './schedule.ts';
import type { EndedGrant } from './session-book.ts';
import type { Told } from './told.ts';
import { type ToldMessage, ToldMessages } from './told-messages.ts';
import type { UsageMeter } from './usage-meter.ts';

/** What was not done by the user whom it happened to, as far as anybody knows. */
const BY_NOBODY: string[] = ['sign_in.failed', 'user.locked', 'passkey.copied'];
/** Entries and messages of one batch. */
const BATCH = 100;
/** How each kind of message goes out. */
const TOLD = {
  mail: projectMail,
  rehash: projectRehash,
  logout: projectLogout,
  audit: (d1: D1Database, _: string, message: ToldMessage) => [projectAudit(d1, message)],
};
/** After how long the directory hears of anything but sums. */
const SOON = SECOND;

/** What is told, and how. */
export interface ProjectionDependencies {
  sql: SqlStorage;
  told: Told;
  atomically: Atomically;
  activity: ActivityLog;
  standing: () => AccountStanding;
  /** Sums up what was used by each key, before the sums of all move on. */
  foldKeys: () => void;
  /** The sums of what was used; null while there are none, or not all of them. */
  sums: () => UsageMeter | null;
  /** Sees to it that `run` is called by then (Unix milliseconds). */
  wake: (at: number) => void;
  /** How long sums may wait, milliseconds. */
  sumDelay: number;
  /** Has events that were written delivered at once, where there is somebody for that. Never throws. */
  callForDelivery: () => Promise<void>;
  /** Where to, and about whom; null when there is nobody any more. */
  target: () => { d1: D1Database; userId: string } | null;
}

/**
 * Tells the directory, which spans users, of an account: entries of the log, messages and the standing soon, sums of what
 * was used once a minute. It reads them from where they are kept anyway, by a cursor. Each batch is written whole or not at
 * all, and writing it again changes nothing.
 */
export class Projection implements StandingWork {
  readonly #deps: ProjectionDependencies;
  #next: number | null = null;
  readonly #waiting: ToldMessages;

  constructor(deps: ProjectionDependencies) {
    this.#deps = deps;
    this.#waiting = new ToldMessages(deps.sql);
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#waiting.reload();
    this.#next = null;
  }

  /** Adds an entry to the activity log. `isTold`: the directory has told webhooks of it. */
  log(entry: ActivityEntry, { isTold = false } = {}): void {
    this.#deps.activity.add(entry, isTold, Date.now());
    this.soon();
  }

  /** Adds the entry of the activity log that the directory has, with the session that it is of. */
  logFirst(entry: ActivityEntry, at: number): void {
    this.#deps.activity.addFirst(entry, at);
  }

  /** Has a message go out by way of the directory, which knows the address, or a hash replaced. */
  tell(kind: ToldMessage['kind'], data: unknown): void {
    this.#waiting.add(kind, data);
    this.soon();
  }

  /** A row of the ledger was written. Where webhooks want to hear of those, they are told with the sums. */
  booked(seq: number, tells: boolean | undefined): void {
    if (noteBooked(this.#deps.told, seq, tells)) this.later();
  }

  /** The standing may have changed. */
  soon(): void {
    this.#wake(Date.now() + SOON);
  }

  /** Something was used. */
  later(): void {
    const now = Date.now();
    // What waits already, of an object that was evicted since, is not put off by what comes.
    if (this.#next === null) this.#wake(this.#waitingUntil(now));
    else this.#wake(now + this.#deps.sumDelay);
  }

  next(): number | null {
    return this.#next;
  }

  async run(): Promise<void> {
    this.#next = null;
    for (let withSums = true; ; ) {
      const batch = this.#deps.atomically(() => this.#batch(withSums));
      if (!batch) return;
      // What was asked for without using anything has no sums.
      const results = batch.statements.length > 0 ? await batch.d1.batch(batch.statements) : [];
      // The last statement writes events, where somebody wants to hear of them.
      if (batch.hasEvents && (results.at(-1)?.meta.changes ?? 0) > 0) await this.#deps.callForDelivery();
      this.#deps.atomically(batch.done);
      // What is used meanwhile waits for the next time; what had to wait for a range that was on its way does not.
      withSums = batch.isLate;
    }
  }

  #wake(at: number): void {
    this.#next = Math.min(at, this.#next ?? at);
    this.#deps.wake(this.#next);
  }

  /** When the first has to be told of what waits. */
  #waitingUntil(now: number): number {
    const { activity, told, sums, sumDelay } = this.#deps;
    if (activity.after(told.get().activity, 1).length > 0 || this.#messages().length > 0) return now + SOON;
    const since = sums()?.uses.firstAfter(told.get().folded) ?? now;
    return Math.max(now, Math.min(since, now) + sumDelay);
  }

  #batch(withSums: boolean): {
    d1: D1Database;
    statements: D1PreparedStatement[];
    hasEvents: boolean;
    isLate: boolean;
    done: () => void;
  } | null {
    const { activity, told, target } = this.#deps;
    const to = target();
    if (!to) return null;
    const now = Date.now();
    const entries = activity.after(told.get().activity, BATCH);
    const messages = this.#messages();
    const standing = this.#deps.standing();
    const before = told.get();
    const text = JSON.stringify(standing);
    const hasNews = text !== before.standing;
    const books = withSums ? this.#deps.sums() : null;
    const sums = books && this.#sums(books);
    // Of what was put back there may be some though nothing was used since.
    const overage = books?.overage.unsent() ?? null;
    const credits = creditEvents(this.#deps.sql, before.credits, BATCH);
    if (entries.length === 0 && messages.length === 0 && !hasNews && !sums && !overage && !credits)
      return null;
    // What is on its way may come there though nobody hears of it.
    const onItsWay = {
      standing: hasNews ? null : text,
      folded: sums?.to ?? before.folded,
      // Rises though the clock may not.
      version: hasNews ? Math.max(now, before.version + 1) : before.version,
    };
    if (before.standing !== onItsWay.standing || before.folded !== onItsWay.folded) told.put(onItsWay);
    const { d1, userId } = to;
    const events = [
      ...entries.flatMap((entry) => eventOfEntry(entry, userId)),
      ...messages.flatMap(eventOfMessage),
      ...(credits?.events ?? []),
    ];
    const statements = [
      ...(entries.length > 0 ? [activityStatement(d1, userId, entries)] : []),
      ...standingStatements(d1, userId, {
        before: parsed(before.standing),
        standing,
        entries,
        version: Math.max(now, onItsWay.version),
      }),
      ...messages.flatMap((one) => TOLD[one.kind](d1, userId, one)),
      ...(sums ? sumStatements(d1, userId, sums) : []),
      ...(overage ? [overageStatement(d1, { table: 'users', id: userId }, overage, now)] : []),
      ...(events.length > 0 ? [objectEventsStatement(d1, { table: 'users', id: userId }, events, now)] : []),
    ];
    const done = () => {
      // Of who was deleted meanwhile nothing is kept.
      if (target()?.userId !== userId) return;
      told.put({
        activity: entries.at(-1)?.seq ?? before.activity,
        standing: text,
        ...(sums && { sent: sums.to }),
        // Nobody may want to hear of them by now.
        ...(credits && told.get().credits !== undefined && { credits: credits.reached }),
      });
      if (overage) books?.overage.noteSent(overage);
      const last = messages.at(-1);
      if (last) this.#waiting.drop(last.seq);
    };
    return { d1, statements, hasEvents: events.length > 0, isLate: sums?.isLate ?? false, done };
  }

  /** Sums up what was used, and gives what the directory does not have of it; null when it has all. */
  #sums(books: UsageMeter) {
    const { told } = this.#deps;
    const { folded, sent, base } = told.get();
    // What is on its way goes as it is, or the directory could count it twice.
    const isLate = folded.uses !== sent.uses || folded.tokens !== sent.tokens;
    if (!isLate) this.#deps.foldKeys();
    const to = isLate ? folded : books.fold();
    if (to.uses === sent.uses && to.tokens === sent.tokens) return null;
    const number = base + to.uses + to.tokens;
    return {
      ...books.quotas.sums(sent, to),
      models: books.tokens.sums(sent, to),
      number,
      to,
      isLate,
    };
  }

  /** Ends that clients have yet to be told of. */
  waitingEnds(): EndedGrant[] {
    return this.#messages().flatMap(({ data, kind }) => (kind === 'logout' ? [data as EndedGrant] : []));
  }

  #messages(): ToldMessage[] {
    return this.#waiting.list(BATCH);
  }
}

function eventOfEntry({ seq, at, actor, event }: ActivityLogRow, userId: string): ObjectEvent[] {
  if (!event) return [];
  const told = JSON.parse(event) as Pick<ObjectEvent, 'type' | 'data' | 'request_id'>;
  const by = BY_NOBODY.includes(told.type) ? null : userId;
  return [{ ...told, key: String(seq), at, actor: actor ?? by }];
}

function eventOfMessage({ kind, seq, at, data }: ToldMessage): ObjectEvent[] {
  const event = kind === 'mail' ? eventOfAlert(data as MailFact, null) : null;
  return event ? [{ ...event, key: `m${seq}`, at, actor: null, request_id: null }] : [];
}

function parsed(standing: string | null): AccountStanding | null {
  return standing === null ? null : (JSON.parse(standing) as AccountStanding);
}
