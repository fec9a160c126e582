import { hmac, type Keyring } from '../crypto/keys.ts';
import { dateOf, endOf, monthOf } from '../lib/calendar.ts';
import { inboxOf } from '../lib/email-address.ts';

/** How much was used, by UTC date or month, and by resource. */
export type SpentQuota = Record<string, Record<string, number>>;

/** Counts as used that the credits of a month were given. */
export const GRANT = 'grant:monthly';

/** What the object knows of the address that its user came with. */
export interface AddressQuota {
  key: string;
  /** By whoever had the address before. */
  spent: SpentQuota;
}

/** What an address has used since the month began, though the account that did is deleted; null when there is no such user. */
export async function readAddressQuota(
  db: D1Database,
  keys: Keyring,
  user: { userId: string; realmId: string },
  now: number,
): Promise<AddressQuota | null> {
  const session = db.withSession('first-primary');
  const row = await session
    .prepare('SELECT email FROM users WHERE id = ?')
    .bind(user.userId)
    .first<{ email: string }>();
  if (!row) return null;
  const names = keys.map((key) => hmac(key, `${user.realmId}:${inboxOf(row.email)}`));
  const { results } = await session
    .prepare(
      `SELECT period, resource, MAX(used) AS used FROM spent_quota
       WHERE address_key IN (SELECT value FROM json_each(?)) AND expires_at > ? GROUP BY period, resource`,
    )
    .bind(JSON.stringify(names), now)
    .all<{ period: string; resource: string; used: number }>();
  const spent: SpentQuota = {};
  for (const { period, resource, used } of results) spent[period] = { ...spent[period], [resource]: used };
  return { key: names[0] as string, spent };
}

/** Keeps what an address has used until the day and the month are over. Repeating changes nothing. */
export async function keepSpentQuota(
  db: D1Database,
  { key, spent }: AddressQuota,
  now: number,
): Promise<void> {
  const ends: Record<string, number> = {
    [dateOf(now)]: endOf('day', now),
    [monthOf(now)]: endOf('month', now),
  };
  const statement = db.prepare(
    `INSERT INTO spent_quota VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET used = MAX(used, excluded.used)`,
  );
  const rows = Object.entries(spent).flatMap(([period, resources]) =>
    Object.entries(resources).flatMap(([resource, used]) =>
      ends[period] ? [statement.bind(key, period, resource, used, ends[period])] : [],
    ),
  );
  if (rows.length > 0) await db.batch(rows);
}
