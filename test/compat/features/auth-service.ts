import type { Features } from './feature.ts';

const argon2 = 'Argon2id, `src/crypto/password-hash.ts`';

export const authService: Features = {
  'Registration: what is taken is refused, a token comes at once, a welcome by mail': {
    where: '`POST /v1/auth/register`; 409 `user_exists`',
    tests: [
      'test/passwords/register.test.ts: is a username, in any case',
      'test/verification/email-verification.test.ts: is greeted in their language',
    ],
  },
  bcrypt: {
    where: `${argon2}; bcrypt hashes that are brought along verify and are replaced at the next sign-in`,
    tests: [
      'test/passwords/login.test.ts: verifies, and is replaced at the next sign-in',
      'test/passwords/password-hash.test.ts: has its own salt each time',
    ],
  },
  'Sign-in by username and password gives a token': {
    where: '`POST /v1/auth/login`',
    tests: [
      'test/passwords/login.test.ts: signs in by e-mail, username or phone number',
      'test/sessions/access-token.test.ts: issues what RFC 9068 asks for',
    ],
  },
  'A token is exchanged for a fresh one': {
    where:
      '`POST /v1/auth/refresh`; by an access token for its own clients, `src/sessions/renewal-routes.ts`',
    tests: [
      'test/sessions/refresh.test.ts: gives a new pair for the same session',
      'test/sessions/renewal.test.ts: gives the next of the same session, and no refresh token',
      'test/sessions/renewal.test.ts: has the role and the name that the user has now',
    ],
  },
  'Reset by a link in a mail, which ends those before it': {
    where: '`POST /v1/auth/password/forgot`, `POST /v1/auth/password/reset`; random tokens, kept as hashes',
    tests: [
      'test/passwords/reset.test.ts: sets a new password by a mailed link, ends every session, proves the address, and tells the owner',
      'test/passwords/reset.test.ts: works for an hour, and until another is asked for',
    ],
  },
  'Passwords are compared in constant time': {
    where: `${argon2}; nobody with that name costs the same steps`,
    tests: [
      'test/contract/hops.test.ts: takes the same steps for an identifier that nobody has as for a wrong password',
      'test/passwords/login.test.ts: answers the same for a wrong password and for an identifier that nobody has',
    ],
  },
  'No password in plain text, nor in a log': {
    where: '`src/http/request-log.ts`',
    tests: [
      'test/contract/request-log.test.ts: holds no secret and no address of a sign-in that succeeds',
      'test/passwords/password-change.test.ts: keeps no password in the object',
    ],
  },
  'Tokens: signature, claims, lifetime, checks': {
    where:
      'ES256 with rotating keys in place of one HS256 secret, `src/sessions/access-token.ts`; lifetime by realm',
    tests: [
      'test/sessions/access-token.test.ts: takes lifetime and audience from the realm',
      'test/sessions/access-token.test.ts: is refused whatever was changed',
      'test/sessions/access-token.test.ts: rotate without a failed verification: published, then signing, then kept, then gone',
    ],
  },
  'Levels: public, signed in, verified, service': {
    where: '`src/http/authentication.ts`, `src/http/service-authentication.ts`; 403 `email_not_verified`',
    tests: [
      'test/sessions/sessions.test.ts: refuses a stranger, and names the scheme',
      'test/passwords/password-change.test.ts: is a user whose address is not verified',
      'test/api-keys/service-authentication.test.ts: takes a key with the scope or `admin`, and no other',
    ],
  },
  'PostgreSQL with pooled connections': {
    where: 'D1 through Drizzle, `src/db/client.ts`: no server, hence no connections to keep',
    tests: ['test/contract/hops.test.ts: leaves the isolate no more often than it must'],
  },
  'Prepared statements': {
    where: 'Drizzle and bound parameters',
    tests: ['test/contract/fuzz.test.ts: $method $path answers whatever it is sent as it declares'],
  },
  Transactions: {
    where: 'batches of D1 and transactions of the object, `src/account/object.ts`',
    tests: [
      'test/privacy/privacy.test.ts: is caught up with when its maker died half-way',
      'test/account/projection.test.ts: when D1 wrote and the answer was lost',
    ],
  },
  'Settings and secrets by environment': {
    where: '`src/config/variables.ts`, see *Configuration*',
    tests: ['test/config/env.test.ts: is refused with the name of what is wrong, and no value'],
  },
  'Errors of sign-in, registration and tokens': {
    where:
      '`invalid_credentials`, `user_exists`, `token_expired`, `invalid_token`; nothing says that a user does not exist',
    tests: [
      'test/passwords/login.test.ts: answers the same for a wrong password and for an identifier that nobody has',
      'test/sessions/sessions.test.ts: refuses an expired token, and one whose session has ended',
    ],
  },
  'Errors of the database': {
    where: '`internal_error`, `service_unavailable`; the log says more',
    tests: [
      'test/contract/transport.test.ts: answers 503 and names the part that has failed, but not why',
      'test/contract/request-log.test.ts: holds none when the database fails, but says that it did',
    ],
  },
  '100 requests a minute for signing in, 1,000 for the rest, by address': {
    where: '`RATE_LIMIT_SIGN_IN`, `RATE_LIMIT_GENERAL`',
    tests: [
      'test/http/rate-limit.test.ts: takes a hundred requests a minute of one address, exactly, in parallel too',
      'test/http/rate-limit.test.ts: is that of the binding, by the same client',
    ],
  },
  Google: {
    where: '`GET /v1/oauth/{provider}/login`, `src/oauth/providers/google.ts`',
    tests: ['test/oauth/sign-in.test.ts: %s: a new user, and then the same again'],
  },
  'Credits: balance, adding, using': {
    where:
      '`GET /v1/credits/balance`, `POST /v1/credits/add`, `POST /v1/credits/use`, `POST /v1/credits/refund`',
    tests: ['test/usage/http.test.ts: are added, used, refunded; each row says what the balance came to'],
  },
  'Credits: history, with references': {
    where: '`GET /v1/credits/transactions`, `GET /v1/me/credits/transactions`; a reference happens once',
    tests: ['test/account/metering-races.test.ts: the same reference a hundred times uses once'],
  },
  'Credits: atomic, never below zero': {
    where: '`src/account/ledger.ts`, in the account’s object',
    tests: [
      'test/account/metering-races.test.ts: 500 uses of 1 credit on a balance of 100 give 100 successes',
    ],
  },
  'An audit log': {
    where: '`GET /v1/admin/audit`, `src/directory/audit.ts`',
    tests: ['test/usage/http.test.ts: say who did it'],
  },
  'Structured logs of requests, in JSON': {
    where: '`src/http/request-log.ts`',
    tests: ['test/contract/request-log.test.ts: says what was asked and what came of it'],
  },
  'Logs go to Logstash over TCP': {
    where:
      '`src/logs`, by the same variables (`ENABLE_LOGSTASH`, `SYSLOG_HOST`, `SYSLOG_PORT`, `JSON_LOGS`, `LOG_LEVEL`), or by `LOG_SINK`: see [Watch](watch.md#send-the-log-elsewhere)',
    tests: [
      'test/node/logs.test.ts: sends the log by TCP as JSON, by the names that an older service had for it',
    ],
  },
  'Errors are logged with their stack': {
    where: '`src/http/problem.ts`, under the id that the client was given',
    tests: ['test/contract/request-log.test.ts: holds none when the database fails, but says that it did'],
  },
  'Logs by environment': {
    where: 'the same lines everywhere; `npm start` shows them in the terminal',
    tests: ['test/contract/request-log.test.ts: has the pattern of a path, not what was written into it'],
  },
  'SMTP with TLS, set by variables': {
    where: '`src/messages/mail-providers/smtp.ts`; `SMTP_HOST`, `SMTP_SECURITY`, `MAIL_FROM`',
    tests: ['test/messages/smtp.test.ts: protects the connection as told, and signs in'],
  },
  'HTML mails from templates that can be changed': {
    where:
      '`src/messages/templates/html.tsx`, in name, colour and language of the realm; `/dev/mail-templates`',
    tests: [
      'test/dev/dev.test.ts: the gallery shows every template in each language',
      'test/messages/mail-templates.test.ts: shows markup in a name as the text that it is',
    ],
  },
  Migrations: {
    where:
      '`migrations/0001_spine.sql` and those after it; `npm start` applies them, deploying is described below',
    tests: [
      'test/db/db.test.ts: the table %# is as its migration made it',
      'test/node/start.test.ts: a database that was never migrated: the message says what to do',
    ],
  },
  'A database for tests': {
    where: 'each test file has its own D1, objects and R2, `test/support/migrate.ts`',
    tests: ['test/db/db.test.ts: the table %# is as its migration made it'],
  },
  'CORS for configured origins': {
    where: 'allowed origins of the realm, `src/http/origin.ts`',
    tests: [
      'test/contract/origins.test.ts: varies by origin and never lets every origin read it, but what is public',
    ],
  },
  'Requests are validated': {
    where: 'Zod; 422 `validation_failed` with every field that is wrong',
    tests: [
      'test/contract/bodies.test.ts: names every field that is wrong, and every one that does not exist',
    ],
  },
  'Errors in one form, by status': {
    where:
      'RFC 9457, one closed catalogue, `src/errors.ts`; to the older clients in the form of their service',
    tests: [
      'test/contract/openapi.test.ts: declares codes of the catalogue only, each at its status, and as a problem',
      'test/compat/fuzz.test.ts: %s answers in its own form',
    ],
  },
  'Stripe: payments and subscriptions': {
    where: '`POST /v1/billing/checkout`, `POST /v1/billing/subscriptions`, `PUT /v1/me/subscription`',
    tests: [
      'test/billing/subscriptions.test.ts: begins, changes, ends with the period and resumes',
      'test/billing/endpoints.test.ts: sells packs of credits by the number, and plans once',
    ],
  },
  'Stripe: webhooks': {
    where: '`POST /v1/billing/webhook`, signed by Stripe rather than called with an API key',
    tests: [
      'test/billing/webhook.test.ts: is refused with 400, and nothing is stored',
      'test/billing/webhook.test.ts: that was taken before does nothing',
    ],
  },
  'Ways to pay are kept safely': {
    where: 'at Stripe alone: `POST /v1/billing/setup-intent`, `GET /v1/billing/payment-methods`',
    tests: [
      'test/billing/endpoints.test.ts: are prepared with a secret for the browser',
      'test/billing/endpoints.test.ts: are listed, chosen and forgotten by their owner only',
    ],
  },
};
