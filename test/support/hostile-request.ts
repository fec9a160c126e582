import fc from 'fast-check';
import { ORIGIN } from './api.ts';
import type { Json, Operation } from './contract.ts';
import { maybe, objectOf, PROTOTYPE_KEYS, shapeless, text } from './hostile.ts';

/** A request as it is sent. */
export interface HostileRequest {
  method: string;
  url: string;
  headers: [string, string][];
  body: string | Uint8Array<ArrayBuffer> | undefined;
  /** A live session to present; then none of the headers is Authorization or Cookie. */
  session: 'none' | 'token' | 'cookie';
  /** Whether method and URL are those of the operation, so that nothing but the operation may answer. */
  isAddressed: boolean;
}

/** Every method that the platform lets through besides those that operations have. */
const ODD_METHODS = [
  'HEAD',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'PROPFIND',
  'PURGE',
  'DELETE',
  'PUT',
  'PATCH',
  'POST',
  'GET',
];
const ODD_REALMS = [
  '%00',
  'nobody',
  'DEFAULT',
  '%64efault',
  '__proto__',
  '..',
  '%2e%2e',
  '',
  'a'.repeat(3000),
  '*',
  '😀',
];
const ODD_SEGMENTS = ['', '.', '..', '%2e%2E', 'a/b', '\\', '?', '#'];
const SEGMENTS = [
  '%',
  '%zz',
  '%00',
  '%E0%A4%A',
  '%2F',
  ':id',
  '{id}',
  '*',
  ';a=b',
  '😀',
  'x'.repeat(8000),
  ...PROTOTYPE_KEYS,
];
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

const base64url = (value: unknown) =>
  btoa(typeof value === 'string' ? value : JSON.stringify(value))
    .replaceAll('+', '-')
    .replaceAll('/', '_');

/** Almost a JWT. */
const jwt = fc
  .tuple(
    fc.record(
      {
        alg: fc.constantFrom('ES256', 'none', 'HS256', 'RS256', null, 7),
        typ: fc.constantFrom('at+jwt', 'JWT', '', {}),
        kid: fc.oneof(
          fc.constantFrom(...PROTOTYPE_KEYS, '', null, 'a'.repeat(5000)),
          fc.string({ unit: 'grapheme-ascii' }),
        ),
        crit: fc.constantFrom([], ['b64'], 'b64'),
        b64: fc.boolean(),
        jwk: fc.constant({ kty: 'oct', k: 'AA' }),
      },
      { requiredKeys: ['alg'] },
    ),
    fc.constantFrom<unknown>(
      {},
      [],
      null,
      'x',
      { sub: 'usr_x', sid: 'ses_x', exp: 1e15 },
      { exp: 'soon' },
      { exp: 0 },
    ),
    fc.constantFrom('', 'AA', '====', 'A'.repeat(86), '.'),
  )
  .map(([header, payload, signature]) => `${base64url(header)}.${base64url(payload)}.${signature}`);

const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
});
const refreshToken = fc.constantFrom(
  `lkr.usr_${'0'.repeat(26)}.ses_${'0'.repeat(26)}.1.${'a'.repeat(43)}`,
  'lkr....',
  '%00',
  '%zz',
  'a'.repeat(5000),
);
const header = (name: string, value: fc.Arbitrary<string>) =>
  value.map((content): [string, string] => [name, content]);

const contentType = header(
  'content-type',
  fc.oneof(
    { arbitrary: fc.constant('application/json'), weight: 16 },
    { arbitrary: fc.constantFrom(...JSON_TYPES), weight: 2 },
    { arbitrary: fc.constantFrom(...OTHER_TYPES), weight: 1 },
    { arbitrary: printable, weight: 1 },
  ),
);
const stranger = fc.oneof(
  header(
    'authorization',
    fc.oneof(jwt, printable).map((token) => `Bearer ${token}`),
  ),
  header(
    'authorization',
    fc.oneof(printable, fc.constantFrom('', 'Bearer', 'bearer  a', 'DPoP a', 'Bearer a, Bearer b')),
  ),
  header(
    'cookie',
    refreshToken.map((token) => `__Host-latchkey=${token}; __Host-latchkey=2`),
  ),
  header('cookie', fc.oneof(printable, fc.constantFrom('=', ';;=;', '__proto__=1', '__Host-latchkey="'))),
);
const other = fc.oneof(
  header(
    'user-agent',
    fc.oneof(printable, fc.constantFrom('', '(', 'constructor/1', 'Mozilla/5.0 ('.repeat(500))),
  ),
  header('x-forwarded-for', printable),
  header('x-http-method-override', fc.constantFrom('DELETE', 'PATCH')),
  header('x-request-id', printable),
  header('accept', fc.constantFrom('text/html', '', '*/*;q=0')),
  header('accept-language', printable),
  header('range', fc.constant('bytes=0-0')),
  header('if-none-match', fc.constant('*')),
);
const origin = fc.constantFrom(
  ORIGIN,
  ORIGIN,
  ORIGIN,
  'http://localhost:5173',
  'https://evil.test',
  'null',
  '',
  '\\',
);

