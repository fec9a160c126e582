import { sql } from 'drizzle-orm';
import { primary } from '../db/client.ts';
import type { Databases } from '../db/databases.ts';
import { writeAuditIf } from '../directory/audit.ts';
import type { AuditAction } from '../directory/audit-tables.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { Actor } from '../http/service-authentication.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { type Budget, RunBudget } from '../lib/run-budget.ts';
import { MINUTE, SECOND } from '../lib/time.ts';
import { requireJurisdiction, requireOwner, unknownDatabase } from './admin-service.ts';
import {
  areAlike,
  clearPage,
  clearSums,
  copyChanges,
  copyPage,
  copySums,
  countRealmRows,
  type Ends,
  readColumns,
  verifyPage,
} from './move-copy.ts';
import { GUARDED_TABLES, guardStatements, unguardStatements } from './move-guard.ts';
import {
  copyRealm,
  dropRealm,
  findMove,
  freeze,
  leaseMove,
  listMoves,
  type MovePosition,
  type MoveRow,
  noteHome,
  saveMove,
} from './move-store.ts';
import { MOVED_TABLES } from './move-tables.ts';
import type { Realms } from './service.ts';

/** What moves need of account objects: that they know where their user's row is. */
export type MovingObjects = (userId: string) => { moved(database: string): Promise<void> };

/**
 * How long a move must have been known before the switch, and a switch before the copy that is left may go: longer than any isolate
 * goes by what it has read of a realm, and than a request lasts (milliseconds).
 */
export const SETTLING = MINUTE;
/** How long a step may take before another one does it again; and for how long it goes on with what there is to do. */
const LEASE = MINUTE;
const STEP = 5 * SECOND;
/** How long writes may be held up before the move gives way and tries again later. */
const MAX_FREEZE = 10 * SECOND;
/** Tables whose guards one turn makes, and objects that it tells. */
const GUARDS = 3;
const TOLD = 20;
/** How long after the switch a user may still be made by a request that began before it (milliseconds). */
const LATE = 20 * SECOND;
/** Statements and calls of one turn of a step, and of beginning and ending the step. */
const TURN_CALLS = 40;
const STEP_CALLS = 5;
const MOVES_PER_RUN = 10;

/** What is to be done next: the move with how far it has come, and the realm's row when it changes with it. */
interface Progress {
  move: MoveRow;
  /** Statements that go with it, in one batch. */
  with?: D1PreparedStatement[];
  /** Whether there is nothing to do now. */
  waits?: boolean;
}

/**
 * Moves of realms to another database, in steps that each can be repeated: guards are put up that note what is written, the rows
 * are copied and compared page by page while the realm goes on; then, for a moment, writes wait until the last of them are copied,
 * counts are compared, and one write says where the realm lives. What is written after that is copied back, until the move is
 * confirmed and the old copy goes, or is taken back.
 */
export class RealmMoves {
  readonly #databases: Databases;
  readonly #realms: Realms;
  readonly #objects: MovingObjects;
  readonly #calls: number;

  /** `calls` is how many statements and calls an invocation may make. */
  constructor(databases: Databases, realms: Realms, objects: MovingObjects, calls: number) {
    this.#calls = calls;
    this.#databases = databases;
    this.#realms = realms;
    this.#objects = objects;
  }

