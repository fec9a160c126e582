import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { helpIfAsked } from '../../src/cli/command.ts';
import { query } from '../../src/cli/d1.ts';
import { type Caller, load } from './load.ts';
import { machine } from './report.ts';
import { Service } from './service.ts';
import { median, quantile } from './statistics.ts';

// `npm run bench:timing`: whether answers, or the time they take, tell who has an account. Each question asks pairs of
// a known and an unknown address, in random order and one after the other. What chance alone makes of the difference
// shows when known and unknown change places at random within the pairs, many times over.

helpIfAsked('bench:timing');

/** At most, and for so long: answers may be held back on purpose. */
const PAIRS = 150;
const SECONDS = 13;
const WARM_UP_PAIRS = 5;
/** After an answer, for what the Worker still does: it must slow down nobody's next answer. */
const PAUSE = 20;
const SHUFFLES = 2000;
const REGISTERING = 4;
/** After the last answer, for the last mail. */
const SETTLE_MILLISECONDS = 1000;
const NOTE =
  'Here D1 is in one process with the Worker, so the mail that follows an answer can hold the answer up; in\n' +
  'production D1 is another machine. What stays when that is ruled out is a difference in the code.';

/** Where to ask, and how about an address or number. */
interface Question {
  path: string;
  body(to: Address): unknown;
  /** What a user gets for it: the template, and by which channel. */
  sends?: string;
}

interface Address {
  email: string;
  phone: string;
}

interface Answer {
  milliseconds: number;
  /** Status, headers and body, without what differs between any two answers. */
  shape: string;
}

interface Pair {
  known: Answer;
  unknown: Answer;
}

const QUESTIONS: Record<string, Question> = {
  'password/forgot': {
    path: '/v1/auth/password/forgot',
    body: ({ email }) => ({ email }),
    sends: 'mail reset_password',
  },
  'email/resend': {
    path: '/v1/auth/email/resend',
    body: ({ email }) => ({ email }),
    sends: 'mail verify_email',
  },
  'otp/send, mail': {
    path: '/v1/auth/otp/send',
    body: ({ email }) => ({ channel: 'email', to: email }),
    sends: 'mail one_time_code',
  },
  'otp/send, text': {
    path: '/v1/auth/otp/send',
    body: ({ phone }) => ({ channel: 'sms', to: phone }),
    sends: 'sms one_time_code',
  },
  login: {
    path: '/v1/auth/login',
    body: ({ email }) => ({ identifier: email, password: 'four lighthouses at dawn' }),
  },
};

let made = 0;

/** An address that nobody has used, and a number that shares its daily budget with no other. */
function newAddress(): Address {
  made += 1;
  return { email: `timing-${crypto.randomUUID()}@example.com`, phone: `+49151${made}0000` };
}

/** Users with unproven addresses and proven numbers. */
async function register(service: Service, count: number): Promise<Address[]> {
  const users = Array.from({ length: count }, newAddress);
  const callers = Array.from({ length: REGISTERING }, (_, index): Caller[] => {
    const share = users.filter((_, at) => at % REGISTERING === index);
    return share.map(({ email, phone }) => ({
      address: `10.0.0.${index + 1}`,
      next: () => ({
        method: 'POST',
        path: '/v1/auth/register',
        body: { email, phone_number: phone, password: 'three lighthouses at dusk' },
      }),
    }));
  });
  await Promise.all(
    callers.map(async (share) => {
      for (const caller of share) await load(service.port, [caller], 0);
    }),
  );
  // Through the API a number is proven by a code, after which it has to wait for the next.
  await query('UPDATE users SET phone_number_verified = 1', { 'persist-to': service.state });
  return users;
}

/** Asks one question about each user, and a stranger, while there is time. */
async function ask(port: number, question: Question, users: Address[]): Promise<Pair[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const put = async (address: Address) => {
    const answer = await send(agent, port, question.path, question.body(address));
    await sleep(PAUSE);
    return answer;
  };
  const pairs: Pair[] = [];
  const end = performance.now() + SECONDS * 1000;
  try {
    for (const user of users) {
      if (performance.now() >= end) break;
      const stranger = newAddress();
      if (Math.random() < 0.5) {
        const known = await put(user);
        pairs.push({ known, unknown: await put(stranger) });
      } else {
        const unknown = await put(stranger);
        pairs.push({ known: await put(user), unknown });
      }
    }
  } finally {
    agent.destroy();
  }
  return pairs;
}

