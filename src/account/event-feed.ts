import { backoff } from '../lib/backoff.ts';
import { describeFailure, log } from '../lib/log.ts';
import { RunBudget } from '../lib/run-budget.ts';
import { DAY, SECOND } from '../lib/time.ts';
import { type SharedData, type SinkEvent, sinkEvent } from '../sinks/events.ts';
import { CALLS_PER_RUN, type EventSender, LONGEST_WAIT, type SentEvents } from '../sinks/sender.ts';
import { sinkFailure, sinkLoss, sinkRecovery } from '../sinks/store.ts';
import type { Atomically } from './atomic.ts';
import {
  METERED_STREAMS,
  STREAM_NAMES,
  STREAMS,
  type Stream,
  type StreamName,
  type StreamRow,
} from './event-streams.ts';
import type { StandingWork } from './schedule.ts';
import type { Told } from './told.ts';

type Whose = { id: string; realmId: string };

/** Up to where the sink has each table, and how often it has failed since (0 when it has not). */
type Cursor = Record<StreamName, number> & { attempts: number; retryAt: number };

/** Events to be sent, and what is to be written of those that are done. */
interface Batch {
  events: SinkEvent[];
  attempts: number;
  settle(sent: Pick<SentEvents, 'done' | 'failure'>, retryAt: number): void;
}

const CURSOR = 'fed';
/** What a deleted user's object had not sent, in portions. */
const UNSENT = 'unsent:';
const PORTION = 100;
/** Of a deleted user so many events are kept, for so long. */
const MOST_UNSENT = 10_000;
const UNSENT_KEPT = 7 * DAY;
/** An object that has never sent anything begins with what is this old. */
const BEGIN = DAY;
/** A run sends no longer than this: the directory waits meanwhile. */
const RUN_TIME = 15 * SECOND;

/** What is sent, and where to. */
export interface EventFeedDependencies {
  sql: SqlStorage;
  kv: SyncKvStorage;
  told: Told;
  atomically: Atomically;
  /** Null where events go nowhere. */
  sender: () => EventSender | null;
  d1: () => D1Database;
  /** The origin of the deployment. */
  source: string;
  /** Whose events; undefined when there is nobody, or nobody any more. */
  subject: () => Whose | undefined;
  deleted: () => Whose | undefined;
  /** Whether anything was ever counted; sees to it that the tables have their form of today. */
  hasBooks: () => boolean;
  /** Sees to it that there is a table of the activity; null of an organization, which has none, and whose rows say on whose behalf. */
  beginLog: (() => void) | null;
  /** Sees to it that `run` is called by then (Unix milliseconds). */
  wake: (at: number) => void;
  /** How long events may wait, milliseconds. */
  delay: number;
}

/**
 * Sends what happens to an account to the sink, by the alarm: it reads it from the tables that keep it anyway, by a cursor. An
 * event goes at least once, under an id that is the same each time, in the order of the user's time; while the sink fails it
 * waits there.
 */
export class EventFeed implements StandingWork {
  readonly #deps: EventFeedDependencies;
  #next: number | null = null;

  constructor(deps: EventFeedDependencies) {
    this.#deps = deps;
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#next = null;
  }

  /** Credits came or went. All else has the alarm come anyway. */
  later(): void {
    const { sender, delay, kv } = this.#deps;
    if (!sender()) return;
    const now = Date.now();
    const cursor = kv.get<Cursor>(CURSOR) ?? this.#beginning();
    // What waits already, of an object that was evicted since, is not put off by what comes.
    const [first] = this.#next === null ? this.#rows('credits', cursor.credits, 1) : [];
    this.#wake(Math.max(now, (first?.at ?? now) + delay, cursor.retryAt));
  }

  /** By when the first event of a new user goes, Unix milliseconds; null where events go nowhere. */
  first(): number | null {
    return this.#deps.sender() ? Date.now() + SECOND : null;
  }

  next(): number | null {
    return this.#next;
  }

