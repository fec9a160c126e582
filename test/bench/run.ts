import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { helpIfAsked } from '../../src/cli/command.ts';
import { clientScenarios } from './clients.ts';
import { load } from './load.ts';
import { machine, report, type Samples } from './report.ts';
import { Pool, type Scenario, SETTLE_SECONDS, scenarios } from './scenarios.ts';
import { Service } from './service.ts';
import { perRequest, type Slice, sum } from './statistics.ts';

// `npm run bench`: CPU per request of the whole Worker against a floor, a route that does nothing. Slices of load
// alternate with slices of the floor, for only figures of the same moment compare on a machine that does other work.
// Storage lies in TMPDIR: on a disk, each write costs what the system does to make it durable.

helpIfAsked('bench');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
    only: { type: 'string', multiple: true },
  },
});
const rounds = positive('rounds');
const seconds = positive('seconds');
const WARM_UP_SECONDS = 0.7;

function positive(option: 'rounds' | 'seconds'): number {
  const value = Number(values[option]);
  if (value > 0) return value;
  throw new Error(`--${option} must be a number above 0`);
}

/** The scenarios to run: those that were asked for, and what their figures need. */
function chosen(all: Record<string, Scenario>): string[] {
  const only = values.only ?? Object.keys(all);
  for (const name of only) {
    if (!all[name]) throw new Error(`--only is one of ${Object.keys(all).join(', ')}`);
  }
  const wanted = new Set(only.flatMap((name) => [name, ...(all[name]?.needs ?? [])]));
  return Object.keys(all).filter((name) => name !== 'floor' && wanted.has(name));
}

/** One round: every slice between two of the floor, those of one scenario spread over the round. */
async function round(all: Record<string, Scenario>, names: string[], measure: Measure): Promise<Samples> {
  const turns = Math.max(0, ...names.map((name) => all[name]?.slices ?? 1));
  const plan = Array.from({ length: turns }, (_, turn) =>
    names.filter((name) => turn < (all[name]?.slices ?? 1)),
  ).flat();
  const slices = new Map<string, Slice[]>();
  const floors = new Map<string, number[]>();
  let floor = await measure('floor');
  slices.set('floor', [floor]);
  for (const name of plan) {
    const slice = await measure(name);
    const before = floor;
    floor = await measure('floor');
    slices.get('floor')?.push(floor);
    slices.set(name, [...(slices.get(name) ?? []), slice]);
    floors.set(name, [...(floors.get(name) ?? []), perRequest(before), perRequest(floor)]);
  }
  return new Map(
    [...slices].map(([name, parts]) => {
      const slice = sum(parts);
      return [name, [{ slice, floor: mean(floors.get(name) ?? [perRequest(slice)]) }]];
    }),
  );
}

const mean = (figures: number[]) => figures.reduce((a, b) => a + b, 0) / figures.length;

type Measure = (name: string) => Promise<Slice>;

/** How to measure one slice of a scenario. */
function measurer(service: Service, pool: Pool, all: Record<string, Scenario>): Measure {
  return async (name) => {
    const scenario = all[name] as Scenario;
    if (name !== 'floor') await pool.wake();
    const started = service.cpu();
    const length = scenario.seconds ?? (scenario.short ? seconds / 3 : seconds);
    const loaded = await load(service.port, scenario.callers, length);
    const answered = service.cpu();
    if (scenario.settles) await sleep(SETTLE_SECONDS * 1000);
    return { ...loaded, cpu: answered - started, cpuAfter: service.cpu() - answered };
  };
}

const service = await Service.start();
try {
  console.log(machine(service.workerd));
  const pool = await Pool.register(service.port);
  const all = { ...scenarios(pool), ...(await clientScenarios(service.port, pool.users)) };
  const names = chosen(all);
  // Code that has run often enough is compiled anew, and the first query of each kind is dear.
  for (const name of ['floor', ...names]) {
    await load(service.port, (all[name] as Scenario).callers, WARM_UP_SECONDS);
  }
  await sleep(SETTLE_SECONDS * 1000);
  const measure = measurer(service, pool, all);
  const samples: Samples = new Map();
  for (let at = 1; at <= rounds; at += 1) {
    for (const [name, more] of await round(all, names, measure)) {
      samples.set(name, [...(samples.get(name) ?? []), ...more]);
    }
    console.log(`round ${at} of ${rounds}`);
  }
  console.log(`\n${report(all, samples)}`);
} finally {
  await service.stop();
}
