/** What is counted as it happens, and by what it is told apart: never by anything that a client makes up. */
export const COUNTERS = {
  requests: {
    help: 'Requests by method, pattern of the path and status.',
    labels: ['method', 'route', 'status'],
  },
  errors: { help: 'Requests that were refused or failed, by the code of the catalogue.', labels: ['code'] },
  sign_ins: {
    help: 'Sessions opened, and wrong passwords and codes, by method (RFC 8176).',
    labels: ['outcome', 'method'],
  },
  decisions: { help: 'Answers of authorize, by the reason of a refusal.', labels: ['allowed', 'reason'] },
  d1_errors: { help: 'Calls of D1 that failed or were not answered.', labels: [] },
  object_errors: { help: 'Requests that a Durable Object failed.', labels: [] },
  cron_failures: { help: 'Jobs of Cron Triggers that failed.', labels: ['job'] },
  overage_reports: {
    help: 'Use beyond limits that Stripe was told of, by what became of it: see billing.',
    labels: ['outcome'],
  },
  lost_counts: { help: 'Counts of series beyond what is kept.', labels: [] },
} as const;

export type CounterName = keyof typeof COUNTERS;
type LabelsOf<Name extends CounterName> = Record<(typeof COUNTERS)[Name]['labels'][number], string>;

/** One series of a counter: its name and the values of its labels, in their order. */
export type SeriesKey = string;

/** Separates what a key is made of: no value has it. */
const UNIT = '\u001f';

const counted = new Map<SeriesKey, number>();
let hear: (() => void) | null = null;

/** Calls somebody after each count of this isolate, who must not throw; null ends it. */
export function hearCounts(by: (() => void) | null): void {
  hear = by;
}

/** Counts something that has happened. Costs no call and no statement. */
export function count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>): void {
  const values = COUNTERS[name].labels.map((label) => (labels as Record<string, string>)[label] ?? '');
  const key = [name, ...values].join(UNIT);
  counted.set(key, (counted.get(key) ?? 0) + 1);
  hear?.();
}

/** Takes what was counted in this isolate since it was last taken. */
export function takeCounts(): [SeriesKey, number][] {
  const taken = [...counted];
  counted.clear();
  return taken;
}

/** Gives back what was taken and could not be told. */
export function returnCounts(taken: readonly [SeriesKey, number][]): void {
  for (const [key, n] of taken) counted.set(key, (counted.get(key) ?? 0) + n);
}

/** The counter of a series, and its labels. */
export function partsOf(key: SeriesKey): { name: CounterName; labels: [string, string][] } {
  const [name, ...values] = key.split(UNIT);
  const { labels } = COUNTERS[name as CounterName];
  return { name: name as CounterName, labels: labels.map((label, index) => [label, values[index] ?? '']) };
}
