import { dashboardFields, eitherError } from './admin-numbers.ts';
import { usersList, usersQuery } from './admin-users.ts';
import { type Row, renamed } from './dialect.ts';
import { done, newUser, PROFILE_FIELDS, signedInFields, tokenFields, userFields } from './fastapi-shapes.ts';

// Paths that more than one document has: either service's names are taken, and the answer has both services' fields.

/** Doztra and the Astro backend. */
export const register: Row = {
  from: 'POST /api/auth/register',
  to: 'POST /v1/auth/register',
  sends: ({ body }) => ({ body: newUser(body) }),
  fields: PROFILE_FIELDS,
  gives: (json) => ({
    success: true,
    message: 'Registered successfully. The link that verifies the address is in your mail.',
    ...(json.user && signedInFields(json)),
  }),
};

/** Doztra and the Astro backend. */
export const login: Row = {
  from: 'POST /api/auth/login',
  to: 'POST /v1/auth/login',
  form: true,
  sends: ({ body }) => ({
    body: renamed(body, { email: 'identifier', username: 'identifier', password: 'password' }),
  }),
  fields: { identifier: 'email' },
  gives: signedInFields,
};

/** Doztra and the Astro backend. */
export const refresh: Row = {
  from: 'POST /api/auth/refresh',
  to: 'POST /v1/auth/refresh',
  sends: ({ body }) => ({
    body: renamed(body, { refresh_token: 'refresh_token', refreshToken: 'refresh_token' }),
  }),
  gives: tokenFields,
};

/** Doztra and the Astro backend. */
export const logout: Row = {
  from: 'POST /api/auth/logout',
  to: 'POST /v1/auth/logout',
  sends: () => ({}),
  gives: done('Successfully logged out'),
  status: 200,
};

/** Doztra and the Astro backend. */
export const resetPassword: Row = {
  from: 'POST /api/auth/reset-password',
  to: 'POST /v1/auth/password/reset',
  sends: ({ body }) => ({
    body: renamed(body, {
      token: 'token',
      new_password: 'password',
      newPassword: 'password',
      password: 'password',
    }),
  }),
  fields: { password: 'new_password' },
  gives: done('Password reset successfully'),
  status: 200,
};

/** Doztra and the Astro backend. */
export const adminUsers: Row = {
  from: 'GET /api/admin/users',
  to: 'GET /v1/admin/users',
  sends: usersQuery,
  fields: { q: 'search', email_verified: 'is_verified', sort: 'sort_by', order: 'sort_desc' },
  gives: usersList,
};

/** Doztra and the Astro backend. */
export const adminUser: Row = {
  from: 'GET /api/admin/users/{id}',
  to: 'GET /v1/admin/users/{id}',
  gives: userFields,
};

/** Doztra and the Astro backend. */
export const deleteUser: Row = {
  from: 'DELETE /api/admin/users/{id}',
  to: 'DELETE /v1/admin/users/{id}',
  sends: () => ({}),
  gives: done('User deleted successfully'),
  status: 200,
};

/** Doztra and AIezzy. */
export const adminDashboard: Row = {
  from: 'GET /api/admin/dashboard',
  to: 'GET /v1/admin/dashboard',
  sessionToken: true,
  sends: () => ({}),
  gives: (json, _, call) => dashboardFields(json, call),
  fails: eitherError,
};
