import { beforeAll, describe, expect, it } from 'vitest';
import { asAdmin, registerRole } from '../support/admin.ts';
import { call, changeDirectory, createApiKey, createRealm, expectProblem, register } from '../support/api.ts';
import { operationsOf, readDocument } from '../support/contract.ts';

/** Every route of the admin API, with a body that it would take. */
const ROUTES: [string, string, unknown?][] = [
  ['GET', '/v1/admin/dashboard'],
  ['GET', '/v1/admin/statistics'],
  ['GET', '/v1/admin/users'],
  ['POST', '/v1/admin/users', { email: 'nobody@example.com' }],
  ['GET', '/v1/admin/users/{id}'],
  ['PATCH', '/v1/admin/users/{id}', { name: 'Nobody' }],
  ['DELETE', '/v1/admin/users/{id}'],
  ['PUT', '/v1/admin/users/{id}/status', { status: 'active' }],
  ['PUT', '/v1/admin/users/{id}/role', { role: 'user' }],
  ['PUT', '/v1/admin/users/{id}/plan', { plan: 'free' }],
  ['PUT', '/v1/admin/users/{id}/limits', { limits: {} }],
  ['POST', '/v1/admin/users/{id}/verify-email'],
  ['POST', '/v1/admin/users/{id}/password-reset'],
  ['GET', '/v1/admin/users/{id}/sessions'],
  ['DELETE', '/v1/admin/users/{id}/sessions'],
  ['DELETE', '/v1/admin/users/{id}/sessions/{session_id}'],
  ['POST', '/v1/admin/users/{id}/impersonate', { reason: 'none' }],
  ['GET', '/v1/admin/users/{id}/credits'],
  ['POST', '/v1/admin/users/{id}/credits', { amount: 1, reason: 'none', reference: 'r' }],
  ['GET', '/v1/admin/plans'],
  ['PUT', '/v1/admin/plans/{id}', { name: 'X', limits: {}, model_tiers: [] }],
  ['GET', '/v1/admin/usage'],
  ['GET', '/v1/admin/tokens'],
  ['GET', '/v1/admin/users/{id}/usage'],
  ['GET', '/v1/admin/users/{id}/tokens'],
  ['GET', '/v1/admin/activity'],
  ['GET', '/v1/admin/activity.csv'],
  ['GET', '/v1/admin/audit'],
  ['GET', '/v1/admin/audit.csv'],
  ['GET', '/v1/admin/outbox'],
  ['GET', '/v1/admin/outbox/{id}'],
  ['POST', '/v1/admin/outbox/test'],
  ['POST', '/v1/admin/outbox/{id}/retry'],
  ['GET', '/v1/admin/api-keys'],
  ['POST', '/v1/admin/api-keys', { name: 'x', scopes: ['users:read'] }],
  ['POST', '/v1/admin/api-keys/{id}/rotate'],
  ['DELETE', '/v1/admin/api-keys/{id}'],
  ['POST', '/v1/admin/users/import'],
  ['GET', '/v1/admin/imports/{id}'],
  ['GET', '/v1/admin/billing/prices'],
  ['PUT', '/v1/admin/billing/prices', { data: [] }],
  ['GET', '/v1/admin/billing/events'],
  ['POST', '/v1/admin/billing/events/{id}/replay'],
  ['GET', '/v1/admin/billing/shortfalls'],
  ['GET', '/v1/admin/realms'],
  ['POST', '/v1/admin/realms', { id: 'nobody' }],
  ['GET', '/v1/admin/realms/{id}'],
  ['PATCH', '/v1/admin/realms/{id}', { name: 'X' }],
  ['GET', '/v1/admin/signing-keys'],
  ['POST', '/v1/admin/signing-keys/rotate'],
];

/** Who is refused, and how. */
const CALLERS: Record<string, { status: number; code: string; options: object }> = {};

/** Who is let in; realms are for owners. */
const OWNERS: object[] = [];
const ADMINS: object[] = [];

beforeAll(async () => {
  await createRealm('elsewhere');
  const user = await register();
  const suspended = await registerRole('admin');
  await changeDirectory(suspended.user.id, { status: 'suspended' });
  const dismissed = await registerRole('admin');
  await changeDirectory(dismissed.user.id, { role: 'user' });
  const signedOut = await registerRole('admin');
  await call('POST', '/v1/auth/logout', { token: signedOut.access_token });
  const foreign = await registerRole('admin', 'elsewhere');
  const home = await registerRole('admin');
  const key = await createApiKey(['users:read', 'usage:write', 'credits:write', 'billing:write']);
  const foreignKey = await createApiKey(['admin'], { realm: 'elsewhere' });
  const path = `/users/${user.user.id}/impersonate`;
  const acting = await asAdmin('POST', path, { body: { reason: 'a test' } });
  const owner = await registerRole('owner');
  OWNERS.push({ token: owner.access_token }, { token: owner.access_token, realm: 'elsewhere' });
  ADMINS.push({ token: home.access_token }, { headers: (await createApiKey(['admin'])).headers });
  const refused = (status: number, code: string, options: object) => ({ status, code, options });
  Object.assign(CALLERS, {
    stranger: refused(401, 'authentication_required', {}),
    user: refused(403, 'insufficient_scope', { token: user.access_token }),
    'suspended admin': refused(403, 'account_suspended', { token: suspended.access_token }),
    'former admin': refused(403, 'insufficient_scope', { token: dismissed.access_token }),
    'admin who signed out': refused(401, 'session_ended', { token: signedOut.access_token }),
    "other realm's admin": refused(401, 'invalid_token', { token: foreign.access_token }),
    "home realm's admin elsewhere": refused(401, 'invalid_token', {
      token: home.access_token,
      realm: 'elsewhere',
    }),
    'admin who acts as a user': refused(403, 'insufficient_scope', { token: acting.body.access_token }),
    'service without the scope': refused(403, 'insufficient_scope', { headers: key.headers }),
    "other realm's service": refused(401, 'invalid_api_key', { headers: foreignKey.headers }),
    'forged key': refused(401, 'invalid_api_key', { headers: { 'x-api-key': 'nonsense' } }),
    'forged token': refused(401, 'invalid_token', { token: 'nonsense' }),
  });
});

it('the table has every route of the admin API', async () => {
  const declared = operationsOf(await readDocument())
    .filter(({ path }) => path.startsWith('/v1/admin'))
    .map(({ method, path }) => `${method} ${path}`);
  expect(ROUTES.map(([method, path]) => `${method} ${path}`).toSorted()).toEqual(declared.toSorted());
});

describe.each(ROUTES)('%s %s', (method, path, body) => {
  it('refuses everybody who is no admin of the realm', async () => {
    expect(Object.keys(CALLERS).length).toBe(12);
    const address = path.replaceAll(/\{\w+\}/g, 'x');
    for (const [name, { status, code, options }] of Object.entries(CALLERS)) {
      const answer = await call<any>(method, address, { body, ...options });
      expect({ name, code: answer.body?.code }).toEqual({ name, code });
      expectProblem(answer, status, code as 'not_found');
    }
  });

  it('lets in an admin, an owner of all realms, and a service with the scope', async () => {
    const address = path.replaceAll(/\{\w+\}/g, 'x');
    for (const options of [...OWNERS, ...(path.includes('realms') ? [] : ADMINS)]) {
      const answer = await call<any>(method, address, { ...options, body });
      expect([401, 403], JSON.stringify(answer.body)).not.toContain(answer.status);
      expect(answer.status).toBeLessThan(500);
    }
  });
});
