import { ApiError } from '../../errors.ts';
import { localized } from '../../lib/localized.ts';
import type { Canonical, CanonicalBody } from '../engine/canonical-operations.ts';
import { filledIn, renamed, takes } from '../engine/fields.ts';
import type { AnyCanonicalRequest, ClientRequest, Fails, Row } from '../engine/row.ts';
import { fastApiError } from '../fastapi/error.ts';
import { accessTokenFields, languageOf, says } from '../fastapi/users.ts';
import { countryOf } from './calling-codes.ts';

const REGISTER = {
  first_name: 'given_name',
  last_name: 'family_name',
  email: 'email',
  phone: 'phone_number',
  password: 'password',
} as const;

const NEW_USER = { ...REGISTER, country_code: 'country' } as const;

/** The service's own words for errors. */
const DETAILS: Record<string, string> = {
  authentication_required: 'Not authenticated',
  invalid_token: 'Invalid or expired access token',
  session_ended: 'Invalid or expired access token',
  token_expired: 'Access Token has expired',
  invalid_credentials: 'Invalid email or password',
  reauthentication_required: 'Please login again',
  email_not_verified: 'Email not verified',
  invalid_link: 'Invalid or expired token',
  invalid_code: 'Invalid or expired OTP',
};

const fails: Fails = (problem, row, asked) => {
  const detail = problem.detail ?? DETAILS[problem.code];
  return fastApiError({ ...problem, ...(detail && { detail }) }, row, asked);
};

const userShape = (user: Canonical<'User'>) => ({
  id: user.id,
  first_name: user.given_name,
  last_name: user.family_name,
  email: user.email,
  phone: user.phone_number,
  country_code: user.country,
  country: user.country && localized(Intl.DisplayNames, 'en', { type: 'region' }).of(user.country),
  is_email_verified: user.email_verified,
});

/** Sends no cookies: the service had none, and browsers add them to a GET from any page. The access token alone counts. */
const byBearer = <Request extends AnyCanonicalRequest>(sent: NoInfer<Request>): Request => ({
  ...sent,
  headers: { cookie: '' },
});

/** What the client gets for a code: it names the account, the number and the code, of which it has nothing. */
const otpToken = (phone: unknown, id: unknown, challenge: string) =>
  Buffer.from([phone, id ?? '-', challenge].join(' ')).toString('base64url');

const otpTokenIn = (token: string | undefined) => {
  const [phone_number, id, challenge_id] = Buffer.from(token ?? '', 'base64url')
    .toString()
    .split(' ');
  return { phone_number, user_id: id === '-' ? undefined : id, challenge_id };
};

const PHONE = { id: 'user_id', phone: 'phone_number' } as const;

const idIn = ({ query, body }: ClientRequest) => query.id || body.id || undefined;

/** Reads the number from the query, where a plus that was not escaped is a space, or from the body. */
const phoneIn = ({ query, body }: ClientRequest) => query.phone?.replace(/^ /, '+') ?? body.phone;

