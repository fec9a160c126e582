/** Why a record or a row cannot be taken. Names the column where one is to blame, and never says what stood there. */
export interface RowProblem {
  /** The column as our own names go, or the heading of theirs; null when it is the record as a whole. */
  column: string | null;
  code: string;
  message: string;
}

/** One record of a file, from the line (from 1 on) where it begins; or why it is none. */
export type FileRecord =
  | { line: number; values: Record<string, unknown> }
  | { line: number; problem: RowProblem };

/** The file as a whole cannot be read as what it is said to be. */
export class FileError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'FileError';
    this.code = code;
  }
}

/** Takes a file in pieces and gives its records: `push` those that are complete, `end` what is left. */
export interface RecordReader {
  push(text: string): Iterable<FileRecord>;
  end(): Iterable<FileRecord>;
}

/** Characters of one record. */
export const MAX_RECORD = 64 * 1024;
const MAX_DEPTH = 32;

/**
 * What text is in a record that must not be: NUL, at which SQLite ends a text; half of a character; and what a decoder
 * puts in the place of bytes that are not UTF-8. Also structure deeper than anything sensible.
 */
export function textProblem(value: unknown, depth = 0): Omit<RowProblem, 'column'> | null {
  if (typeof value === 'string') {
    if (value.includes('\0')) return { code: 'null_character', message: 'Holds a NUL character' };
    if (value.includes('\ufffd')) return { code: 'not_utf8', message: 'Is not UTF-8' };
    if (!value.isWellFormed()) return { code: 'lone_surrogate', message: 'Must be whole characters' };
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (depth === MAX_DEPTH) return { code: 'too_deep', message: 'Is nested too deeply' };
  for (const [key, item] of Object.entries(value)) {
    const problem = textProblem(key) ?? textProblem(item, depth + 1);
    if (problem) return problem;
  }
  return null;
}

/** A record that has more than MAX_RECORD characters. */
export function tooLarge(line: number): FileRecord {
  const message = `Has more than ${MAX_RECORD} characters`;
  return { line, problem: { column: null, code: 'too_large', message } };
}

/** The record that a text of JSON is, from that line; a problem when it is too long, or no object. */
export function parseRecord(text: string, line: number): FileRecord {
  if (text.length > MAX_RECORD) return tooLarge(line);
  try {
    const values = JSON.parse(text);
    if (typeof values === 'object' && values !== null && !Array.isArray(values)) return { line, values };
    return { line, problem: { column: null, code: 'invalid_json', message: 'Is not a JSON object' } };
  } catch {
    // The parser's own message quotes what it met.
    return { line, problem: { column: null, code: 'invalid_json', message: 'Is not JSON' } };
  }
}
