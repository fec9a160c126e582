import { takes } from '../engine/fields.ts';
import type { RowTo } from '../engine/row.ts';
import { dashboardFields } from './admin-statistics.ts';
import { USER_QUERY, usersList, usersQuery } from './admin-users.ts';
import { fastApiOrFlaskError } from './error.ts';
import { done, NEW_USER, registration, signedInFields, tokenFields, userFields } from './users.ts';
import { whose } from './whose.ts';

// More than one document has these paths. The rows take the names of each service, and answer with the fields of both.

/** Doztra and the Astro backend. */
export const register: RowTo<'POST /v1/auth/register'> = {
  from: 'POST /api/auth/register',
  to: 'POST /v1/auth/register',
  sends: (asked) => ({ body: registration(asked) }),
  body: NEW_USER,
  gives: (json) => ({
    success: true,
    message: 'Registered successfully. The link that verifies the address is in your mail.',
    ...('user' in json && signedInFields(json)),
  }),
};

/** Doztra and the Astro backend. */
export const login: RowTo<'POST /v1/auth/login'> = {
  from: 'POST /api/auth/login',
  to: 'POST /v1/auth/login',
  form: true,
  sends: takes({ email: 'identifier', username: 'identifier', password: 'password' }),
  gives: signedInFields,
};

/** Doztra and the Astro backend. */
export const refresh: RowTo<'POST /v1/auth/refresh'> = {
  from: 'POST /api/auth/refresh',
  to: 'POST /v1/auth/refresh',
  sends: takes({ refresh_token: 'refresh_token', refreshToken: 'refresh_token' }),
  gives: tokenFields,
};

/** Doztra and the Astro backend. */
export const logout: RowTo<'POST /v1/auth/logout'> = {
  from: 'POST /api/auth/logout',
  to: 'POST /v1/auth/logout',
  sends: () => ({}),
  gives: done('Successfully logged out'),
  status: 200,
};

/** Doztra and the Astro backend. */
export const passwordReset: RowTo<'POST /v1/auth/password/reset'> = {
  from: 'POST /api/auth/reset-password',
  to: 'POST /v1/auth/password/reset',
  sends: takes({
    token: 'token',
    new_password: 'password',
    newPassword: 'password',
    password: 'password',
  }),
  gives: done('Password reset successfully'),
  status: 200,
};

/** Doztra and the Astro backend. */
export const adminUsers: RowTo<'GET /v1/admin/users'> = {
  from: 'GET /api/admin/users',
  to: 'GET /v1/admin/users',
  sends: usersQuery,
  query: USER_QUERY,
  gives: usersList,
};

/** Doztra and the Astro backend. */
export const adminUser: RowTo<'GET /v1/admin/users/{id}'> = {
  from: 'GET /api/admin/users/{id}',
  to: 'GET /v1/admin/users/{id}',
  gives: userFields,
};

/** Doztra and the Astro backend. */
export const userDeletion: RowTo<'DELETE /v1/admin/users/{id}'> = {
  from: 'DELETE /api/admin/users/{id}',
  to: 'DELETE /v1/admin/users/{id}',
  sends: () => ({}),
  gives: (_, { spoken }) => (whose(spoken) === 'doztra' ? null : done('User deleted successfully')()),
  status: (spoken) => (whose(spoken) === 'doztra' ? 204 : 200),
};

/** Doztra and AIezzy. */
export const adminDashboard: RowTo<'GET /v1/admin/dashboard'> = {
  from: 'GET /api/admin/dashboard',
  to: 'GET /v1/admin/dashboard',
  sessionToken: true,
  sends: () => ({}),
  gives: (json, _, call) => dashboardFields(json, call),
  fails: fastApiOrFlaskError,
};