  async run(): Promise<void> {
    this.#next = null;
    const { sender: senderOf, atomically, d1 } = this.#deps;
    const sender = senderOf();
    if (!sender) return atomically(() => this.#dropLeft());
    const budget = new RunBudget(CALLS_PER_RUN, Date.now() + RUN_TIME);
    for (let hasLeft = true; hasLeft; ) {
      const batch = atomically(() => this.#batch(sender));
      if (!batch) return;
      const sent = await sender.send(batch.events, budget);
      const now = Date.now();
      const attempts = batch.attempts + 1;
      const retryAt = now + (sent.failure?.retryAfter ?? backoff(attempts, LONGEST_WAIT));
      atomically(() => batch.settle(sent, retryAt));
      if (sent.refused > 0) await this.#note(sinkLoss(d1(), sent.refused));
      if (sent.failure) {
        const { reason } = sent.failure;
        log('error', 'sink_failed', { sink: sender.name, of: 'account', attempts, reason });
        if (sender.isNews(now)) await this.#note(sinkFailure(d1(), reason, now));
        return this.#wakeIfThere(retryAt);
      }
      if (batch.attempts > 0) await this.#note(sinkRecovery(d1(), now));
      hasLeft = sent.done === batch.events.length;
    }
    // The rest at once, after what the directory is to be told.
    this.#wakeIfThere(Date.now() + SECOND);
  }

  /** What a user who is about to be deleted leaves to be sent, their deletion last; nothing where events go nowhere. */
  leaving(): SinkEvent[] {
    const { sender, source, subject, told, beginLog } = this.#deps;
    const whose = subject();
    if (!sender() || !whose) return [];
    const { items, cursor } = this.#read(MOST_UNSENT);
    const events = items.flatMap(({ event }) => event ?? []);
    const waiting = this.#names().reduce(
      (sum, name) => sum + Math.max(0, this.#last(name) - cursor[name]),
      0,
    );
    if (waiting > items.length) this.#noteLoss(waiting - items.length, whose);
    // The end of an organization is in the audit log.
    if (!beginLog) return events;
    const seq = Math.max(told.get().activity, this.#last('activity')) + 1;
    const about = { ...aboutOf(whose, 'activity', { seq, at: Date.now() }), source };
    const data = { activity: 'account_deleted', session_id: null, country: null, actor: null };
    return [...events, sinkEvent('latchkey.activity', about, data)];
  }

  /** Keeps what was left, when all else is gone. */
  leave(events: SinkEvent[]): void {
    const { kv } = this.#deps;
    for (let at = 0; at < events.length; at += PORTION) {
      kv.put(`${UNSENT}${String(at).padStart(8, '0')}`, events.slice(at, at + PORTION));
    }
    if (events.length > 0) this.#wake(Date.now() + SECOND);
  }

  #wake(at: number): void {
    this.#next = Math.min(at, this.#next ?? at);
    this.#deps.wake(this.#next);
  }

  #wakeIfThere(at: number): void {
    if (this.#deps.subject() || this.#deps.deleted()) this.#wake(at);
  }

  #batch(sender: EventSender): Batch | null {
    const { kv, subject, deleted } = this.#deps;
    const cursor = kv.get<Cursor>(CURSOR);
    if (cursor && Date.now() < cursor.retryAt) {
      this.#wakeIfThere(cursor.retryAt);
      return null;
    }
    const whose = subject();
    if (whose) return this.#batchOf(whose, sender);
    return deleted() ? this.#left() : null;
  }

  #batchOf(whose: Whose, sender: EventSender): Batch | null {
    const { kv, subject } = this.#deps;
    const { cursor, items, lost } = this.#read(sender.perCall);
    const events = items.flatMap(({ event }) => event ?? []);
    if (lost > 0) {
      this.#noteLoss(lost, whose);
      kv.put(CURSOR, cursor);
    }
    if (events.length === 0 && items.length < sender.perCall) return null;
    return {
      events,
      attempts: cursor.attempts,
      settle: ({ done, failure }, retryAt) => {
        // Of who was deleted meanwhile, all that was not noted is left to be sent.
        if (subject()?.id !== whose.id) return;
        const after: Cursor = {
          ...cursor,
          attempts: failure ? cursor.attempts + 1 : 0,
          retryAt: failure ? retryAt : 0,
        };
        let taken = 0;
        for (const { name, seq, event } of items) {
          if (event && taken === done) break;
          if (event) taken += 1;
          after[name] = seq;
        }
        kv.put(CURSOR, after);
      },
    };
  }

