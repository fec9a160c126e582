import { availableParallelism, cpus } from 'node:os';
import type { Scenario } from './scenarios.ts';
import { aboveFloor, aboveHash, median, quantile, type Sample, summarise } from './statistics.ts';

/** At most this much CPU above hash and floor together, milliseconds. */
const SIGN_IN_TARGET = 3;

/** What was measured of each scenario, one sample a round. */
export type Samples = Map<string, Sample[]>;

/** What the figures were measured on. */
export function machine(workerd: string): string {
  return `${availableParallelism()} cores (${cpus()[0]?.model}), node ${process.version}, ${workerd}`;
}

/** Everything that was measured, as text. */
export function report(scenarios: Record<string, Scenario>, samples: Samples): string {
  const of = (name: string) => samples.get(name) ?? [];
  const headings = ['', 'req/s', 'CPU ms', 'x floor', 'quartiles', 'target', '', 'unsimulated'];
  const rows = [...samples].map(([name, measured]) => {
    const { requestsPerSecond, cpu, ratio, ratios } = summarise(measured);
    const { target, simulated = {} } = scenarios[name] ?? {};
    const unsimulated = ratio - simulation(simulated, (yardstick) => summarise(of(yardstick)).ratio - 1);
    return [
      name,
      requestsPerSecond.toFixed(0),
      cpu.toFixed(3),
      ratio.toFixed(2),
      quartiles(ratios),
      target ? `<= ${target}` : '',
      target ? verdict(ratio <= target) : '',
      target ? unsimulated.toFixed(2) : '',
    ];
  });
  const notes = ['CPU is that of workerd per request; x floor is the median of the rounds.'];
  for (const [name, what] of Object.entries(SIMULATIONS)) {
    if (samples.has(name)) notes.push(`Only here, ${what}: ${aboveFloor(of(name)).toFixed(2)} ms each.`);
  }
  if (samples.has('hash')) {
    notes.push(`One hash: ${(aboveFloor(of('hash')) - aboveFloor(of('object'))).toFixed(1)} ms.`);
  }
  for (const name of ['sign-in', 'register'].filter((name) => samples.has(name))) {
    const above = aboveHash(of(name), of('hash'), of('object'));
    const simulated = simulation(scenarios[name]?.simulated ?? {}, (yardstick) => aboveFloor(of(yardstick)));
    const judged = `target <= ${SIGN_IN_TARGET}: ${verdict(median(above) <= SIGN_IN_TARGET)}; `;
    notes.push(
      `${name}: ${median(above).toFixed(2)} ms above hash and floor (quartiles ${quartiles(above)}; ` +
        `${name === 'sign-in' ? judged : ''}unsimulated ${(median(above) - simulated).toFixed(2)}), ` +
        `and ${summarise(of(name)).cpuAfter.toFixed(2)} ms after the answer, to write it to D1.`,
    );
  }
  for (const [name, measured] of samples) {
    if (name.startsWith('authorize')) {
      notes.push(
        `${name}: and ${summarise(measured).cpuAfter.toFixed(2)} ms after the answer, to write it to D1.`,
      );
    }
  }
  return [table([headings, ...rows]), '', ...notes].join('\n');
}

/** Yardsticks of what costs the Worker much less in production. */
const SIMULATIONS = {
  query: 'the simulated D1, a query',
  'new object': 'the file of an object that was never there, and its first call',
};

/** What a scenario spends on them. */
function simulation(calls: NonNullable<Scenario['simulated']>, cost: (yardstick: string) => number): number {
  return Object.entries(calls)
    .map(([yardstick, times]) => times * cost(yardstick))
    .reduce((a, b) => a + b, 0);
}

const quartiles = (values: number[]) =>
  [0.25, 0.75].map((share) => quantile(values, share).toFixed(2)).join(' to ');

const verdict = (met: boolean) => (met ? 'met' : 'MISSED');

/** The first column to the left, figures to the right. */
function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
