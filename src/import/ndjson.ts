import { type FileRecord, MAX_RECORD, parseRecord, type RecordReader, tooLarge } from './record.ts';

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
    yield parseRecord(text, this.#line);
  }
}
