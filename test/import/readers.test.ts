import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvReader } from '../../src/import/csv.ts';
import { storedHash } from '../../src/import/hash-format.ts';
import { JsonReader } from '../../src/import/json.ts';
import { NdjsonReader } from '../../src/import/ndjson.ts';
import { type FileRecord, MAX_RECORD, type RecordReader } from '../../src/import/record.ts';

/** Reads a text in pieces of that length. */
function read(reader: RecordReader, text: string, length = text.length || 1): FileRecord[] {
  const records: FileRecord[] = [];
  for (let at = 0; at < text.length; at += length) records.push(...reader.push(text.slice(at, at + length)));
  return [...records, ...reader.end()];
}

const csv = (text: string, length?: number) => read(new CsvReader(), text, length);

describe('CSV', () => {
  const field = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '\r\n', ' '), maxLength: 8 }),
  );

  it('gives back any table, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(field, field), { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n'),
        fc.integer({ min: 1, max: 30 }),
        (rows, lineEnd, length) => {
          const quote = (value: string) =>
            /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
          const text = [['one', 'two'], ...rows].map((row) => row.map(quote).join(',')).join(lineEnd);
          const expected = rows.map(([one, two]) => ({ one, two }));
          const records = csv(text, length).map((record) => 'values' in record && record.values);
          expect(records).toEqual(expected);
        },
      ),
    );
  });

  it('knows the line where each record begins', () => {
    const lines = csv('a,b\r\n1,2\r\n"x\ny",2\r\n\r\n3,4\n').map(({ line }) => line);
    expect(lines).toEqual([2, 3, 6]);
  });

  it('reports a record with too few fields, and reads on', () => {
    const [short, next] = csv('a,b\n1\n3,4\n');
    expect(short).toMatchObject({ line: 2, problem: { code: 'wrong_number_of_fields' } });
    expect(next).toEqual({ line: 3, values: { a: '3', b: '4' } });
  });

  it.each([
    ['a quote in a plain field', 'a,b\n1,2\n3,x"4\n', 'Line 3, character 4: a quote or CR'],
    ['text after a closing quote', 'a\n"x" y\n', 'Line 2, character 4: something follows'],
    ['a lone CR', 'a\nx\ry\n', 'Line 2, character 2: a quote or CR'],
    ['a quote that is never closed', 'a,b\n1,"2\n3,4\n', 'Line 2, character 3: a quote is never closed'],
    ['a record without end', `a\n"${'x\n'.repeat(MAX_RECORD)}`, 'The record at line 2 has more than'],
    ['a heading that names a column twice', 'a,a\n1,2\n', 'Two columns have the same name'],
    ['a heading with a nameless column', 'a,\n1,2\n', 'A column has no name'],
    ['no heading', '', 'The file has no heading'],
  ])('is none with %s', (_, text, message) => {
    for (const length of text.length > 1000 ? [5000, 1e6] : [1, 7, 1000])
      expect(() => csv(text, length)).toThrow(message);
  });
});

describe('NDJSON', () => {
  it('is read line by line, in whatever pieces it comes', () => {
    const text = '{"a":1}\r\n\n{"a":\n[1]\n"x"\n{"__proto__":{"b":1}}';
    for (const length of [1, 5, 1000]) {
      const records = read(new NdjsonReader(), text, length);
      expect(records.map(({ line }) => line)).toEqual([1, 3, 4, 5, 6]);
      expect(records.map((record) => 'problem' in record && record.problem.code)).toEqual([
        false,
        'invalid_json',
        'invalid_json',
        'invalid_json',
        false,
      ]);
      expect(({} as Record<string, unknown>).b).toBeUndefined();
    }
  });

  it('passes over a line that is too long, whole', () => {
    const text = `{"a":1}\n${'x'.repeat(3 * MAX_RECORD)}\n{"a":2}\n`;
    for (const length of [1000, MAX_RECORD, 10 * MAX_RECORD]) {
      const records = read(new NdjsonReader(), text, length);
      expect(records).toMatchObject([
        { line: 1, values: { a: 1 } },
        { line: 2, problem: { code: 'too_large' } },
        { line: 3, values: { a: 2 } },
      ]);
    }
  });
});

