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

/** Work of which the storage says itself whether there is any. */
export interface StandingWork {
  /** Does what there is to do. */
  run(): Promise<void>;
  /** When there will be work again, Unix milliseconds; null when nobody knows of any. */
  next(): number | null;
}

/**
 * Several timers on the one alarm of a Durable Object, each surviving eviction, failure and crash: a job stays due
 * until it has run to its end.
 */
export class ObjectSchedule<Job extends string> {
  readonly #storage: DurableObjectStorage;
  /** When the alarm is known to come; undefined when it may be set or not. */
  #alarm: number | null | undefined;
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

  /** Whether a job is due some time. */
  isDue(job: Job): boolean {
    return this.#due()[job] !== undefined;
  }

  /** Nobody was here before: no alarm is set but for what is due. */
  begin(): void {
    this.#alarm ??= null;
  }

  /** Has the alarm come by then, for work that the storage itself tells of: one row, or none. */
  wake(at: number): void {
    if (this.#alarm != null && this.#alarm <= at) return;
    const times = [at, ...(Object.values(this.#due()) as number[])];
    // An alarm that may be set is not put off: when it comes it finds out what is next.
    if (this.#alarm === undefined) times.push(Date.now() + MINUTE);
    this.#arm(Math.min(...times));
  }

  /** Forgets when the alarm comes: what was set last may have been undone. */
  reload(): void {
    this.#alarm = undefined;
  }

  /**
   * Runs what is due, and then what stands; to be called by `alarm()`. Never throws: what fails is logged and retried.
   */
  async run(jobs: Record<Job, () => Promise<void>>, standing: StandingWork[], now: number): Promise<void> {
    this.#alarm = null;
    for (const job of Object.keys(this.#due()) as Job[]) {
      const { [job]: at, ...without } = this.#due();
      // An earlier version had others.
      if (!(job in jobs)) this.#put(without as Due<Job>);
      if (!(job in jobs) || at === undefined || at > now + COALESCE) continue;
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
    const failed = new Set<StandingWork>();
    for (const work of standing) {
      try {
        await work.run();
      } catch (error) {
        log('error', 'object_job_failed', { job: 'standing', error: describeFailure(error) });
        failed.add(work);
      }
    }
    // While one ran, there may have come work for one before it.
    const next = standing.map((work) => (failed.has(work) ? now + RETRY : work.next()));
    // The alarm may have come before any job was due.
    const times = [...(Object.values(this.#due()) as number[]), ...next.filter((at) => at !== null)];
    if (times.length > 0) this.#arm(Math.min(...times));
    else if (this.#alarm !== null) this.#disarm();
  }

  #due(): Due<Job> {
    return this.#storage.kv.get<Due<Job>>('due') ?? {};
  }

  #put(due: Due<Job>): void {
    // What is due and has no alarm would never be done.
    this.#storage.transactionSync(() => {
      if (Object.keys(due).length > 0) this.#storage.kv.put('due', due);
      else this.#storage.kv.delete('due');
      const first = Math.min(...(Object.values(due) as number[]));
      if (Number.isFinite(first)) this.wake(first);
    });
  }

  #arm(at: number): void {
    const reachable = Math.min(at, Date.now() + FARTHEST);
    if (this.#alarm === reachable) return;
    this.#alarm = reachable;
    void this.#storage.setAlarm(reachable);
  }

  #disarm(): void {
    this.#alarm = null;
    void this.#storage.deleteAlarm();
  }
}
