import type { Keyring } from '../crypto/keys.ts';
import { seal } from '../crypto/sealed.ts';
import { primary } from '../db/client.ts';
import { ApiError } from '../errors.ts';
import { mayActOn } from '../http/authority.ts';
import type { Actor } from '../http/service-authentication.ts';
import type { Jurisdiction } from '../lib/jurisdiction.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { type Conflict, findConflicts, withoutDuplicates } from './conflicts.ts';
import type { RecordMapping } from './mapping.ts';
import type { FileRecord, RowProblem } from './record.ts';
import { type ImportRow, readRow } from './row.ts';
import { findImport, type ImportKey, type ImportSource, importRows, type NumberedRow } from './store.ts';
import type { imports } from './tables.ts';

/** What one request asks for. */
export interface ImportRequest extends ImportSource {
  /** That of the realm. */
  jurisdiction: Jurisdiction | null;
  records: FileRecord[];
  /** The number of the first record in the whole import, from 1 on. */
  firstRow: number;
  mapping: RecordMapping;
  /** What becomes of a row whose address a user has. */
  onExisting: 'skip' | 'error';
  /** Says what would happen, and changes nothing. */
  dryRun: boolean;
}

/** What is wrong with a row, by its number and by its line in the request. */
export interface RowError extends RowProblem {
  row: number;
  line: number;
}

/** What became of the rows: each is counted once. */
export interface ImportResult {
  imported: number;
  /** A user has their address. */
  skipped: number;
  failed: number;
  /** Done by an earlier request. */
  repeated: number;
  errors: RowError[];
}

type Failure = RowProblem & { number: number };

/** Moves users in from other systems. */
export class UserImport {
  readonly #d1: D1Database;
  readonly #describeHash: (hash: string) => string | null;
  readonly #factorKeys: Keyring;

  /** `describeHash` says of a hash what it is, null if it can never be verified; the keys are those of authenticator apps. */
  constructor(d1: D1Database, describeHash: (hash: string) => string | null, factorKeys: Keyring) {
    this.#d1 = d1;
    this.#factorKeys = factorKeys;
    this.#describeHash = describeHash;
  }

  /** How far an import has come. Throws `import_not_found`. */
  async progress(key: ImportKey): Promise<typeof imports.$inferSelect> {
    const found = await findImport(primary(this.#d1).db, key);
    if (!found) throw new ApiError('import_not_found');
    return found;
  }

  /**
   * Makes users of records; a record becomes one whole or not at all, and those of an earlier request are passed over.
   * Nobody who is already there is changed. Throws `import_out_of_order` when records before these are missing, or
   * another request of the import was quicker.
   */
  async run(request: ImportRequest, actor: Actor): Promise<ImportResult> {
    const { records, firstRow, dryRun, onExisting } = request;
    const { db } = primary(this.#d1);
    const standsAt = dryRun ? firstRow - 1 : ((await findImport(db, request))?.throughRow ?? 0);
    if (firstRow > standsAt + 1) throw outOfOrder(standsAt);
    const repeated = Math.min(standsAt + 1 - firstRow, records.length);
    const read = this.#read(records.slice(repeated), firstRow + repeated, request, actor);
    const { rows, conflicts } = withoutDuplicates(read.rows);

    let imported = new Set<number>();
    if (!dryRun && repeated < records.length) {
      const now = Date.now();
      const made = await importRows(db, request, {
        rows,
        jurisdiction: request.jurisdiction,
        standsAt,
        throughRow: firstRow + records.length - 1,
        now,
        sealTotp: (totp) => seal(this.#factorKeys, totp),
        audit: {
          realmId: request.realmId,
          at: now,
          actor: actor.id,
          action: 'users_imported',
          target: request.importId,
          details: { on_existing: onExisting },
        },
      });
      if (!made) throw outOfOrder(null);
      imported = made;
    }
    const left = rows.filter(({ number }) => !imported.has(number));
    const found = await findConflicts(db, request, left);
    const isSkipped = ({ code }: Failure) => code === 'user_exists' && onExisting === 'skip';
    const failures: Failure[] = [...conflicts, ...found].filter((conflict) => !isSkipped(conflict));
    if (!dryRun) failures.push(...unexplained(left, found));
    const lineOf = (number: number) => records[number - firstRow]?.line ?? 0;
    const errors = [
      ...read.errors,
      ...failures.map(({ number, column, code, message }) => ({
        row: number,
        line: lineOf(number),
        column,
        code,
        message,
      })),
    ];
    return {
      imported: dryRun ? left.length - found.length : imported.size,
      skipped: found.filter(isSkipped).length,
      failed: new Set(errors.map(({ row }) => row)).size,
      repeated,
      errors: errors.sort((a, b) => a.row - b.row),
    };
  }

  #read(
    records: FileRecord[],
    first: number,
    { mapping, realmId }: ImportRequest,
    actor: Actor,
  ): { rows: NumberedRow[]; errors: RowError[] } {
    const rows: NumberedRow[] = [];
    const errors: RowError[] = [];
    const rules = {
      mapping,
      isKnownHash: (hash: string) => this.#describeHash(hash) !== null,
      mayGrant: (role: ImportRow['role']) =>
        mayActOn(actor, role) && (role !== 'owner' || realmId === DEFAULT_REALM),
    };
    for (const [index, record] of records.entries()) {
      const place = { row: first + index, line: record.line };
      const result = readRow(record, rules);
      if ('row' in result) rows.push({ number: place.row, line: place.line, row: result.row });
      else errors.push(...result.problems.map((problem) => ({ ...place, ...problem })));
    }
    return { rows, errors };
  }
}

/** What stood in the way of these is gone already. */
function unexplained(left: NumberedRow[], found: Conflict[]): Failure[] {
  const known = new Set(found.map(({ number }) => number));
  const rows = left.filter(({ number }) => !known.has(number));
  return rows.map(({ number }) => ({
    number,
    column: null,
    code: 'conflict',
    message: 'Send this row again',
  }));
}

function outOfOrder(standsAt: number | null): ApiError {
  const detail =
    standsAt === null ? 'Another request of this import was quicker.' : `Row ${standsAt + 1} comes next.`;
  return new ApiError('import_out_of_order', { detail });
}