  /** The move of a realm. Throws `insufficient_scope`, `realm_not_moving`. */
  async get(realmId: string, actor: Actor): Promise<MoveRow> {
    requireOwner(actor);
    const move = await findMove(this.#databases.control, realmId);
    if (!move) throw new ApiError('realm_not_moving');
    return move;
  }

  /**
   * Begins a move. Throws `insufficient_scope`, `realm_not_found`, `conflict` for a realm that is being moved, and 422 for a database
   * that is not bound, is not of the realm's jurisdiction, has other tables, or is the realm's own.
   */
  async start(realmId: string, database: string, actor: Actor): Promise<MoveRow> {
    requireOwner(actor);
    const { settings } = this.#databases;
    if (realmId === DEFAULT_REALM) {
      throw fieldError('database', 'home', 'The realm of the owners stays with the control data, in DB');
    }
    const found = settings.find(({ name }) => name === database);
    if (!found) throw unknownDatabase('database', settings);
    const realm = await this.#realms.get(realmId);
    requireJurisdiction('database', found, realm.jurisdiction);
    const source = await this.#databases.whereIs(realmId);
    if (source === database) throw fieldError('database', 'same', 'The realm lives there already');
    const [from, to] = await Promise.all(
      [source, database].map((name) => readColumns(this.#databases.raw(name))),
    );
    if (!from || !to || !areAlike(from, to)) {
      throw fieldError(
        'database',
        'migrations',
        'Its tables are not those of the other: run `npm run migrate`',
      );
    }
    const now = Date.now();
    const { control } = this.#databases;
    const isNew = 'NOT EXISTS (SELECT 1 FROM realm_moves WHERE realm_id = ?1)';
    const [, made] = await control.batch([
      control
        .prepare(
          `UPDATE realms SET is_moving = 1, updated_at = max(?2, updated_at + 1) WHERE id = ?1 AND database = ?3 AND ${isNew}`,
        )
        .bind(realmId, now, source),
      control
        .prepare(
          `INSERT INTO realm_moves (realm_id, source, target, state, started_at, state_since)
           SELECT id, ?3, ?4, 'copying', ?2, ?2 FROM realms WHERE id = ?1 AND database = ?3 AND ${isNew}`,
        )
        .bind(realmId, now, source, database),
    ]);
    if (made?.meta.changes === 0)
      throw new ApiError('conflict', { detail: 'The realm is being moved already.' });
    await this.#audit(realmId, actor, 'realm_move_started', { from: source, to: database });
    this.#realms.forget(realmId);
    return this.get(realmId, actor);
  }

  /** Takes a step, of some seconds at the most. Throws `insufficient_scope`, `realm_not_moving`, `conflict` while another is taken. */
  async step(realmId: string, actor: Actor): Promise<MoveRow & { waits: boolean }> {
    requireOwner(actor);
    await this.get(realmId, actor);
    const stepped = await this.#steps(realmId, new RunBudget(this.#calls - STEP_CALLS, Date.now() + STEP));
    if (!stepped) throw new ApiError('conflict', { detail: 'Another step of the move is under way.' });
    return stepped;
  }

  /** Each minute: goes on with moves that nobody else goes on with. */
  async run(now: number, budget: Budget): Promise<void> {
    if (this.#databases.names.length === 1 || !budget.take(1)) return;
    for (const realmId of await listMoves(this.#databases.control, now, MOVES_PER_RUN)) {
      if (!budget.take(STEP_CALLS)) return;
      await this.#steps(realmId, budget);
    }
  }

  /**
   * Has the copy deleted that is left in the old database: there is no way back then. Throws `insufficient_scope`,
   * `realm_not_moving`, `conflict` while the realm is not moved yet, or only just.
   */
  async confirm(realmId: string, actor: Actor): Promise<MoveRow> {
    return this.#decide(realmId, actor, 'realm_move_confirmed', (move, now) => {
      if (move.state === 'clearing') return null;
      const isSettled = move.switchedAt !== null && now - move.switchedAt >= SETTLING;
      if (move.state !== 'moved' || !isSettled)
        throw notNow('The realm has not been there for a minute yet.');
      return { ...move, state: 'clearing', position: {}, stateSince: now };
    });
  }

  /**
   * Takes a move back: before the switch the copy is deleted, after it the realm is moved back, for which the old copy has been kept.
   * Throws `insufficient_scope`, `realm_not_moving`, `conflict` once it is confirmed, or under way at this moment.
   */
  async back(realmId: string, actor: Actor): Promise<MoveRow> {
    return this.#decide(realmId, actor, 'realm_move_taken_back', (move, now) => {
      const { source, target, state } = move;
      const turned = { ...move, source: target, target: source, startedAt: now, stateSince: now };
      if (state === 'copying' && move.switchedAt === null)
        return { ...turned, state: 'clearing', position: {} };
      if (state === 'moved') {
        return { ...turned, state: 'copying', position: { part: 'done' }, switchedAt: null };
      }
      throw notNow('It can be taken back before the switch, and after that until it is confirmed.');
    });
  }

  async #decide(
    realmId: string,
    actor: Actor,
    action: AuditAction,
    decide: (move: MoveRow, now: number) => MoveRow | null,
  ): Promise<MoveRow> {
    const before = await this.get(realmId, actor);
    decide(before, Date.now());
    const now = Date.now();
    const leasedUntil = now + LEASE;
    const { control } = this.#databases;
    const move = await leaseMove(control, realmId, now, leasedUntil);
    if (!move) throw notNow('A step of the move is under way.');
    let decided: MoveRow | null;
    try {
      decided = decide(move, now);
    } catch (error) {
      await saveMove(control, move, { leasedUntil }).run();
      throw error;
    }
    const isMoving = decided?.state === 'copying' ? 1 : 0;
    await control.batch([
      control.prepare('UPDATE realms SET is_moving = ?2 WHERE id = ?1').bind(realmId, isMoving),
      saveMove(control, decided ?? move, { leasedUntil }),
    ]);
    if (decided) await this.#audit(realmId, actor, action, { from: decided.source, to: decided.target });
    this.#realms.forget(realmId);
    return decided ?? move;
  }

