import type { Features } from './feature.ts';

export const twoUserTypes: Features = {
  'Two pools of users': {
    where: 'realms, as many as wanted: `src/realms/service.ts`, `POST /v1/admin/realms`',
    tests: [
      'test/passwords/register.test.ts: is not what another realm has',
      'test/sessions/access-token.test.ts: signed by one realm does not pass in another, whatever it claims',
    ],
  },
  'Registration and sign-in, with JWTs': {
    where: '`POST /v1/auth/register`, `POST /v1/auth/login`',
    tests: [
      'test/passwords/register.test.ts: makes a user with everything they said of themselves, and signs them in',
      'test/passwords/login.test.ts: signs in by e-mail, username or phone number',
    ],
  },
  'Proof of the address by an HTML mail': {
    where: '`POST /v1/auth/email/verify`, `/verify-email`, `src/messages/templates/html.tsx`',
    tests: [
      'test/verification/email-verification.test.ts: gets a mail whose link proves the address, for the next request of every session',
    ],
  },
  'Reset by a link in a mail': {
    where: '`POST /v1/auth/password/forgot`, `/reset-password`',
    tests: ['test/passwords/reset.test.ts: works by the page of the link, without JavaScript'],
  },
  'One-time codes by text, through Twilio': {
    where: '`POST /v1/auth/otp/send`, `POST /v1/auth/otp/verify`, `src/messages/text-providers/twilio.ts`',
    tests: [
      'test/codes/codes.test.ts: proves the number of a signed-in user, and from then on signs in',
      'test/messages/text-providers.test.ts: delivers a text as it was',
    ],
  },
  'Redis as a cache': {
    where:
      'not needed: what a request asks for lies in the account object, one hop away, `src/account/object.ts`',
    tests: ['test/contract/hops.test.ts: leaves the isolate no more often than it must'],
  },
  'Tokens end at sign-out': {
    where: '`POST /v1/auth/logout`; no list of tokens: a token is as good as its session',
    tests: ['test/sessions/sessions.test.ts: ends this session for the very next request'],
  },
  'Mails and texts are sent in the background': {
    where: '`src/messages/outbox.ts`: after the answer, by lease, with retries',
    tests: [
      'test/messages/outbox.test.ts: that was written before a crash is sent by the cron, once, and keeps no secret',
    ],
  },
  MongoDB: {
    where: 'D1 and Durable Objects in its place; its users come by `npm run users:import`',
    tests: ['test/import/import.test.ts: come by the names of another system'],
  },
  'Mails: welcome, verification, reset': {
    where: '`src/messages/templates/catalogue.ts`, to look at: `/dev/mail-templates`',
    tests: [
      'test/dev/dev.test.ts: the gallery shows every template in each language',
      'test/messages/mail-templates.test.ts: differs in every part of every mail',
    ],
  },
  'Pages: verified, reset, reset done': {
    where: '`/verify-email`, `/reset-password`',
    tests: [
      'test/verification/email-verification.test.ts: finds a page behind the link that programs which follow links do not set off',
      'test/passwords/reset.test.ts: works by the page of the link, without JavaScript',
    ],
  },
  'Salted password hashes': {
    where: 'Argon2id, `src/crypto/password-hash.ts`',
    tests: ['test/passwords/password-hash.test.ts: has its own salt each time'],
  },
  'JWTs with a lifetime that can be set': {
    where: 'a setting of the realm: `npm run realm`, `PATCH /v1/admin/realms/{id}`',
    tests: ['test/sessions/access-token.test.ts: takes lifetime and audience from the realm'],
  },
  'Nobody without a proved address': {
    where: 'the policy *verify first* of a realm; elsewhere `email_not_verified` where it matters',
    tests: [
      'test/verification/email-verification.test.ts: in a realm that verifies first comes in when the address is proven',
    ],
  },
  'Against guessing': {
    where: '`src/account/attempt-limit.ts`, `RATE_LIMIT_SIGN_IN`',
    tests: [
      'test/passwords/login.test.ts: let through five guesses of two hundred parallel ones',
      'test/codes/codes.test.ts: takes five guesses, also of fifty at the same time',
    ],
  },
  'What became of mails and texts is logged': {
    where: '`GET /v1/admin/outbox`, `/admin/mail`',
    tests: ['test/admin/operations.test.ts: lists what became of messages, and never what they say'],
  },
  'Failed sign-ins are logged': {
    where: 'one log line a request with its status, `src/http/request-log.ts`, and none of the secrets',
    tests: [
      'test/contract/request-log.test.ts: says what was asked and what came of it',
      'test/contract/request-log.test.ts: holds none of one that fails',
    ],
  },
};
