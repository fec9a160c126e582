import { describe, expect, it } from 'vitest';
import { call } from '../support/api.ts';
import { tokenTo } from '../support/mail.ts';

/** The examples of the document, as they are written there. */
const EXAMPLES = String.raw`
curl -X POST "http://localhost:8000/User1/create" \
  -H "Content-Type: application/json" \
  -d '{
    "first_name": "John",
    "last_name": "Doe",
    "email": "john.doe@example.com",
    "phone": "+1234567890",
    "country_code": "US",
    "password": "securepassword123"
  }'

curl -X POST "http://localhost:8000/User1/login" \
  -H "Content-Type: application/x-www-form-urlencoded" \
  -d "username=john.doe@example.com&password=securepassword123"

curl -X GET "http://localhost:8000/User1/?id=user-id-here" \
  -H "Authorization: Bearer your-jwt-token"

curl -X POST "http://localhost:8000/User1/otp_phone" \
  -H "Content-Type: application/json" \
  -d '{
    "id": "user-id-here",
    "phone": "+1234567890"
  }'
`;

/** Sends what a curl line says, with the placeholders filled in. */
function run(line: string, values: Record<string, string> = {}) {
  const filled = Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), line);
  const [, method = '', path = ''] = /-X (\w+) "http:\/\/localhost:8000([^"]*)"/.exec(filled) ?? [];
  const headers = Object.fromEntries(
    [...filled.matchAll(/-H "([^:]+): ([^"]+)"/g)].map(
      ([, name, value]) => [name, value] as [string, string],
    ),
  );
  const raw = /-d (['"])([\s\S]*)\1/.exec(filled)?.[2];
  return call(method, path, { headers, ...(raw && { raw }) });
}

describe.each(['User1', 'User2'])('the examples of the document for %s', (type) => {
  it('work as they are written', async () => {
    const [create, login, get, otp, ...more] = EXAMPLES.replaceAll('User1', type).trim().split('\n\n');
    expect([create, login, get, otp, more].every(Boolean) && more).toEqual([]);
    const created = await run(create as string);
    expect([created.status, created.body]).toEqual([
      200,
      {
        message: 'User created successfully',
        Email: 'john.doe@example.com',
        id: expect.stringMatching(/^usr_/),
      },
    ]);
    const token = await tokenTo('john.doe@example.com', /^Welcome/, type === 'User1' ? 1 : 2);
    expect((await call('GET', `/${type}/verify?token=${token}`)).status).toBe(200);
    const signedIn = await run(login as string);
    expect([signedIn.status, signedIn.body.token_type]).toEqual([200, 'bearer']);
    const values = { 'user-id-here': created.body.id, 'your-jwt-token': signedIn.body.access_token };
    const seen = await run(get as string, values);
    expect([seen.status, seen.body]).toEqual([
      200,
      {
        id: created.body.id,
        first_name: 'John',
        last_name: 'Doe',
        email: 'john.doe@example.com',
        phone: '+1234567890',
        country_code: 'US',
        country: 'United States',
        is_email_verified: true,
      },
    ]);
    const asked = await run(otp as string, values);
    expect([asked.status, asked.body.message]).toEqual([200, 'OTP generated successfully']);
  });
});

describe('every endpoint of the document', () => {
  it.each([
    'POST /User1/create',
    'POST /User1/login',
    'GET /User1/',
    'GET /User1/verify',
    'GET /User1/forget_password',
    'GET /User1/reset_password_form',
    'POST /User1/reset_password',
    'POST /User1/otp_phone',
    'GET /User1/verify_otp_phone',
    'GET /User1/logout',
    'DELETE /User1/delete',
    'POST /User2/create',
    'POST /User2/login',
    'GET /User2/',
    'GET /User2/verify',
    'GET /User2/forget_password',
    'GET /User2/reset_password_form',
    'POST /User2/reset_password',
    'POST /User2/otp_phone',
    'GET /User2/verify_otp_phone',
    'GET /User2/logout',
    'DELETE /User2/delete',
  ])('%s fails at nothing that is sent', async (row) => {
    const [method = '', path = ''] = row.split(' ');
    const names = [
      'first_name',
      'email',
      'phone',
      'country_code',
      'password',
      'username',
      'token',
      'id',
      'otp',
    ];
    const odd = [
      null,
      5,
      -0.5,
      true,
      '',
      '\ud800',
      [1],
      [[]],
      { toString: 1, length: 'x' },
      'x'.repeat(5000),
    ];
    for (const value of odd) {
      const body = Object.fromEntries(names.map((name) => [name, value]));
      const text = typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value);
      const query = new URLSearchParams(names.map((name) => [name, text]));
      for (const authorization of [undefined, 'Bearer x.y.z']) {
        const answer = await call(method, `${path}?${query}`, {
          headers: authorization ? { authorization } : {},
          ...(method !== 'GET' && { body }),
        });
        expect(path.endsWith('_form') ? [303] : [400, 401, 403, 404, 422]).toContain(answer.status);
      }
    }
    for (const raw of method === 'GET' ? [] : ['[1]', '"x"', '{', 'null']) {
      const headers = { 'content-type': 'application/json' };
      const answer = await call(method, path, { headers, raw });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
  });

  it.each(['GET /docs', 'GET /redoc'])('%s is a page', async (row) => {
    const answer = await call('GET', row.slice(4));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
  });

  it.each([
    'POST /User1/create',
    'POST /User1/login',
    'GET /User1/verify',
    'GET /User1/forget_password',
    'POST /User1/reset_password',
    'POST /User1/otp_phone',
    'GET /User1/verify_otp_phone',
  ])('%s is limited as what takes secrets and sends messages', async (row) => {
    const [method = '', path = ''] = row.split(' ');
    const answer = await call(method, path);
    expect(answer.headers.get('ratelimit')).toMatch(/^"sign_in";r=\d+/);
  });
});
