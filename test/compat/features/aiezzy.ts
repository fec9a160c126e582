import type { Features } from './feature.ts';

export const aiezzy: Features = {
  'Registration with a checked address': {
    where: '`POST /v1/auth/register`, `/register`',
    tests: [
      'test/passwords/register.test.ts: makes a user with everything they said of themselves, and signs them in',
    ],
  },
  'Proving the address by mail, through SendGrid': {
    where:
      '`POST /v1/auth/email/verify`, `/verify-email`, `src/messages/mail-providers/sendgrid.ts` (or SMTP, Resend, Cloudflare)',
    tests: [
      'test/verification/email-verification.test.ts: gets a mail whose link proves the address, for the next request of every session',
      'test/messages/mail-providers.test.ts: takes a mail',
    ],
  },
  'Reset by a token': {
    where: '`POST /v1/auth/password/forgot`, `POST /v1/auth/password/reset`',
    tests: ['test/passwords/reset.test.ts: works once, of ten at the same time'],
  },
  'Sessions of 30 days': {
    where: '`src/account/session-book.ts`; 30 days at most, two weeks unused; lifetimes are the realm’s',
    tests: [
      'test/sessions/refresh.test.ts: ends every session after thirty days',
      'test/sessions/sessions.test.ts: lists devices with place, agent and last use, the present one marked',
    ],
  },
  'Salted SHA-256': {
    where:
      'Argon2id, because SHA-256 can be guessed too fast; `src/crypto/foreign-hashes.ts` verifies the old hashes once and replaces them',
    tests: [
      'test/passwords/login.test.ts: verifies, and is replaced at the next sign-in',
      'test/import/import.test.ts: sign in with their old passwords, whose hashes are replaced',
    ],
  },
  'Google and GitHub': {
    where:
      '`GET /v1/oauth/{provider}/login`, `src/oauth/providers/google.ts`, `src/oauth/providers/github.ts`',
    tests: [
      'test/oauth/sign-in.test.ts: lists the providers that are switched on, in the order to show them',
      'test/oauth/sign-in.test.ts: %s: a new user, and then the same again',
    ],
  },
  'Several ways in for one account': {
    where:
      '`POST /v1/me/identities/{provider}`, `DELETE /v1/me/identities/{provider}`, `/account/identities`',
    tests: [
      'test/oauth/linking.test.ts: leads to the account that has it, which keeps its password and sessions',
      'test/oauth/linking.test.ts: never takes the last way in, not even two at once',
    ],
  },
  'The first sign-in with a provider makes the account': {
    where: '`GET /v1/oauth/{provider}/callback`, `src/oauth/link-service.ts`',
    tests: ['test/oauth/linking.test.ts: make one user'],
  },
  'Plans free, pro, enterprise': {
    where: '`GET /v1/admin/plans`, `src/plans/service.ts`',
    tests: [
      'test/usage/http.test.ts: count against the seeded plan, and refuse what is above it until midnight',
    ],
  },
  'Images, videos, messages are counted': {
    where: '`POST /v1/usage`, `GET /v1/me/quota`; others by `RESOURCES`',
    tests: ['test/usage/http.test.ts: know what a resource is, and what a plan has'],
  },
  'Quotas begin anew at midnight UTC': {
    where: '`src/account/quota-book.ts`: counters have the date in their key, no job resets them',
    tests: [
      'test/account/metering-races.test.ts: the last millisecond belongs to the old day, the first to the new, without any cron',
    ],
  },
  'Usage over time': {
    where: '`GET /v1/me/usage`, `GET /v1/me/usage/history`, `/account/usage`',
    tests: [
      'test/usage/http.test.ts: shows every day, and single uses',
      'test/pages/account-usage.test.ts: have a bar for each day with usage, and a table that says the same',
    ],
  },
  'Quotas are enforced': {
    where: '`POST /v1/authorize`, `POST /v1/usage`: checked and counted in one step, else `quota_exceeded`',
    tests: [
      'test/account/metering-races.test.ts: a hundred requests for the last ten units give ten successes',
    ],
  },
  'Admins look at, edit, suspend users': {
    where: '`PATCH /v1/admin/users/{id}`, `PUT /v1/admin/users/{id}/status`, `/admin/users`',
    tests: [
      'test/admin/acts.test.ts: suspends at once: sessions end, sign-in is refused; and lets in again',
      'test/pages/admin.test.ts: changes those that are ticked, and says whom it could not',
    ],
  },
  'Usage of everybody, and of one': {
    where: '`GET /v1/admin/usage`, `GET /v1/users/{id}/quota`, `/admin`',
    tests: ['test/pages/admin.test.ts: has the numbers, and charts with their tables'],
  },
  'Admins change plans': {
    where: '`PUT /v1/admin/users/{id}/plan`',
    tests: ['test/usage/http.test.ts: of a user change at once, and lapse'],
  },
  'Numbers as they stand': {
    where: '`GET /v1/admin/dashboard`, kept by triggers in the batch that changes what they count',
    tests: [
      'test/admin/numbers.test.ts: roll-ups agree with the rows, whatever happens to users and sessions',
    ],
  },
  'A log of sign-ins and acts': {
    where: '`GET /v1/admin/activity`, `GET /v1/me/activity`, `/admin/activity`',
    tests: [
      'test/privacy/privacy.test.ts: is shown to its owner alone, newest first, a page at a time',
      'test/pages/admin-operations.test.ts: are filtered, paged and can be taken along',
    ],
  },
  'PostgreSQL, SQLite': {
    where: 'D1 and Durable Objects, both SQLite, the same in development and at the edge: `src/db/client.ts`',
    tests: [
      'test/node/start.test.ts: npm start leads from a clean checkout to a server that keeps its state',
    ],
  },
  'Schemas migrate': {
    where:
      '`migrations/0001_spine.sql` and those after it, applied by `npm start`; objects bring their own tables up to date',
    tests: [
      'test/db/db.test.ts: the table %# is as its migration made it',
      'test/sessions/upgrade.test.ts: an object whose tables an earlier version made goes on with its sessions',
    ],
  },
  'Users and their past are kept': {
    where:
      '`npm run users:import`: users, hashes, preferences, plans, sign-ins; sessions begin anew, for nobody here could check their tokens',
    tests: [
      'test/import/import.test.ts: are what their rows say',
      'test/import/import.test.ts: have their past before what happens now, in pages too, and take it with them',
    ],
  },
  'Free: 20 images, 5 videos, 100 messages a day': {
    where: 'the plan that users begin with; `QUOTA_{PLAN}_{RESOURCE}` or an admin changes it',
    tests: [
      'test/compat/features.test.ts: the plans begin with the limits that the documents give',

      'test/usage/http.test.ts: count against the seeded plan, and refuse what is above it until midnight',
    ],
  },
  'Pro: 200 images, 50 videos, 1,000 messages a day': {
    where: 'likewise; `QUOTA_{PLAN}_{RESOURCE}`',
    tests: [
      'test/compat/features.test.ts: the plans begin with the limits that the documents give',
      'test/plans/plans.test.ts: change the limits of plans, whatever the database says',
    ],
  },
  'Enterprise: no limits': {
    where: 'likewise: a limit that is null',
    tests: [
      'test/compat/features.test.ts: the plans begin with the limits that the documents give',
      'test/pages/account-usage.test.ts: say of what is unlimited that it is, and of what a plan does not have that it has not',
    ],
  },
  'Quotas made to measure': {
    where: '`PUT /v1/admin/users/{id}/limits`, `PUT /v1/admin/plans/{id}`, `/admin/plans`',
    tests: [
      'test/usage/http.test.ts: of a user change at once, and lapse',
      'test/pages/admin-operations.test.ts: are added and edited',
    ],
  },
  'Support, resources and guarantees by plan': {
    where: 'what the operator promises; the plan is in `GET /v1/auth/session` for whoever acts on it',
    tests: ['test/sessions/sessions.test.ts: says who, by which session, until when'],
  },
  'Random tokens': {
    where: '`src/account/refresh-token.ts`, `src/directory/links.ts`; stored as hashes or not at all',
    tests: ['test/passwords/reset.test.ts: lies in D1 as a hash, and in the outbox only until it is sent'],
  },
  'Sessions expire': {
    where: '`src/account/session-book.ts`',
    tests: ['test/sessions/refresh.test.ts: ends a session that was idle for two weeks'],
  },
  'State against forged sign-ins': {
    where: 'state, nonce and PKCE in an encrypted cookie, `src/oauth/flow.ts`',
    tests: [
      'test/oauth/flow.test.ts: in another browser: nobody is signed in by a link that somebody else has made',
      'test/oauth/flow.test.ts: with a state of another sign-in, of another provider, of another realm, or a changed cookie',
    ],
  },
  'Rate limits': {
    where: 'quotas, and besides `RATE_LIMIT_SIGN_IN`, `RATE_LIMIT_GENERAL`',
    tests: ['test/http/rate-limit.test.ts: is configurable, and counts every endpoint that takes a secret'],
  },
  'Addresses are logged': {
    where: 'of each session and entry of the log: `GET /v1/me/sessions`, `GET /v1/admin/activity`',
    tests: [
      'test/sessions/sessions.test.ts: lists devices with place, agent and last use, the present one marked',
    ],
  },
  'No SQL injection': {
    where: 'Drizzle and bound parameters, `src/db/client.ts`',
    tests: ['test/contract/fuzz.test.ts: $method $path answers whatever it is sent as it declares'],
  },
  'No XSS': {
    where: 'JSX that escapes, and a Content-Security-Policy, `src/http/security-headers.ts`',
    tests: [
      'test/pages/account-hostile.test.ts: shows what users write of themselves as text',
      'test/pages/hostile.test.ts: in a header is text',
    ],
  },
  'Dashboard: users, sign-ups, sessions, usage of today, who is new, who uses most': {
    where: '`GET /v1/admin/dashboard`, `/admin`',
    tests: [
      'test/admin/numbers.test.ts: shows the newest users, and who uses most',
      'test/pages/admin.test.ts: has the numbers, and charts with their tables',
    ],
  },
};
