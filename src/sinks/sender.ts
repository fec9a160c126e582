import { DeadlineError, withDeadline } from '../lib/deadline.ts';
import { log } from '../lib/log.ts';
import type { Budget } from '../lib/run-budget.ts';
import { HOUR, MINUTE, SECOND } from '../lib/time.ts';
import type { SinkEvent } from './events.ts';
import { type EventSink, SinkError } from './port.ts';

/** How long a sink may take for a call, in milliseconds. */
const SINK_TIMEOUT = 10 * SECOND;
/** Calls of one run: Analytics Engine takes no more points in one invocation, and nothing else waits for long. */
export const CALLS_PER_RUN = 10;
/** The longest that a sink which fails is left alone, unless it asks for more. */
export const LONGEST_WAIT = HOUR;
/** Events of one run that a sink may refuse: of one that refuses more it is rather the sink. */
const MOST_REFUSED = 5;

/** What became of events: the first `done` of them were taken, or refused for good. */
export interface SentEvents {
  done: number;
  /** Events that the sink will never take. */
  refused: number;
  /** Why those that follow have to wait, and how long the sink asks for (milliseconds); null when nothing failed. */
  failure: { reason: string; retryAfter: number | null } | null;
}

/** Sends events to a sink in their order: each at least once, but for those that it refuses by themselves. */
export class EventSender {
  /** As the operator chose it. */
  readonly name: string;
  readonly #sink: EventSink;
  readonly #timeoutMs: number;
  /** How many events a call may have, as far as the sink has said so. */
  #most: number;
  #heardAt = 0;

  constructor(name: string, sink: EventSink, timeoutMs = SINK_TIMEOUT) {
    this.name = name;
    this.#sink = sink;
    this.#timeoutMs = timeoutMs;
    this.#most = sink.perCall;
  }

  /** How many events are best sent at once. */
  get perCall(): number {
    return this.#sink.perCall;
  }

  /** Whether a failure is worth telling: the same isolate tells of one a minute. */
  isNews(now: number): boolean {
    if (now < this.#heardAt + MINUTE) return false;
    this.#heardAt = now;
    return true;
  }

  /** Sends what it can with the calls that the budget gives. Never throws. */
  async send(events: SinkEvent[], budget: Budget): Promise<SentEvents> {
    let done = 0;
    let refused = 0;
    for (let size = this.#most; done < events.length && budget.take(1); ) {
      const part = events.slice(done, done + size);
      const error = await this.#call(part);
      if (error === null) {
        done += part.length;
        size = Math.min(size * 2, this.#most);
      } else if (error.fault === 'passing') {
        return { done, refused, failure: { reason: error.message, retryAfter: error.retryAfter } };
      } else if (part.length > 1) {
        // One of them is the reason, or their number.
        size = Math.ceil(part.length / 2);
        if (error.fault === 'too_large') this.#most = size;
      } else {
        const [event] = part as [SinkEvent];
        if (refused === MOST_REFUSED)
          return { done, refused, failure: { reason: error.message, retryAfter: error.retryAfter } };
        log('error', 'event_refused', {
          sink: this.name,
          id: event.id,
          type: event.type,
          reason: error.message,
        });
        done += 1;
        refused += 1;
        size = this.#most;
      }
    }
    return { done, refused, failure: null };
  }

  async #call(events: SinkEvent[]): Promise<SinkError | null> {
    try {
      await withDeadline((signal) => this.#sink.send(events, signal), this.#timeoutMs);
      return null;
    } catch (error) {
      if (error instanceof SinkError) return error;
      const reason =
        error instanceof DeadlineError
          ? `no answer within ${this.#timeoutMs / SECOND} seconds`
          : `the connection failed (${error instanceof Error ? error.name : typeof error})`;
      return new SinkError('passing', reason);
    }
  }
}