  async #steps(realmId: string, budget: Budget): Promise<(MoveRow & { waits: boolean }) | null> {
    const { control } = this.#databases;
    const began = Date.now();
    const leasedUntil = began + LEASE;
    let move = await leaseMove(control, realmId, began, leasedUntil);
    if (!move) return null;
    try {
      while (Date.now() - began < STEP && budget.take(TURN_CALLS)) {
        const { move: next, with: more = [], waits = false } = await this.#turn(move);
        // Whoever is interrupted before it is written down, or at once after, begins there again.
        await control.batch([...more, saveMove(control, next, { leasedUntil, next: leasedUntil })]);
        move = next;
        if (waits) return { ...move, waits };
        if (move.state === 'clearing' && move.position.part === 'done') {
          await control.prepare('DELETE FROM realm_moves WHERE realm_id = ?').bind(realmId).run();
          return { ...move, waits: true };
        }
      }
      return { ...move, waits: false };
    } finally {
      await control
        .prepare('UPDATE realm_moves SET leased_until = 0 WHERE realm_id = ? AND leased_until = ?')
        .bind(realmId, leasedUntil)
        .run();
    }
  }

  async #turn(move: MoveRow): Promise<Progress> {
    if (move.state === 'copying') return this.#copy(move);
    if (move.state === 'switching') return this.#switch(move);
    if (move.state === 'telling') return this.#tell(move);
    if (move.state === 'clearing') return this.#clear(move);
    const ends = await this.#ends(move, 'back');
    return { move, waits: (await copyChanges(ends)) === 0 };
  }

  /** From where to where rows go: as the realm moves, or after the switch back to the copy that is left. */
  async #ends({ realmId, source, target }: MoveRow, way: 'forth' | 'back'): Promise<Ends> {
    const [from, to] = way === 'forth' ? [source, target] : [target, source];
    const d1 = { from: this.#databases.raw(from), to: this.#databases.raw(to) };
    return { realmId, ...d1, columns: await readColumns(d1.from) };
  }

  async #copy(move: MoveRow): Promise<Progress> {
    const { realmId, position, source, target } = move;
    const { part = 'guards', table = 0, after = null, hashes = {} } = position;
    const at = (changed: Partial<MovePosition>, rows = 0): Progress => ({
      move: { ...move, position: { part, table, after, hashes, ...changed }, rows: move.rows + rows },
    });
    const next = (done: MovePosition['part'], tables = 1, length = MOVED_TABLES.length) =>
      table + tables < length
        ? { table: table + tables, after: null }
        : { part: done ?? part, table: 0, after: null };
    if (part === 'guards') {
      const [from, to] = [this.#databases.raw(source), this.#databases.raw(target)];
      if (table === 0) {
        await copyRealm(this.#databases.control, to, realmId);
        await freeze(from, realmId, false);
        await freeze(to, realmId, false);
      }
      const guards = guardStatements(realmId, GUARDED_TABLES.slice(table, table + GUARDS));
      for (const d1 of [from, to]) await d1.batch(guards.map((guard) => d1.prepare(guard)));
      return at(next('rows', GUARDS, GUARDED_TABLES.length));
    }
    const ends = await this.#ends(move, 'forth');
    if (part === 'done') {
      const isEarly = Date.now() - move.startedAt < SETTLING;
      if ((await copyChanges(ends)) > 0) return { move };
      if (isEarly) return { move, waits: true };
      return { move: { ...move, state: 'switching', stateSince: Date.now(), position: { hashes } } };
    }
    const rows = MOVED_TABLES[table] as (typeof MOVED_TABLES)[number];
    if (part === 'rows') {
      const copied = await copyPage(ends, rows, after);
      return at(copied.after ? { after: copied.after } : next('hashes'), copied.count);
    }
    await copyChanges(ends);
    const compared = await verifyPage(ends, rows, after, hashes[rows.name] ?? '');
    if (!compared.isSame) return { move };
    const hashed = { hashes: { ...hashes, [rows.name]: compared.hash } };
    return at({ ...(compared.after ? { after: compared.after } : next('done')), ...hashed });
  }

  /** Holds up writes until what was written last is copied and the counts are the same, and says then where the realm lives. */
  async #switch(move: MoveRow): Promise<Progress> {
    const { realmId, source, target, position } = move;
    const { control } = this.#databases;
    const ends = await this.#ends(move, 'forth');
    const giveWay = async (changed: MovePosition): Promise<Progress> => {
      await freeze(ends.from, realmId, false);
      return { move: { ...move, state: 'copying', stateSince: Date.now(), position: changed } };
    };
    if (Date.now() - move.stateSince > MAX_FREEZE) {
      return giveWay({ part: 'done', ...(position.hashes && { hashes: position.hashes }) });
    }
    await freeze(ends.from, realmId, true);
    if ((await copyChanges(ends)) > 0) return { move };
    await copySums(ends);
    const [counts, copied] = await Promise.all([
      countRealmRows(ends.from, realmId),
      countRealmRows(ends.to, realmId),
    ]);
    if (JSON.stringify(counts) !== JSON.stringify(copied)) return giveWay({ part: 'hashes' });
    const now = Date.now();
    this.#realms.forget(realmId);
    return {
      move: {
        ...move,
        state: 'telling',
        stateSince: now,
        switchedAt: now,
        position: { ...(position.hashes && { hashes: position.hashes }), counts },
      },
      with: [
        control
          .prepare(
            `UPDATE realms SET database = ?3, is_moving = 0, updated_at = max(?4, updated_at + 1)
             WHERE id = ?1 AND database = ?2 AND EXISTS (
               SELECT 1 FROM realm_moves WHERE realm_id = ?1 AND state = 'switching' AND source = ?2)`,
          )
          .bind(realmId, source, target, now),
      ],
    };
  }

  /** Tells the objects of the realm's organizations and users where their rows are now. */
  async #tell(move: MoveRow): Promise<Progress> {
    const { realmId, source, target, position } = move;
    const to = this.#databases.raw(target);
    if (position.after === undefined) {
      // Only now, for what it holds was the copy until the switch.
      await freeze(to, realmId, false);
      for (const name of [source, target]) await noteHome(this.#databases.raw(name), realmId, target);
      this.#realms.forget(realmId);
    }
    const [after = ''] = position.after ?? [];
    const { results } = await to
      .prepare(
        `SELECT id FROM (SELECT id FROM organizations WHERE realm_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3)
         UNION ALL SELECT id FROM (SELECT id FROM users WHERE realm_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3)
         ORDER BY id LIMIT ?3`,
      )
      .bind(realmId, after, TOLD)
      .all<{ id: string }>();
    await Promise.all(results.map(({ id }) => this.#objects(id).moved(target)));
    const told = { ...move, position: { ...position, after: [results.at(-1)?.id ?? after] } };
    if (results.length === TOLD) return { move: told };
    if (Date.now() - (move.switchedAt ?? 0) < LATE) return { move: told, waits: true };
    return { move: { ...told, state: 'moved', stateSince: Date.now() } };
  }

  /** Deletes the copy in the database that the realm does not live in. */
  async #clear(move: MoveRow): Promise<Progress> {
    const { realmId, source, target, position } = move;
    const { table = 0 } = position;
    const [d1, live] = [this.#databases.raw(source), this.#databases.raw(target)];
    // Never where the realm lives, whatever has happened.
    if ((await this.#databases.whereIs(realmId)) === source)
      throw new Error('the realm lives where it should be deleted');
    const rows = MOVED_TABLES[table];
    if (rows) {
      if (await clearPage(d1, realmId, rows)) return { move };
      return { move: { ...move, position: { table: table + 1 } } };
    }
    if (table === MOVED_TABLES.length) await clearSums(d1, realmId);
    const first = (table - MOVED_TABLES.length) * GUARDS;
    if (first < GUARDED_TABLES.length) {
      const guards = unguardStatements(realmId, GUARDED_TABLES.slice(first, first + GUARDS));
      for (const each of [d1, live]) await each.batch(guards.map((guard) => each.prepare(guard)));
      return { move: { ...move, position: { table: table + 1 } } };
    }
    await dropRealm(d1, source, realmId);
    await live.batch([
      live.prepare('DELETE FROM realm_guards WHERE realm_id = ?').bind(realmId),
      live.prepare('DELETE FROM realm_changes WHERE realm_id = ?').bind(realmId),
    ]);
    return { move: { ...move, position: { part: 'done' } } };
  }

  async #audit(
    realmId: string,
    actor: Actor,
    action: AuditAction,
    details: Record<string, string>,
  ): Promise<void> {
    const entry = { realmId, at: Date.now(), actor: actor.id, action, target: realmId, details };
    await writeAuditIf(primary(this.#databases.control).db, entry, sql`TRUE`);
  }
}

function notNow(detail: string): ApiError {
  return new ApiError('conflict', { detail });
}