  /** What the sink does not have, in order, and the cursor that it follows; `lost` is how many were gone before. */
  #read(limit: number): {
    cursor: Cursor;
    items: { name: StreamName; seq: number; event: SinkEvent | null }[];
    lost: number;
  } {
    const { kv, source, subject } = this.#deps;
    const cursor = { ...(kv.get<Cursor>(CURSOR) ?? this.#beginning()) };
    const whose = subject() as Whose;
    let lost = 0;
    const waiting = this.#names().map((name) => {
      const rows = this.#rows(name, cursor[name], limit);
      const [first] = rows;
      // Numbers are given one after another: those that are missing were too old to be kept.
      if (first) lost += first.seq - cursor[name] - 1;
      if (first) cursor[name] = first.seq - 1;
      return { name, rows };
    });
    const items = [];
    while (items.length < limit) {
      const ready = waiting.filter(({ rows }) => rows.length > 0);
      if (ready.length === 0) break;
      const earliest = ready.reduce((a, b) =>
        (b.rows[0] as StreamRow).at < (a.rows[0] as StreamRow).at ? b : a,
      );
      const row = earliest.rows.shift() as StreamRow;
      const about = { ...aboutOf(whose, STREAMS[earliest.name].table, row), source };
      const stream: Stream = STREAMS[earliest.name];
      items.push({
        name: earliest.name,
        seq: row.seq,
        event: stream.eventOf(row, about, this.#shared(whose, row)),
      });
    }
    return { cursor, items, lost };
  }

  /** What is said of what an organization shares. */
  #shared({ id }: Whose, { member }: StreamRow): SharedData {
    return this.#deps.beginLog ? {} : { organization_id: id, member: member as string | null };
  }

  #names(): StreamName[] {
    const { beginLog, hasBooks } = this.#deps;
    const metered = hasBooks() ? METERED_STREAMS : [];
    if (!beginLog) return metered;
    beginLog();
    return STREAM_NAMES.filter((name) => !METERED_STREAMS.includes(name) || metered.includes(name));
  }

  #rows(name: StreamName, after: number, limit: number): StreamRow[] {
    const { table, at, isShared, columns: own } = STREAMS[name];
    const columns = isShared && !this.#deps.beginLog ? `${own}, member` : own;
    return this.#deps.sql
      .exec<StreamRow>(
        `SELECT seq, ${at} AS at, ${columns} FROM ${table} WHERE seq > ? ORDER BY seq LIMIT ?`,
        after,
        limit,
      )
      .toArray();
  }

  /** The cursor of an object that has never sent anything: before the first row of the last day. */
  #beginning(): Cursor {
    const { sql, told } = this.#deps;
    const cursor: Cursor = { activity: 0, uses: 0, tokens: 0, credits: 0, attempts: 0, retryAt: 0 };
    for (const name of this.#names()) {
      const { table, at, reached } = STREAMS[name];
      const [first] = sql
        .exec<{ seq: number }>(
          `SELECT seq FROM ${table} WHERE seq > 0 AND ${at} >= ? ORDER BY seq LIMIT 1`,
          Date.now() - BEGIN,
        )
        .toArray();
      cursor[name] = first ? first.seq - 1 : Math.max(reached(told), this.#last(name));
    }
    return cursor;
  }

  #last(name: StreamName): number {
    const { table } = STREAMS[name];
    return this.#deps.sql.exec<{ seq: number }>(`SELECT COALESCE(MAX(seq), 0) AS seq FROM ${table}`).one()
      .seq;
  }

  /** The first portion of what a deleted user has left. */
  #left(): Batch | null {
    const { kv } = this.#deps;
    const cursor = kv.get<Cursor>(CURSOR);
    const [portion] = kv.list<SinkEvent[]>({ prefix: UNSENT, limit: 1 });
    if (!portion) {
      if (cursor) kv.delete(CURSOR);
      return null;
    }
    const [key, events] = portion;
    if (Date.parse((events.at(-1) as SinkEvent).time) < Date.now() - UNSENT_KEPT) {
      this.#dropLeft();
      return null;
    }
    const attempts = cursor?.attempts ?? 0;
    return {
      events,
      attempts,
      settle: ({ done, failure }, retryAt) => {
        if (done === events.length) kv.delete(key);
        else if (done > 0) kv.put(key, events.slice(done));
        if (failure) kv.put(CURSOR, { attempts: attempts + 1, retryAt });
        else if (attempts > 0) kv.put(CURSOR, { attempts: 0, retryAt: 0 });
      },
    };
  }

  /** Forgets what a deleted user has left. */
  #dropLeft(): void {
    const { kv, deleted } = this.#deps;
    const whose = deleted();
    if (!whose) return;
    const portions = [...kv.list<SinkEvent[]>({ prefix: UNSENT })];
    for (const [key] of portions) kv.delete(key);
    const lost = portions.reduce((sum, [, events]) => sum + events.length, 0);
    if (lost > 0) this.#noteLoss(lost, whose);
  }

  #noteLoss(events: number, { id }: Whose): void {
    log('error', 'events_lost', { user_id: id, events });
    void this.#note(sinkLoss(this.#deps.d1(), events));
  }

  /** Tells operators; that D1 is away is no reason to stop. */
  async #note(statement: D1PreparedStatement): Promise<void> {
    try {
      await statement.run();
    } catch (error) {
      log('warn', 'sink_not_noted', { error: describeFailure(error) });
    }
  }
}

function aboutOf({ id, realmId }: Whose, table: string, { seq, at }: { seq: number; at: number }) {
  return { id: `${realmId}.${id}.${table}.${seq}`, subject: id, realm: realmId, at };
}
