import { describeFailure, log } from '../lib/log.ts';
import { DAY, MINUTE, SECOND } from '../lib/time.ts';

type Due<Job extends string> = { [job in Job]?: number };

/** A job that runs longer than this is thought dead and run again: every job must bear that. */
const LEASE = MINUTE;
const RETRY = 15 * SECOND;
/** What is due this soon is taken along. */
const COALESCE = 2 * SECOND;
/** The platform refuses alarms in a far future, which what users own may last into. */
const FARTHEST = 365 * DAY;

/**
 * Several timers on the one alarm of a Durable Object, each surviving eviction, failure and crash: a job stays due
 * until it has run to its end.
 */
export class ObjectSchedule<Job extends string> {
  readonly #storage: DurableObjectStorage;
  /** The job that runs, and when it has asked to run again. A crash needs none of it: the lease brings the job back. */
  #running: { job: Job; again?: number } | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Makes a job due, unless it is due earlier already. `at` is Unix milliseconds. */
  at(job: Job, at: number): void {
    const due = this.#due();
    const known = due[job];
    if (known === undefined || at < known) this.#put({ ...due, [job]: at });
    // Then what is known is the lease, not when it is due.
    else if (this.#running?.job === job) {
      this.#running.again = Math.min(at, this.#running.again ?? at);
    }
  }

  /** Sets the alarm to what is due: what was made due last was undone, and the alarm perhaps was not. */
  reload(): void {
    this.#arm(this.#due());
  }

  /** Runs what is due; to be called by `alarm()`. Never throws: a job that fails is logged and retried. */
  async run(jobs: Record<Job, () => Promise<void>>, now: number): Promise<void> {
    for (const job of Object.keys(this.#due()) as Job[]) {
      const at = this.#due()[job];
      if (at === undefined || at > now + COALESCE) continue;
      const lease = now + LEASE;
      this.#put({ ...this.#due(), [job]: lease });
      this.#running = { job };
      try {
        await jobs[job]();
        // Somebody who made it due again meanwhile has moved it: then it stays.
        const { [job]: left, ...others } = this.#due();
        const { again } = this.#running;
        if (left === lease)
          this.#put((again === undefined ? others : { ...others, [job]: again }) as Due<Job>);
      } catch (error) {
        log('error', 'object_job_failed', { job, error: describeFailure(error) });
        this.#put({ ...this.#due(), [job]: now + RETRY });
      } finally {
        this.#running = undefined;
      }
    }
    // The alarm may have come before any job was due.
    this.#arm(this.#due());
  }

  #due(): Due<Job> {
    return this.#storage.kv.get<Due<Job>>('due') ?? {};
  }

  #put(due: Due<Job>): void {
    // What is due and has no alarm would never be done.
    this.#storage.transactionSync(() => {
      this.#storage.kv.put('due', due);
      this.#arm(due);
    });
  }

  #arm(due: Due<Job>): void {
    const times = Object.values(due) as number[];
    if (times.length > 0) this.#storage.setAlarm(Math.min(...times, Date.now() + FARTHEST));
    else this.#storage.deleteAlarm();
  }
}
