import { type Call, type Caller, load } from './load.ts';
import { API_KEY } from './service.ts';

const PASSWORD = 'three lighthouses at dusk';
const USERS = 64;
/** Of whom services ask: each has an object of their own. */
const METERED_USERS = 1000;
/** Who use one wallet. */
const MEMBERS = 50;
/** Of the organization that the bench's Worker puts them into. */
const TEAM = `org_${'b'.repeat(26)}`;
const REGISTERED_AT_ONCE = 50;
export const CALLERS = 16;
/** Where each waits for a hash, these keep the service busy; more would only have more under way when time is up. */
const HASH_CALLERS = 4;
/** Shorter than the second after which the objects' alarms write to D1, which so can be told apart. */
const BURST_SECONDS = 0.8;
/** After which they have. */
export const SETTLE_SECONDS = 1.6;

/** What is measured. */
export interface Scenario {
  callers: Caller[];
  /** The length of a slice, where it is not free. */
  seconds?: number;
  /** Has thousands of requests in a short time. */
  short?: true;
  /** How many slices a round has; 1 unless told. */
  slices?: number;
  /** Leaves the service something to do after its answers. */
  settles?: true;
  /** At most this many times the floor. */
  target?: number;
  /** What of it only exists on this machine: how often it calls the simulation that a yardstick measures. */
  simulated?: { query?: number; 'new object'?: number };
  /** Which others its figures need. */
  needs?: string[];
}

export interface User {
  email: string;
  accessToken: string;
  refreshToken: string;
}

/** The users who ask; each has the latest tokens that any scenario got. */
export class Pool {
  readonly users: User[];
  /** Those that services ask about; their tokens live for an hour. */
  readonly metered: User[];
  /** Those who are in one organization. */
  readonly members: User[];
  readonly #port: number;

  private constructor(port: number, made: Pick<Pool, 'users' | 'metered' | 'members'>) {
    this.#port = port;
    this.users = made.users;
    this.metered = made.metered;
    this.members = made.members;
  }

  static async register(port: number): Promise<Pool> {
    const users: User[] = [];
    const callers = Array.from({ length: USERS }, (_, index) => {
      const email = newEmail();
      const user = { email, accessToken: '', refreshToken: '' };
      users.push(user);
      return caller(index, [user], () => registration(email), take);
    });
    await load(port, callers, 0);
    const metered = await usersBy(port, '/__user', METERED_USERS);
    const members = await usersBy(port, '/__member', MEMBERS);
    return new Pool(port, { users, metered, members });
  }