let clients = 0;

/** Asks as a client that has not asked before, which no limit keeps account of. */
function send(agent: Agent, port: number, path: string, body: unknown): Promise<Answer> {
  clients += 1;
  const text = JSON.stringify(body);
  const headers = {
    'CF-Connecting-IP': `10.${(clients >> 16) + 1}.${(clients >> 8) & 255}.${clients & 255}`,
    'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  };
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const options = { agent, host: '127.0.0.1', port, method: 'POST', path, headers };
    const sent = request(options, (response) => {
      let received = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        received += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        const milliseconds = performance.now() - started;
        resolve({ milliseconds, shape: shapeOf(response.statusCode, response.headers, received) });
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

function shapeOf(status: number | undefined, headers: IncomingHttpHeaders, body: string): string {
  const { date: _date, 'x-request-id': id, ...same } = headers;
  const text = JSON.stringify([status, same, body]);
  return typeof id === 'string' ? text.replaceAll(id, 'ID') : text;
}

/** What of the difference of medians chance explains: that of 99 in 100 shuffles is no greater. */
function chance(pairs: Pair[]): number {
  const differences = Array.from({ length: SHUFFLES }, () =>
    Math.abs(
      difference(
        pairs.map(({ known, unknown }) =>
          Math.random() < 0.5 ? { known, unknown } : { known: unknown, unknown: known },
        ),
      ),
    ),
  );
  return quantile(differences, 0.99);
}

const times = (pairs: Pair[], side: keyof Pair) => pairs.map((pair) => pair[side].milliseconds);
const difference = (pairs: Pair[]) => median(times(pairs, 'known')) - median(times(pairs, 'unknown'));
const shapes = (pairs: Pair[], side: keyof Pair) =>
  [...new Set(pairs.map((pair) => pair[side].shape))].sort();

function row(name: string, pairs: Pair[]): string {
  const found = difference(pairs);
  const explained = chance(pairs);
  const figures = [median(times(pairs, 'known')), median(times(pairs, 'unknown')), found, explained];
  const [known, unknown] = [shapes(pairs, 'known'), shapes(pairs, 'unknown')];
  const same = JSON.stringify(known) === JSON.stringify(unknown);
  return [
    name.padEnd(16),
    ...figures.map((figure) => figure.toFixed(2).padStart(9)),
    (Math.abs(found) <= explained ? 'within' : 'BEYOND').padStart(8),
    (same ? 'equal' : 'DIFFERENT').padStart(10),
    ...(same ? [] : [`\n  known   ${known.join('\n          ')}\n  unknown ${unknown.join('\n          ')}`]),
  ].join('');
}

/** Throws unless each user got what was asked for: else strangers were compared with strangers. */
async function requireSent(service: Service, asked: Map<string, number>): Promise<void> {
  const sql = `SELECT channel || ' ' || template AS what, COUNT(*) AS sent FROM outbox WHERE status = 'sent' GROUP BY 1`;
  const [rows = []] = await query(sql, { 'persist-to': service.state });
  for (const [name, { sends }] of Object.entries(QUESTIONS)) {
    const sent = rows.find(({ what }) => what === sends)?.sent ?? 0;
    if (sends && sent !== asked.get(name))
      throw new Error(`${sends}: sent to ${sent} of ${asked.get(name)} users`);
  }
}

const service = await Service.start({
  vars: { MAIL_PROVIDER: 'dev', SMS_PROVIDER: 'dev', SMS_CALLING_CODES: '*' },
});
try {
  console.log(machine(service.workerd));
  const users = await register(service, WARM_UP_PAIRS + PAIRS);
  console.log(`Up to ${PAIRS} pairs for each question; milliseconds.\n`);
  console.log('                    known  unknown   differ.   chance              answers');
  const asked = new Map<string, number>();
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const warmUp = await ask(service.port, question, users.slice(PAIRS));
    const pairs = await ask(service.port, question, users.slice(0, PAIRS));
    asked.set(name, warmUp.length + pairs.length);
    console.log(row(name, pairs));
  }
  await sleep(SETTLE_MILLISECONDS);
  await requireSent(service, asked);
  console.log(`\n${NOTE}`);
} finally {
  await service.stop();
}
