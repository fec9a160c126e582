import { type FileRecord, MAX_RECORD, type RecordReader } from './record.ts';

/** Reads NDJSON: one JSON object a line. Empty lines count as lines and are no records. */
export class NdjsonReader implements RecordReader {
  #line = 0;
  #rest = '';
  /** The line under way has been refused for its length; the rest of it is passed over. */
  #skipping = false;

  *push(text: string): Iterable<FileRecord> {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop() as string;
    for (const line of lines) yield* this.#record(line);
    if (this.#rest.length <= MAX_RECORD) return;
    if (!this.#skipping) yield tooLarge(this.#line + 1);
    this.#skipping = true;
    this.#rest = '';
  }

  *end(): Iterable<FileRecord> {
    yield* this.#record(this.#rest);
    this.#rest = '';
  }

  *#record(text: string): Iterable<FileRecord> {
    this.#line += 1;
    const wasSkipping = this.#skipping;
    this.#skipping = false;
    if (wasSkipping || text.trim() === '') return;
    if (text.length > MAX_RECORD) yield tooLarge(this.#line);
    else yield parseRecord(text, this.#line);
  }
}

/** A record that has more than MAX_RECORD characters. */
export function tooLarge(line: number): FileRecord {
  const message = `Has more than ${MAX_RECORD} characters`;
  return { line, problem: { column: null, code: 'too_large', message } };
}

/** The record that a text of JSON is, from that line; a problem when it is no object. */
export function parseRecord(text: string, line: number): FileRecord {
  try {
    const values = JSON.parse(text);
    if (typeof values === 'object' && values !== null && !Array.isArray(values)) return { line, values };
    return { line, problem: { column: null, code: 'invalid_json', message: 'Is not a JSON object' } };
  } catch {
    // The parser's own message quotes what it met.
    return { line, problem: { column: null, code: 'invalid_json', message: 'Is not JSON' } };
  }
}
