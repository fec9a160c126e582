import { backoff } from '../lib/backoff.ts';
import { describeFailure, log } from '../lib/log.ts';
import { RunBudget } from '../lib/run-budget.ts';
import { DAY, SECOND } from '../lib/time.ts';
import { type SinkEvent, sinkEvent } from '../sinks/events.ts';
import { CALLS_PER_RUN, type EventSender, LONGEST_WAIT, type SentEvents } from '../sinks/sender.ts';
import { sinkFailure, sinkLoss, sinkRecovery } from '../sinks/store.ts';
import type { Atomically } from './atomic.ts';
import type { StandingWork } from './schedule.ts';
import type { Told } from './told.ts';

type User = { userId: string; realmId: string };
type Row = { seq: number; at: number } & Record<string, string | number | null>;
type About = Parameters<typeof sinkEvent>[1];

/** A table of which each row is an event, or none. */
interface Stream {
  table: string;
  /** The column of its time, Unix milliseconds. */
  at: string;
  columns: string;
  /** Up to where there were rows that may be gone. */
  reached(told: Told): number;
  eventOf(row: any, about: About): SinkEvent | null;
}

/** What happens at the same moment is told in this order. */
const STREAMS = {
  activity: {
    table: 'activity',
    at: 'at',
    columns: 'type, session_id, country, actor',
    reached: (told) => told.get().activity,
    eventOf: ({ type, session_id, country, actor }, about) =>
      sinkEvent('latchkey.activity', about, { activity: type, session_id, country, actor }),
  },
  uses: {
    table: 'uses',
    at: 'at',
    columns: 'kind, resource, quantity, reference',
    reached: (told) => told.get().folded.uses,
    // What used nothing but credits is in the ledger.
    eventOf: ({ kind, resource, quantity, reference }, about) =>
      resource === null
        ? null
        : sinkEvent('latchkey.usage', about, { resource, quantity, request: kind, reference }),
  },
  tokens: {
    table: 'token_uses',
    at: 'at',
    columns: 'model, input_tokens, output_tokens, request_id',
    reached: (told) => told.get().folded.tokens,
    eventOf: ({ model, input_tokens, output_tokens, request_id }, about) =>
      sinkEvent('latchkey.tokens', about, {
        model,
        input_tokens,
        output_tokens,
        total_tokens: input_tokens + output_tokens,
        request_id,
      }),
  },
  credits: {
    table: 'credit_transactions',
    at: 'created_at',
    columns: 'id, type, amount, balance_after, reference, refund_of, actor',
    reached: () => 0,
    eventOf: ({ id, type, amount, balance_after, reference, refund_of, actor }, about) =>
      sinkEvent('latchkey.credits', about, {
        transaction_id: id,
        transaction_type: type,
        amount,
        balance_after,
        reference,
        refund_of,
        actor,
      }),
  },
} satisfies Record<string, Stream>;
type StreamName = keyof typeof STREAMS;
const NAMES = Object.keys(STREAMS) as StreamName[];
/** Those of them that are there only when something was counted. */
const METERED: StreamName[] = ['uses', 'tokens', 'credits'];

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
  user: () => User | undefined;
  deleted: () => User | undefined;
  /** Whether anything was ever counted; sees to it that the tables have their form of today. */
  hasBooks: () => boolean;
  /** Sees to it that there is a table of the activity. */
  beginLog: () => void;
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
    const { sender, source, user, told } = this.#deps;
    const whose = user();
    if (!sender() || !whose) return [];
    const { items, cursor } = this.#read(MOST_UNSENT);
    const events = items.flatMap(({ event }) => event ?? []);
    const waiting = this.#names().reduce(
      (sum, name) => sum + Math.max(0, this.#last(name) - cursor[name]),
      0,
    );
    if (waiting > items.length) this.#noteLoss(waiting - items.length, whose);
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
    if (this.#deps.user() || this.#deps.deleted()) this.#wake(at);
  }

  #batch(sender: EventSender): Batch | null {
    const { kv, user, deleted } = this.#deps;
    const cursor = kv.get<Cursor>(CURSOR);
    if (cursor && Date.now() < cursor.retryAt) {
      this.#wakeIfThere(cursor.retryAt);
      return null;
    }
    const whose = user();
    if (whose) return this.#batchOf(whose, sender);
    return deleted() ? this.#left() : null;
  }

  #batchOf(whose: User, sender: EventSender): Batch | null {
    const { kv, user } = this.#deps;
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
        if (user()?.userId !== whose.userId) return;
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
    const { kv, source, user } = this.#deps;
    const cursor = { ...(kv.get<Cursor>(CURSOR) ?? this.#beginning()) };
    const whose = user() as User;
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
      const earliest = ready.reduce((a, b) => ((b.rows[0] as Row).at < (a.rows[0] as Row).at ? b : a));
      const row = earliest.rows.shift() as Row;
      const about = { ...aboutOf(whose, STREAMS[earliest.name].table, row), source };
      const stream: Stream = STREAMS[earliest.name];
      items.push({ name: earliest.name, seq: row.seq, event: stream.eventOf(row, about) });
    }
    return { cursor, items, lost };
  }

  #names(): StreamName[] {
    this.#deps.beginLog();
    return this.#deps.hasBooks() ? NAMES : NAMES.filter((name) => !METERED.includes(name));
  }

  #rows(name: StreamName, after: number, limit: number): Row[] {
    const { table, at, columns } = STREAMS[name];
    return this.#deps.sql
      .exec<Row>(
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

  #noteLoss(events: number, { userId }: User): void {
    log('error', 'events_lost', { user_id: userId, events });
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

function aboutOf({ userId, realmId }: User, table: string, { seq, at }: { seq: number; at: number }) {
  return { id: `${realmId}.${userId}.${table}.${seq}`, subject: userId, realm: realmId, at };
}
