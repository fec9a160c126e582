import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { accountOf, call, expectProblem, INTERNAL, PASSWORD, registerVerified } from '../support/api.ts';
import { project } from '../support/projection.ts';

/** What D1 has of a user. */
const monthlyOf = async (userId: string) =>
  (
    await env.DB.prepare('SELECT resource, quantity FROM usage_monthly WHERE user_id = ? ORDER BY resource')
      .bind(userId)
      .all()
  ).results;

it('what was metered is in the export, and goes with the account', async () => {
  const { user, access_token: token } = await registerVerified();
  const user_id = user.id;
  const service = (path: string, body: object) => call('POST', path, { headers: INTERNAL, body });
  await service('/v1/usage', { user_id, resource: 'images', quantity: 2, reference: 'a' });
  await service('/v1/credits/add', { user_id, amount: 9, reference: 'b' });
  const tokens = { model: 'small', input_tokens: 3, output_tokens: 4 };
  await call('POST', '/v1/me/tokens', { token, body: tokens });
  await project(user_id);
  expect(await monthlyOf(user_id)).toEqual([
    { resource: 'images', quantity: 2 },
    { resource: 'tokens', quantity: 7 },
  ]);
  const { body } = await call('GET', '/v1/me/export', { token });
  const date = new Date().toISOString().slice(0, 10);
  expect(body).toMatchObject({
    usage: expect.arrayContaining([{ date, resource: 'images', quantity: 2 }]),
    usage_history: [{ resource: 'images', quantity: 2, reference: 'a' }],
    tokens: [{ date, ...tokens, requests: 1 }],
    tokens_history: [{ ...tokens, request_id: null }],
    credit_transactions: [{ type: 'added', amount: 9, balance_after: 9, reference: 'b' }],
  });

  await service('/v1/credits/use', { user_id, amount: 1, reference: 'c' });
  expect((await call('DELETE', '/v1/me', { token, body: { password: PASSWORD } })).status).toBe(204);
  expectProblem(
    await service('/v1/credits/use', { user_id, amount: 1, reference: 'd' }),
    404,
    'user_not_found',
  );
  await project(user_id);
  expect(await monthlyOf(user_id)).toEqual([]);
  await runInDurableObject(accountOf(user_id), (_, { storage }) => {
    const tables = storage.sql.exec('SELECT name FROM sqlite_schema').toArray();
    expect(
      tables.filter(({ name }) =>
        /credit|quota|token|uses|reservations|sessions|activity/.test(String(name)),
      ),
    ).toEqual([]);
  });
});
