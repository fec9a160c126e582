import type { CallCanonical, Canonical } from '../engine/canonical-operations.ts';
import { planName, userFields } from './users.ts';

type RealmStatistics = Canonical<'RealmStatistics'>;
type Dashboard = Canonical<'Dashboard'>;

/** The days that totals are computed from. */
const YEAR = 365;

/** Returns the most users who were active on one day. Who they were is kept for each day only, so days do not add up. */
export function mostActive(daily: Pick<Canonical<'RealmDay'>, 'active_users'>[]): number {
  return Math.max(0, ...daily.map(({ active_users }) => active_users));
}

/** Writes Doztra's statistics of users, from the statistics of a year. */
export function userStatistics(year: RealmStatistics) {
  const months = Map.groupBy(year.daily, ({ date }) => date.slice(0, 7));
  const registrations = [...months]
    .map(([month, days]): [string, number] => [month, days.reduce((sum, { sign_ups }) => sum + sign_ups, 0)])
    .slice(-12);
  const [before = 0, now = 0] = registrations.slice(-2).map(([, count]) => count);
  return {
    total_users: year.total_users,
    active_users: year.by_status.active,
    verified_users: year.verified_users,
    subscription_distribution: Object.fromEntries(
      Object.entries(year.by_plan).map(([plan, users]) => [planName(plan), users]),
    ),
    registration_by_month: Object.fromEntries(registrations),
    // Of days that are over, those who were deleted since still count.
    active_users_last_30_days: Math.min(mostActive(year.daily.slice(-30)), year.total_users),
    user_growth_rate: before === 0 ? null : ((now - before) / before) * 100,
  };
}

/** Writes the Astro backend's statistics of users, from the statistics of a week. */
export function systemStats({ total_users, verified_users, by_role, totals }: RealmStatistics) {
  return {
    total_users,
    verified_users,
    unverified_users: total_users - verified_users,
    admin_users: (by_role.admin ?? 0) + (by_role.owner ?? 0),
    recent_registrations: totals.sign_ups,
  };
}

/** Writes the dashboard with the fields of Doztra and of AIezzy. */
export async function dashboardFields(board: Dashboard, call: CallCanonical) {
  const query = { days: YEAR };
  const [year, tokens] = await Promise.all([
    call('GET /v1/admin/statistics', { query }),
    call('GET /v1/admin/tokens', { query }),
  ]);
  return {
    user_statistics: userStatistics(year),
    token_usage_total: tokens.totals.total_tokens,
    token_usage_by_plan: {},
    token_usage_by_model: Object.fromEntries(tokens.models.map((one) => [one.model, one.total_tokens])),
    token_usage_by_day: Object.fromEntries(
      tokens.daily.slice(-30).map(({ date, total_tokens }) => [date, total_tokens]),
    ),
    stats: {
      total_users: board.total_users,
      new_users_today: board.new_users_today,
      active_sessions: board.active_sessions,
      images_today: board.usage_today.images ?? 0,
      videos_today: board.usage_today.videos ?? 0,
    },
    users: board.recent_users.map((user) => ({
      ...userFields(user),
      full_name: user.name,
      is_admin: user.role !== 'user',
      email_verified: user.email_verified,
      tier: user.plan,
      profile_image: user.picture,
    })),
    usage: topUsage(board.top_users),
  };
}

const RESOURCES = ['images', 'videos', 'messages'] as const;

function topUsage(tops: Dashboard['top_users']) {
  const all = RESOURCES.flatMap((resource) => (tops[resource] ?? []).map((user) => ({ ...user, resource })));
  return [...Map.groupBy(all, ({ user_id }) => user_id)].map(([user_id, group]) => {
    const { username = null, email = null } = group[0] ?? {};
    const used = (resource: string) => group.find((user) => user.resource === resource)?.quantity ?? 0;
    const quantities = Object.fromEntries(RESOURCES.map((resource) => [resource, used(resource)]));
    return { user_id, username: username ?? email, ...quantities };
  });
}
