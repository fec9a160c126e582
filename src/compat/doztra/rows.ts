import { same, takes } from '../engine/fields.ts';
import type { Row } from '../engine/row.ts';
import { userStatistics } from '../fastapi/admin-statistics.ts';
import {
  checkNewUser,
  MANAGED_PLAN,
  MANAGED_USER,
  newUserOfAdmin,
  setActive,
  setStanding,
} from '../fastapi/admin-users.ts';
import * as shared from '../fastapi/rows.ts';
import { done, NEW_USER, PROFILE_CHANGE, profilePatch, userFields } from '../fastapi/users.ts';
import {
  changeCredentials,
  chosenPlan,
  preferencesFields,
  preferencesPatch,
  subscriptionFields,
  userWithSubscription,
} from './account.ts';
import { ADMIN_USAGE_QUERY, adminUsage, adminUsageQuery } from './admin-token-usage.ts';
import {
  HISTORY_QUERY,
  historyPage,
  historyQuery,
  TRACKED_USE,
  thisMonth,
  tokenStatistics,
  trackedUse,
  usageStatistics,
} from './usage.ts';

/** The endpoints of Doztra. */
export const doztra: readonly Row[] = [
  shared.register,
  shared.login,
  shared.refresh,
  shared.logout,
  {
    from: 'POST /api/auth/verify-email/{token}',
    to: 'POST /v1/auth/email/verify',
    sends: ({ params: { token } }) => ({ body: { token } }),
    gives: done('Email verified successfully'),
  },
  {
    from: 'POST /api/auth/password-reset',
    to: 'POST /v1/auth/password/forgot',
    sends: takes(same('email')),
    gives: done('If there is an account with this address, a link to set a new password was mailed to it.'),
    status: 200,
  },
  shared.passwordReset,
  { from: 'GET /api/users/me', to: 'GET /v1/me', gives: (json, _, call) => userWithSubscription(json, call) },
  {
    from: 'PUT /api/users/me',
    to: 'PATCH /v1/me/profile',
    sends: async ({ body }, call) => {
      await changeCredentials(body, call);
      return { body: profilePatch(body) };
    },
    body: {
      ...PROFILE_CHANGE,
      email: 'email',
      password: 'new_password',
      current_password: ['current_password', 'password'],
    },
    statuses: { invalid_credentials: 400 },
    gives: (json, _, call) => userWithSubscription(json, call),
  },
  {
    from: 'GET /api/users/{user_id}',
    to: 'GET /v1/users/{id}',
    sends: ({ params }) => ({ params: { id: params.user_id } }),
    gives: userFields,
  },
  {
    from: 'PUT /api/users/me/subscription',
    to: 'PUT /v1/me/subscription',
    sends: ({ body }) => ({ body: { plan: chosenPlan(body) } }),
    body: { plan: 'plan', auto_renew: [], status: [] },
    gives: async (json, _, call) => {
      const user = await call('GET /v1/me');
      const subscription = subscriptionFields(json, user);
      return { ...subscription, ...userFields(user), subscription };
    },
  },
  {
    from: 'GET /api/users/me/subscription',
    to: 'GET /v1/me/subscription',
    gives: async (json, _, call) => subscriptionFields(json, await call('GET /v1/me')),
  },
  { from: 'GET /api/users/me/usage', to: 'GET /v1/me/quota', gives: usageStatistics },
  { from: 'GET /api/tokens/me', to: 'GET /v1/me/tokens', sends: thisMonth, gives: tokenStatistics },
  {
    from: 'GET /api/tokens/me/history',
    to: 'GET /v1/me/tokens/history',
    sends: historyQuery,
    query: HISTORY_QUERY,
    gives: historyPage,
  },
  {
    from: 'POST /api/tokens/me/track',
    to: 'POST /v1/me/tokens',
    sends: trackedUse,
    body: TRACKED_USE,
    gives: (_, { body }, __, canonical) => ({
      success: true,
      message: 'Token usage tracked successfully',
      id: body.request_id ?? canonical.headers.get('x-request-id'),
    }),
  },
  {
    from: 'GET /api/tokens/admin/usage',
    to: 'GET /v1/admin/tokens',
    sends: adminUsageQuery,
    query: ADMIN_USAGE_QUERY,
    gives: adminUsage,
  },
  {
    from: 'GET /api/preferences/me',
    to: 'GET /v1/me/preferences',
    gives: async (json, _, call) => preferencesFields(json, await call('GET /v1/me')),
  },
  {
    from: 'PUT /api/preferences/me',
    to: 'PATCH /v1/me/preferences',
    sends: ({ body }) => ({ body: preferencesPatch(body) }),
    body: same('theme', 'notifications', 'default_model'),
    gives: async (json, _, call) => preferencesFields(json, await call('GET /v1/me')),
  },
  { from: 'GET /api/usage/me', to: 'GET /v1/me/quota', gives: usageStatistics },
  shared.adminDashboard,
  shared.adminUsers,
  shared.adminUser,
  {
    from: 'POST /api/admin/users',
    to: 'POST /v1/admin/users',
    sends: async ({ body }, call) => {
      await checkNewUser(body, call);
      return { body: newUserOfAdmin(body) };
    },
    body: { ...NEW_USER, ...MANAGED_USER, ...MANAGED_PLAN },
    gives: async (json, { body }, call) =>
      userFields(body.is_active === false ? await setActive(json.id, false, call) : json),
  },
  {
    from: 'PATCH /api/admin/users/{user_id}/status',
    to: 'PATCH /v1/admin/users/{id}',
    sends: async ({ params, body }, call) => {
      await setStanding(params.user_id, body, call);
      return { params: { id: params.user_id }, body: {} };
    },
    body: { ...MANAGED_USER, status: 'status' },
    gives: userFields,
  },
  shared.userDeletion,
  {
    from: 'GET /api/admin/users/statistics',
    to: 'GET /v1/admin/statistics',
    sends: () => ({ query: { days: 365 } }),
    gives: userStatistics,
  },
];
