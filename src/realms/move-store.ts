import { CONTROL } from '../config/databases.ts';
import type { After } from './move-copy.ts';

/** What a move does: see `RealmMoves`. */
export type MoveState = 'copying' | 'switching' | 'telling' | 'moved' | 'clearing';

/** How far a state has come. */
export interface MovePosition {
  /** What of copying is under way: first the guards, then the rows, then comparing them; `done` when all is the same. */
  part?: 'guards' | 'rows' | 'hashes' | 'done';
  /** Which of the tables. */
  table?: number;
  after?: After;
  /** Over the rows of each table that were compared, SHA-256. */
  hashes?: Record<string, string>;
  /** Rows of each table, as both databases had them at the switch. */
  counts?: Record<string, number>;
}

/** A move of a realm. Times are Unix milliseconds. */
export interface MoveRow {
  realmId: string;
  /** Where the rows come from, and where they go: names of databases. */
  source: string;
  target: string;
  state: MoveState;
  position: MovePosition;
  /** Rows copied so far. */
  rows: number;
  startedAt: number;
  stateSince: number;
  switchedAt: number | null;
}

type Stored = Omit<MoveRow, 'position'> & { position: string };

const COLUMNS = `realm_id AS realmId, source, target, state, position, rows, started_at AS startedAt,
  state_since AS stateSince, switched_at AS switchedAt`;

const rowOf = (row: Stored): MoveRow => ({ ...row, position: JSON.parse(row.position) as MovePosition });

/** The move of a realm, or null. */
export async function findMove(control: D1Database, realmId: string): Promise<MoveRow | null> {
  const row = await control
    .withSession('first-primary')
    .prepare(`SELECT ${COLUMNS} FROM realm_moves WHERE realm_id = ?`)
    .bind(realmId)
    .first<Stored>();
  return row && rowOf(row);
}

/** The realms that are being moved, those first of whom nobody has taken a step for longest. */
export async function listMoves(control: D1Database, now: number, limit: number): Promise<string[]> {
  const { results } = await control
    .prepare('SELECT realm_id FROM realm_moves WHERE leased_until <= ? ORDER BY leased_until LIMIT ?')
    .bind(now, limit)
    .all<{ realm_id: string }>();
  return results.map(({ realm_id }) => realm_id);
}

/** Takes a move for a step, until a time; null when somebody else has it. */
export async function leaseMove(
  control: D1Database,
  realmId: string,
  now: number,
  until: number,
): Promise<MoveRow | null> {
  const row = await control
    .withSession('first-primary')
    .prepare(
      `UPDATE realm_moves SET leased_until = ?3 WHERE realm_id = ?1 AND leased_until <= ?2 RETURNING ${COLUMNS}`,
    )
    .bind(realmId, now, until)
    .first<Stored>();
  return row && rowOf(row);
}

/** Writes down how far a step has come, and until when the move is leased then, unless the lease has passed to somebody else. */
export function saveMove(
  control: D1Database,
  move: MoveRow,
  { leasedUntil, next = 0 }: { leasedUntil: number; next?: number },
): D1PreparedStatement {
  return control
    .prepare(
      `UPDATE realm_moves SET source = ?3, target = ?4, state = ?5, position = ?6, rows = ?7, started_at = ?8, state_since = ?9,
         switched_at = ?10, leased_until = ?11 WHERE realm_id = ?1 AND leased_until = ?2`,
    )
    .bind(
      move.realmId,
      leasedUntil,
      move.source,
      move.target,
      move.state,
      JSON.stringify(move.position),
      move.rows,
      move.startedAt,
      move.stateSince,
      move.switchedAt,
      next,
    );
}

/** Sets whether a realm may be written in a database. */
export async function freeze(d1: D1Database, realmId: string, frozen: boolean): Promise<void> {
  await d1
    .prepare(
      `INSERT INTO realm_guards (realm_id, frozen) VALUES (?1, ?2)
       ON CONFLICT (realm_id) DO UPDATE SET frozen = excluded.frozen, copying = 0`,
    )
    .bind(realmId, frozen ? 1 : 0)
    .run();
}

/** Copies the row of a realm to where its rows refer to it; that it lives there is said at the switch. */
export async function copyRealm(control: D1Database, to: D1Database, realmId: string): Promise<void> {
  const row = await control
    .prepare('SELECT * FROM realms WHERE id = ?')
    .bind(realmId)
    .first<Record<string, unknown>>();
  if (!row) return;
  const names = Object.keys(row);
  const set = names
    .filter((name) => name !== 'id' && name !== 'jurisdiction')
    .map((name) => `${name} = excluded.${name}`);
  await to
    .prepare(
      `INSERT INTO realms (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
       ON CONFLICT (id) DO UPDATE SET ${set.join(', ')}`,
    )
    .bind(...Object.values(row))
    .run();
}

/** Says in another database than `DB` where a realm lives: its jobs go by that. */
export async function noteHome(d1: D1Database, realmId: string, database: string): Promise<void> {
  await d1.prepare('UPDATE realms SET database = ? WHERE id = ?').bind(database, realmId).run();
}

/** Takes away what a database has of a realm that does not live there, when its rows are gone. */
export async function dropRealm(d1: D1Database, name: string, realmId: string): Promise<void> {
  await d1.batch([
    d1.prepare('DELETE FROM realm_guards WHERE realm_id = ?').bind(realmId),
    d1.prepare('DELETE FROM realm_changes WHERE realm_id = ?').bind(realmId),
    ...(name === CONTROL ? [] : [d1.prepare('DELETE FROM realms WHERE id = ?').bind(realmId)]),
  ]);
}
