import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Limits } from '../directory/state.ts';
import { dateOf } from '../lib/calendar.ts';
import { type IdPrefix, timeDigits } from '../lib/ids.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { DAY, HOUR } from '../lib/time.ts';

const COUNTRIES = ['US', 'DE', 'GB', 'FR', 'IN', 'BR', 'JP', 'NL', 'FI', 'CA'];
const MODELS = ['small', 'medium', 'large'];
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
];
/** Who has an account at which provider, as shares of the users. */
const PROVIDERS = { google: 0.4, github: 0.1, apple: 0.05 };
/** What plans cost: how often (months), and in the smallest unit of the currency. */
const PRICES = [
  { id: 'price_pro_month', plan: 'pro', currency: 'usd', months: 1, amount: 2000 },
  { id: 'price_pro_year', plan: 'pro', currency: 'usd', months: 12, amount: 20_000 },
  { id: 'price_pro_month_eur', plan: 'pro', currency: 'eur', months: 1, amount: 1900 },
  { id: 'price_enterprise_month', plan: 'enterprise', currency: 'usd', months: 1, amount: 10_000 },
];
/** Share of the days with a session of its own, and of those on which a resource is used. */
const SHARES = { session: 0.3, images: 0.6, messages: 0.8, videos: 0.1, tokens: 0.5 };

/** What the year shall look like. */
export interface SeedPlan {
  users: number;
  days: number;
  /** Share of the users who come on a day. */
  active: number;
  /** The end of the last day, Unix milliseconds. */
  now: number;
}

/** The most that is used of a resource on a day, where the plan allows as much. */
const USED_A_DAY = 20;

/** What was before an account object counts is numbered from here on. */
const BEFORE = -1_000_000_000;

/** What a plan allows and gives, as the directory has it. */
interface Terms {
  limits: Limits;
  /** Given each month. */
  credits: number;
}

/** What a user pays, and until when it gives them their plan. Unix milliseconds. */
type Paid = (typeof PRICES)[number] & { end: number; holdsUntil: number };

/** Whose days are written, and what is left of the month's tokens. */
interface Seeded {
  id: string;
  country: string;
  limits: Terms['limits'];
  tokens: { month: string; left: number };
}

/** Numbers from 0 to below 1, the same at every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Writes users in the order of their ids, and each with all their days: so the tables grow at their ends, which is what
 * makes it fast. Growth is even; who comes how often is not.
 */
export class RowSeeder {
  readonly #plan: SeedPlan;
  readonly #hash: string;
  readonly #random = randomFrom(1);
  readonly #insert: Record<string, StatementSync>;
  readonly #terms: Map<string, Terms>;

