import { z } from '@hono/zod-openapi';
import { RevenueSchema, revenueShape } from '../billing/revenue-schemas.ts';
import { UserSchema, userShape } from '../directory/schemas.ts';
import { type Dashboard, type RealmDay, type UserNumbers, verificationRate } from './dashboard-service.ts';

const Counts = z.record(z.string(), z.int());

export const StatisticsQuery = z.object({
  days: z.coerce.number().int().min(1).max(366).default(30).openapi({ type: 'integer' }),
});

const numbers = {
  total_users: z.int(),
  verified_users: z.int(),
  anonymous_users: z.int().openapi({ description: 'Who have not registered: no sign-ups until they do' }),
  verification_rate: z
    .number()
    .openapi({ description: 'Of 1, anonymous users left out; 0 while there is nobody else' }),
  users_with_second_factor: z.int().openapi({ description: 'Who have an authenticator app or a passkey' }),
  by_status: Counts,
  by_role: Counts,
  by_plan: Counts,
  by_provider: Counts.openapi({
    description:
      'Who can sign in by `password`, `passkey` or a provider; users who can by several count for each',
    example: { password: 12, google: 3 },
  }),
};

const DaySchema = z
  .object({ date: z.iso.date(), sign_ups: z.int(), sign_ins: z.int(), active_users: z.int() })
  .openapi('RealmDay');

export const StatisticsSchema = z
  .object({
    period_days: z.int(),
    ...numbers,
    totals: z.object({ sign_ups: z.int(), sign_ins: z.int() }),
    daily: z.array(DaySchema).openapi({ description: 'Every UTC day, the oldest first' }),
  })
  .openapi('RealmStatistics');

export const DashboardSchema = z
  .object({
    ...numbers,
    new_users_today: z.int(),
    sign_ins_today: z.int(),
    active_users_today: z.int(),
    active_sessions: z
      .int()
      .openapi({ description: 'To the day: one that is over since this morning counts' }),
    usage_today: Counts.openapi({ description: 'By resource' }),
    revenue_by_plan: z.array(RevenueSchema).openapi({
      description:
        'What comes in each month from subscriptions that are not over, in each currency for itself',
    }),
    recent_users: z.array(UserSchema),
    top_users: z
      .record(
        z.string(),
        z.array(
          z.object({
            user_id: z.string(),
            email: z.string().nullable(),
            username: z.string().nullable(),
            name: z.string().nullable(),
            quantity: z.int(),
          }),
        ),
      )
      .openapi({ description: 'Who has used most this month, by resource' }),
  })
  .openapi('Dashboard');

function numbersShape(users: UserNumbers) {
  return {
    total_users: users.total,
    verified_users: users.verified,
    anonymous_users: users.anonymous,
    verification_rate: verificationRate(users),
    users_with_second_factor: users.secondFactors,
    by_status: users.byStatus,
    by_role: users.byRole,
    by_plan: users.byPlan,
    by_provider: users.byProvider,
  };
}

/** The numbers of some days as they go over the wire. */
export function statisticsShape(stats: {
  users: UserNumbers;
  daily: RealmDay[];
}): z.infer<typeof StatisticsSchema> {
  const sum = (of: (day: RealmDay) => number) => stats.daily.reduce((total, day) => total + of(day), 0);
  return {
    period_days: stats.daily.length,
    ...numbersShape(stats.users),
    totals: { sign_ups: sum((day) => day.signUps), sign_ins: sum((day) => day.signIns) },
    daily: stats.daily.map(({ date, signUps, signIns, activeUsers }) => ({
      date,
      sign_ups: signUps,
      sign_ins: signIns,
      active_users: activeUsers,
    })),
  };
}

/** The dashboard as it goes over the wire. */
export function dashboardShape(board: Dashboard): z.infer<typeof DashboardSchema> {
  const tops = Object.entries(board.topUsers).map(([resource, users]) => [
    resource,
    users.map(({ userId, ...user }) => ({ user_id: userId, ...user })),
  ]);
  return {
    ...numbersShape(board.users),
    new_users_today: board.today.signUps,
    sign_ins_today: board.today.signIns,
    active_users_today: board.today.activeUsers,
    active_sessions: board.activeSessions,
    usage_today: board.usageToday,
    revenue_by_plan: board.revenue.map(revenueShape),
    recent_users: board.recentUsers.map(userShape),
    top_users: Object.fromEntries(tops),
  };
}
