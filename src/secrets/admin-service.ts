import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { deriveKeyring, type Secrets } from '../crypto/keys.ts';
import { reseal } from '../crypto/sealed.ts';
import { primary } from '../db/client.ts';
import { writeAuditIf } from '../directory/audit.ts';
import { ApiError, fieldError } from '../errors.ts';
import { cursorAfter, keysOf } from '../http/paging.ts';
import type { Actor } from '../http/service-authentication.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { SEALED_COLUMNS, type SealedColumn } from './sealed-columns.ts';

/** Values a request: each is decrypted, so that it is a matter of CPU time. */
const PORTION = 100;

/** What became of a portion of the values that are stored encrypted. */
export interface Reencrypted {
  examined: number;
  reencrypted: number;
  /** Encrypted under a secret that is not set. */
  unreadable: number;
  nextCursor: string | null;
}

/** What is stored encrypted, once AUTH_SECRET is another one. */
export class SecretAdmin {
  readonly #d1: D1Database;
  readonly #columns: readonly (SealedColumn & { d1: D1Database })[];
  readonly #secrets: Secrets;

  /** The databases, that of the audit log of acts on all realms first. */
  constructor(databases: [D1Database, ...D1Database[]], secrets: Secrets) {
    this.#d1 = databases[0];
    this.#columns = databases.flatMap((d1) => SEALED_COLUMNS.map((sealed) => ({ ...sealed, d1 })));
    this.#secrets = secrets;
  }

  /**
   * Encrypts a portion of what is stored in all realms under AUTH_SECRET, where it is not yet; a value that changes meanwhile
   * keeps its change. Repeating changes nothing. Throws `insufficient_scope`, `validation_failed` for a cursor of another
   * make.
   */
  async reencrypt(cursor: string | undefined, realmId: string, actor: Actor): Promise<Reencrypted> {
    // It shows nothing and loses nothing; but it acts on all realms, which is not for the admins of one.
    if (actor.role !== 'owner' && realmId !== DEFAULT_REALM) {
      throw new ApiError('insufficient_scope', {
        detail: `Secrets are for owners, and for admins of the realm ${DEFAULT_REALM}.`,
      });
    }
    const [at, after] = cursor === undefined ? [0, null] : positionOf(cursor, this.#columns);
    const sealed = this.#columns[at] as SealedColumn & { d1: D1Database };
    const rows = await this.#read(sealed, after);
    const keys = deriveKeyring(this.#secrets, sealed.purpose);
    const changes: D1PreparedStatement[] = [];
    let unreadable = 0;
    for (const row of rows) {
      const value = row[sealed.column] as string;
      const renewed = await reseal(keys, value);
      if (renewed === null) unreadable += 1;
      else if (renewed !== value) changes.push(changeOf(sealed, row, renewed));
    }
    const changed = changes.length > 0 ? await sealed.d1.batch(changes) : [];
    const reencrypted = changed.filter(({ meta }) => meta.changes > 0).length;
    if (cursor === undefined) await this.#audit(realmId, actor);
    return {
      examined: rows.length,
      reencrypted,
      unreadable,
      nextCursor:
        rows.length === PORTION ? positionAfter(at, sealed, rows.at(-1)) : beginningOf(at + 1, this.#columns),
    };
  }

  async #read(
    { d1, table, column, key }: SealedColumn & { d1: D1Database },
    after: string[] | null,
  ): Promise<Record<string, string>[]> {
    const names = key.join(', ');
    const where = after ? `WHERE (${names}) > (${key.map(() => '?').join(', ')})` : '';
    const { results } = await d1
      .prepare(`SELECT ${names}, ${column} FROM ${table} ${where} ORDER BY ${names} LIMIT ${PORTION}`)
      .bind(...(after ?? []))
      .all<Record<string, string>>();
    return results;
  }

  async #audit(realmId: string, actor: Actor): Promise<void> {
    const action = 'secrets_reencrypted';
    const entry = { realmId, at: Date.now(), actor: actor.id, action, target: 'AUTH_SECRET' } as const;
    await writeAuditIf(primary(this.#d1).db, entry, sql`TRUE`);
  }
}

function changeOf(
  { d1, table, column, key }: SealedColumn & { d1: D1Database },
  row: Record<string, string>,
  renewed: string,
): D1PreparedStatement {
  const isRow = [...key, column].map((name) => `${name} = ?`).join(' AND ');
  return d1
    .prepare(`UPDATE ${table} SET ${column} = ? WHERE ${isRow}`)
    .bind(renewed, ...key.map((name) => row[name]), row[column]);
}

function beginningOf(at: number, columns: readonly SealedColumn[]): string | null {
  return at < columns.length ? cursorAfter(at) : null;
}

function positionAfter(at: number, { key }: SealedColumn, row: Record<string, string> | undefined) {
  return cursorAfter(at, ...key.map((name) => row?.[name] ?? ''));
}

function positionOf(cursor: string, columns: readonly SealedColumn[]): [at: number, after: string[] | null] {
  const Position = z.tuple(
    [
      z
        .int()
        .min(0)
        .max(columns.length - 1),
    ],
    z.string(),
  );
  const parsed = Position.safeParse(keysOf(cursor));
  const [at = 0, ...after] = parsed.data ?? [];
  const isWhole = after.length === 0 || after.length === columns[at]?.key.length;
  if (!parsed.success || !isWhole) throw fieldError('cursor', 'invalid_value', 'Is not of this list');
  return [at, after.length > 0 ? after : null];
}
