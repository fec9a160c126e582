import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { CopyLine, CopyObject } from '../account/copy-contract.ts';
import { CONTROL } from '../config/databases.ts';
import type { Databases } from '../db/databases.ts';
import { noteAct } from '../directory/audit.ts';
import { type ApiError, fieldError } from '../errors.ts';
import { cursorAfter, keysOf } from '../http/paging.ts';
import type { Actor } from '../http/service-authentication.ts';
import {
  avatarPrefix,
  isPictureKey,
  REALM_PICTURES,
  type RealmPicture,
  realmPicturePrefix,
} from '../images/picture-key.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { MINUTE } from '../lib/time.ts';
import { BackupLine, MAX_ACCOUNTS } from './schemas.ts';

/** Accounts that are read or put back at once. */
const AT_ONCE = 16;
/** Statements and calls of a request beside two for each account: its object and its picture. */
const OTHER_CALLS = 12;
/** Within this time all accounts that were put back look themselves up in the directory. */
const RECONCILE_WITHIN = 10 * MINUTE;

type Line = z.output<typeof BackupLine>;
type Picture = Extract<Line, { picture: string }>;

interface Account {
  id: string;
  picture: string | null;
}

/** Where a page begins: the number of the database, and after which organization or user. */
type Position = [at: number, after: string];

/** Where a user is, and up to where that database has their log. */
interface Found {
  database: string;
  told: number | null;
}

/** What became of the accounts of a request. */
export interface Restored {
  restored: number;
  rows: number;
  pictures: number;
  used: string[];
  unknown: string[];
}

/** What pictures of realms are called among accounts: behind it stand whose and which it is. */
const OF_REALM = 'realm:';
const REALM_PICTURE = new RegExp(`^${OF_REALM}([a-z0-9-]{1,40}):(${REALM_PICTURES.join('|')})$`);
/** The pictures of realms that were put up here, where the realms are kept. */
const REALM_PICTURES_PAGE = `SELECT * FROM (
    SELECT '${OF_REALM}' || id || ':logo' AS id, logo AS picture FROM realms WHERE logo LIKE '%/avatars/realm.%'
    UNION ALL SELECT '${OF_REALM}' || id || ':background', appearance ->> 'picture' FROM realms
  ) WHERE picture IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?3`;

/** What the databases do not have: what accounts and organizations keep themselves, and pictures, out and in again. */
export class Backup {
  readonly #databases: Databases;
  readonly #objects: (userId: string) => CopyObject;
  readonly #pictures: R2Bucket;
  readonly #limit: number;

  /** `calls`: how many statements and calls an invocation may make. */
  constructor(
    databases: Databases,
    objects: (userId: string) => CopyObject,
    pictures: R2Bucket,
    calls: number,
  ) {
    this.#databases = databases;
    this.#objects = objects;
    this.#pictures = pictures;
    this.#limit = Math.max(1, Math.min(MAX_ACCOUNTS, Math.floor((calls - OTHER_CALLS) / 2)));
  }

