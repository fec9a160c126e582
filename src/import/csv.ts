import { FileError, type FileRecord, MAX_RECORD, type RecordReader } from './record.ts';

const QUOTED = /"([^"]*(?:""[^"]*)*)"(?!")/y;
const PLAIN = /[^",\r\n]*/y;
const LINE_END = /\r?\n/y;

/**
 * Reads CSV (RFC 4180): the first record names the columns; fields hold commas, quotes (doubled) and line ends when they
 * are quoted; lines end in CRLF or LF. Throws FileError, which names line and character, for whatever is not CSV: where
 * the records after it begin would be a guess, and text that a user once wrote could pass for a row.
 */
export class CsvReader implements RecordReader {
  /** The names of the columns, once they have been read. */
  header: string[] | null = null;
  #rest = '';
  #line = 1;

  *push(text: string): Iterable<FileRecord> {
    yield* this.#read(`${this.#rest}${text}`, false);
  }

  *end(): Iterable<FileRecord> {
    yield* this.#read(this.#rest, true);
    if (!this.header) throw new FileError('no_header', 'The file has no heading.');
  }

  *#read(text: string, isLast: boolean): Iterable<FileRecord> {
    let at = 0;
    while (at < text.length) {
      const parsed = this.#parse(text, at, isLast);
      const length = (parsed?.end ?? text.length) - at;
      if (length > MAX_RECORD) {
        const message = `has more than ${MAX_RECORD} characters, or a quote that is never closed`;
        throw new FileError('too_large', `The record at line ${this.#line} ${message}.`);
      }
      if (!parsed) break;
      const line = this.#line;
      this.#line += lineEnds(text, at, parsed.end);
      at = parsed.end;
      const record = this.#record(line, parsed.fields);
      if (record) yield record;
    }
    this.#rest = text.slice(at);
  }

  /** The record that begins there; null when the end of it is still to come. */
  #parse(text: string, start: number, isLast: boolean): { fields: string[]; end: number } | null {
    const fields: string[] = [];
    for (let at = start; ; at += 1) {
      const isQuoted = text[at] === '"';
      const field = match(isQuoted ? QUOTED : PLAIN, text, at);
      if (!field && !isLast) return null;
      if (!field) throw this.#error(text, start, at, 'a quote is never closed');
      fields.push(isQuoted ? (field[1] as string).replaceAll('""', '"') : field[0]);
      at += field[0].length;
      // What follows decides: a quote at the end of this piece may be the first of two.
      if (at === text.length) return isLast ? { fields, end: at } : null;
      if (text[at] === ',') continue;
      const lineEnd = match(LINE_END, text, at);
      if (lineEnd) return { fields, end: at + lineEnd[0].length };
      if (text[at] === '\r' && at + 1 === text.length && !isLast) return null;
      const what = isQuoted ? 'something follows a closing quote' : 'a quote or CR in a field without quotes';
      throw this.#error(text, start, at, what);
    }
  }

  #error(text: string, start: number, at: number, what: string): FileError {
    const line = this.#line + lineEnds(text, start, at);
    const character = at - Math.max(text.lastIndexOf('\n', at - 1), start - 1);
    return new FileError('invalid_csv', `Line ${line}, character ${character}: ${what}.`);
  }

  #record(line: number, fields: string[]): FileRecord | null {
    // An empty line, as files end in.
    if (fields.length === 1 && fields[0] === '') return null;
    if (!this.header) {
      this.header = headerOf(fields);
      return null;
    }
    if (fields.length !== this.header.length) {
      const message = `Has ${fields.length} fields instead of ${this.header.length}`;
      return { line, problem: { column: null, code: 'wrong_number_of_fields', message } };
    }
    return { line, values: Object.fromEntries(this.header.map((name, index) => [name, fields[index]])) };
  }
}

function headerOf(fields: string[]): string[] {
  const header = fields.map((field) => field.trim());
  if (header.includes('')) throw new FileError('no_header', 'A column has no name.');
  if (new Set(header).size < header.length) {
    throw new FileError('duplicate_column', 'Two columns have the same name.');
  }
  return header;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function lineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
