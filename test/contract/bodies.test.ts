import { describe, expect, it } from 'vitest';
import { call, expectProblem, register } from '../support/api.ts';

const LIMIT = 64 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };

/** A registration of exactly so many bytes. */
function bodyOf(bytes: number): string {
  const [head, tail] = ['{"email":"', '"}'];
  return `${head}${'a'.repeat(bytes - head.length - tail.length)}${tail}`;
}

/** A body that does not say how long it is. */
function streamed(text: string): ReadableStream {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + 8192));
      at += 8192;
    },
  });
}

const post = (raw: BodyInit, headers: Record<string, string> = JSON_TYPE) =>
  call('POST', '/v1/auth/register', { raw, headers });

describe('a body', () => {
  it.each([
    ['that announces its length', (text: string) => text],
    ['that does not', streamed],
  ])('%s may have 64 KiB and not a byte more', async (_, form) => {
    expectProblem(await post(form(bodyOf(LIMIT))), 422, 'validation_failed');
    expectProblem(await post(form(bodyOf(LIMIT + 1))), 413, 'payload_too_large');
    expectProblem(await post(form(bodyOf(40 * LIMIT))), 413, 'payload_too_large');
  });

  it('counts in bytes, not in characters', async () => {
    expectProblem(await post(`{"email":"${'é'.repeat(LIMIT / 2)}"}`), 413, 'payload_too_large');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/problem+json',
    'application/json, text/plain',
    '',
  ])('of type "%s" is refused', async (type) => {
    expectProblem(await post('{}', { 'content-type': type }), 415, 'unsupported_media_type');
  });

  it('of no type is refused', async () => {
    // From bytes, for a string brings a type along.
    expectProblem(await post(new TextEncoder().encode('{}'), {}), 415, 'unsupported_media_type');
  });

  // RFC 9110, 5.6.6 and 8.3.1: parameters may be quoted, absent after the semicolon, and have blanks before it.
  it.each([
    'application/json; charset=utf-8',
    'APPLICATION/JSON;Charset="utf-8"',
    'application/json;',
    'application/json ; charset=utf-8',
    'application/json; profile="a;b"',
  ])('of type %s is JSON', async (type) => {
    expectProblem(await post('{}', { 'content-type': type }), 422, 'validation_failed');
  });

  it('of no bytes is none, whatever its type says', async () => {
    const { access_token: token } = await register();
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const headers = { 'content-type': type };
      expectProblem(await call('POST', '/v1/auth/login', { raw: '', headers }), 422, 'validation_failed');
      const refresh = await call('POST', '/v1/auth/refresh', { headers });
      expectProblem(refresh, 401, 'authentication_required');
    }
    expect((await call('POST', '/v1/auth/logout', { token, raw: '', headers: JSON_TYPE })).status).toBe(204);
  });

  it.each(['{', '{"email":}', "{'email':'a'}", '{"a":1}{"b":2}', 'undefined', 'NaN', '{"a":1,}', '[', ' '])(
    'of %j is not JSON',
    async (raw) => {
      expectProblem(await post(raw), 400, 'invalid_json');
    },
  );

  it('is not JSON when it is not UTF-8', async () => {
    // RFC 8259, 8.1. Decoded all the same, each wrong byte would be U+FFFD: other passwords would do as well as this.
    const latin1 = Buffer.from('{"email":"ada@example.com","password":"\xe9t\xe9 \xe0 Paris"}', 'latin1');
    expectProblem(await post(Uint8Array.from(latin1)), 400, 'invalid_json');
  });

  it.each(['null', '[]', '"text"', '1', 'true', '[{"email":"ada@example.com"}]'])(
    'of %s is no object',
    async (raw) => {
      const answer = await post(raw);
      expectProblem(answer, 422, 'validation_failed');
      expect(answer.body.errors).toEqual([{ path: '', code: 'invalid_type', message: expect.any(String) }]);
    },
  );
});

describe('the answer 422', () => {
  it('says of a field that is not there that it is needed, and of another type which it has to be', async () => {
    const answer = await post('{"password":7}');
    expectProblem(answer, 422, 'validation_failed');
    expect(answer.body.errors).toEqual([
      { path: 'email', code: 'invalid_type', message: 'Is needed' },
      { path: 'password', code: 'invalid_type', message: expect.stringContaining('expected string') },
    ]);
  });

  it('names every field that is wrong, and every one that does not exist', async () => {
    const fields = {
      email: 'nobody',
      username: '!',
      name: '',
      given_name: 7,
      family_name: 'a'.repeat(101),
      phone_number: '020',
      country: 'GBR',
      locale: '??',
      session_cookie: 'yes',
      role: 'owner',
      email_verified: true,
    };
    // As text, for an object literal would take `__proto__` for its prototype.
    const raw = `{"__proto__":{"role":"owner"},"constructor":1,${JSON.stringify(fields).slice(1)}`;
    const answer = await post(raw);
    expectProblem(answer, 422, 'validation_failed');
    const unknown = ['__proto__', 'constructor', 'email_verified', 'role'];
    const found = answer.body.errors.map((error: any) => error.path).toSorted();
    expect(found).toEqual([...new Set([...Object.keys(fields), ...unknown, 'password'])].toSorted());
    for (const error of answer.body.errors) {
      expect(error).toEqual({
        path: error.path,
        code: expect.any(String),
        message: expect.stringMatching(/\w/),
      });
      expect(error.code === 'unknown_field').toBe(unknown.includes(error.path));
    }
  });

  it('repeats nothing of what was sent', async () => {
    const answer = await post(
      JSON.stringify({ email: 'sentinel', password: 'sentinel', country: 'sentinel' }),
    );
    expectProblem(answer, 422, 'validation_failed');
    expect(JSON.stringify(answer.body)).not.toContain('sentinel');
  });
});
