import type { PlanRevenue, Revenue } from '../billing/revenue-service.ts';
import { nearestReplica } from '../db/client.ts';
import type { UserRow } from '../directory/tables.ts';
import { lastDates } from '../lib/calendar.ts';
import type { UsageAnalytics } from '../usage/analytics-service.ts';
import { countProviders, countSessions, namesOf, newestUsers, readDaily } from './dashboard-store.ts';
import { FACETS, type FacetCount, type FacetName, facetsOf } from './user-facets.ts';

/** Users on the dashboard who came last. */
const RECENT = 10;

/** How it is counted among the ways to sign in who has a second factor; no provider is called so. */
const SECOND_FACTOR = 'second_factor';

/** How many users a realm has, and of which kinds. */
export interface UserNumbers {
  total: number;
  byStatus: Record<string, number>;
  byRole: Record<string, number>;
  byPlan: Record<string, number>;
  /** By what they can sign in; who can by several counts for each. */
  byProvider: Record<string, number>;
  verified: number;
  /** Who have not registered. */
  anonymous: number;
  /** Who have an authenticator app or a passkey. */
  secondFactors: number;
}

/** Which part of the users who have registered has verified their address; 0 while there is none. */
export function verificationRate({ total, anonymous, verified }: UserNumbers): number {
  return total === anonymous ? 0 : verified / (total - anonymous);
}

/** One UTC day (YYYY-MM-DD) of a realm. */
export interface RealmDay {
  date: string;
  signUps: number;
  signIns: number;
  activeUsers: number;
}

/** A user who uses much; null names when they were deleted meanwhile. */
export interface TopUser {
  userId: string;
  email: string | null;
  username: string | null;
  name: string | null;
  quantity: number;
}

/** What a realm's operators look at first. */
export interface Dashboard {
  users: UserNumbers;
  today: RealmDay;
  activeSessions: number;
  /** By resource. */
  usageToday: Record<string, number>;
  recentUsers: UserRow[];
  revenue: PlanRevenue[];
  /** Who has used most this month, by resource. */
  topUsers: Record<string, TopUser[]>;
}

/** The same over some days: what happened and what was used on each of them. */
export interface Overview extends Omit<Dashboard, 'today' | 'usageToday'> {
  daily: RealmDay[];
  usage: Awaited<ReturnType<UsageAnalytics['usage']>>;
}

/** Numbers of a realm, from roll-ups: no query reads more rows than it shows. Seconds late. */
export class Statistics {
  readonly #d1: D1Database;
  readonly #analytics: UsageAnalytics;
  readonly #revenue: Revenue;

  constructor(d1: D1Database, analytics: UsageAnalytics, revenue: Revenue) {
    this.#d1 = d1;
    this.#analytics = analytics;
    this.#revenue = revenue;
  }

  async dashboard(realmId: string): Promise<Dashboard> {
    const { daily, usage, ...board } = await this.overview(realmId, 1);
    return { ...board, today: daily[0] as RealmDay, usageToday: usage.totals };
  }

  /** The last so many UTC days, and how the realm is now. `resources` are those whose greatest users are named; all, when left out. */
  async overview(realmId: string, days: number, resources?: string[]): Promise<Overview> {
    const { db } = nearestReplica(this.#d1);
    const dates = lastDates(days, Date.now());
    const today = dates.at(-1) as string;
    const [facets, [providers, daily, [live], recentUsers], usage, tops, revenue] = await Promise.all([
      facetsOf(db, realmId),
      db.batch([
        countProviders(db, realmId),
        readDaily(db, realmId, dates[0] as string, today),
        countSessions(db, realmId, today),
        newestUsers(db, realmId, RECENT),
      ]),
      this.#analytics.usage({ realmId }, days),
      this.#analytics.topUsers(realmId, resources),
      this.#revenue.byPlan(realmId),
    ]);
    return {
      users: numbersOf(facets, providers),
      daily: daysOf(dates, daily),
      usage,
      activeSessions: live?.sessions ?? 0,
      recentUsers,
      revenue,
      topUsers: await this.#named(tops),
    };
  }

  /** The last so many UTC days, every one of them, and how many users there are now. */
  async statistics(realmId: string, days: number): Promise<{ users: UserNumbers; daily: RealmDay[] }> {
    const { db } = nearestReplica(this.#d1);
    const dates = lastDates(days, Date.now());
    const [facets, [providers, daily]] = await Promise.all([
      facetsOf(db, realmId),
      db.batch([
        countProviders(db, realmId),
        readDaily(db, realmId, dates[0] as string, dates.at(-1) as string),
      ]),
    ]);
    return { users: numbersOf(facets, providers), daily: daysOf(dates, daily) };
  }

  async #named(
    tops: Record<string, { userId: string; quantity: number }[]>,
  ): Promise<Record<string, TopUser[]>> {
    const ids = new Set(Object.values(tops).flatMap((users) => users.map(({ userId }) => userId)));
    const rows = await namesOf(nearestReplica(this.#d1).db, [...ids]);
    const names = new Map(rows.map(({ id, ...named }) => [id, named]));
    const nobody = { email: null, username: null, name: null };
    return Object.fromEntries(
      Object.entries(tops).map(([resource, users]) => [
        resource,
        users.map((user) => ({ ...user, ...(names.get(user.userId) ?? nobody) })),
      ]),
    );
  }
}

function numbersOf(facets: FacetCount[], providers: { provider: string; users: number }[]): UserNumbers {
  const by = (name: FacetName) => {
    const sums: Record<string, number> = {};
    for (const { facet, users } of facets) {
      const value = FACETS[name].of(facet);
      sums[value] = (sums[value] ?? 0) + users;
    }
    return sums;
  };
  return {
    total: facets.reduce((sum, { users }) => sum + users, 0),
    byStatus: { active: 0, suspended: 0, ...by('status') },
    byRole: { user: 0, admin: 0, owner: 0, ...by('role') },
    byPlan: by('plan'),
    byProvider: Object.fromEntries(
      providers
        .filter(({ provider }) => provider !== SECOND_FACTOR)
        .map(({ provider, users }) => [provider, users]),
    ),
    secondFactors: providers.find(({ provider }) => provider === SECOND_FACTOR)?.users ?? 0,
    verified: by('email_verified')[1] ?? 0,
    anonymous: by('anonymous')[1] ?? 0,
  };
}

function daysOf(dates: string[], rows: RealmDay[]): RealmDay[] {
  const known = new Map(rows.map((row) => [row.date, row]));
  return dates.map((date) => known.get(date) ?? { date, signUps: 0, signIns: 0, activeUsers: 0 });
}
