import { sessionCookieName } from '../../http/session-cookie.ts';
import { DEFAULT_REALM } from '../../lib/realm.ts';
import type { Canonical } from '../engine/canonical-operations.ts';
import { clientPlaceOf, filledIn, renamed, same, takes } from '../engine/fields.ts';
import type { Fails, Row } from '../engine/row.ts';
import { wayOn } from '../fastapi/error.ts';
import { adminDashboard } from '../fastapi/rows.ts';
import { languageOf } from '../fastapi/users.ts';

/** The number that means no limit. AIezzy's clients calculate with it. */
const UNLIMITED = 999_999;

const NEW_USER = { email: 'email', password: 'password', username: 'username', full_name: 'name' } as const;
const SIGN_IN = { username: 'identifier', password: 'password' } as const;

/** The endpoints of AIezzy, without the form of its errors. */
const ROWS: readonly Row[] = [
  {
    from: 'POST /api/v2/register',
    to: 'POST /v1/auth/register',
    sends: ({ body, headers }) => ({
      body: {
        ...filledIn(renamed(body, NEW_USER)),
        ...languageOf(headers),
        ...sessionCookie(headers),
      },
    }),
    body: NEW_USER,
    status: 201,
    gives: (json, _asked, _call, response) =>
      'status' in json
        ? { success: true, message: 'Check your mail to go on', email_verification_required: true }
        : { ...signedIn(json, response), message: 'Registration successful' },
  },
  {
    from: 'POST /api/v2/login',
    to: 'POST /v1/auth/login',
    sends: ({ body, headers }) => ({
      body: { ...renamed(body, SIGN_IN), ...sessionCookie(headers) },
    }),
    body: SIGN_IN,
    gives: (json, _asked, _call, response) => signedIn(json, response),
  },
  {
    from: 'GET /api/v2/verify-email',
    to: 'POST /v1/auth/email/verify',
    page: '/verify-email',
    sends: ({ query }) => ({ body: renamed(query, { token: 'token' }) }),
    query: { token: 'token' },
    gives: () => ({ success: true, message: 'The e-mail address is verified' }),
  },
  {
    from: 'POST /api/v2/forgot-password',
    to: 'POST /v1/auth/password/forgot',
    sends: takes(same('email')),
    status: 200,
    gives: () => ({ success: true, message: 'If the address has an account, a link was mailed to it' }),
  },
  {
    from: 'POST /api/v2/reset-password',
    to: 'POST /v1/auth/password/reset',
    sends: takes(same('token', 'password')),
    status: 200,
    gives: () => ({ success: true, message: 'The new password is set' }),
  },
  {
    from: 'GET /api/oauth/login/{provider}',
    to: 'GET /v1/oauth/{provider}/login',
    sends: () => ({ query: { redirect_to: '/' } }),
  },
  { from: 'GET /api/oauth/callback/{provider}', to: 'GET /v1/oauth/{provider}/callback' },
  {
    from: 'GET /api/v2/quota/status',
    to: 'GET /v1/me/quota',
    sessionToken: true,
    sends: () => ({}),
    gives: quotaStatus,
  },
  {
    from: 'POST /api/admin/users/{user_id}/tier',
    to: 'PUT /v1/admin/users/{id}/plan',
    sessionToken: true,
    sends: ({ params, body }) => ({ params: { id: params.user_id }, body: renamed(body, { tier: 'plan' }) }),
    body: { tier: 'plan' },
    gives: () => ({ success: true }),
  },
  {
    from: 'POST /api/admin/users/{user_id}/deactivate',
    to: 'PUT /v1/admin/users/{id}/status',
    sessionToken: true,
    sends: ({ params }) => ({ params: { id: params.user_id }, body: { status: 'suspended' } }),
    gives: () => ({ success: true }),
  },
  { from: 'GET /admin', to: 'GET /admin' },
];

/** Writes an error. It names each invalid field. */
const fails: Fails = (problem, row, asked) => {
  const { errors, detail, title, code, request_id } = problem;
  const wrong = errors?.map(({ path, message }) =>
    [clientPlaceOf(path, row, asked).names.join('.'), message].join(': '),
  );
  const error = wrong?.join('; ') ?? detail ?? title;
  return { success: false, error, code, request_id, ...wayOn(problem) };
};

/** The endpoints of AIezzy. */
export const aiezzy: readonly Row[] = [...ROWS.map((row) => ({ ...row, fails })), adminDashboard];

/** Browsers get their session as a cookie too: scripts of the product ask for the quota without a header. */
function sessionCookie(headers: Headers): { session_cookie?: true } {
  return headers.has('origin') ? { session_cookie: true } : {};
}

function signedIn({ user, refresh_token }: Canonical<'SignedIn'>, response: Response) {
  return { success: true, user: userShape(user), session_token: refresh_token ?? cookieToken(response) };
}

/** Reads the refresh token from the cookie that the answer sets. */
function cookieToken(response: Response): string | undefined {
  const start = `${sessionCookieName(DEFAULT_REALM)}=`;
  const cookie = response.headers.getSetCookie().find((line) => line.startsWith(start));
  return cookie?.slice(start.length).split(';')[0];
}

function userShape(user: Canonical<'User'>) {
  return {
    id: user.id,
    // In AIezzy every user has a username, and can sign in with it.
    username: user.username ?? user.email,
    email: user.email,
    full_name: user.name,
    is_active: user.status === 'active',
    is_admin: user.role !== 'user',
    email_verified: user.email_verified,
    tier: user.plan,
    profile_image: user.picture,
    bio: user.bio,
    created_at: user.created_at,
    updated_at: user.updated_at,
    last_login: user.last_login_at,
  };
}

/** Writes the quota. Limits have a plural name, the rest the singular: `limits.images`, but `usage.image`. */
function quotaStatus({ plan, resources }: Canonical<'QuotaReport'>) {
  const all = Object.entries(resources);
  const one = (resource: string) => resource.replace(/s$/, '');
  return {
    tier: plan,
    limits: Object.fromEntries(all.map(([name, { limit }]) => [name, limit ?? UNLIMITED])),
    usage: Object.fromEntries(all.map(([name, { used }]) => [one(name), used])),
    remaining: Object.fromEntries(all.map(([name, { remaining }]) => [one(name), remaining ?? UNLIMITED])),
  };
}
