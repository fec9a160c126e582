import type { Call, Row } from './dialect.ts';
import { fastApiError } from './dialect.ts';
import { planName, type User, userFields } from './fastapi-shapes.ts';

/** Days that a sum of all is made from. */
const YEAR = 365;

interface Statistics {
  total_users: number;
  verified_users: number;
  by_status: Record<string, number>;
  by_role: Record<string, number>;
  by_plan: Record<string, number>;
  totals: { sign_ups: number };
  daily: { date: string; sign_ups: number; active_users: number }[];
}

interface TokenSum {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  requests: number;
}

/** What models have used, as the canonical API gives it. */
export interface TokenUsage {
  totals: TokenSum;
  models: (TokenSum & { model: string })[];
  daily: (TokenSum & { date: string })[];
}

/** Who has used most of a resource. */
export interface TopUser {
  user_id: string;
  email: string | null;
  username: string | null;
  name: string | null;
  quantity: number;
}

/** The most users who were active on one day: who they were is kept by the day only. */
export function mostActive(daily: { active_users: number }[]): number {
  return Math.max(0, ...daily.map(({ active_users }) => active_users));
}

/** Doztra's statistics of users, from those of a year. */
export function userStatistics(year: Statistics) {
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
    active_users_last_30_days: mostActive(year.daily.slice(-30)),
    user_growth_rate: before === 0 ? null : ((now - before) / before) * 100,
  };
}

/** The Astro backend's statistics of users, from those of a week. */
export function systemStats({ total_users, verified_users, by_role, totals }: Statistics) {
  return {
    total_users,
    verified_users,
    unverified_users: total_users - verified_users,
    admin_users: (by_role.admin ?? 0) + (by_role.owner ?? 0),
    recent_registrations: totals.sign_ups,
  };
}

interface Dashboard {
  total_users: number;
  new_users_today: number;
  active_sessions: number;
  usage_today: Record<string, number>;
  recent_users: User[];
  top_users: Record<string, TopUser[]>;
}

/** The dashboard as Doztra and as AIezzy give it, in one. */
export async function dashboardFields(board: Dashboard, call: Call) {
  const query = { days: YEAR };
  const [year, tokens]: [Statistics, TokenUsage] = await Promise.all([
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

/** An error that FastAPI's and Flask's clients both read. */
export const eitherError: NonNullable<Row['fails']> = (problem, row) => ({
  ...fastApiError(problem, row),
  success: false,
  error: problem.detail ?? problem.title,
});
