import { CsvReader } from './csv.ts';
import { JsonReader } from './json.ts';
import { NdjsonReader } from './ndjson.ts';
import type { FileRecord, RecordReader } from './record.ts';

/** Media types that a request takes (RFC 4180; NDJSON has none that is registered). */
export const FORMATS = {
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'text/csv': 'csv',
} as const;

/** What a file can be; `json` is an array of objects, or objects over several lines. */
export type FileFormat = (typeof FORMATS)[keyof typeof FORMATS] | 'json';

/** A reader of files of that format. */
export function readerOf(format: FileFormat): RecordReader {
  if (format === 'csv') return new CsvReader();
  return format === 'json' ? new JsonReader() : new NdjsonReader();
}

/** The first records of a file, at most so many. Throws FileError. */
export function readRecords(bytes: ArrayBuffer, format: FileFormat, limit: number): FileRecord[] {
  const reader = readerOf(format);
  const records: FileRecord[] = [];
  // Bytes that are not UTF-8 become a sign by which their row is refused; a byte order mark is none of the text.
  const text = new TextDecoder().decode(bytes);
  for (const part of [() => reader.push(text), () => reader.end()]) {
    for (const record of part()) {
      records.push(record);
      if (records.length === limit) return records;
    }
  }
  return records;
}
