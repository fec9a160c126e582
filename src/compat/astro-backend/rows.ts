import { same, takes } from '../engine/fields.ts';
import type { Row } from '../engine/row.ts';
import { systemStats } from '../fastapi/admin-statistics.ts';
import { editUser, MANAGED_USER, setStanding } from '../fastapi/admin-users.ts';
import * as shared from '../fastapi/rows.ts';
import { done, PROFILE_CHANGE, profilePatch, userFields } from '../fastapi/users.ts';

/** The session holds: a client that sees a 401 would sign the user out. */
const WRONG_PASSWORD = { invalid_credentials: 400 } as const;

/** The endpoints of the FastAPI backend for Astro. */
export const astroBackend: readonly Row[] = [
  shared.register,
  shared.login,
  shared.logout,
  shared.refresh,
  {
    from: 'POST /api/auth/forgot-password',
    to: 'POST /v1/auth/password/forgot',
    sends: takes(same('email')),
    gives: done('If there is an account with this address, password reset instructions were mailed to it.'),
    status: 200,
  },
  shared.passwordReset,
  {
    from: 'POST /api/auth/verify-email',
    to: 'POST /v1/auth/email/verify',
    sends: takes(same('token')),
    gives: done('Email verified successfully'),
  },
  {
    from: 'POST /api/auth/resend-verification',
    to: 'POST /v1/auth/email/resend',
    sends: takes(same('email')),
    gives: done('If an account with this address waits for verification, a link was mailed to it.'),
    status: 200,
  },
  { from: 'GET /api/user/profile', to: 'GET /v1/me', gives: userFields },
  {
    from: 'PUT /api/user/profile',
    to: 'PATCH /v1/me',
    sends: ({ body }) => ({ body: profilePatch(body) }),
    body: PROFILE_CHANGE,
    gives: userFields,
  },
  {
    from: 'POST /api/user/change-password',
    to: 'PUT /v1/me/password',
    sends: takes({
      current_password: 'current_password',
      currentPassword: 'current_password',
      new_password: 'new_password',
      newPassword: 'new_password',
    }),
    statuses: WRONG_PASSWORD,
    gives: done('Password changed successfully'),
    status: 200,
  },
  {
    from: 'POST /api/user/upload-avatar',
    to: 'PUT /v1/me/avatar',
    upload: true,
    sends: ({ file }) => ({ body: file ?? undefined }),
    body: { file: '' },
    gives: userFields,
  },
  {
    from: 'DELETE /api/user/account',
    to: 'DELETE /v1/me',
    sends: ({ body: { password } }) => ({
      body: password === undefined ? { recent_sign_in: true } : { password },
    }),
    body: { password: ['password', 'recent_sign_in'] },
    statuses: WRONG_PASSWORD,
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
    body: { ...PROFILE_CHANGE, email: 'email', ...MANAGED_USER },
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
    body: { role: 'role' },
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