  /** `hash` is that of everybody's password. */
  constructor(db: DatabaseSync, plan: SeedPlan, hash: string) {
    this.#plan = plan;
    this.#hash = hash;
    const plans = db
      .prepare('SELECT id, limits, monthly_credits AS credits FROM plans WHERE realm_id = ?')
      .all(DEFAULT_REALM) as { id: string; limits: string; credits: number }[];
    this.#terms = new Map(
      plans.map(({ id, limits, credits }) => [id, { limits: JSON.parse(limits), credits }]),
    );
    const into = (table: string, columns: string) =>
      db.prepare(
        `INSERT INTO ${table} (${columns}) VALUES (${columns
          .split(', ')
          .map(() => '?')
          .join(', ')})`,
      );
    this.#insert = {
      users: into(
        'users',
        'id, realm_id, email, email_verified, username, name, country, locale, role, plan, status, created_at, updated_at, last_login_at, last_active_on, opening_credits, plan_expires_at, subscribed, has_past',
      ),
      passwords: into('passwords', 'user_id, hash, updated_at'),
      identities: into(
        'identities',
        'user_id, realm_id, provider, subject, email, email_verified, profile, tokens, created_at, updated_at',
      ),
      prices: into('billing_prices', 'realm_id, price_id, plan, unit_amount, currency, months, position'),
      customers: into(
        'billing_customers',
        'user_id, realm_id, customer_id, plan, plan_expires_at, created_at',
      ),
      subscriptions: into(
        'billing_subscriptions',
        'id, user_id, price_id, plan, amount, currency, months, status, period_start, period_end, cancel_at_period_end, holds_until, revision, created_at, fetched_at',
      ),
      activity: into(
        'activity',
        'user_id, seq, realm_id, at, type, session_id, ip, country, user_agent, actor, details',
      ),
      sessions: into(
        'past_sessions',
        'id, user_id, seq, created_at, last_seen_at, expires_at, alive_until, ip, country, user_agent, methods, realm_id',
      ),
      usage: into('past_usage_days', 'user_id, date, resource, realm_id, seq, quantity'),
      tokens: into(
        'past_token_days',
        'user_id, date, model, realm_id, seq, input_tokens, output_tokens, requests',
      ),
      mails: into(
        'outbox',
        'id, realm_id, user_id, channel, template, recipient, data, status, attempts, next_attempt_at, created_at, settled_at',
      ),
    };
  }

  /** Writes one user, by their number from 0 on. */
  user(index: number): void {
    const { users, days, active, now } = this.#plan;
    const random = this.#random;
    const start = now - days * DAY;
    const createdAt = Math.floor(start + ((index + random()) / users) * days * DAY);
    const id = this.#id('usr', createdAt);
    const plan = random() < 0.9 ? 'free' : random() < 0.9 ? 'pro' : 'enterprise';
    const country = this.#one(COUNTRIES);
    const email = `user${index}@seed.example`;
    const status = random() < 0.01 ? 'suspended' : 'active';
    const role = index % 100_000 === 0 ? 'admin' : 'user';
    const verified = random() < 0.9 ? 1 : 0;
    const name = `${this.#one(['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara'])} ${index}`;
    // Most come seldom and some every day; the mean is as planned.
    const chance = Math.min(1, active * 0.25 * random() ** -0.75);
    const visits = this.#visits(createdAt, now, chance);
    const last = visits.at(-1) ?? createdAt;
    const profile = [email, verified, `user${index}`, name, country, 'en', role, plan, status];
    const { limits, credits } = this.#terms.get(plan) as Terms;
    const times = [createdAt, createdAt, last, dateOf(last)];
    const paid = plan === 'free' ? null : this.#paid(plan);
    const subscribed = [paid?.holdsUntil ?? null, paid ? 1 : 0];
    this.#write('users', id, DEFAULT_REALM, ...profile, ...times, credits, ...subscribed, 1);
    this.#write('passwords', id, this.#hash, createdAt);
    const client = [null, '192.0.2.1', country, AGENTS[0] as string];
    this.#write('activity', id, BEFORE, DEFAULT_REALM, createdAt, 'registered', ...client, null, null);
    const seeded = { id, country, limits, tokens: { month: '', left: 0 } };
    for (const [visit, at] of visits.entries()) this.#day(seeded, at, 10 * (visit + 1));
    for (const [provider, share] of Object.entries(PROVIDERS)) {
      if (random() >= share) continue;
      const said = [`${provider}-${index}`, email, 1, '{}', ''];
      this.#write('identities', id, DEFAULT_REALM, provider, ...said, createdAt, createdAt);
    }
    if (paid) this.#subscription(id, index, paid, createdAt);
    if (index % 20 === 0) {
      const message = this.#id('msg', createdAt);
      const state = index % 200 === 0 ? 'dead' : 'sent';
      const sent = [state, 1, createdAt, createdAt, createdAt];
      this.#write('mails', message, DEFAULT_REALM, id, 'mail', 'welcome', email, '{}', ...sent);
    }
  }

  /** Says what the prices of the subscriptions stand for. */
  prices(): void {
    for (const [position, { id, plan, amount, currency, months }] of PRICES.entries()) {
      this.#write('prices', DEFAULT_REALM, id, plan, amount, currency, months, position);
    }
  }

  /** A price that was paid just now, and until when it holds. */
  #paid(plan: string): Paid {
    const price = this.#one(PRICES.filter((one) => one.plan === plan));
    const end = this.#plan.now + price.months * 30 * DAY;
    return { ...price, end, holdsUntil: end + 7 * DAY };
  }

  /** What gives a user their plan; some do not pay when they should. */
  #subscription(userId: string, index: number, paid: Paid, createdAt: number): void {
    const { now } = this.#plan;
    const { id: price, plan, amount, currency, months, end, holdsUntil } = paid;
    const status = this.#random() < 0.97 ? 'active' : 'past_due';
    const terms = [price, plan, amount, currency, months];
    const period = [status, now, end, 0, holdsUntil, 1, createdAt, now];
    this.#write('customers', userId, DEFAULT_REALM, `cus_seed_${index}`, plan, holdsUntil, createdAt);
    this.#write('subscriptions', `sub_seed_${index}`, userId, ...terms, ...period);
  }

  /** When the user comes: days apart as chance has it. */
  #visits(from: number, to: number, chance: number): number[] {
    const visits: number[] = [];
    const gap = () => 1 + Math.floor(Math.log(1 - this.#random()) / Math.log(1 - Math.min(chance, 0.999)));
    const midnight = from - (from % DAY);
    for (let day = midnight + gap() * DAY; day < to; day += gap() * DAY) {
      visits.push(Math.min(day + Math.floor(this.#random() * DAY), to));
    }
    return visits;
  }

  #day(user: Seeded, at: number, seq: number): void {
    const random = this.#random;
    const { id, country, limits } = user;
    const date = dateOf(at);
    const agent = this.#one(AGENTS);
    const ip = `10.${seq & 255}.${at & 255}.${(at >> 8) & 255}`;
    let session: string | null = null;
    if (random() < SHARES.session) {
      session = this.#id('ses', at);
      const times = [at, at + HOUR, at + 30 * DAY, at + 14 * DAY];
      this.#write('sessions', session, id, seq, ...times, ip, country, agent, 'pwd', DEFAULT_REALM);
    }
    const client = [session, ip, country, agent];
    this.#write('activity', id, BEFORE + seq, DEFAULT_REALM, at, 'signed_in', ...client, null, null);
    for (const resource of ['images', 'messages', 'videos'] as const) {
      if (random() >= SHARES[resource]) continue;
      const most = Math.min(limits[resource]?.day ?? USED_A_DAY, USED_A_DAY);
      if (most > 0) this.#used(id, date, resource, seq + 2, 1 + Math.floor(random() * most));
    }
    if (random() < SHARES.tokens) this.#tokens(user, date, seq + 5);
  }

  /** The tokens of a day, which are a resource of the plan besides. */
  #tokens({ id, limits, tokens }: Seeded, date: string, seq: number): void {
    const month = date.slice(0, 7);
    if (tokens.month !== month) {
      tokens.month = month;
      tokens.left = limits.tokens?.month ?? Number.POSITIVE_INFINITY;
    }
    const most = (mean: number) => Math.ceil(mean * this.#random() * 8);
    const [input, output, requests] = [most(500), most(200), most(1)];
    const total = input + output;
    if (total > tokens.left) return;
    tokens.left -= total;
    this.#write('tokens', id, date, this.#one(MODELS), DEFAULT_REALM, seq, input, output, requests);
    this.#used(id, date, 'tokens', seq, total);
  }

  #used(userId: string, date: string, resource: string, seq: number, quantity: number): void {
    this.#write('usage', userId, date, resource, DEFAULT_REALM, seq, quantity);
  }

  /** As `newId` makes them, without the cost of randomness that nobody can foresee. */
  #id(prefix: IdPrefix, at: number): string {
    const eight = () =>
      Math.floor(this.#random() * 32 ** 8)
        .toString(32)
        .padStart(8, '0');
    return `${prefix}_${timeDigits(at)}${eight()}${eight()}`;
  }

  #one<T>(of: T[]): T {
    return of[Math.floor(this.#random() * of.length)] as T;
  }

  #write(table: string, ...values: SQLInputValue[]): void {
    this.#insert[table]?.run(...values);
  }
}
