import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { COUNTED } from '../http/paging.ts';
import { parseEmailAddress } from '../lib/email-address.ts';
import { fold } from '../lib/fold.ts';
import { parsePhoneNumber } from '../lib/phone-number.ts';
import { FACETS, type FacetName, type FacetQuery, facetsOf, isWanted } from './user-facets.ts';
import { after, isFacet, orderOf, type Stretch, stretchesOf, type UserPage } from './users-order.ts';

/** What a list of users is narrowed to, besides its facets. Times are Unix milliseconds. */
export interface Narrowing {
  q?: string | undefined;
  createdAfter?: number | undefined;
  createdBefore?: number | undefined;
}

/**
 * Users who are found first and put in order afterwards, at most, for each way in which a text may be meant. Where more fit,
 * a walk in the order of the list comes upon them soon.
 */
const CANDIDATES = 1000;

const NAME = sql`coalesce(folded_name, lower(name))`;
const FAMILY_NAME = sql`coalesce(folded_family_name, lower(family_name), substr(${NAME}, instr(${NAME}, ' ') + 1))`;
/** What a search looks into, each by an index, and what a text is there: whatever begins with it is found. */
const SEARCHED: { key: SQL; of(q: string): string; isIndexed?: SQL }[] = [
  { key: sql`email`, of: addressOf },
  { key: sql`username`, of: (q) => q },
  // The index has only users with a name, and nothing that begins with a text says so to SQLite.
  { key: NAME, of: fold, isIndexed: sql`name IS NOT NULL` },
  { key: FAMILY_NAME, of: fold, isIndexed: sql`(name IS NOT NULL OR family_name IS NOT NULL)` },
  { key: sql`phone_number`, of: (q) => parsePhoneNumber(q) ?? q.replace(/[\s().-]/g, '') },
];

/** An address, or the beginning of one, as it is kept. */
function addressOf(q: string): string {
  const parsed = parseEmailAddress(q);
  return 'address' in parsed ? parsed.address : q.toLowerCase();
}

/** Reads a page. Each facet is walked along the index of the order; what is narrowed first is sorted afterwards. */
export async function listUsers(
  db: Database,
  realmId: string,
  filter: FacetQuery & Narrowing,
  page: UserPage,
): Promise<{ rows: UserRow[]; total: number; totalIsExact: boolean }> {
  const counts = await facetsOf(db, realmId);
  const wanted = counts.filter((facet) => isWanted(facet, filter));
  if (wanted.length === 0) return { rows: [], total: 0, totalIsExact: true };
  const facets = wanted.map(({ facet }) => facet);
  const select = () => db.select(getTableColumns(users)).from(users).$dynamic();
  const paged = (found: ReturnType<typeof select>) =>
    found
      .orderBy(...orderOf(page))
      .limit(page.limit)
      .offset(page.offset);
  const along = (stretch: Stretch, most: number) =>
    select().innerJoin(...walkAlong(realmId, facets, filter, stretch, most));
  const walked = () => {
    if (isFacet(page.sort)) {
      return paged(select().innerJoin(...walkByFacet(realmId, facets, filter, page, page.sort)));
    }
    return paged(along(stretchesOf(page)[0] as Stretch, page.offset + page.limit));
  };
  const walkedOn = async () => {
    const stretches = isFacet(page.sort) ? [] : stretchesOf(page);
    if (stretches.length <= 1) return walked();
    const rows: UserRow[] = [];
    for (const stretch of stretches) {
      const left = page.offset + page.limit - rows.length;
      if (left > 0) {
        rows.push(
          ...(await along(stretch, left)
            .orderBy(...orderOf(page))
            .limit(left)),
        );
      }
    }
    return rows.slice(page.offset);
  };
  const counted = (number: SQL) => db.select({ number: sql<number>`${number}` }).from(sql`(SELECT 1)`);
  if (filter.q === undefined && !isWithin(filter)) {
    const total = wanted.reduce((sum, facet) => sum + facet.users, 0);
    return { rows: await walkedOn(), total, totalIsExact: true };
  }
  if (filter.q === undefined && page.sort === 'created_at') {
    const [rows, [count]] = await db.batch([walked(), counted(countWithin(realmId, facets, filter))]);
    const total = count?.number ?? 0;
    return { rows, total: Math.min(total, COUNTED), totalIsExact: total <= COUNTED };
  }
  const [length] = await counted(lengthOf(realmId, facets, filter));
  const most = length?.number ?? 0;
  if (most > CANDIDATES) {
    // Candidates that are cut off before they are sorted would be any of those that fit.
    const rows = await walkedOn();
    const seen = rows.length === 0 ? 0 : page.offset + rows.length;
    const isWide = filter.q === undefined || (wanted.length === counts.length && !isWithin(filter));
    return { rows, total: Math.max(isWide ? most : 0, seen), totalIsExact: false };
  }
  const candidate = sql`users.rowid IN (${candidates(realmId, facets, filter)}) AND ${matches(realmId, facets, filter)}`;
  const [rows, [count]] = await db.batch([
    paged(select().where(sql`${candidate} AND ${after(page)}`)),
    counted(sql`(SELECT count(*) FROM users WHERE ${candidate})`),
  ]);
  return { rows, total: count?.number ?? 0, totalIsExact: true };
}