describe('a salted SHA-256', () => {
  const hex = 'a'.repeat(64);
  const format = { algorithm: 'sha256', order: 'password_salt', digest: 'hex', first: 'salt' } as const;
  const digest = Buffer.from(hex, 'hex').toString('base64');
  const stored = (salt: string) => `$sha256$o=ps$${Buffer.from(salt).toString('base64')}$${digest}`;

  it.each([
    ['in two columns', hex, 's4lt', { ...format, salt: 'text' as const }],
    ['in one', `s4lt:${hex}`, undefined, { ...format, salt: 'text' as const, separator: ':' }],
    [
      'in one, digest first',
      `${hex}$s4lt`,
      undefined,
      { ...format, salt: 'text' as const, separator: '$', first: 'digest' as const },
    ],
    ['with a salt in hex', hex, '73346c74', { ...format, salt: 'hex' as const }],
  ])('%s is written in our notation', (_, hash, salt, how) => {
    expect(storedHash(hash, salt, how)).toBe(stored('s4lt'));
  });

  it('leaves a hash that has a notation as it is', () => {
    const bcrypt = `$2b$10$${'a'.repeat(53)}`;
    expect(storedHash(` ${bcrypt}\n`, 's4lt', { ...format, salt: 'text' })).toBe(bcrypt);
  });
});

describe('JSON', () => {
  const json = (text: string, length?: number) => read(new JsonReader(), text, length);

  it('gives back any objects, in an array or one after another, however written and in whatever pieces', () => {
    const object = fc.dictionary(
      fc.string({ maxLength: 4 }),
      fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: fc.constantFrom('"', '\\', '{', ']', 'a') })),
      { maxKeys: 3, noNullPrototype: true },
    );
    fc.assert(
      fc.property(
        fc.array(object, { maxLength: 5 }),
        fc.constantFrom(undefined, 2),
        fc.boolean(),
        fc.integer({ min: 1, max: 30 }),
        (rows, indent, isArray, length) => {
          const written = rows.map((row) => JSON.stringify(row, null, indent));
          const text = isArray ? JSON.stringify(rows, null, indent) : written.join('\n');
          const records = json(text, length).map((record) => 'values' in record && record.values);
          expect(records).toEqual(JSON.parse(JSON.stringify(rows)));
        },
      ),
    );
  });

  it('knows the line where each record begins', () => {
    const text = '[{"a":1,\n"b":"{"},\n\n {"a":2},{"a":3}\n]\n';
    expect(json(text, 3).map(({ line }) => line)).toEqual([1, 4, 4]);
  });

  it('reports what is no JSON and what is too long, and reads on', () => {
    const long = `{"a":"${'x'.repeat(MAX_RECORD)}"}`;
    const records = json(`[{"a":1},\n{a:1},\n${long},\n{"a":2}]`, 1000);
    expect(records).toMatchObject([
      { line: 1, values: { a: 1 } },
      { line: 2, problem: { code: 'invalid_json' } },
      { line: 3, problem: { code: 'too_large' } },
      { line: 4, values: { a: 2 } },
    ]);
  });

  it.each([
    ['a number', '[{},\n1]', 'Line 2 is no JSON'],
    ['a missing comma', '[{}\n{}]', 'Line 2 is no JSON'],
    ['a comma at the end', '[{},]', 'Line 1 is no JSON'],
    ['text behind the array', '[{}]\n{}', 'Line 2 is no JSON'],
    ['an array without end', '[{}', 'The array has no end'],
    ['a record without end', '[{},\n{"a": "}]', 'The record at line 2 has no end'],
  ])('refuses %s', (_, text, message) => {
    expect(() => json(text, 2)).toThrow(message);
  });
});
