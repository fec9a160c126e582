import fc from 'fast-check';
import type { Json } from './contract.ts';

/** Names that mean something to an object which was written without care. */
export const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'];

const nested = (depth: number) => `${'{"a":['.repeat(depth)}${']}'.repeat(depth)}`;

/** Strings that break what was written with ASCII in mind: lone surrogates, NUL, invisible and endless ones. */
export const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\udfff\ud800',
    '\u202e\u200b\ufeff',
    'İ@İ.İ',
    'ﷺ'.repeat(100),
  ),
  fc.constantFrom("'; DROP TABLE users; --", '%00%ff{{7*7}}', ...PROTOTYPE_KEYS),
  fc.integer({ min: 200, max: 20_000 }).map((length) => 'é'.repeat(length)),
);

/** The value so many times, and undefined so many. */
export function maybe<T>(
  value: fc.Arbitrary<T>,
  times: number,
  without: number,
): fc.Arbitrary<T | undefined> {
  return fc.oneof(
    { arbitrary: fc.constant(undefined), weight: without },
    { arbitrary: value, weight: times },
  );
}

/** JSON text of an object with strange names. */
const dictionary = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...PROTOTYPE_KEYS), text), fc.jsonValue()), { maxLength: 3 })
  // Written as text, for an object literal would take `__proto__` for its prototype.
  .map((entries) => `{${entries.map((entry) => entry.map((part) => JSON.stringify(part)).join(':'))}}`);

/** JSON text of any type and shape. */
const anything = fc.oneof(
  text.map((value) => JSON.stringify(value)),
  fc.constantFrom('null', 'true', '0', '-0', '1e308', '1e999', '-1', '1.5', '9007199254740993', '[]', '{}'),
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  dictionary,
);

/** What is nearly right in a field of that name. */
const NEARLY: Record<string, string[]> = {
  email: ['ADA@Example.COM ', 'ada@exämple.com', '"a b"@example.com', 'a@b', 'ada@127.1'],
  identifier: ['ada', '+442071838750', 'a@b@c', ' ADA@example.com'],
  username: ['Ada_L', 'a.b-c', '007', 'a'],
  phone_number: ['+44 (20) 7183-8750', '0', '+0'],
  expires_at: ['2020-01-01T00:00:00Z', '9999-12-31T23:59:59+14:00', '2026-02-30T00:00:00Z', 'tomorrow'],
  country: ['gb', 'ß', 'XX'],
  locale: ['EN-gb', 'x-private', 'en-u-ca-gregory', 'i-klingon', 'C'],
  picture: ['http://example.com', 'https://\ud800', 'https://a:b@c/', 'javascript:alert(1)'],
  refresh_token: [`lkr.usr_${'0'.repeat(26)}.ses_${'0'.repeat(26)}.1.${'a'.repeat(43)}`, 'lkr....'],
};

function rightValue(schema: Json): fc.Arbitrary<unknown> {
  if (schema.example !== undefined) return fc.constant(schema.example);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const types = [schema.type].flat();
  if (types.includes('boolean')) return fc.boolean();
  if (types.includes('integer') || types.includes('number')) return fc.integer();
  const { minLength = 0, maxLength = 300 } = schema;
  return fc.string({ unit: 'grapheme-ascii', minLength, maxLength: Math.min(maxLength, minLength + 20) });
}

/** JSON text of an object whose members are JSON text, those that are required more often than the others. */
function objectText(members: Record<string, fc.Arbitrary<string>>, schema: Json, often: number) {
  const each = Object.entries(members).map(([name, value]) =>
    maybe(
      value.map((json) => `${JSON.stringify(name)}:${json}`),
      schema.required?.includes(name) ? often : 1,
      1,
    ),
  );
  return fc.tuple(...each).map((present) => present.filter((member) => member !== undefined));
}

/**
 * JSON text by a schema: some of it right, most with a field that is nearly right, of a wrong type or absent, or with
 * fields that do not exist. `given` says what is right where the schema cannot.
 */
export function bodyText(schema: Json, given: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<string> {
  const right: Record<string, fc.Arbitrary<string>> = {};
  const mixed: Record<string, fc.Arbitrary<string>> = {};
  for (const [name, property] of Object.entries<Json>(schema.properties ?? {})) {
    const json = (given[name] ?? rightValue(property)).map((value) => JSON.stringify(value));
    const nearly = fc.constantFrom(...(NEARLY[name] ?? ['']), null).map((value) => JSON.stringify(value));
    right[name] = json;
    mixed[name] = fc.oneof(
      { arbitrary: json, weight: 8 },
      { arbitrary: nearly, weight: 3 },
      { arbitrary: anything, weight: 1 },
    );
  }
  const extra = dictionary.map((json) => json.slice(1, -1)).filter((members) => members !== '');
  return fc
    .oneof(
      { arbitrary: objectText(right, schema, 1e6), weight: 2 },
      { arbitrary: objectText(mixed, schema, 15), weight: 2 },
      {
        arbitrary: fc
          .tuple(objectText(mixed, schema, 15), extra)
          .map(([members, more]) => [...members, more]),
        weight: 1,
      },
    )
    .map((members) => `{${members.join(',')}}`);
}

/** Bodies that follow no schema; many are not JSON, some not even text. */
export const shapeless: fc.Arbitrary<string | Uint8Array<ArrayBuffer>> = fc.oneof(
  anything,
  fc.string(),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes)),
  fc.constantFrom('', ' ', '{', '{"a":1', '[1,]', "{'a':1}", '{"a":1}{}', 'NaN', '\ufeff{}', '"\ud800"'),
  fc.constantFrom(10, 1000, 8000).map(nested),
  fc.constantFrom(10, 65_536).map((depth) => '['.repeat(depth)),
  fc.integer({ min: 65_530, max: 70_000 }).map((length) => `"${'a'.repeat(length)}"`),
);
