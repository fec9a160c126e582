import type { Features } from './feature.ts';

export const astroBackend: Features = {
  'Registration, with proof of the address': {
    where: '`POST /v1/auth/register`, `POST /v1/auth/email/verify`, `POST /v1/auth/email/resend`',
    tests: [
      'test/passwords/register.test.ts: makes a user with everything they said of themselves, and signs them in',
      'test/verification/email-verification.test.ts: gets a mail whose link proves the address, for the next request of every session',
    ],
  },
  'Sign-in and sign-out with JWTs': {
    where: '`POST /v1/auth/login`, `POST /v1/auth/logout`',
    tests: [
      'test/passwords/login.test.ts: signs in by e-mail, username or phone number',
      'test/sessions/sessions.test.ts: ends this session for the very next request',
    ],
  },
  Refresh: {
    where: '`POST /v1/auth/refresh`',
    tests: ['test/sessions/refresh.test.ts: gives a new pair for the same session'],
  },
  'Password reset': {
    where: '`POST /v1/auth/password/forgot`, `POST /v1/auth/password/reset`, `/reset-password`',
    tests: [
      'test/passwords/reset.test.ts: sets a new password by a mailed link, ends every session, proves the address, and tells the owner',
    ],
  },
  Profile: {
    where: '`GET /v1/me`, `PATCH /v1/me`',
    tests: ['test/profile/profile.test.ts: changes what is sent, clears what is null, and leaves the rest'],
  },
  'Change of password': {
    where: '`PUT /v1/me/password`',
    tests: [
      'test/passwords/password-change.test.ts: changes the password and ends every other session at once',
    ],
  },
  'Pictures (there: Cloudinary)': {
    where: '`PUT /v1/me/avatar`, `GET /avatars/{key}`; in R2, without metadata such as the place',
    tests: [
      'test/profile/avatars.test.ts: is served to everybody, for good, without the place it was taken at',
    ],
  },
  'Deletion of the account': {
    where: '`DELETE /v1/me`, `/account/data`',
    tests: ['test/privacy/privacy.test.ts: leaves nothing of the user but a tombstone, anywhere'],
  },
  'Users in pages, filtered': {
    where: '`GET /v1/admin/users`',
    tests: [
      'test/admin/users.test.ts: sorted by %s, %s, the list is whole, in order and counted',
      'test/admin/users.test.ts: gives pages by number too, not too deep',
    ],
  },
  Roles: {
    where: '`PUT /v1/admin/users/{id}/role`: user, admin, owner',
    tests: ['test/admin/acts.test.ts: makes admins and takes it back, effective at the next request'],
  },
  Statistics: {
    where: '`GET /v1/admin/statistics`, `GET /v1/admin/dashboard`',
    tests: [
      'test/admin/numbers.test.ts: has every day, and counts a user once a day however often they come',
    ],
  },
  'Endpoints for admins only': {
    where: 'everything below `/admin` and the admin API, `src/http/levels.ts`',
    tests: [
      'test/contract/levels.test.ts: lets in whom its level says, and refuses everybody else as the level says',
    ],
  },
  bcrypt: {
    where:
      'Argon2id, `src/crypto/password-hash.ts`; bcrypt hashes that are brought along verify and are replaced at the next sign-in',
    tests: [
      'test/passwords/login.test.ts: verifies, and is replaced at the next sign-in',
      'test/import/import.test.ts: sign in with their old passwords, whose hashes are replaced',
    ],
  },
  'Tokens that are refused before they expire': {
    where: 'no list of tokens: a token is as good as its session, `src/account/session-book.ts`',
    tests: [
      'test/sessions/sessions.test.ts: ends this session for the very next request',
      'test/sessions/sessions.test.ts: refuses an expired token, and one whose session has ended',
    ],
  },
  'Rate limits': {
    where: '`RATE_LIMIT_SIGN_IN`, `RATE_LIMIT_GENERAL`, `src/http/rate-limit.ts`; no Redis',
    tests: [
      'test/http/rate-limit.test.ts: takes a hundred requests a minute of one address, exactly, in parallel too',
    ],
  },
  'CORS for the frontend': {
    where: 'allowed origins of the realm, `src/http/origin.ts`',
    tests: [
      'test/contract/origins.test.ts: from an origin of the realm is taken, and its answer may be read, also when it is a failure',
    ],
  },
  'Input is validated': {
    where: 'Zod schemas that refuse unknown fields; what is shown is escaped rather than changed',
    tests: [
      'test/contract/bodies.test.ts: names every field that is wrong, and every one that does not exist',
      'test/pages/account-hostile.test.ts: shows what users write of themselves as text',
    ],
  },
  'Answers are JSON of one form': {
    where: '`GET /openapi.json`; every answer is held against it',
    tests: ['test/contract/fuzz.test.ts: $method $path answers whatever it is sent as it declares'],
  },
  'The frontend keeps its tokens as it does': {
    where:
      'access and refresh tokens in the answer, or a cookie out of reach of scripts, `src/http/session-cookie.ts`',
    tests: ['test/sessions/cookie.test.ts: keeps the refresh token from scripts'],
  },
};
