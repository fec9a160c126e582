import { type SQL, sql } from 'drizzle-orm';
import type { UserRow } from '../directory/tables.ts';
import { madeAt } from '../lib/ids.ts';
import { FACETS, type FacetName } from './user-facets.ts';

/** A column with an index of its own. */
interface Sort {
  key: SQL;
  of: (row: UserRow) => string | number;
  /** Of a column that many have nothing in: who is in its index. The others follow, in either order, by when they came. */
  has?: SQL;
}

/** The columns with an index of their own; the others are facets. */
const SORTS: Record<'created_at' | 'last_login_at' | 'email' | 'username' | 'name', Sort> = {
  created_at: { key: sql`created_at`, of: (row) => row.createdAt },
  last_login_at: { key: sql`coalesce(last_login_at, 0)`, of: (row) => row.lastLoginAt ?? 0 },
  email: { key: sql`email`, of: (row) => row.email },
  username: { key: sql`username`, of: (row) => row.username ?? '', has: sql`username <> ''` },
  name: {
    key: sql`coalesce(folded_name, lower(name))`,
    of: (row) => row.foldedName ?? asciiLower(row.name ?? ''),
    has: sql`name <> ''`,
  },
};

export type SortColumn = keyof typeof SORTS | FacetName;
export type Order = 'asc' | 'desc';
export type CursorKeys = (string | number)[];

/** A page of users: the order, where it begins, how many rows. */
export interface UserPage {
  sort: SortColumn;
  order: Order;
  after: CursorKeys | null;
  offset: number;
  limit: number;
}

/** Users of one facet in the order of a list, by one index: who is among them, and what they are ordered by. */
export interface Stretch {
  among: SQL;
  order: SQL;
}

/** As `lower` of SQLite does. */
function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The stretches of which a list consists that is no list by a facet, one after the other, from where the page begins. */
export function stretchesOf(page: UserPage): Stretch[] {
  const { key, has } = SORTS[page.sort as keyof typeof SORTS];
  const rest = {
    among: sql`${isWithout(has)} AND ${afterAmongOthers(page)}`,
    order: orderBy(page, sql`created_at`),
  };
  const begun = has !== undefined && isBehind(page);
  if (begun) return [rest];
  const first = { among: sql`${has ?? sql`TRUE`} AND ${afterKey(page, key)}`, order: orderBy(page, key) };
  return has ? [first, rest] : [first];
}

/** The condition that a row comes after the last of the page before. */
export function after(page: UserPage): SQL {
  if (!page.after) return sql`TRUE`;
  const { sort } = page;
  if (isFacet(sort)) {
    const beyond = sql.raw(page.order === 'asc' ? '>' : '<');
    const [value, at, id] = page.after;
    const column = FACETS[sort].column;
    return sql`(${column} ${beyond} ${value} OR (${column} = ${value} AND (created_at, id) < (${at}, ${id})))`;
  }
  const { key, has } = SORTS[sort];
  if (!has) return afterKey(page, key);
  const others = isWithout(has);
  if (isBehind(page)) return sql`(${others} AND ${afterAmongOthers(page)})`;
  return sql`(${others} OR ${afterKey(page, key)})`;
}

/** The order of a whole list. */
export function orderOf({ sort, order }: UserPage): SQL[] {
  const direction = sql.raw(order);
  if (isFacet(sort)) {
    return [sql`${FACETS[sort].column} ${direction}`, sql`created_at DESC`, sql`users.id DESC`];
  }
  const { key, has } = SORTS[sort];
  const others = has ? [sql`${isWithout(has)}`] : [];
  const among = has ? [sql`iif(${isWithout(has)}, created_at, 0) ${direction}`] : [];
  return [...others, sql`${key} ${direction}`, ...among, sql`users.id ${direction}`];
}

/** Whether a list is by a facet. */
export function isFacet(sort: SortColumn): sort is FacetName {
  return sort in FACETS;
}

function orderBy({ order }: UserPage, key: SQL): SQL {
  const direction = sql.raw(order);
  return sql`${key} ${direction}, id ${direction}`;
}

function isWithout(has: SQL | undefined): SQL {
  return sql`NOT coalesce(${has}, 0)`;
}

/** Whether the page begins among those who have nothing in the column. */
function isBehind({ after }: UserPage): boolean {
  return after?.[0] === '';
}

function afterKey({ after, order }: UserPage, key: SQL): SQL {
  if (!after) return sql`TRUE`;
  return sql`(${key}, id) ${sql.raw(order === 'asc' ? '>' : '<')} (${after[0]}, ${after[1]})`;
}

function afterAmongOthers(page: UserPage): SQL {
  if (!page.after || !isBehind(page)) return sql`TRUE`;
  const id = String(page.after[1]);
  // Should they be gone meanwhile, by when the id was made.
  const at = sql`coalesce((SELECT created_at FROM users AS last WHERE last.id = ${id}), ${madeAt(id)})`;
  return sql`(created_at, id) ${sql.raw(page.order === 'asc' ? '>' : '<')} (${at}, ${id})`;
}

/** Where the page after a row begins. */
export function keysAfter(row: UserRow, sort: SortColumn): CursorKeys {
  if (!isFacet(sort)) return [SORTS[sort].of(row), row.id];
  const value = sort === 'email_verified' ? row.emailVerified : row[sort];
  return [typeof value === 'boolean' ? Number(value) : value, row.createdAt, row.id];
}

/** Facets that are numbers. */
const NUMBERED: SortColumn[] = ['email_verified', 'anonymous'];

/** Whether keys of a cursor are such as the order has. */
export function areKeysOf(sort: SortColumn, keys: unknown): keys is CursorKeys {
  if (!Array.isArray(keys)) return false;
  const types = keys.map((key) => typeof key).join();
  if (isFacet(sort)) return types === `${NUMBERED.includes(sort) ? 'number' : 'string'},number,string`;
  return types === `${sort === 'created_at' || sort === 'last_login_at' ? 'number' : 'string'},string`;
}
