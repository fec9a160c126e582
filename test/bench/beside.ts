import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { helpIfAsked } from '../../src/cli/command.ts';
import { type Call, type Caller, load } from './load.ts';
import { machine } from './report.ts';
import { caller, SETTLE_SECONDS, shares } from './scenarios.ts';
import { Service } from './service.ts';
import { median, perRequest, quantile, type Slice } from './statistics.ts';

// `npm run bench:beside`: CPU per request of Latchkey and of Better Auth, in slices that take turns, for only figures of the same moment compare. The hash of a
// password is taken out of Latchkey's, and Better Auth's does nothing. What is done after the answer is told apart.

helpIfAsked('bench:beside');

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const rounds = Number(values.rounds);
if (!(rounds > 0)) throw new Error('--rounds must be a number above 0');

const PASSWORD = 'three lighthouses at dusk';
const USERS = 32;
const CALLERS = 8;
const SLICE_SECONDS = 0.8;
const ACTS = ['session check', 'sign-in', 'sign-up'] as const;

type Act = (typeof ACTS)[number];

interface User {
  email: string;
  token: string;
}

const newEmail = () => `bench-${crypto.randomUUID()}@example.com`;
const bearerOf = ({ token }: User) => ({ Authorization: `Bearer ${token}` });

/** How each is asked to do the same. */
interface Side {
  service: Service;
  /** What an answer of a sign-in has as the token. */
  tokenOf(body: string): string;
  calls: Record<Act, (user: User) => Call>;
  /** Taken out of its figures: the hash, where it has one. */
  hashed: Act[];
  /** Objects that were never there before: each is a file of its own here, which production has not. */
  makes?: Partial<Record<Act, number>>;
}

const latchkey: Omit<Side, 'service'> = {
  tokenOf: (body) => JSON.parse(body).access_token,
  calls: {
    'session check': (user) => ({ method: 'GET', path: '/v1/auth/session', headers: bearerOf(user) }),
    'sign-in': ({ email }) => ({
      method: 'POST',
      path: '/v1/auth/login',
      body: { identifier: email, password: PASSWORD },
    }),
    'sign-up': () => ({
      method: 'POST',
      path: '/v1/auth/register',
      body: { email: newEmail(), password: PASSWORD, name: 'Ada' },
    }),
  },
  hashed: ['sign-in', 'sign-up'],
  // The account, and the budget of the inbox.
  makes: { 'sign-up': 2 },
};

const betterAuth: Omit<Side, 'service'> = {
  tokenOf: (body) => JSON.parse(body).token,
  calls: {
    'session check': (user) => ({ method: 'GET', path: '/api/auth/get-session', headers: bearerOf(user) }),
    'sign-in': ({ email }) => ({
      method: 'POST',
      path: '/api/auth/sign-in/email',
      body: { email, password: PASSWORD },
    }),
    'sign-up': () => ({
      method: 'POST',
      path: '/api/auth/sign-up/email',
      body: { email: newEmail(), password: PASSWORD, name: 'Ada' },
    }),
  },
  hashed: [],
};

/** CPU a request, milliseconds. */
interface Figures {
  answer: number;
  after: number;
  /** What of the answer goes to the files of new objects. */
  files: number;
}

/** Callers of one act, and of what it is measured by. */
async function callersOf(side: Side): Promise<Record<Act, Caller[]>> {
  const users: User[] = Array.from({ length: USERS }, () => ({ email: newEmail(), token: '' }));
  const each = (act: Act, answered?: (user: User, body: string) => void) =>
    shares(users, CALLERS).map((share, index) => caller(index, share, side.calls[act], answered));
  const signUp = users.map((user, index) =>
    caller(
      index,
      [user],
      () => {
        const call = side.calls['sign-up'](user);
        return { ...call, body: { ...(call.body as object), email: user.email } };
      },
      (one, body) => {
        one.token = side.tokenOf(body);
      },
    ),
  );
  await load(side.service.port, signUp, 0);
  const take = (user: User, body: string) => {
    user.token = side.tokenOf(body);
  };
  return {
    'session check': each('session check', (_, body) => {
      // Better Auth answers nobody with 200, too.
      if (!JSON.parse(body)) throw new Error('nobody is signed in');
    }),
    'sign-in': each('sign-in', take),
    'sign-up': each('sign-up'),
  };
}

