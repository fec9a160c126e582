import fc from 'fast-check';
import { ORIGIN } from './api.ts';
import { PROTOTYPE_KEYS } from './hostile.ts';

export type Header = [name: string, value: string];

const JSON_TYPES = [
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
  'application/json;',
  'application/json ; charset=utf-8',
  'application/json; charset',
  'application/json; profile="a;b"',
  'application/json;charset=utf-16',
];
const OTHER_TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'application/jsonx',
  'application/problem+json',
  'application/json, text/plain',
  ',',
  '',
];

const header = (name: string, value: fc.Arbitrary<string>) => value.map((content): Header => [name, content]);

/** Whatever a header may hold by RFC 9110, 5.5, of ASCII: the platform writes the rest as UTF-8, with a warning. */
const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
});

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Almost a JWT. */
const jwt = fc
  .tuple(
    fc.record(
      {
        alg: fc.constantFrom<unknown>('ES256', 'none', 'HS256', 'RS256', null, 7),
        typ: fc.constantFrom<unknown>('at+jwt', 'JWT', '', {}),
        kid: fc.constantFrom<unknown>(...PROTOTYPE_KEYS, '', null, '\0', 'a'.repeat(5000)),
        crit: fc.constantFrom<unknown>([], ['b64'], 'b64'),
        b64: fc.boolean(),
        jwk: fc.constant({ kty: 'oct', k: 'AA' }),
      },
      { requiredKeys: ['alg'] },
    ),
    fc.constantFrom<unknown>({}, [], null, 'x', { sub: 'usr_x', sid: 'ses_x', exp: 1e15 }, { exp: 'soon' }),
    fc.constantFrom('', 'AA', '====', 'A'.repeat(86), '.'),
  )
  .map(([head, payload, signature]) => `${base64url(head)}.${base64url(payload)}.${signature}`);

const refreshToken = fc.constantFrom(
  `lkr.usr_${'0'.repeat(26)}.ses_${'0'.repeat(26)}.1.${'a'.repeat(43)}`,
  'lkr....',
  '%00',
  '%zz',
  'a'.repeat(5000),
);

/** JSON in three of four, mostly written as everybody writes it. */
export const contentType = header(
  'content-type',
  fc.oneof(
    { arbitrary: fc.constant('application/json'), weight: 24 },
    { arbitrary: fc.constantFrom(...JSON_TYPES), weight: 3 },
    { arbitrary: fc.constantFrom(...OTHER_TYPES), weight: 2 },
    { arbitrary: printable, weight: 1 },
  ),
);

/** Of a form (RFC 6749, Appendix B), mostly. */
export const formType = fc.oneof(
  { arbitrary: fc.constant<Header>(['content-type', 'application/x-www-form-urlencoded']), weight: 9 },
  { arbitrary: contentType, weight: 1 },
);

/** Credentials that are none. */
export const forgedCredential = fc.oneof(
  header(
    'authorization',
    jwt.map((token) => `Bearer ${token}`),
  ),
  header(
    'authorization',
    printable.map((token) => `Bearer ${token}`),
  ),
  header('authorization', fc.constantFrom('', 'Bearer', 'bearer  a', 'DPoP a', 'Bearer a, Bearer b', '\t')),
  header(
    'cookie',
    refreshToken.map((token) => `__Host-latchkey=${token}; __Host-latchkey=2`),
  ),
  header(
    'x-api-key',
    fc.oneof(printable, fc.constantFrom('', 'lkk_', `lkk_${'0'.repeat(26)}_${'a'.repeat(43)}`)),
  ),
  header('cookie', fc.oneof(printable, fc.constantFrom('=', ';;=;', '__proto__=1', '__Host-latchkey="'))),
);

/** Origins, of which most may call. */
export const origin = header(
  'origin',
  fc.oneof(
    { arbitrary: fc.constantFrom(ORIGIN, 'http://localhost:5173'), weight: 9 },
    { arbitrary: fc.constantFrom('https://evil.test', 'null', '', '\\', `${ORIGIN}.evil.test`), weight: 1 },
  ),
);

/** Headers that say nothing to this service. */
export const otherHeader = fc.oneof(
  header(
    'user-agent',
    fc.oneof(printable, fc.constantFrom('', '(', 'constructor/1', 'Mozilla/5.0 ('.repeat(500))),
  ),
  header('x-forwarded-for', printable),
  header('x-request-id', printable),
  header('accept-language', printable),
  header('x-http-method-override', fc.constantFrom('DELETE', 'PATCH')),
  header('accept', fc.constantFrom('text/html', '', '*/*;q=0')),
  header('range', fc.constant('bytes=0-0')),
  header('if-none-match', fc.constant('*')),
);
