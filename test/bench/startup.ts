import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { helpIfAsked } from '../../src/cli/command.ts';
import { applyMigrations } from '../../src/cli/d1.ts';
import { machine } from './report.ts';
import { Service } from './service.ts';
import { median, quantile } from './statistics.ts';

// `npm run bench:startup`: CPU that workerd takes to start the Worker, and for its first request, above an empty Worker with the
// same bindings, and what a Worker with Better Auth takes. All are started in turns, for only figures of the same moment compare.

helpIfAsked('bench:startup');

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' } } });
const rounds = Number(values.rounds);
if (!(rounds > 0)) throw new Error('--rounds must be a number above 0');

/** What the first request of a client asks: the realm is read, the application is there. */
const FIRST = '/v1/auth/session';
/** The same of Better Auth. */
const OTHER_FIRST = '/api/auth/get-session';

/** CPU until the Worker is there, and of its first request; milliseconds. */
interface Start {
  loaded: number;
  first: number;
}

async function start(main: string, state: string, path = FIRST): Promise<Start & { workerd: string }> {
  const service = await Service.start({ main, state });
  try {
    const loaded = service.cpu();
    await (await fetch(`http://127.0.0.1:${service.port}${path}`)).arrayBuffer();
    return { loaded, first: service.cpu() - loaded, workerd: service.workerd };
  } finally {
    await service.stop();
  }
}

const state = mkdtempSync(join(tmpdir(), 'latchkey-start-'));
process.once('exit', () => rmSync(state, { recursive: true, force: true }));
await applyMigrations({ 'persist-to': state });
await start('better-auth-worker.ts', state, '/__migrate');
const above: Start[] = [];
const other: Start[] = [];
for (let round = 1; round <= rounds; round += 1) {
  const empty = await start('empty-worker.ts', state);
  const whole = await start('bare-worker.ts', state);
  if (round === 1) console.log(machine(empty.workerd));
  const better = await start('better-auth-worker.ts', state, OTHER_FIRST);
  above.push({ loaded: whole.loaded - empty.loaded, first: whole.first - empty.first });
  other.push({ loaded: better.loaded - empty.loaded, first: better.first - empty.first });
  console.log(`round ${round} of ${rounds}`);
}

const show = (what: string, figures: number[]) =>
  `${what.padEnd(24)} ${median(figures).toFixed(0).padStart(5)} ms  (${[0.25, 0.75].map((share) => quantile(figures, share).toFixed(0)).join(' to ')})`;
const both = ({ loaded, first }: Start) => loaded + first;
console.log(`\nCPU above an empty Worker:
${show(
  'start',
  above.map(({ loaded }) => loaded),
)}
${show(
  'first request',
  above.map(({ first }) => first),
)}
${show('both', above.map(both))}
${show('both, of Better Auth', other.map(both))}
times Better Auth's         ${median(above.map((one, at) => both(one) / both(other[at] as Start))).toFixed(2)}`);
