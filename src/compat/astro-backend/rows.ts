import { renamed } from '../engine/fields.ts';
import type { Row } from '../engine/row.ts';
import { systemStats } from '../fastapi/admin-statistics.ts';
import { editUser, setStanding } from '../fastapi/admin-users.ts';
import * as shared from '../fastapi/rows.ts';
import { done, PROFILE_NAMES, profilePatch, userFields } from '../fastapi/users.ts';

/** The endpoints of the FastAPI backend for Astro. */
export const astroBackend: readonly Row[] = [
  shared.register,
  shared.login,
  shared.logout,
  shared.refresh,
  {
    from: 'POST /api/auth/forgot-password',
    to: 'POST /v1/auth/password/forgot',
    sends: ({ body: { email } }) => ({ body: { email } }),
    gives: done('If there is an account with this address, password reset instructions were mailed to it.'),
    status: 200,
  },
  shared.passwordReset,
  {
    from: 'POST /api/auth/verify-email',
    to: 'POST /v1/auth/email/verify',
    sends: ({ body: { token } }) => ({ body: { token } }),
    gives: done('Email verified successfully'),
  },
  {
    from: 'POST /api/auth/resend-verification',
    to: 'POST /v1/auth/email/resend',
    sends: ({ body: { email } }) => ({ body: { email } }),
    gives: done('If an account with this address waits for verification, a link was mailed to it.'),
    status: 200,
  },
  { from: 'GET /api/user/profile', to: 'GET /v1/me', gives: userFields },
  {
    from: 'PUT /api/user/profile',
    to: 'PATCH /v1/me',
    sends: ({ body }) => ({ body: profilePatch(body) }),
    fields: PROFILE_NAMES,
    gives: userFields,
  },
  {
    from: 'POST /api/user/change-password',
    to: 'PUT /v1/me/password',
    sends: ({ body }) => ({
      body: renamed(body, {
        current_password: 'current_password',
        currentPassword: 'current_password',
        new_password: 'new_password',
        newPassword: 'new_password',
      }),
    }),
    gives: done('Password changed successfully'),
    status: 200,
  },
  {
    from: 'POST /api/user/upload-avatar',
    to: 'PUT /v1/me/avatar',
    upload: true,
    sends: ({ file }) => ({ body: file ?? undefined }),
    fields: { '': 'file' },
    gives: userFields,
  },
  {
    from: 'DELETE /api/user/account',
    to: 'DELETE /v1/me',
    sends: ({ body: { password } }) => ({
      body: password === undefined ? { recent_sign_in: true } : { password },
    }),
    gives: done('Account deleted successfully'),
    status: 200,
  },
  shared.adminUsers,
  shared.adminUser,
  {
    from: 'PUT /api/admin/users/{id}',
    to: 'PATCH /v1/admin/users/{id}',
    sends: async ({ params, body }, call) => {
      await editUser(params.id, body, call);
      await setStanding(params.id, body, call);
      return { body: {} };
    },
    fields: { ...PROFILE_NAMES, status: 'is_active' },
    gives: userFields,
  },
  shared.userDeletion,
  {
    from: 'PUT /api/admin/users/{id}/role',
    to: 'PUT /v1/admin/users/{id}/role',
    sends: async ({ params, body: { role } }, call) => {
      // The service shows owners as admins: setting one to admin changes nothing.
      const user = role === 'admin' ? await call('GET /v1/admin/users/{id}', { params }) : null;
      return { body: { role: user?.role === 'owner' ? 'owner' : role } };
    },
    gives: userFields,
  },
  {
    from: 'GET /api/admin/stats',
    to: 'GET /v1/admin/statistics',
    sends: () => ({ query: { days: 7 } }),
    gives: systemStats,
  },
  { from: 'GET /docs', to: 'GET /docs' },
  { from: 'GET /health', to: 'GET /health' },
];
