import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COLUMNS } from '../../src/import/mapping.ts';
import {
  call,
  changeDirectory,
  createApiKey,
  createRealm,
  expectProblem,
  INTERNAL,
  registerVerified,
} from '../support/api.ts';
import { text } from '../support/hostile.ts';
import { importRows, ndjson, rowCounts, someUser } from '../support/import.ts';

async function operator(role: 'admin' | 'owner', realm?: string) {
  const user = await registerVerified({}, realm ? { realm } : {});
  await changeDirectory(user.user.id, { role });
  return user;
}

const file = () => ndjson([someUser()]);

describe('who may import', () => {
  it('is an admin, an owner, or a key with the scope admin; of this realm', async () => {
    await createRealm('elsewhere');
    const [user, admin, owner] = [await registerVerified(), await operator('admin'), await operator('owner')];
    const foreign = await operator('owner', 'elsewhere');
    const makeKey = async (scopes: string[]) => {
      const made = await call('POST', '/v1/admin/api-keys', {
        headers: INTERNAL,
        body: { name: 'k', scopes },
      });
      return { 'x-api-key': made.body.key };
    };
    const before = await rowCounts();
    expectProblem(await importRows(file(), { headers: {} }), 401, 'authentication_required');
    expectProblem(await importRows(file(), { headers: { 'x-api-key': 'no key' } }), 401, 'invalid_api_key');
    expectProblem(await importRows(file(), { token: user.access_token }), 403, 'insufficient_scope');
    const reader = { headers: await makeKey(['users:read', 'usage:write']) };
    expectProblem(await importRows(file(), reader), 403, 'insufficient_scope');
    expectProblem(await importRows(file(), { token: foreign.access_token }), 401, 'invalid_token');
    const key = { headers: await makeKey(['admin']) };
    expectProblem(await importRows(file(), { ...key, realm: 'elsewhere' }), 401, 'invalid_api_key');
    expect({ ...(await rowCounts()), audit: 0 }).toEqual({ ...before, audit: 0 });
    for (const by of [key, { token: admin.access_token }, { token: owner.access_token }]) {
      expect((await importRows(file(), by)).body).toMatchObject({ imported: 1 });
    }
    await changeDirectory(admin.user.id, { status: 'suspended' });
    expectProblem(await importRows(file(), { token: admin.access_token }), 403, 'account_suspended');
  });

  it('sees the imports of their own realm only', async () => {
    await createRealm('third');
    const { body } = await importRows(file());
    const path = `/v1/admin/imports/${body.import_id}`;
    expect((await call('GET', path, { headers: INTERNAL })).status).toBe(200);
    expectProblem(await call('GET', path, { headers: INTERNAL, realm: 'third' }), 404, 'import_not_found');
    expectProblem(await call('GET', path), 401, 'authentication_required');
    expectProblem(await call('GET', '/v1/admin/imports/%00', { headers: INTERNAL }), 404, 'import_not_found');
    const again = await importRows(file(), { realm: 'third', query: { import_id: body.import_id } });
    expect(again.body).toMatchObject({ imported: 1, repeated: 0 });
  });

  it('gives no role above their own, and makes owners at home only', async () => {
    await createRealm('fourth');
    const [admin, owner] = [await operator('admin'), await operator('owner')];
    const rows = () => ndjson(['user', 'admin', 'owner'].map((role) => ({ ...someUser(), role })));
    const key = await createApiKey(['admin']);
    const token = owner.access_token;
    for (const by of [{ token: admin.access_token }, { headers: key.headers }, { token, realm: 'fourth' }]) {
      const { body } = await importRows(rows(), by);
      expect(body).toMatchObject({ imported: 2, failed: 1 });
      expect(body.errors).toMatchObject([{ row: 3, column: 'role', code: 'insufficient_scope' }]);
    }
    for (const by of [{ token }, { headers: INTERNAL }]) {
      expect((await importRows(rows(), by)).body).toMatchObject({ imported: 3 });
    }
  });
});

