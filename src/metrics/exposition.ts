import { COUNTERS, type CounterName, partsOf, type SeriesKey } from '../lib/metrics.ts';

/** What is measured when it is asked for. */
const GAUGES = {
  part_up: 'Whether what metrics are read from answers: each database, and the object of the counters.',
  outbox_pending: 'Messages that wait to be sent.',
  outbox_overdue_seconds: 'For how long the message that waits longest could have been sent.',
  outbox_dead_letters: 'Messages that were given up, and can be sent again.',
  billing_events_failed: 'Events of Stripe that could not be handled yet.',
  overage_overdue_seconds:
    'For how long the use beyond a limit that waits longest could have been told to Stripe.',
  cron_last_run_timestamp_seconds: 'When a Cron Trigger last ran, Unix time.',
} as const;

/** A value of one of them, now. */
export interface Gauge {
  name: keyof typeof GAUGES;
  labels: [string, string][];
  value: number;
}

/** The names of all metrics, as a dashboard or an alert asks for them. */
export const METRIC_NAMES = [
  ...Object.keys(COUNTERS).map((name) => `latchkey_${name}_total`),
  ...Object.keys(GAUGES).map((name) => `latchkey_${name}`),
];

/**
 * Metrics as text, each family with its help and type, in a fixed order: OpenMetrics 1.0, where a counter's name is without
 * `_total` and the end is marked, or the format of Prometheus 0.0.4.
 */
export function exposition(
  counts: readonly [SeriesKey, number][],
  gauges: readonly Gauge[],
  format: 'openmetrics' | 'prometheus',
): string {
  const series = counts.map(([key, value]) => ({ ...partsOf(key), value }));
  const counters = Object.entries(COUNTERS).flatMap(([name, { help }]) => {
    const those = series.filter((one) => one.name === (name as CounterName));
    const family = `latchkey_${name}${format === 'openmetrics' ? '' : '_total'}`;
    return [
      ...head(family, 'counter', help),
      ...those.map(({ labels, value }) => sample(`latchkey_${name}_total`, labels, value)).sort(),
    ];
  });
  const measured = Object.entries(GAUGES).flatMap(([name, help]) => [
    ...head(`latchkey_${name}`, 'gauge', help),
    ...gauges
      .filter((gauge) => gauge.name === name)
      .map(({ labels, value }) => sample(`latchkey_${name}`, labels, value)),
  ]);
  const end = format === 'openmetrics' ? ['# EOF'] : [];
  return [...counters, ...measured, ...end].map((line) => `${line}\n`).join('');
}

function head(family: string, type: string, help: string): string[] {
  return [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`];
}

function sample(name: string, labels: [string, string][], value: number): string {
  const pairs = labels.map(([label, of]) => `${label}="${escaped(of)}"`).join(',');
  return `${name}${pairs && `{${pairs}}`} ${value}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
