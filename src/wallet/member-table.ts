import type { Caps } from '../account/sharing-contract.ts';
import type { Membership } from './contract.ts';

type Row = {
  user_id: string;
  role: string | null;
  version: number;
  caps: string | null;
  joined_at?: number | null;
};

/** A member as the object knows them; `role` is null of who is none any more. */
export interface KnownMember extends Membership {
  /** Of this member alone; null where those of everybody hold. */
  caps: Caps | null;
}

/** Newer than every version that there is: nobody comes back to an organization that was deleted. */
const LAST = Number.MAX_SAFE_INTEGER;
/** Of how many members is kept what was read last. */
const REMEMBERED = 5_000;

/**
 * Who is in the organization, who was, and who of them has not heard of it yet. A row stays when the member goes: by its version is
 * known that what comes later is older.
 */
export class MemberTable {
  readonly #sql: SqlStorage;
  readonly #known = new Map<string, KnownMember | null>();
  #isThere: boolean | undefined;
  #isUpToDate = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Makes the table where there is none, and gives that of an earlier version its newest column. */
  create(): void {
    if (this.#exists()) {
      this.#upgrade();
      return;
    }
    this.#sql.exec(`CREATE TABLE members (
      user_id TEXT PRIMARY KEY, role TEXT, version INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT -1, caps TEXT,
      joined_at INTEGER
    ) STRICT, WITHOUT ROWID`);
    this.#sql.exec('CREATE INDEX members_to_tell ON members (user_id) WHERE told < version');
    this.#isThere = true;
  }

  drop(): void {
    this.#sql.exec('DROP TABLE IF EXISTS members');
    this.reload();
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#known.clear();
    this.#isThere = undefined;
    this.#isUpToDate = false;
  }

  /** Who is a member; null for others. */
  find(userId: string): (KnownMember & { role: string }) | null {
    const known = this.#read(userId);
    return known && known.role !== null ? (known as KnownMember & { role: string }) : null;
  }

  /** Takes over what the directory says, where it is newer; whether it did. */
  put({ userId, role, version, joinedAt }: Membership): boolean {
    const known = this.#read(userId);
    if (known && version <= known.version) return false;
    this.#sql.exec(
      `INSERT INTO members (user_id, role, version, joined_at) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET role = excluded.role, version = excluded.version, joined_at = excluded.joined_at`,
      userId,
      role,
      version,
      joinedAt ?? null,
    );
    this.#known.delete(userId);
    return true;
  }

  /** Whom the directory does not have at a version, and who is not newer, is no member any more; whether there was one. */
  keepOnly(userIds: Set<string>, version: number): boolean {
    const gone = this.#sql
      .exec<{ user_id: string }>(
        'SELECT user_id FROM members WHERE role IS NOT NULL AND version <= ?',
        version,
      )
      .toArray()
      .filter(({ user_id }) => !userIds.has(user_id));
    for (const { user_id } of gone) {
      this.#sql.exec('UPDATE members SET role = NULL, version = ? WHERE user_id = ?', version, user_id);
      // Who heard of the very version has not heard of this.
      this.#sql.exec('UPDATE members SET told = -1 WHERE user_id = ? AND told >= version', user_id);
    }
    this.#known.clear();
    return gone.length > 0;
  }

  /** What comes of the directory is news, whatever was known. */
  forgetVersions(): void {
    if (this.#exists()) this.#sql.exec('UPDATE members SET version = 0, told = -1');
    this.#known.clear();
  }

  /** Nobody is a member any more, for good. */
  end(): void {
    if (!this.#exists()) return;
    this.#sql.exec('UPDATE members SET role = NULL, version = ?, caps = NULL WHERE role IS NOT NULL', LAST);
    this.#known.clear();
  }

  setCaps(userId: string, caps: Caps | null): void {
    const text = caps === null ? null : JSON.stringify(caps);
    this.#sql.exec('UPDATE members SET caps = ? WHERE user_id = ?', text, userId);
    this.#known.delete(userId);
  }

  /** Who has not heard yet of what they are now, up to so many, after one in the order of their ids. */
  untold(limit: number, after = ''): Membership[] {
    if (!this.#exists()) return [];
    return this.#sql
      .exec<Row>(
        'SELECT * FROM members WHERE told < version AND user_id > ? ORDER BY user_id LIMIT ?',
        after,
        limit,
      )
      .toArray()
      .map(({ user_id: userId, role, version, joined_at: joinedAt }) => ({
        ...{ userId, role, version },
        ...(joinedAt != null && { joinedAt }),
      }));
  }

  /** The member has heard of that, unless it is something else by now. */
  noteTold({ userId, role, version }: Membership): void {
    if (!this.#exists()) return;
    const sql = 'UPDATE members SET told = version WHERE user_id = ? AND version = ? AND role IS ?';
    this.#sql.exec(sql, userId, version, role);
  }

  #read(userId: string): KnownMember | null {
    const known = this.#known.get(userId);
    if (known !== undefined) return known;
    if (!this.#exists()) return null;
    const [row] = this.#sql
      .exec<Row>('SELECT user_id, role, version, caps FROM members WHERE user_id = ?', userId)
      .toArray();
    const { role, version, caps } = row ?? {};
    const member = row
      ? {
          userId,
          role: role as string | null,
          version: version as number,
          caps: caps ? JSON.parse(caps) : null,
        }
      : null;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(userId, member);
    return member;
  }

  #upgrade(): void {
    if (this.#isUpToDate) return;
    const columns = this.#sql
      .exec<{ name: string }>("SELECT name FROM pragma_table_info('members')")
      .toArray();
    if (!columns.some(({ name }) => name === 'joined_at')) {
      this.#sql.exec('ALTER TABLE members ADD COLUMN joined_at INTEGER');
    }
    this.#isUpToDate = true;
  }

  #exists(): boolean {
    this.#isThere ??=
      this.#sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'members'").toArray().length > 0;
    return this.#isThere;
  }
}