describe('a body', () => {
  it('is NDJSON or CSV of at most 1 MiB and 1,000 rows', async () => {
    expectProblem(await importRows('{}', { type: 'application/json' }), 415, 'unsupported_media_type');
    expectProblem(await importRows('{}', { type: '__proto__' }), 415, 'unsupported_media_type');
    expectProblem(await importRows('x'.repeat(1024 * 1024 + 1)), 413, 'payload_too_large');
    expectProblem(await importRows('{}\n'.repeat(1001)), 422, 'validation_failed');
    expectProblem(await importRows(' \n\n'), 422, 'validation_failed');
    expectProblem(await importRows('email\n"a', { type: 'text/csv' }), 422, 'validation_failed');
    expect((await importRows('{}\n'.repeat(1000))).body).toMatchObject({ imported: 0, failed: 1000 });
  });

  it.each([
    ['mapping', 'no JSON'],
    ['mapping', '{"columns":{"a":"id"}}'],
    ['mapping', '{"columns":[]}'],
    ['import_id', 'a b'],
    ['first_row', '0'],
    ['first_row', '1e99'],
    ['dry_run', 'maybe'],
    ['on_existing', 'overwrite'],
  ])('is not read with %s=%s', async (name, value) => {
    expectProblem(await importRows(file(), { query: { [name]: value } }), 422, 'validation_failed');
  });
});

describe('a row', () => {
  it.each([
    [
      'bytes that are not UTF-8',
      (email: string) => Buffer.from(`{"email":"${email}","name":"\xff"}`, 'latin1'),
      'name',
      'not_utf8',
    ],
    ['a NUL', (email: string) => `{"email":"${email}","name":"a\\u0000b"}`, 'name', 'null_character'],
    ['half a character', (email: string) => `{"email":"${email}","bio":"\\ud800"}`, 'bio', 'lone_surrogate'],
    [
      'a NUL deep inside',
      (email: string) => `{"email":"${email}","preferences":{"a":["\\u0000"]}}`,
      'preferences',
      'null_character',
    ],
    [
      'a name of half a character',
      (email: string) => `{"email":"${email}","\\udfff":1}`,
      null,
      'lone_surrogate',
    ],
    [
      'endless depth',
      (email: string) => `{"email":"${email}","preferences":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      'preferences',
      'too_deep',
    ],
    [
      'depth in a text',
      (email: string) => JSON.stringify({ email, preferences: '['.repeat(30_000) }),
      'preferences',
      'custom',
    ],
    [
      'too much',
      (email: string) => JSON.stringify({ email, preferences: { a: 'x'.repeat(70_000) } }),
      null,
      'too_large',
    ],
    [
      'too many preferences',
      (email: string) => JSON.stringify({ email, preferences: { a: 'x'.repeat(17_000) } }),
      'preferences',
      'custom',
    ],
    [
      'a prototype',
      (email: string) => `{"email":"${email}","__proto__":{"role":"admin"}}`,
      '__proto__',
      'unknown_column',
    ],
    [
      'a time to come',
      (email: string) => JSON.stringify({ email, created_at: '2999-01-01' }),
      'created_at',
      'custom',
    ],
    [
      'a month that is none',
      (email: string) => JSON.stringify({ email, created_at: '2020-13-01' }),
      'created_at',
      'custom',
    ],
  ])('with %s is refused, and the next one taken', async (_, bad, column, code) => {
    const rows = Buffer.concat([Buffer.from(bad(someUser().email)), Buffer.from(`\n${file()}`)]);
    const { status, body } = await importRows(rows);
    expect({ status, imported: body.imported }).toEqual({ status: 200, imported: 1 });
    expect(body.errors).toMatchObject([{ row: 1, line: 1, column, code }]);
  });

  it('of whatever it is made has an answer', async () => {
    const value = fc.oneof(text, fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(true, 0, -1, 1e308, null));
    const row = fc.dictionary(fc.oneof(fc.constantFrom(...COLUMNS), text), value, { maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (rows) => {
        const { status, body } = await importRows(ndjson(rows.map((one) => ({ ...someUser(), ...one }))));
        expect(status, JSON.stringify(body)).toBe(200);
        expect(body.imported + body.failed + body.skipped).toBe(rows.length);
      }),
      { numRuns: 150 },
    );
  });

  it('of CSV of whatever it is made has an answer', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      text.map((value) => Buffer.from(value)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 5 }), async (parts) => {
        const raw = Buffer.concat([Buffer.from('email,name\n'), ...parts]);
        expect((await importRows(raw, { type: 'text/csv' })).status).toBeLessThan(500);
      }),
      { numRuns: 150 },
    );
  });
});
