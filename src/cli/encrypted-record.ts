import { FileError, type FileRecord } from '../import/record.ts';
import { FernetKey } from './fernet.ts';

const SUFFIX = '_encrypted';

/**
 * Opens the fields of records whose names end in `_encrypted` and that hold Fernet tokens, in base64 once more, as the
 * service of two user types writes them. The key is its ENCRYPTION_KEY.
 */
export class EncryptedRecords {
  readonly #key: FernetKey | null;

  constructor(key: string | undefined) {
    this.#key = key ? new FernetKey(key) : null;
  }

  /** The record in plain text. Throws FileError when there is something to open and no key. */
  open(record: FileRecord): FileRecord {
    if ('problem' in record) return record;
    const values: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(record.values)) {
      if (!name.endsWith(SUFFIX)) {
        values[name] = value;
        continue;
      }
      if (typeof value !== 'string' || value === '') continue;
      if (!this.#key) {
        const message = 'The file is encrypted: set ENCRYPTION_KEY to that of the service it comes from.';
        throw new FileError('encrypted', message);
      }
      const text = this.#key.decrypt(Buffer.from(value, 'base64url').toString());
      if (text === null) {
        const message = 'Was not encrypted with this ENCRYPTION_KEY';
        return { line: record.line, problem: { column: name, code: 'undecryptable', message } };
      }
      values[name.slice(0, -SUFFIX.length)] = text;
    }
    return { line: record.line, values };
  }
}
