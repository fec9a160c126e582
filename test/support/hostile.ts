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

/** What people write into a field of that name. */
const PLAUSIBLE: Record<string, string[]> = {
  email: ['ada@example.com', 'ADA@Example.COM ', 'ada@exämple.com', '"a b"@example.com', 'a@b'],
  identifier: ['ada@example.com', 'ada', '+442071838750', 'a@b@c'],
  username: ['Ada_L', 'a.b-c', '007', 'a'],
  phone_number: ['+44 (20) 7183-8750', '0', '+0'],
  country: ['gb', 'ß', 'XX'],
  locale: ['EN-gb', 'x-private', 'en-u-ca-gregory', 'i-klingon', 'C'],
  picture: ['http://example.com', 'https://\ud800', 'https://a:b@c/', 'javascript:alert(1)'],
  refresh_token: [`lkr.usr_${'0'.repeat(26)}.ses_${'0'.repeat(26)}.1.${'a'.repeat(43)}`, 'lkr....'],
};

/** A value that a schema accepts, or nearly. */
function rightValue(name: string, schema: Json): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const types = [schema.type].flat();
  if (types.includes('boolean')) return fc.boolean();
  if (types.includes('integer') || types.includes('number')) return fc.integer();
  const { minLength = 0, maxLength = 300, example } = schema;
  const plausible = [...(PLAUSIBLE[name] ?? []), ...(example === undefined ? [] : [example, example])];
  return fc.oneof(
    fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 20) }),
    ...(plausible.length > 0 ? [{ arbitrary: fc.constantFrom(...plausible), weight: 5 }] : []),
  );
}

/**
 * JSON text of an object by its schema. Most fields that are required are there and right; others are wrong, strange
 * or absent, and some bodies have fields that do not exist. `given` overrides what a right value is.
 */
export function objectOf(schema: Json, given: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<string> {
  const fields = Object.entries<Json>(schema.properties ?? {}).map(([name, property]) => {
    const right = (given[name] ?? rightValue(name, property)).map((value) => JSON.stringify(value));
    const value = fc.oneof({ arbitrary: right, weight: 12 }, { arbitrary: anything, weight: 1 });
    const member = value.map((json) => `${JSON.stringify(name)}:${json}`);
    return maybe(member, schema.required?.includes(name) ? 15 : 1, 1);
  });
  const extra = maybe(
    dictionary.map((json) => json.slice(1, -1)),
    1,
    7,
  );
  return fc.tuple(...fields, extra).map((members) => `{${members.filter(Boolean).join(',')}}`);
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
