import { FileError, type FileRecord, MAX_RECORD, parseRecord, type RecordReader } from './record.ts';

/** What may come between records, by what came before, and what it leads to. `{` begins a record. */
const NEXT: Record<string, Record<string, string>> = {
  start: { '[': 'opened', '{': 'objects' },
  objects: { '{': 'objects' },
  opened: { '{': 'followed', ']': 'closed' },
  followed: { ',': 'item', ']': 'closed' },
  item: { '{': 'followed' },
  closed: {},
  // The same of an array that an object holds.
  openedWithin: { '{': 'followedWithin', ']': 'closedWithin' },
  followedWithin: { ',': 'itemWithin', ']': 'closedWithin' },
  itemWithin: { '{': 'followedWithin' },
  closedWithin: { '}': 'closed' },
};
/** What an object begins with that holds the array. */
const HOLDER = /^\{\s*"users"\s*:\s*\[$/;
const ENDS = ['start', 'objects', 'closed'];

/**
 * Reads JSON: an array of objects, or objects one after another, each over as many lines as it likes; also the array that
 * `{ "users": […] }` holds, as Firebase exports them. Holds one record at a time. Throws FileError, which names the line,
 * for whatever is none of these: where the records after it begin would be a guess.
 */
export class JsonReader implements RecordReader {
  #line = 1;
  #state = 'start';
  /** Brackets that are open in the record under way; none between records. */
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #text = '';
  #startLine = 1;
  #isFirst = true;

  *push(text: string): Iterable<FileRecord> {
    for (let at = 0; at < text.length; ) {
      if (this.#depth === 0) {
        at = this.#between(text, at);
        continue;
      }
      const end = this.#within(text, at);
      // Of a record that is too long already, no more than that is kept.
      if (this.#text.length <= MAX_RECORD) this.#text += text.slice(at, end);
      this.#line += text.slice(at, end).split('\n').length - 1;
      at = end;
      if (this.#isFirst && HOLDER.test(this.#text)) {
        this.#state = 'openedWithin';
        this.#depth = 0;
        this.#isFirst = false;
      } else if (this.#depth === 0) yield this.#record();
    }
  }

  end(): Iterable<FileRecord> {
    if (this.#depth > 0) throw this.#error(`The record at line ${this.#startLine} has no end`);
    if (!ENDS.includes(this.#state)) throw this.#error('The array has no end');
    return [];
  }

  /** Reads one character between records. */
  #between(text: string, at: number): number {
    const character = text[at] as string;
    if (character === '\n') this.#line += 1;
    if (/\s/.test(character)) return at + 1;
    const next = NEXT[this.#state]?.[character];
    if (!next) throw this.#error(`Line ${this.#line} is no JSON that is an array of objects`);
    this.#state = next;
    if (character !== '{') return at + 1;
    this.#depth = 1;
    this.#text = '{';
    this.#startLine = this.#line;
    return at + 1;
  }

  /** Reads on to the end of the record, or of the text. */
  #within(text: string, start: number): number {
    let at = start;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      at += 1;
    }
    while (at < text.length) {
      const pattern = this.#inString ? /["\\]/g : /["{}[\]]/g;
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (!found) return text.length;
      at = found.index + 1;
      if (found[0] === '"') this.#inString = !this.#inString;
      else if (found[0] === '\\') {
        this.#isEscaped = at === text.length;
        at = Math.min(at + 1, text.length);
      } else this.#depth += found[0] === '{' || found[0] === '[' ? 1 : -1;
      if (this.#depth === 0 || (this.#isFirst && this.#depth === 2 && found[0] === '[')) return at;
    }
    return at;
  }

  #record(): FileRecord {
    const text = this.#text;
    this.#text = '';
    this.#isFirst = false;
    return parseRecord(text, this.#startLine);
  }

  #error(what: string): FileError {
    return new FileError('invalid_json', `${what}.`);
  }
}
