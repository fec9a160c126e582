import type {
  CallCanonical,
  CanonicalAnswer,
  Unchecked,
} from '../../src/compat/engine/canonical-operations.ts';
import { renamed, same, takes } from '../../src/compat/engine/fields.ts';
import type { Row } from '../../src/compat/engine/row.ts';

// The compiler is the test: `tsc` fails if a line below `@ts-expect-error` compiles, or if any other line does not.

/** Rows that compile. */
export const RIGHT: Row[] = [
  {
    from: 'POST /old/login',
    to: 'POST /v1/auth/login',
    sends: takes({ username: 'identifier', password: 'password' }),
    gives: ({ access_token, user }) => `${access_token.trim()} ${user.email.trim()}`,
  },
  {
    from: 'POST /old/register',
    to: 'POST /v1/auth/register',
    sends: ({ body }) => ({ body: { email: body.mail, session_cookie: true } }),
    gives: (json) => ('user' in json ? json.user.id : json.user_id),
  },
  {
    from: 'GET /old/users',
    to: 'GET /v1/admin/users',
    sends: ({ query }) => ({ query: { limit: query.limit, order: 'asc' } }),
    gives: async ({ data, next_cursor }, _, call) =>
      next_cursor ? (await call('GET /v1/admin/users', { query: { cursor: next_cursor } })).data : data,
  },
  { from: 'POST /old/logout', to: 'POST /v1/auth/logout', level: 'verified', gives: (json: null) => json },
  { from: 'PUT /old/avatar', to: 'PUT /v1/me/avatar', sends: ({ file }) => ({ body: file ?? undefined }) },
];

/** Rows that do not compile. */
export const WRONG: Row[] = [
  // @ts-expect-error: there is no such operation
  { from: 'GET /old/me', to: 'GET /v1/mee' },
  // @ts-expect-error: there is no such level
  { from: 'GET /old/me', to: 'GET /v1/me', level: 'trusted' },
  // @ts-expect-error: the operation does not answer this field
  { from: 'GET /old/me', to: 'GET /v1/me', gives: ({ full_name }) => full_name },
  // @ts-expect-error: the field has another type
  { from: 'GET /old/me', to: 'GET /v1/me', gives: ({ email_verified }) => email_verified.trim() },
  // @ts-expect-error: only one of the two answers has this field
  { from: 'POST /old/register', to: 'POST /v1/auth/register', gives: (json) => json.user.id },
  // @ts-expect-error: the operation does not take this field
  {
    from: 'POST /old/login',
    to: 'POST /v1/auth/login',
    sends: ({ body }) => ({ body: { login: body.name } }),
  },
  // @ts-expect-error: the field takes a text
  { from: 'POST /old/login', to: 'POST /v1/auth/login', sends: () => ({ body: { password: 12345678 } }) },
  // @ts-expect-error: the operation does not take this field
  { from: 'POST /old/login', to: 'POST /v1/auth/login', sends: takes({ username: 'login' }) },
  // @ts-expect-error: the operation does not take this field
  { from: 'POST /old/login', to: 'POST /v1/auth/login', sends: takes(same('login')) },
  {
    from: 'POST /old/login',
    to: 'POST /v1/auth/login',
    // @ts-expect-error: the operation does not take this field
    sends: ({ body }) => ({ body: renamed(body, { username: 'login', password: 'password' }) }),
  },
  // @ts-expect-error: the parameter takes other words
  { from: 'GET /old/users', to: 'GET /v1/admin/users', sends: () => ({ query: { order: 'descending' } }) },
  // @ts-expect-error: the path has no such placeholder
  { from: 'GET /old/user', to: 'GET /v1/users/{id}', sends: ({ query }) => ({ params: { user: query.id } }) },
  // @ts-expect-error: the operation takes no body
  { from: 'GET /old/me', to: 'GET /v1/me', sends: () => ({ body: { id: 'usr_1' } }) },
  // @ts-expect-error: a page answers no JSON
  { from: 'GET /docs', to: 'GET /docs', gives: () => ({}) },
];

/** Calls that do not compile. */
export async function wrongCalls(call: CallCanonical, sent: Unchecked): Promise<void> {
  // @ts-expect-error: there is no such operation
  await call('GET /v1/mee');
  // @ts-expect-error: the operation does not answer this field
  (await call('GET /v1/me')).full_name;
  // @ts-expect-error: the operation does not take this field
  await call('PUT /v1/me/password', { body: { password: sent } });
  // @ts-expect-error: an unchecked value is no text until it is checked
  sent.trim();
}

/** An answer without JSON is null, beside the one with JSON. */
export const NO_JSON: CanonicalAnswer<'POST /v1/me/identities/{provider}'>[] = [null, { url: '' }];
