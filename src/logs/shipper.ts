import { withDeadline } from '../lib/deadline.ts';
import type { LogLine } from '../lib/log.ts';
import { SECOND } from '../lib/time.ts';
import { LogRefusal, type LogTransport } from './transport.ts';

/** How long lines may wait for others. */
const PAUSE = SECOND;
/** The most that an isolate keeps while nobody takes it. */
const MOST_LINES = 5_000;
const MOST_CHARACTERS = 2_000_000;
/** The most that goes at once. */
const BATCH_LINES = 500;
const BATCH_CHARACTERS = 500_000;
const SEND_TIME = 5 * SECOND;
const LONGEST_WAIT = 30 * SECOND;
/** Cloudflare ends what outlives its request by more than 30 seconds: so long one request tries, and then it is gone. */
const PATIENCE = 20 * SECOND;
const GONE = 35 * SECOND;

/** What a shipper needs of the request in which a line was written. */
export interface ShipperHost {
  send: LogTransport;
  /** Lets work go on when the answer has left. Throws where there is no request. */
  keep(work: Promise<void>): void;
  wait(ms: number): Promise<unknown>;
  /** What the console is told; it must not come back as a line. */
  tell(message: string): void;
}

/**
 * Sends the log elsewhere, after answers have left: lines are gathered for a second and go together, in order. No request waits for
 * it and none fails of it. While nobody takes them, the newest lines are kept, up to a bound; how many were dropped is the first
 * line that goes.
 */
export class LogShipper {
  readonly #host: ShipperHost;
  #lines: LogLine[] = [];
  #characters = 0;
  #dropped = 0;
  #failures = 0;
  #retryAt = 0;
  /** When somebody last began, or went on, to send; null when nobody does. */
  #busySince: number | null = null;
  /** Who that is: whoever finds another number there is not needed any more. */
  #turn = 0;

  constructor(host: ShipperHost) {
    this.#host = host;
  }

  /** Takes a line. Never throws. */
  readonly take = (line: LogLine): void => {
    this.#lines.push(line);
    this.#characters += line.json.length;
    while (this.#lines.length > MOST_LINES || this.#characters > MOST_CHARACTERS) this.#drop(1);
    if (this.#busySince !== null && line.at - this.#busySince < GONE) return;
    if (line.at < this.#retryAt) return;
    this.#busySince = line.at;
    this.#turn += 1;
    try {
      this.#host.keep(this.#run(this.#turn));
    } catch {
      // Written where no request is, such as at start-up: the next line takes it along.
      this.#end();
    }
  };

  #end(): void {
    this.#busySince = null;
    this.#turn += 1;
  }

  async #run(turn: number): Promise<void> {
    const until = Date.now() + PATIENCE;
    await this.#host.wait(PAUSE);
    while (this.#lines.length > 0 && this.#turn === turn) {
      if (await this.#sendSome()) {
        if (this.#turn === turn) this.#busySince = Date.now();
        // One request pays for the lines of all: they are not to use up the calls that it may make.
        if (this.#lines.length > 0 && this.#lines.length < BATCH_LINES) await this.#host.wait(PAUSE);
        continue;
      }
      if (this.#retryAt > until) break;
      await this.#host.wait(this.#retryAt - Date.now());
    }
    if (this.#turn === turn) this.#end();
  }

  /** Sends what goes at once; says whether the rest may go, too. */
  async #sendSome(): Promise<boolean> {
    const batch = this.#batch();
    const dropped = this.#dropped;
    const first = batch[0] as LogLine;
    const news = dropped > 0 ? [droppedLine(dropped, first.at)] : [];
    try {
      await withDeadline((signal) => this.#host.send([...news, ...batch], signal), SEND_TIME);
    } catch (error) {
      return this.#failed(error, batch);
    }
    this.#failures = 0;
    this.#dropped -= dropped;
    this.#remove(batch);
    return true;
  }

  #failed(error: unknown, batch: LogLine[]): boolean {
    const reason = error instanceof Error ? error.message : 'unknown';
    if (error instanceof LogRefusal && error.isFinal) {
      this.#host.tell(`The log's destination refused ${batch.length} lines for good: ${reason}`);
      this.#dropped += this.#remove(batch);
      return true;
    }
    this.#failures += 1;
    const wait = Math.min(SECOND * 2 ** (this.#failures - 1), LONGEST_WAIT);
    this.#retryAt = Date.now() + wait;
    // Once for each time that it goes away.
    if (this.#failures === 1) this.#host.tell(`The log's destination does not take it: ${reason}`);
    return false;
  }

  #batch(): LogLine[] {
    let characters = 0;
    const end = this.#lines.findIndex((line, index) => {
      characters += line.json.length;
      return index > 0 && (index >= BATCH_LINES || characters > BATCH_CHARACTERS);
    });
    return end < 0 ? [...this.#lines] : this.#lines.slice(0, end);
  }

  /** Forgets lines of a batch that are still there, and says how many: others may have been dropped meanwhile. */
  #remove(batch: LogLine[]): number {
    const last = this.#lines.indexOf(batch.at(-1) as LogLine);
    const gone = this.#lines.splice(0, last + 1);
    this.#characters -= gone.reduce((sum, { json }) => sum + json.length, 0);
    return gone.length;
  }

  #drop(count: number): void {
    const gone = this.#lines.splice(0, count);
    this.#characters -= gone.reduce((sum, { json }) => sum + json.length, 0);
    this.#dropped += gone.length;
  }
}

function droppedLine(lines: number, at: number): LogLine {
  const event = 'log_lines_dropped';
  return { at, level: 'warn', event, json: JSON.stringify({ level: 'warn', event, lines }) };
}
