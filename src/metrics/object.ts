import { DurableObject } from 'cloudflare:workers';
import type { SeriesKey } from '../lib/metrics.ts';
import { SECOND } from '../lib/time.ts';
import type { Counted, MetricsObject } from './teller.ts';

/** How long what was told is in memory only: an object that is ended in the middle loses no more. */
const KEPT_IN_MEMORY = 30 * SECOND;
/** More series than the product has; what comes beyond them is counted as lost. */
const MOST_SERIES = 5_000;
const TOTALS = 'totals';
const CRON = 'cron';

/** What the isolates of a deployment have counted, as sums that only grow. */
export class Metrics extends DurableObject implements MetricsObject {
  #totals: Map<SeriesKey, number> | undefined;
  #isDirty = false;

  async add(counts: [SeriesKey, number][], cronRanAt: number | null): Promise<void> {
    // First: what could not be kept is told again.
    if (counts.length > 0 && !this.#isDirty) await this.ctx.storage.setAlarm(Date.now() + KEPT_IN_MEMORY);
    const totals = this.#read();
    for (const [key, n] of counts) {
      const kept = totals.has(key) || totals.size < MOST_SERIES ? key : 'lost_counts';
      totals.set(kept, (totals.get(kept) ?? 0) + n);
    }
    const { kv } = this.ctx.storage;
    if (cronRanAt !== null && cronRanAt > (kv.get<number>(CRON) ?? 0)) kv.put(CRON, cronRanAt);
    if (counts.length > 0) this.#isDirty = true;
  }

  async read(): Promise<Counted> {
    // A sum that was told must never be less later: whoever reads it would take all of it for new.
    this.#keep();
    return { counts: [...this.#read()], cronRanAt: this.ctx.storage.kv.get<number>(CRON) ?? null };
  }

  override async alarm(): Promise<void> {
    this.#keep();
  }

  #keep(): void {
    if (this.#isDirty) this.ctx.storage.kv.put(TOTALS, this.#read());
    this.#isDirty = false;
  }

  #read(): Map<SeriesKey, number> {
    this.#totals ??= this.ctx.storage.kv.get<Map<SeriesKey, number>>(TOTALS) ?? new Map();
    return this.#totals;
  }
}