  /**
   * A page of the accounts of all realms: lines of JSON, compressed by gzip. Each account is as it was at one moment. The last line says where the
   * next page begins; a page without it was broken off. Throws `validation_failed` for a cursor of another make.
   */
  async page(cursor: string | undefined, limit: number | undefined, actor: Actor): Promise<ReadableStream> {
    const position = cursor === undefined ? ([0, ''] as Position) : this.#positionOf(cursor);
    await this.#note('accounts_backed_up', 'accounts', actor);
    const size = Math.min(limit ?? this.#limit, this.#limit);
    const { accounts, next } = await this.#accounts(position, size);
    const chunks = this.#chunksOf(accounts, next);
    return new ReadableStream({
      async pull(controller) {
        const { value, done } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return();
      },
    });
  }

  /**
   * Puts accounts back that are lines of a page. An account that somebody has used here is left as it is. Repeating a request does nothing
   * twice. Throws `validation_failed` for what is no such line.
   */
  async restore(text: string, backupId: string, withSessions: boolean, actor: Actor): Promise<Restored> {
    const lines = linesOf(text);
    const byAccount = Map.groupBy(lines, ({ account }) => account);
    const ids = [...byAccount.keys()];
    if (ids.length > MAX_ACCOUNTS) throw notWhole(`At most ${MAX_ACCOUNTS} accounts`);
    const found = await this.#found(ids);
    const result: Restored = {
      restored: 0,
      rows: 0,
      pictures: 0,
      used: [],
      unknown: ids.filter((id) => !found.has(id)),
    };
    const act = async ([id, { told, database }]: [string, Found]) => {
      const own = byAccount.get(id) ?? [];
      const copied = own.filter((line): line is CopyLine => !('picture' in line));
      if (copied.length > 0 && id.startsWith(OF_REALM)) throw notWhole('A realm has pictures alone');
      const outcome =
        copied.length > 0 &&
        (await this.#objects(id).putBack({
          backupId,
          lines: copied,
          withSessions,
          toldActivity: told,
          database,
          reconcileAt: Date.now() + Math.floor(Math.random() * RECONCILE_WITHIN),
        }));
      if (outcome && outcome.result === 'broken') throw notWhole(`The copy of ${id} is not whole`);
      if (outcome && outcome.result === 'used') {
        result.used.push(id);
        return;
      }
      // In a request of its last lines; that of others says that it is whole when that is repeated.
      if (outcome && outcome.result === 'whole' && copied.some((line) => 'values' in line)) {
        result.restored += 1;
        result.rows += outcome.rows;
      }
      for (const line of own) {
        if (!('picture' in line)) continue;
        await this.#putPicture(line);
        result.pictures += 1;
      }
    };
    try {
      await inTurns([...found], act);
    } finally {
      await this.#note('accounts_restored', backupId, actor, { accounts: result.restored });
    }
    return result;
  }

  async #accounts(
    [at, after]: Position,
    limit: number,
  ): Promise<{ accounts: Account[]; next: Position | null }> {
    const { names } = this.#databases;
    const name = names[at] as string;
    // Of realms another database than the first has only what mails need.
    const { results: accounts } = await this.#databases
      .get(name)
      .prepare(
        `${name === CONTROL ? `SELECT * FROM (${REALM_PICTURES_PAGE}) UNION ALL` : ''}
         SELECT * FROM (SELECT id, NULL AS picture FROM organizations
           WHERE id > ?1 AND realm_id IN (SELECT value FROM json_each(?2)) ORDER BY id LIMIT ?3)
         UNION ALL
         SELECT * FROM (SELECT id, picture FROM users
           WHERE id > ?1 AND realm_id IN (SELECT value FROM json_each(?2)) ORDER BY id LIMIT ?3)
         ORDER BY id LIMIT ?3`,
      )
      .bind(after, JSON.stringify(await this.#realmsIn(name)), limit)
      .all<Account>();
    const last = accounts.at(-1);
    if (last && accounts.length === limit) return { accounts, next: [at, last.id] };
    return { accounts, next: at + 1 < names.length ? [at + 1, ''] : null };
  }

  /** The realms that live in a database: of one that moves there is a copy elsewhere. */
  async #realmsIn(name: string): Promise<string[]> {
    const { results } = await this.#databases.control
      .prepare('SELECT id FROM realms WHERE database = ?')
      .bind(name)
      .all<{ id: string }>();
    return results.map(({ id }) => id);
  }

  async *#chunksOf(accounts: Account[], next: Position | null): AsyncGenerator<Uint8Array, void> {
    let used = 0;
    for (let first = 0; first < accounts.length; first += AT_ONCE) {
      const some = accounts.slice(first, first + AT_ONCE);
      const copies = await Promise.all(some.map((one) => this.#copyOf(one)));
      for (const { copy, picture } of copies) {
        if (copy.length > 0) used += 1;
        yield* [copy, ...picture];
      }
    }
    yield compressed({ next: next && cursorAfter(...next), accounts: used });
  }

  async #copyOf({ id, picture }: Account): Promise<{ copy: Uint8Array; picture: Uint8Array[] }> {
    const copy = id.startsWith(OF_REALM)
      ? new Uint8Array()
      : new Uint8Array(await new Response(await this.#objects(id).copy()).arrayBuffer());
    const key = picture?.split('/avatars/')[1];
    // A picture of a provider's is an address of theirs.
    const object = key && isPictureKey(key) ? await this.#pictures.get(key) : null;
    if (!key || !object) return { copy, picture: [] };
    const bytes = Buffer.from(await object.arrayBuffer()).toString('base64');
    const type = object.httpMetadata?.contentType ?? 'application/octet-stream';
    return { copy, picture: [compressed({ account: id, picture: key, type, bytes } satisfies Picture)] };
  }

  async #putPicture({ account, picture, type, bytes }: Picture): Promise<void> {
    if (!isPictureKey(picture) || !picture.startsWith(prefixOf(account)) || !/^image\/\w+$/.test(type)) {
      throw notWhole('A picture is of its user or realm, and an image');
    }
    await this.#pictures.put(picture, Buffer.from(bytes, 'base64'), { httpMetadata: { contentType: type } });
  }

  /** Where users and organizations are that the databases have. */
  async #found(ids: string[]): Promise<Map<string, Found>> {
    const found = await Promise.all(
      this.#databases.names.map(async (database) => {
        const { results } = await this.#databases
          .get(database)
          .prepare(
            `SELECT id, (SELECT max(seq) FROM activity WHERE user_id = users.id) AS told
             FROM users WHERE id IN (SELECT value FROM json_each(?1)) AND realm_id IN (SELECT value FROM json_each(?2))
             UNION ALL SELECT id, NULL FROM organizations
             WHERE id IN (SELECT value FROM json_each(?1)) AND realm_id IN (SELECT value FROM json_each(?2))`,
          )
          .bind(JSON.stringify(ids), JSON.stringify(await this.#realmsIn(database)))
          .all<{ id: string; told: number | null }>();
        return results.map(({ id, told }) => [id, { database, told }] as const);
      }),
    );
    return new Map([...found.flat(), ...(await this.#realmsOf(ids))]);
  }

  /** Pictures of realms that there are. */
  async #realmsOf(ids: string[]): Promise<(readonly [string, Found])[]> {
    const named = ids.flatMap((id) => {
      const [, realm, picture] = REALM_PICTURE.exec(id) ?? [];
      return realm && picture ? [{ id, realm }] : [];
    });
    if (named.length === 0) return [];
    const { results } = await this.#databases.control
      .prepare('SELECT id FROM realms WHERE id IN (SELECT value FROM json_each(?))')
      .bind(JSON.stringify(named.map(({ realm }) => realm)))
      .all<{ id: string }>();
    const known = new Set(results.map(({ id }) => id));
    return named
      .filter(({ realm }) => known.has(realm))
      .map(({ id }) => [id, { database: CONTROL, told: null }] as const);
  }

  #positionOf(cursor: string): Position {
    const At = z
      .int()
      .min(0)
      .max(this.#databases.names.length - 1);
    const parsed = z.tuple([At, z.string()]).safeParse(keysOf(cursor));
    if (!parsed.success) throw fieldError('cursor', 'invalid_value', 'Is not of this list');
    return parsed.data;
  }

  async #note(
    action: 'accounts_backed_up' | 'accounts_restored',
    target: string,
    actor: Actor,
    details: Record<string, unknown> = {},
  ): Promise<void> {
    const entry = { realmId: DEFAULT_REALM, at: Date.now(), actor: actor.id, action, target, details };
    await noteAct(this.#databases.control, entry);
  }
}

/** What keys of the pictures of a user or realm begin with. */
function prefixOf(account: string): string {
  const [, realm, picture] = REALM_PICTURE.exec(account) ?? [];
  return realm && picture ? realmPicturePrefix(realm, picture as RealmPicture) : avatarPrefix(account);
}

/** The lines of a request. Throws `validation_failed` with the number of the one that is none. */
function linesOf(text: string): Line[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, index) => {
    const parsed = BackupLine.safeParse(parse(line));
    if (!parsed.success) throw notWhole(`Line ${index + 1} is of no backup`);
    return parsed.data;
  });
}

function notWhole(message: string): ApiError {
  return fieldError('body', 'invalid_value', message);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function compressed(line: object): Uint8Array {
  return gzipSync(`${JSON.stringify(line)}\n`);
}

/** Does something for each, a few at a time. */
async function inTurns<Value>(values: Value[], act: (value: Value) => Promise<void>): Promise<void> {
  for (let first = 0; first < values.length; first += AT_ONCE) {
    await Promise.all(values.slice(first, first + AT_ONCE).map(act));
  }
}