  /** Gives every user new tokens, which also brings objects back that were evicted for idleness. */
  async wake(): Promise<void> {
    const callers = this.users.map((user, index) => caller(index, [user], refresh, take));
    await load(this.#port, callers, 0);
  }
}

/** Users with credits and without limits, made by a route of the bench without the cost of a password. */
async function usersBy(port: number, path: string, count: number): Promise<User[]> {
  const users = Array.from({ length: count }, () => ({
    email: '',
    accessToken: '',
    refreshToken: '',
  }));
  const make: Call = { method: 'GET', path };
  const each = users.map((user, index) =>
    caller(
      index,
      [user],
      () => make,
      (_, body) => {
        user.accessToken = body;
      },
    ),
  );
  for (let at = 0; at < each.length; at += REGISTERED_AT_ONCE) {
    await load(port, each.slice(at, at + REGISTERED_AT_ONCE), 0);
  }
  return users;
}

/** All scenarios, in the order in which a round runs them. */
export function scenarios({ users, metered, members }: Pool): Record<string, Scenario> {
  const callers = (count: number, ask: (user: User) => Call, answered?: (user: User, body: string) => void) =>
    shares(users, count).map((share, index) => caller(index, share, ask, answered));
  const get = (path: string, count = CALLERS) =>
    callers(count, (user) => ({
      method: 'GET',
      path,
      headers: { Authorization: `Bearer ${user.accessToken}` },
    }));
  const burst = { seconds: BURST_SECONDS, slices: 2 } as const;
  return {
    floor: { callers: get('/__floor'), short: true },
    query: { callers: get('/__query'), short: true },
    object: { callers: get('/__object'), short: true },
    'new object': { callers: get('/__new_object'), short: true },
    session: {
      callers: get('/v1/auth/session'),
      target: 2.5,
    },
    refresh: {
      callers: callers(CALLERS, refresh, take),
      target: 3,
    },
    me: {
      callers: get('/v1/me'),
      target: 5,
      simulated: { query: 1 },
      needs: ['query'],
    },
    'authorize, one user': {
      ...burst,
      callers: Array.from({ length: CALLERS }, (_, index) => caller(index, metered.slice(0, 1), authorize)),
      settles: true,
    },
    'authorize, 1,000 users': {
      ...burst,
      callers: shares(metered, CALLERS).map((share, index) => caller(index, share, authorize)),
      settles: true,
    },
    'authorize, 50 members of one organization': {
      ...burst,
      callers: shares(members, CALLERS).map((share, index) => caller(index, share, authorizeMember)),
      settles: true,
    },
    'authorize over RPC, 1,000 users': {
      ...burst,
      callers: shares(metered, CALLERS).map((share, index) => caller(index, share, authorizeOverRpc)),
      settles: true,
    },
    'verify over RPC': { callers: get('/__verify') },
    hash: { ...burst, callers: get('/__hash', HASH_CALLERS) },
    'sign-in': {
      ...burst,
      callers: callers(HASH_CALLERS, signIn, take),
      settles: true,
      simulated: { query: 1 },
      needs: ['query', 'object', 'hash'],
    },
    register: {
      seconds: BURST_SECONDS,
      callers: callers(HASH_CALLERS, () => registration(newEmail())),
      settles: true,
      // The user and the password are one batch; the account and the budget of the inbox are new.
      simulated: { query: 1, 'new object': 2 },
      needs: ['query', 'object', 'new object', 'hash'],
    },
  };
}

const registration = (email: string): Call => ({
  method: 'POST',
  path: '/v1/auth/register',
  body: { email, password: PASSWORD },
});

const signIn = (user: User): Call => ({
  method: 'POST',
  path: '/v1/auth/login',
  body: { identifier: user.email, password: PASSWORD },
});

/** All that it can do: session, plan, quota, credits, and a reference. */
const authorize = (user: User): Call => ({
  method: 'POST',
  path: '/v1/authorize',
  headers: { 'X-API-Key': API_KEY },
  body: {
    token: user.accessToken,
    resource: 'images',
    quantity: 1,
    credits: 1,
    reference: crypto.randomUUID(),
  },
});

/** The same of what an organization has, for one of its members. */
const authorizeMember = (user: User): Call => {
  const call = authorize(user);
  return { ...call, body: { ...(call.body as object), organization_id: TEAM } };
};

/** The same, asked by a Worker that is bound to this one. */
const authorizeOverRpc = (user: User): Call => ({ ...authorize(user), path: '/__authorize' });

const refresh = (user: User): Call => ({
  method: 'POST',
  path: '/v1/auth/refresh',
  body: { refresh_token: user.refreshToken },
});

function take(user: User, body: string): void {
  const { access_token, refresh_token } = JSON.parse(body);
  user.accessToken = access_token;
  user.refreshToken = refresh_token;
}

const newEmail = () => `bench-${crypto.randomUUID()}@example.com`;

/** A caller that is one user after the other. */
export function caller<Kind>(
  index: number,
  users: Kind[],
  ask: (user: Kind) => Call,
  answered?: (user: Kind, body: string) => void,
): Caller {
  let turn = 0;
  const current = () => users[turn % users.length] as Kind;
  return {
    address: `10.0.0.${index + 1}`,
    next: () => ask(current()),
    answered(body) {
      answered?.(current(), body);
      turn += 1;
    },
  };
}

export function shares<T>(items: T[], count: number): T[][] {
  return Array.from({ length: count }, (_, share) => items.filter((_, index) => index % count === share));
}
