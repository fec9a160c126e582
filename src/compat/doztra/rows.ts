import type { Row } from '../engine/row.ts';
import { userStatistics } from '../fastapi/admin-statistics.ts';
import { newUserOfAdmin, setActive, setStanding } from '../fastapi/admin-users.ts';
import * as shared from '../fastapi/rows.ts';
import { done, PROFILE_NAMES, profilePatch, userFields } from '../fastapi/users.ts';
import {
  changeCredentials,
  chosenPlan,
  preferencesFields,
  preferencesPatch,
  subscriptionFields,
  userWithSubscription,
} from './account.ts';
import { adminUsage, adminUsageQuery } from './admin-token-usage.ts';
import {
  historyPage,
  historyQuery,
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
    sends: ({ body: { email } }) => ({ body: { email } }),
    gives: done('If there is an account with this address, a link to set a new password was mailed to it.'),
    status: 200,
  },
  shared.passwordReset,
  { from: 'GET /api/users/me', to: 'GET /v1/me', gives: (json, _, call) => userWithSubscription(json, call) },
  {
    from: 'PUT /api/users/me',
    to: 'PATCH /v1/me',
    sends: async ({ body }, call) => {
      await changeCredentials(body, call);
      return { body: profilePatch(body) };
    },
    fields: { ...PROFILE_NAMES, new_password: 'password', password: 'current_password' },
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
    gives: historyPage,
  },
  {
    from: 'POST /api/tokens/me/track',
    to: 'POST /v1/me/tokens',
    sends: trackedUse,
    fields: { input_tokens: 'prompt_tokens', output_tokens: 'completion_tokens' },
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
    fields: { days: 'start_date' },
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
    gives: async (json, _, call) => preferencesFields(json, await call('GET /v1/me')),
  },
  { from: 'GET /api/usage/me', to: 'GET /v1/me/quota', gives: usageStatistics },
  shared.adminDashboard,
  shared.adminUsers,
  shared.adminUser,
  {
    from: 'POST /api/admin/users',
    to: 'POST /v1/admin/users',
    sends: ({ body }) => ({ body: newUserOfAdmin(body) }),
    fields: { ...PROFILE_NAMES, email_verified: 'is_verified' },
    gives: async (json, { body }, call) =>
      userFields(body.is_active === false ? await setActive(json.id, false, call) : json),
  },
  {
    from: 'PATCH /api/admin/users/{user_id}/status',
    to: 'PATCH /v1/admin/users/{id}',
    sends: async ({ params, body }, call) => {
      await setStanding(params.user_id, { ...body, is_active: body.is_active ?? body.status ?? null }, call);
      return { params: { id: params.user_id }, body: {} };
    },
    fields: { status: 'is_active' },
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
