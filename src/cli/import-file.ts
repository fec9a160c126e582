import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FirebaseParameters } from '../crypto/hash-notations.ts';
import { EmailField } from '../directory/schemas.ts';
import { CsvReader } from '../import/csv.ts';
import { type FileFormat, readerOf } from '../import/file.ts';
import { type Mapping, mapRecord, type RecordMapping, unknownColumns } from '../import/mapping.ts';
import { FileError, type FileRecord, type RowProblem } from '../import/record.ts';
import { IdentitiesField, PasskeysField } from '../import/row.ts';
import { mappingOf, type SourceName } from '../import/service-mappings.ts';
import { EncryptedRecords } from './encrypted-record.ts';
import { FirebaseHashes } from './firebase-hashes.ts';

/** A file of users, and how to read it. */
export interface ImportFile {
  path: string;
  format: FileFormat;
  /** Whose users table it is a dump of, if it is one of those that are known. */
  service: SourceName | undefined;
  /** What makes the hashes of a Firebase project. */
  firebase?: FirebaseParameters | null;
  /** What is laid over what is known of it. */
  mapping: Mapping;
}

/** The records of a file, which may be larger than memory. Throws FileError. */
export async function* recordsOf(
  { path, format, service, firebase, mapping }: ImportFile,
  onBytes: (bytes: Buffer) => void = () => {},
): AsyncGenerator<FileRecord> {
  const decoder = new TextDecoder();
  const reader = readerOf(format);
  const encrypted = service === 'two-user-types' ? new EncryptedRecords(process.env.ENCRYPTION_KEY) : null;
  const hashes = service === 'firebase' ? new FirebaseHashes(firebase ?? null) : null;
  const open = (record: FileRecord) => encrypted?.open(record) ?? hashes?.open(record) ?? record;
  let isChecked = false;
  const checkHeader = () => {
    if (isChecked || !(reader instanceof CsvReader) || !reader.header) return;
    isChecked = true;
    const unknown = unknownColumns(reader.header, mappingOf(service, mapping));
    if (unknown.length === 0) return;
    const message = `These columns are unknown: ${unknown.join(', ')}. Name them in a --mapping; null leaves one behind.`;
    throw new FileError('unknown_column', message);
  };
  for await (const bytes of createReadStream(path)) {
    onBytes(bytes);
    for (const record of reader.push(decoder.decode(bytes, { stream: true }))) {
      checkHeader();
      yield open(record);
    }
  }
  for (const rest of [() => reader.push(decoder.decode()), () => reader.end()]) {
    for (const record of rest()) yield open(record);
  }
  checkHeader();
}

/** Reads a file to its end: how many records it has, and a name by which the same file is known again. */
export async function surveyFile(file: ImportFile): Promise<{ rows: number; id: string }> {
  const hash = createHash('sha256').update(`${file.service ?? ''}${JSON.stringify(file.mapping)}`);
  let rows = 0;
  for await (const _ of recordsOf(file, (bytes) => hash.update(bytes))) rows += 1;
  return { rows, id: `file-${hash.digest('hex').slice(0, 40)}` };
}

/** Remembers who stood in the requests before: a request that changes nothing leaves no users for the next to meet. */
export class SeenUsers {
  readonly #mapping: RecordMapping;
  readonly #lines = new Map<string, number>();

  constructor({ service, mapping }: Pick<ImportFile, 'service' | 'mapping'>) {
    this.#mapping = mappingOf(service, mapping);
  }

  /** What a record says that only an earlier one may; remembers the record otherwise. */
  problemOf(record: FileRecord): RowProblem | null {
    if ('problem' in record) return null;
    const mapped = mapRecord(record.values, this.#mapping);
    if ('problem' in mapped) return null;
    const { email, username, external_id: externalId, identities, passkeys } = mapped.values;
    const address = EmailField.safeParse(email);
    const held = PasskeysField.safeParse(passkeys).data ?? [];
    const linked = IdentitiesField.safeParse(identities).data ?? [];
    const keys = [
      ['email', address.data],
      ['username', typeof username === 'string' ? username.trim().toLowerCase() : undefined],
      ['external_id', externalId === undefined ? undefined : String(externalId).trim()],
      ...linked.map(({ provider, subject }) => ['identities', `${provider}:${subject}`]),
      ...held.map((passkey) => ['passkeys', passkey.credential_id]),
    ].filter((key): key is [string, string] => key[1] !== undefined);
    for (const [column, value] of keys) {
      const line = this.#lines.get(`${column}:${value}`);
      if (line === undefined) continue;
      return { column, code: 'duplicate_in_file', message: `Line ${line} of the file says the same` };
    }
    for (const key of keys) this.#lines.set(key.join(':'), record.line);
    return null;
  }
}