/** The endpoints of one type of users. */
const endpointsOf = (prefix: 'User1' | 'User2'): Row[] => [
  {
    from: `POST /${prefix}/create`,
    to: 'POST /v1/auth/register',
    sends: ({ body, headers }) => ({
      body: filledIn({
        ...renamed<keyof CanonicalBody<'POST /v1/auth/register'>>(body, REGISTER),
        country: countryOf(body.country_code),
        ...languageOf(headers),
      }),
    }),
    body: NEW_USER,
    gives: (json, { body }) => ({
      message: 'User created successfully',
      Email: body.email,
      id: 'user' in json ? json.user.id : json.user_id,
    }),
    status: 200,
  },
  {
    from: `POST /${prefix}/login`,
    to: 'POST /v1/auth/login',
    form: true,
    sends: takes({ username: 'identifier', password: 'password' }),
    gives: accessTokenFields,
  },
  {
    from: `GET /${prefix}/`,
    to: 'GET /v1/users/{id}',
    sends: async ({ query }, call) =>
      byBearer({ params: { id: query.id || (await call('GET /v1/me', byBearer({}))).id } }),
    query: { id: 'id' },
    gives: userShape,
  },
  {
    from: `GET /${prefix}/verify`,
    to: 'POST /v1/auth/email/verify',
    page: '/verify-email',
    sends: ({ query }) => ({ body: { token: query.token } }),
    query: { token: 'token' },
    gives: says('Email verified successfully'),
  },
  {
    from: `GET /${prefix}/forget_password`,
    to: 'POST /v1/auth/password/forgot',
    sends: ({ query }) => ({ body: { email: query.email } }),
    query: { email: 'email' },
    gives: says('Password reset link sent to your email'),
    status: 200,
  },
  {
    from: `GET /${prefix}/reset_password_form`,
    to: 'GET /reset-password',
    page: '/reset-password',
  },
  {
    from: `POST /${prefix}/reset_password`,
    to: 'POST /v1/auth/password/reset',
    form: true,
    sends: ({ query, body }) => ({ body: { token: query.token ?? body.token, password: body.password } }),
    query: { token: 'token' },
    body: { token: 'token', password: 'password' },
    gives: says('Password reset successfully'),
    status: 200,
  },
  {
    from: `POST /${prefix}/otp_phone`,
    to: 'POST /v1/auth/phone/send',
    sends: (asked) => byBearer({ body: { user_id: idIn(asked), phone_number: phoneIn(asked) } }),
    body: PHONE,
    query: PHONE,
    gives: ({ challenge_id }, asked) => ({
      message: 'OTP generated successfully',
      otp: otpToken(phoneIn(asked), idIn(asked), challenge_id),
    }),
    status: 200,
  },
  {
    from: `GET /${prefix}/verify_otp_phone`,
    to: 'POST /v1/auth/phone/verify',
    sends: ({ query }) =>
      byBearer({
        // Those clients treat a code as a number, which loses its leading zeros.
        body: {
          ...otpTokenIn(query.token),
          code: query.otp?.replace(/^\d+$/, (code) => code.padStart(6, '0')),
        },
      }),
    query: { token: ['phone_number', 'user_id', 'challenge_id'], otp: 'code' },
    statuses: { invalid_code: 400 },
    gives: (json) => ({
      message: 'OTP verified successfully',
      ...('access_token' in json && accessTokenFields(json)),
    }),
  },
  {
    from: `GET /${prefix}/logout`,
    to: 'POST /v1/auth/logout',
    sends: () => byBearer({}),
    gives: says('Logout successfully'),
    status: 200,
  },
  {
    from: `DELETE /${prefix}/delete`,
    to: 'DELETE /v1/me',
    sends: async ({ query, body }, call) => {
      const me = await call('GET /v1/me', byBearer({}));
      const { id = me.id, email = me.email } = query;
      if (id !== me.id || email.trim().toLowerCase() !== me.email) {
        throw new ApiError('insufficient_scope', { detail: 'This is not the account that is signed in' });
      }
      const { password } = body;
      return byBearer({ body: password === undefined ? { recent_sign_in: true } : { password } });
    },
    query: { id: [], email: [] },
    body: { password: ['password', 'recent_sign_in'] },
    statuses: { invalid_credentials: 400 },
    gives: says('User deleted successfully'),
    status: 200,
  },
];

/** The endpoints of one type of users, in the realm of that type. */
const rowsOf = (prefix: 'User1' | 'User2', realm: string): Row[] =>
  endpointsOf(prefix).map((row) => ({ ...row, realm, fails }));

/** The endpoints of two-user-types. */
export const twoUserTypes: readonly Row[] = [
  ...rowsOf('User1', 'user1'),
  ...rowsOf('User2', 'user2'),
  { from: 'GET /docs', to: 'GET /docs' },
  { from: 'GET /redoc', to: 'GET /redoc' },
];
