import type { Databases } from '../db/databases.ts';
import { describeFailure, log } from '../lib/log.ts';
import { SECOND } from '../lib/time.ts';
import { exposition, type Gauge } from './exposition.ts';
import { type MetricsObject, tellNow } from './teller.ts';

/** What each database is asked; no further than so many rows of each. */
const MOST = 100_000;
const WAITING = `
  SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE status = 'pending' LIMIT ${MOST})) AS pending,
    (SELECT MIN(next_attempt_at) FROM outbox WHERE status = 'pending') AS due,
    (SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE status = 'dead' AND data <> '{}' LIMIT ${MOST})) AS dead,
    (SELECT COUNT(*) FROM (SELECT 1 FROM billing_events WHERE status IN ('received', 'failed') AND status = 'failed' LIMIT ${MOST})) AS failed,
    (SELECT MIN(due_at) FROM overage_reports WHERE due_at IS NOT NULL) AS untold`;

interface Waiting {
  pending: number;
  /** Unix milliseconds; null when nothing waits. */
  due: number | null;
  dead: number;
  failed: number;
  /** Unix milliseconds; null when nothing waits. */
  untold: number | null;
}

/** What monitoring asks for: the sums that isolates have counted, and what waits in the databases. */
export class MetricsReader {
  readonly #object: () => MetricsObject;
  readonly #databases: Pick<Databases, 'names' | 'raw'>;

  constructor(object: () => MetricsObject, databases: Pick<Databases, 'names' | 'raw'>) {
    this.#object = object;
    this.#databases = databases;
  }

  /** Tells at once what this isolate has counted, and that a Cron Trigger ran (Unix milliseconds). Never throws. */
  tell(cronRanAt: number): Promise<void> {
    return tellNow(this.#object(), cronRanAt);
  }

  /**
   * All metrics as text: OpenMetrics 1.0, or the older format of Prometheus (0.0.4). What a part that fails would say is missing,
   * and `latchkey_part_up` of that part is 0.
   */
  async text(format: 'openmetrics' | 'prometheus', now: number): Promise<string> {
    const object = this.#object();
    await tellNow(object);
    const { names } = this.#databases;
    const [counted, waiting] = await Promise.all([
      this.#asked('metrics', () => object.read()),
      Promise.all(names.map((name) => this.#asked(name, () => this.#waiting(name)))),
    ]);
    const gauges = names.flatMap((database, index) => gaugesOf(database, waiting[index] ?? null, now));
    gauges.push({ name: 'part_up', labels: [['part', 'metrics']], value: counted ? 1 : 0 });
    if (counted?.cronRanAt) {
      gauges.push({ name: 'cron_last_run_timestamp_seconds', labels: [], value: counted.cronRanAt / SECOND });
    }
    return exposition(counted?.counts ?? [], gauges, format);
  }

  #waiting(database: string): Promise<Waiting | null> {
    return this.#databases.raw(database).withSession().prepare(WAITING).first<Waiting>();
  }

  async #asked<Found>(part: string, ask: () => Promise<Found>): Promise<Found | null> {
    try {
      return await ask();
    } catch (error) {
      log('error', 'part_failed', { part, error: describeFailure(error) });
      return null;
    }
  }
}

function gaugesOf(database: string, waiting: Waiting | null, now: number): Gauge[] {
  const up: Gauge = { name: 'part_up', labels: [['part', database]], value: waiting ? 1 : 0 };
  if (!waiting) return [up];
  const { pending, due, dead, failed, untold } = waiting;
  const labels: [string, string][] = [['database', database]];
  const overdue = (at: number | null) => (at === null ? 0 : Math.max(0, now - at) / SECOND);
  return [
    up,
    { name: 'outbox_pending', labels, value: pending },
    { name: 'outbox_overdue_seconds', labels, value: overdue(due) },
    { name: 'outbox_dead_letters', labels, value: dead },
    { name: 'billing_events_failed', labels, value: failed },
    { name: 'overage_overdue_seconds', labels, value: overdue(untold) },
  ];
}