function isWithin(filter: Narrowing): boolean {
  return filter.createdAfter !== undefined || filter.createdBefore !== undefined;
}

/** The table, but of every facet only the rows that can be among the first so many of a stretch. */
function walkAlong(
  realmId: string,
  facets: string[],
  filter: Narrowing,
  { among, order }: Stretch,
  most: number,
): [of: SQL, on: SQL] {
  const on = sql`users.rowid IN (
    SELECT c.rowid FROM users AS c WHERE realm_id = ${realmId} AND facet = f.value AND ${within(filter)} AND ${fits(filter)} AND ${among}
    ORDER BY ${order} LIMIT ${most})`;
  return [sql`json_each(${JSON.stringify(facets)}) AS f`, on];
}

/** The same in the order of a facet, and within one value the newest first. */
function walkByFacet(
  realmId: string,
  facets: string[],
  filter: Narrowing,
  page: UserPage,
  name: FacetName,
): [of: SQL, on: SQL] {
  const [value, at, id] = page.after ?? [];
  const isOver = (own: string | number) =>
    page.after !== null && own !== value && own < (value as string | number) === (page.order === 'asc');
  const items = facets
    .map((facet) => ({ f: facet, own: FACETS[name].of(facet) }))
    .filter(({ own }) => !isOver(own))
    .map(({ f, own }) =>
      page.after && own === value ? { f, at, id } : { f, at: Number.MAX_SAFE_INTEGER, id: '' },
    );
  const on = sql`users.rowid IN (
    SELECT c.rowid FROM users AS c WHERE realm_id = ${realmId} AND facet = f.value ->> 'f'
      AND (created_at, id) < (f.value ->> 'at', f.value ->> 'id') AND ${within(filter)} AND ${fits(filter)}
    ORDER BY created_at DESC, id DESC LIMIT ${page.offset + page.limit})`;
  return [sql`json_each(${JSON.stringify(items)}) AS f`, on];
}

/** Users whom a text may mean, or who came within a time: no more than so many for each way. */
function candidates(realmId: string, facets: string[], filter: Narrowing): SQL {
  const limit = CANDIDATES;
  if (filter.q === undefined) return sql`${usersWithin(realmId, facets, filter)} LIMIT ${limit}`;
  if (/^usr_[0-9a-z]{26}(_[a-z]+)?$/.test(filter.q))
    return sql`SELECT rowid FROM users WHERE id = ${filter.q}`;
  // D1 takes no more than five terms.
  const terms = ways(realmId, filter.q).map((way) => sql`SELECT * FROM (${way} LIMIT ${limit})`);
  return sql.join(terms, sql` UNION `);
}

function ways(realmId: string, q: string): SQL[] {
  return begins(q).map((way) => sql`SELECT rowid FROM users WHERE realm_id = ${realmId} AND ${way}`);
}

/** The conditions of which one holds for whom a text may mean. */
function begins(q: string, sign: '' | '+' = ''): SQL[] {
  return SEARCHED.map(({ key, of, isIndexed }) => {
    // Of signs alone nothing is left, with which everything begins.
    const from = of(q) || q;
    const left = sql`${sql.raw(sign)}${key}`;
    const range = sql`${left} >= ${from} AND ${left} < ${`${from}\u{10FFFF}`}`;
    return isIndexed ? sql`${isIndexed} AND ${range}` : range;
  });
}

/** The same for rows that are read anyway. An id is found by its index, and is no matter of a walk. */
function fits({ q }: Narrowing): SQL {
  return q === undefined ? sql`TRUE` : sql`(${sql.join(begins(q, '+'), sql` OR `)})`;
}

/** For rows that were found already: the signs keep SQLite from looking for them by an index again. */
function matches(realmId: string, facets: string[], filter: Narrowing): SQL {
  return sql`+realm_id = ${realmId} AND +facet IN (SELECT value FROM json_each(${JSON.stringify(facets)})) AND ${within(filter, '+')}`;
}

function within({ createdAfter, createdBefore }: Narrowing, sign: '' | '+' = ''): SQL {
  const at = sql.raw(`${sign}created_at`);
  const from = createdAfter === undefined ? sql`TRUE` : sql`${at} >= ${createdAfter}`;
  return createdBefore === undefined ? from : sql`${from} AND ${at} < ${createdBefore}`;
}

function countWithin(realmId: string, facets: string[], filter: Narrowing): SQL {
  return sql`(SELECT count(*) FROM (${usersWithin(realmId, facets, filter)} LIMIT ${COUNTED + 1}))`;
}

/** Who came within a time, of each facet by its index. */
function usersWithin(realmId: string, facets: string[], filter: Narrowing): SQL {
  return sql`SELECT users.rowid FROM json_each(${JSON.stringify(facets)}) AS f
    CROSS JOIN users WHERE realm_id = ${realmId} AND facet = f.value AND ${within(filter)}`;
}

/** How many candidates there are by the way that has most, as far as they are looked at. */
function lengthOf(realmId: string, facets: string[], filter: Narrowing): SQL {
  const all = filter.q === undefined ? [usersWithin(realmId, facets, filter)] : ways(realmId, filter.q);
  const lengths = all.map((way) => sql`(SELECT count(*) FROM (${way} LIMIT ${CANDIDATES + 1}))`);
  return sql`max(0, ${sql.join(lengths, sql`, `)})`;
}