async function measure({ service }: Side, callers: Caller[], settles: boolean): Promise<Slice> {
  const started = service.cpu();
  const loaded = await load(service.port, callers, SLICE_SECONDS);
  const answered = service.cpu();
  if (settles) await sleep(SETTLE_SECONDS * 1000);
  return { ...loaded, cpu: answered - started, cpuAfter: service.cpu() - answered };
}

const path = (name: string): Caller[] =>
  Array.from({ length: CALLERS }, (_, index) => caller(index, [null], () => ({ method: 'GET', path: name })));

const ours: Side = { service: await Service.start(), ...latchkey };
const theirs: Side = { service: await Service.start({ main: 'better-auth-worker.ts' }), ...betterAuth };
try {
  console.log(machine(ours.service.workerd));
  await load(theirs.service.port, path('/__migrate').slice(0, 1), 0);
  const sides = [
    { side: ours, callers: await callersOf(ours) },
    { side: theirs, callers: await callersOf(theirs) },
  ] as const;
  // Code that has run often enough is compiled anew.
  for (const act of ACTS) {
    for (const { side, callers } of sides) await load(side.service.port, callers[act], SLICE_SECONDS);
  }
  await sleep(SETTLE_SECONDS * 1000);
  const figures = new Map<Act, Figures[][]>(ACTS.map((act) => [act, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const act of ACTS) {
      const cpu: Figures[] = [];
      // Who goes first takes turns.
      for (const at of round % 2 ? [0, 1] : [1, 0]) {
        const { side, callers } = sides[at as 0 | 1];
        const slice = await measure(side, callers[act], act !== 'session check');
        const hash = side.hashed.includes(act)
          ? perRequest(await measure(side, path('/__hash'), false)) -
            perRequest(await measure(side, path('/__object'), false))
          : 0;
        const made = side.makes?.[act] ?? 0;
        const file =
          made &&
          perRequest(await measure(side, path('/__new_object'), false)) -
            perRequest(await measure(side, path('/__object'), false));
        cpu[at] = {
          answer: perRequest(slice) - hash,
          after: slice.cpuAfter / slice.requests,
          files: made * file,
        };
      }
      figures.get(act)?.push(cpu);
    }
    console.log(`round ${round} of ${rounds}`);
  }
  console.log('\nCPU a request, milliseconds, without the hash; and what is done after the answer:');
  const heads = ['', 'Latchkey', 'Better Auth', 'ratio', 'quartiles', 'without files', 'ratio with after'];
  console.log(heads.map((text) => text.padEnd(17)).join(''));
  for (const [act, rows] of figures) {
    const of = (at: number) => rows.map((row) => row[at] as Figures);
    const ratios = rows.map(([own, other]) => (own as Figures).answer / (other as Figures).answer);
    const bare = rows.map(([own, other]) => {
      const { answer, files } = own as Figures;
      return (answer - files) / (other as Figures).answer;
    });
    const wholes = rows.map((row) => row.map(({ answer, after }) => answer + after) as [number, number]);
    const shown = (at: number) =>
      [({ answer }: Figures) => answer, ({ after }: Figures) => after]
        .map((part) => median(of(at).map(part)).toFixed(2))
        .join(' + ');
    const cells = [
      act,
      shown(0),
      shown(1),
      median(ratios).toFixed(2),
      [0.25, 0.75].map((share) => quantile(ratios, share).toFixed(2)).join(' to '),
      median(bare).toFixed(2),
      median(wholes.map(([own, other]) => own / other)).toFixed(2),
    ];
    console.log(cells.map((text) => text.padEnd(17)).join(''));
  }
} finally {
  await ours.service.stop();
  await theirs.service.stop();
}
