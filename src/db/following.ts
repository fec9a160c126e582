import { ApiError } from '../errors.ts';
import { SECOND } from '../lib/time.ts';

/** How long a write waits while its realm changes the database, and how often it looks whether it has (milliseconds). */
const PATIENCE = 15 * SECOND;
const INTERVAL = SECOND / 5;
/** What the triggers of a move refuse a write with: see realms/move-guard.ts. */
const MOVED = /\brealm_moved ([a-z0-9-]+)/;

/** What D1 fails a write with whose realm is being moved, or has been. */
export const movedMessage = (realmId: string) => `realm_moved ${realmId}`;

interface Elsewhere {
  of(name: string): D1Database;
  /** The database of a realm, as the primary has it. */
  whereIs(realmId: string): Promise<string>;
}

type Handle = D1Database | D1DatabaseSession;
/** A statement, and how it is made of another database. */
interface Original {
  statement: D1PreparedStatement;
  on(handle: Handle): D1PreparedStatement;
}

const originals = new WeakMap<object, Original>();

/**
 * A database among several: a write that fails because its realm has left for another is made there, as a whole, and one whose
 * realm is about to waits for that. So nothing has to know of a move that began with the database of before. Bookmarks say of which
 * database they are: one of another means the primary. A write that waits too long throws `service_unavailable`.
 */
export function followingD1(name: string, d1: D1Database, elsewhere: Elsewhere): D1Database {
  const marked = name === 'DB' ? '' : `${name}|`;
  return {
    ...callsOf(d1, name, elsewhere, () => {}),
    withSession: (from?: D1SessionBookmark | D1SessionConstraint) => {
      const session = d1.withSession(startOf(from, marked));
      let hasLeft = false;
      const calls = callsOf(session, name, elsewhere, () => {
        hasLeft = true;
      });
      const getBookmark = () => {
        const bookmark = hasLeft ? null : session.getBookmark();
        return bookmark === null ? null : `${marked}${bookmark}`;
      };
      return { ...calls, getBookmark };
    },
  } as unknown as D1Database;
}

function startOf(from: string | undefined, marked: string): string | undefined {
  if (from === undefined || from.startsWith('first-')) return from;
  const [rest, name] = from.split('|').toReversed();
  return (name === undefined ? '' : `${name}|`) === marked ? rest : 'first-primary';
}

function callsOf(handle: Handle, name: string, elsewhere: Elsewhere, onLeft: () => void) {
  /** Does what writes: here, or with `null` for the handle that it was prepared with. */
  const follow = async <Result>(act: (other: Handle | null) => Promise<Result>): Promise<Result> => {
    const deadline = Date.now() + PATIENCE;
    let at = name;
    for (;;) {
      try {
        return await act(at === name ? null : elsewhere.of(at).withSession('first-primary'));
      } catch (error) {
        const realmId = error instanceof Error ? MOVED.exec(error.message)?.[1] : undefined;
        if (realmId === undefined) throw error;
        const now = await elsewhere.whereIs(realmId);
        if (now === at) {
          if (Date.now() >= deadline) throw new ApiError('service_unavailable', { retryAfter: 2 });
          await scheduler.wait(INTERVAL);
        }
        at = now;
        if (at !== name) onLeft();
      }
    }
  };
  const statement = (original: Original): D1PreparedStatement => {
    const on = (other: Handle | null) => (other === null ? original.statement : original.on(other));
    const following = {
      bind: (...values: unknown[]) =>
        statement({
          statement: original.statement.bind(...values),
          on: (other) => original.on(other).bind(...values),
        }),
      all: () => follow((other) => on(other).all()),
      run: () => follow((other) => on(other).run()),
      first: (column?: string) =>
        follow((other) => (column === undefined ? on(other).first() : on(other).first(column))),
      raw: (options?: { columnNames?: false }) => follow((other) => on(other).raw(options)),
    } as unknown as D1PreparedStatement;
    originals.set(following, original);
    return following;
  };
  return {
    prepare: (sql: string) =>
      statement({ statement: handle.prepare(sql), on: (other) => other.prepare(sql) }),
    batch: (statements: D1PreparedStatement[]) =>
      follow((other) =>
        (other ?? handle).batch(
          statements.map((one) => {
            const original = originals.get(one) as Original;
            return other === null ? original.statement : original.on(other);
          }),
        ),
      ),
  };
}
