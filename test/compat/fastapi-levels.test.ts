import { beforeAll, describe, expect, it } from 'vitest';
import { astroBackend } from '../../src/compat/astro-backend/rows.ts';
import { doztra } from '../../src/compat/doztra/rows.ts';
import { split } from '../../src/compat/engine/canonical-request.ts';
import type { Row } from '../../src/compat/engine/row.ts';
import { registerRole } from '../support/admin.ts';
import { call, changeDirectory, createRealm, register } from '../support/api.ts';

type Level = 'user' | 'verified' | 'admin';

/** Every row that wants somebody, and whom. */
const ROWS: [from: Row['from'], level: Level, body?: unknown][] = [
  ['POST /api/auth/logout', 'user'],
  ['GET /api/users/me', 'user'],
  ['PUT /api/users/me', 'user', { name: 'X' }],
  ['GET /api/users/{user_id}', 'user'],
  ['PUT /api/users/me/subscription', 'verified', { plan: 'free' }],
  ['GET /api/users/me/subscription', 'user'],
  ['GET /api/users/me/usage', 'user'],
  ['GET /api/tokens/me', 'user'],
  ['GET /api/tokens/me/history', 'user'],
  ['POST /api/tokens/me/track', 'user', { request_type: 'chat', model: 'gpt-3.5-turbo', total_tokens: 1 }],
  ['GET /api/tokens/admin/usage', 'admin'],
  ['GET /api/preferences/me', 'user'],
  ['PUT /api/preferences/me', 'user', { theme: 'dark' }],
  ['GET /api/usage/me', 'user'],
  ['GET /api/admin/dashboard', 'admin'],
  ['GET /api/admin/users', 'admin'],
  ['GET /api/admin/users/{id}', 'admin'],
  ['POST /api/admin/users', 'admin', { email: 'x@example.com' }],
  ['PATCH /api/admin/users/{user_id}/status', 'admin', { is_active: false }],
  ['DELETE /api/admin/users/{id}', 'admin'],
  ['GET /api/admin/users/statistics', 'admin'],
  ['GET /api/user/profile', 'user'],
  ['PUT /api/user/profile', 'user', { first_name: 'X' }],
  ['POST /api/user/change-password', 'verified', { current_password: 'x', new_password: 'y' }],
  ['POST /api/user/upload-avatar', 'verified'],
  ['DELETE /api/user/account', 'verified'],
  ['PUT /api/admin/users/{id}', 'admin', { first_name: 'X' }],
  ['PUT /api/admin/users/{id}/role', 'admin', { role: 'admin' }],
  ['GET /api/admin/stats', 'admin'],
];
const PUBLIC = [
  'POST /api/auth/register',
  'POST /api/auth/login',
  'POST /api/auth/refresh',
  'POST /api/auth/verify-email/{token}',
  'POST /api/auth/password-reset',
  'POST /api/auth/reset-password',
  'POST /api/auth/forgot-password',
  'POST /api/auth/verify-email',
  'POST /api/auth/resend-verification',
  'GET /docs',
  'GET /health',
];
const TABLES = [...new Set([...doztra, ...astroBackend])];

it('each row is public, or has its level here', () => {
  const known = [...PUBLIC, ...ROWS.map(([from]) => from)].toSorted();
  expect(TABLES.map(({ from }) => from).toSorted()).toEqual(known);
});

const send = (from: Row['from'], options: object, id = 'usr_x') => {
  const [method, path] = split(from);
  return call(method, path.replaceAll(/\{\w*id\}/g, id).replace('{token}', 'x'), options);
};

/** Access tokens of those who are refused, and the id of a user of another realm. */
const tokens: Record<string, string> = {};
let stranger: string;
let admin: string;

beforeAll(async () => {
  const realm = 'elsewhere';
  await createRealm(realm);
  const suspended = await registerRole('admin');
  await changeDirectory(suspended.user.id, { status: 'suspended' });
  const ended = await register();
  await call('POST', '/v1/auth/logout', { token: ended.access_token });
  const abroad = await registerRole('admin', realm);
  const ours = await registerRole('admin');
  await changeDirectory(ours.user.id, { email_verified: 1 });
  tokens.user = (await register()).access_token;
  tokens.suspended = suspended.access_token;
  tokens.ended = ended.access_token;
  tokens.abroad = abroad.access_token;
  stranger = abroad.user.id;
  admin = ours.access_token;
});

it.each(ROWS)('%s is for %s', async (from, level, body) => {
  const refused = async (token: string | undefined, status: number, code: string, id?: string) => {
    const answer = await send(from, { token, body }, id);
    expect(answer.body).toMatchObject({ detail: expect.any(String), code, request_id: expect.any(String) });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/json']);
  };
  await refused(undefined, 401, 'authentication_required');
  await refused('no.such.token', 401, 'invalid_token');
  await refused(tokens.abroad, 401, 'invalid_token');
  await refused(tokens.suspended, 403, 'account_suspended');
  await refused(tokens.ended, 401, 'session_ended');
  if (level === 'admin') await refused(tokens.user, 403, 'insufficient_scope');
  if (level === 'verified') await refused(tokens.user, 403, 'email_not_verified');
  if (from.includes('/admin/') && from.includes('{')) await refused(admin, 404, 'user_not_found', stranger);
});

const ODD: unknown[] = [
  null,
  7,
  '',
  ' ',
  true,
  [],
  {},
  { toString: 1, valueOf: 1 },
  ['a', {}],
  'a\u0000b\ud800',
  1e308,
  '__proto__',
];
const FIELDS = [
  'email',
  'username',
  'identifier',
  'password',
  'current_password',
  'new_password',
  'name',
  'first_name',
  'role',
  'is_active',
  'is_verified',
  'subscription',
  'plan',
  'status',
  'auto_renew',
  'token',
  'refresh_token',
  'theme',
  'notifications',
  'default_model',
  'request_type',
  'model',
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'request_id',
  'avatar_url',
];
const QUERIES = [
  'page=%00&per_page=-1',
  'page=1e9&per_page=1e9',
  'page=__proto__&filter_by=__proto__&filter_value=%ff',
  'filter_by=constructor&filter_value=x&sort_by=constructor',
  'skip=0.5&limit=0.5',
  'skip=Infinity&limit=Infinity',
  'start_date=%00&end_date=Infinity&group_by=__proto__',
  'start_date=275760-09-13&end_date=-271821-04-20',
  'sort_desc=&is_active=&is_verified=&role=&search=',
];
/** What ends the session, or the user. */
const DEADLY = ['POST /api/auth/logout', 'DELETE /api/user/account'];

describe('odd values', () => {
  it.each(TABLES.filter(({ from }) => !from.startsWith('GET') && !DEADLY.includes(from)))(
    'of a body break nothing at $from',
    async ({ from }) => {
      const { user } = await register();
      for (const value of ODD) {
        const body = Object.fromEntries(FIELDS.map((name) => [name, value]));
        const { status } = await send(from, { token: admin, body }, user.id);
        expect([value, status < 500], String(status)).toEqual([value, true]);
      }
    },
  );

  it.each(['GET /api/admin/users', 'GET /api/tokens/me/history', 'GET /api/tokens/admin/usage'])(
    'of a query break nothing at %s',
    async (from) => {
      for (const query of QUERIES) {
        const { status } = await send(`${from}?${query}` as Row['from'], { token: admin });
        expect([query, status < 500], String(status)).toEqual([query, true]);
      }
    },
  );
});