/** A path that is the operation's, in a realm that exists, or else not quite. */
function addresses(
  { path }: Operation,
  realms: string[],
): fc.Arbitrary<{ path: string; isAddressed: boolean }> {
  const usual = fc.oneof(
    fc.constantFrom('ses_01j9zq7kfrv1tq0yw3c5d8e2ab', ...SEGMENTS),
    text.map((value) => encodeURIComponent(value.toWellFormed())),
  );
  const filled = (segment: fc.Arbitrary<string>) =>
    segment.map((value) => path.replaceAll(/\{\w+\}/g, () => value));
  const right = filled(usual.filter((segment) => segment !== '' && !/^(\.|%2e){1,2}$/i.test(segment)));
  const hasRealms = /^\/(v1|\.well-known)\//.test(path);
  const inRealm = fc.constantFrom('', '', '', ...(hasRealms ? realms.map((id) => `/realms/${id}`) : []));
  const odd = fc.oneof(
    fc.tuple(fc.constantFrom(...ODD_REALMS), right).map(([realm, rest]) => `/realms/${realm}${rest}`),
    filled(fc.constantFrom(...ODD_SEGMENTS)),
    right.map((rest) => `${rest}/`),
    right.map((rest) => `/${rest}`),
  );
  return fc.oneof(
    {
      arbitrary: fc
        .tuple(inRealm, right)
        .map(([prefix, rest]) => ({ path: prefix + rest, isAddressed: true })),
      weight: 9,
    },
    { arbitrary: odd.map((oddPath) => ({ path: oddPath, isAddressed: false })), weight: 1 },
  );
}

const queries = fc.oneof(
  { arbitrary: fc.constant(''), weight: 3 },
  {
    arbitrary: fc.constantFrom(
      '?deep=1',
      '?deep=0',
      '?deep=1&deep=1',
      '?deep=%zz',
      '?&&==&',
      '?__proto__=1&constructor=2',
      '?%00',
      `?${'a=b&'.repeat(4000)}`,
    ),
    weight: 1,
  },
  { arbitrary: text.map((value) => `?deep=${encodeURIComponent(value.toWellFormed())}`), weight: 1 },
);

/** Bodies for an operation: mostly by its schema, when it has one. */
function bodies({ definition }: Operation, document: Json, given: Record<string, fc.Arbitrary<unknown>>) {
  const schema = definition.requestBody?.content['application/json'].schema;
  if (!schema) return maybe(shapeless, 1, 7);
  const resolved = schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)] : schema;
  return fc.oneof(
    { arbitrary: objectOf(resolved, given), weight: 8 },
    { arbitrary: shapeless, weight: 1 },
    { arbitrary: fc.constant(undefined), weight: 1 },
  );
}

/** Requests to an operation, from right to absurd. */
export function requestsTo(
  operation: Operation,
  options: { document: Json; realms: string[]; given?: Record<string, fc.Arbitrary<unknown>> },
): fc.Arbitrary<HostileRequest> {
  const method = fc.oneof(
    { arbitrary: fc.constant(operation.method), weight: 14 },
    { arbitrary: fc.constantFrom(...ODD_METHODS), weight: 1 },
  );
  return fc
    .record({
      method,
      address: addresses(operation, options.realms),
      query: queries,
      contentType,
      stranger: maybe(stranger, 1, 1),
      others: fc.array(other, { maxLength: 2 }),
      origin: maybe(header('origin', origin), 1, 1),
      session: fc.constantFrom<HostileRequest['session']>('none', 'token', 'token', 'cookie'),
      body: bodies(operation, options.document, options.given ?? {}),
    })
    .map(
      (parts): HostileRequest => ({
        method: parts.method,
        url: `${ORIGIN}${parts.address.path}${parts.query}`,
        headers: [
          ...(parts.body === undefined ? [] : [parts.contentType]),
          ...(parts.session === 'none' && parts.stranger ? [parts.stranger] : []),
          ...(parts.origin ? [parts.origin] : []),
          ...parts.others,
        ],
        body: ['GET', 'HEAD'].includes(parts.method) ? undefined : parts.body,
        session: parts.session,
        isAddressed: parts.method === operation.method && parts.address.isAddressed,
      }),
    );
}
