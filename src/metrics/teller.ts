import { waitUntil } from 'cloudflare:workers';
import { describeFailure, log } from '../lib/log.ts';
import { hearCounts, returnCounts, type SeriesKey, takeCounts } from '../lib/metrics.ts';
import { SECOND } from '../lib/time.ts';

/** What was counted, as sums, and when a Cron Trigger last ran (Unix milliseconds; null if none ever did). */
export interface Counted {
  counts: [SeriesKey, number][];
  cronRanAt: number | null;
}

/** What keeps the sums of all isolates. */
export interface MetricsObject {
  /** Adds to the sums; `cronRanAt` is when a Cron Trigger ran, if one did. */
  add(counts: [SeriesKey, number][], cronRanAt: number | null): Promise<void>;
  read(): Promise<Counted>;
}

/** How long an isolate gathers what it counts. */
const PAUSE = 10 * SECOND;
/** Whoever began to gather is gone by then: Cloudflare ends what outlives its request by 30 seconds. */
const GONE = 35 * SECOND;

/** Has this isolate tell what it counts: by one call ten seconds after the first, once the answer has left. */
export function tellCounts(object: () => MetricsObject): void {
  let since: number | null = null;
  hearCounts(() => {
    const now = Date.now();
    if (since !== null && now - since < GONE) return;
    since = now;
    const told = async () => {
      await scheduler.wait(PAUSE);
      since = null;
      await tellNow(object());
    };
    try {
      waitUntil(told());
    } catch {
      // Counted where no request is: the next count takes it along.
      since = null;
    }
  });
}

/** Tells what was counted until now. What cannot be told is told with the next. Never throws. */
export async function tellNow(object: MetricsObject, cronRanAt: number | null = null): Promise<void> {
  const counts = takeCounts();
  try {
    await object.add(counts, cronRanAt);
  } catch (error) {
    returnCounts(counts);
    log('warn', 'metrics_not_told', { error: describeFailure(error) });
  }
}
