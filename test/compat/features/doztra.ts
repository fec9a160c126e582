import type { Features } from './feature.ts';

export const doztra: Features = {
  'Registration and sign-in, with JWTs': {
    where:
      '`POST /v1/auth/register`, `POST /v1/auth/login`; JWTs by RFC 9068, `src/sessions/access-token.ts`',
    tests: [
      'test/passwords/login.test.ts: signs in by e-mail, username or phone number',
      'test/sessions/access-token.test.ts: issues what RFC 9068 asks for',
    ],
  },
  'Refresh tokens keep sessions going': {
    where: '`POST /v1/auth/refresh`; each token works once, a replay ends the session',
    tests: [
      'test/sessions/refresh.test.ts: gives a new pair for the same session',
      'test/sessions/refresh.test.ts: ends the session at a replay after that, for the thief and the owner, and logs it',
    ],
  },
  'Proving an address, getting back in': {
    where: '`POST /v1/auth/email/verify`, `POST /v1/auth/password/forgot`, `POST /v1/auth/password/reset`',
    tests: [
      'test/verification/email-verification.test.ts: gets a mail whose link proves the address, for the next request of every session',
      'test/passwords/reset.test.ts: sets a new password by a mailed link, ends every session, proves the address, and tells the owner',
    ],
  },
  Profiles: {
    where: '`GET /v1/me`, `PATCH /v1/me`, `/account`',
    tests: ['test/profile/profile.test.ts: changes what is sent, clears what is null, and leaves the rest'],
  },
  'Plans in tiers, and subscriptions': {
    where: '`GET /v1/me/subscription`, `PUT /v1/me/subscription`, `GET /v1/admin/plans`, `/account/billing`',
    tests: [
      'test/billing/subscriptions.test.ts: begins, changes, ends with the period and resumes',
      'test/usage/http.test.ts: of a user change at once, and lapse',
    ],
  },
  'Model tokens are counted and shown': {
    where: '`POST /v1/me/tokens`, `GET /v1/me/tokens`, `GET /v1/me/tokens/history`',
    tests: ['test/usage/http.test.ts: are recorded by model, within the tiers and the month of the plan'],
  },
  Preferences: {
    where: '`GET /v1/me/preferences`, `PUT /v1/me/preferences`, `/account/preferences`',
    tests: ['test/privacy/privacy.test.ts: are an empty object to begin with, then what was put last'],
  },
  'Statistics of usage': {
    where: '`GET /v1/me/usage`, `GET /v1/me/usage/history`, `/account/usage`',
    tests: ['test/usage/http.test.ts: shows every day, and single uses'],
  },
  'Payment through Stripe': {
    where: '`POST /v1/billing/checkout`, `POST /v1/billing/subscriptions`, `POST /v1/billing/webhook`',
    tests: [
      'test/billing/subscriptions.test.ts: asks for a way to pay with a checkout, which then brings the plan and its credits',
    ],
  },
  'Models by plan': {
    where: 'tiers of models in the plan (`MODEL_TIERS`); `POST /v1/me/tokens` answers `model_not_in_plan`',
    tests: ['test/usage/http.test.ts: are recorded by model, within the tiers and the month of the plan'],
  },
  'Admins see the use of model tokens': {
    where: '`GET /v1/admin/tokens`, `/admin`',
    tests: ['test/usage/http.test.ts: are recorded by model, within the tiers and the month of the plan'],
  },
  'A panel for admins': {
    where: '`/admin`, `GET /v1/admin/dashboard`',
    tests: ['test/pages/admin.test.ts: has the numbers, and charts with their tables'],
  },
  'Users are filtered and sorted': {
    where: '`GET /v1/admin/users`, `/admin/users`',
    tests: [
      'test/admin/users.test.ts: sorted by %s, %s, the list is whole, in order and counted',
      'test/pages/admin.test.ts: is searched, filtered, sorted and paged by its address',
    ],
  },
  'Numbers about users': {
    where: '`GET /v1/admin/statistics`, `GET /v1/admin/dashboard`',
    tests: [
      'test/admin/numbers.test.ts: has every day, and counts a user once a day however often they come',
    ],
  },
  'Admins make and manage users': {
    where: '`POST /v1/admin/users`, `PATCH /v1/admin/users/{id}`, `DELETE /v1/admin/users/{id}`',
    tests: [
      'test/admin/users.test.ts: makes a user with a password, who can sign in',
      'test/admin/acts.test.ts: changes the profile, and writes what it was',
    ],
  },
};
