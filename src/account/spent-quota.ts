import type { Keyring } from '../crypto/keys.ts';
import {
  type AddressQuota,
  addressQuota,
  namesOfAddress,
  SPENT_BEFORE,
  type SpentQuota,
  type SpentRow,
} from '../directory/spent-before.ts';
import { dateOf, endOf, monthOf } from '../lib/calendar.ts';

/** Counts as used that the credits of a month were given. */
export const GRANT = 'grant:monthly';

/** Names of what is kept beside the books: of a user who is there, and of one who was deleted until the directory has it. */
const ADDRESS_QUOTA = 'address_quota';
const SPENT = 'spent_quota';

/** What the address of an object's user had used when they came, and what it has used when they go. */
export class AddressQuotas {
  readonly #kv: SyncKvStorage;
  readonly #brought: () => AddressQuota | null;
  #known: AddressQuota | null | undefined;

  /** `brought` is what came along with who registered. */
  constructor(kv: SyncKvStorage, brought: () => AddressQuota | null) {
    this.#kv = kv;
    this.#brought = brought;
  }

  /** By whoever had the address before; null when nobody has looked it up. */
  spentBefore(): SpentQuota | null {
    this.#known ??= this.#kv.get<AddressQuota>(ADDRESS_QUOTA) ?? this.#brought();
    return this.#known?.spent ?? null;
  }

  /** Looks it up. Of a user who has used something already, whoever was before no longer counts; one who is gone has none. */
  async lookUp(
    d1: D1Database,
    keys: Keyring,
    user: { userId: string; realmId: string },
    is: { new: boolean; gone: () => boolean },
  ): Promise<void> {
    // Without an answer the user begins at zero: no one is kept from signing up by it.
    const found = await readAddressQuota(d1, keys, user, Date.now()).catch(() => null);
    if (!found || is.gone()) return;
    this.#kv.put(ADDRESS_QUOTA, is.new ? found : { ...found, spent: {} });
    this.reload();
  }

  /** What is to be kept of a user who goes, by what they have used; null when the address was never looked up. */
  leaving(spent: () => SpentQuota): AddressQuota | null {
    this.spentBefore();
    return this.#known ? { ...this.#known, spent: spent() } : null;
  }

  /** Notes it, when all else is deleted. */
  leave(quota: AddressQuota | null): void {
    this.reload();
    if (quota) this.#kv.put(SPENT, quota);
  }

  /** Has the directory keep what a user has used who may go. Repeating changes nothing. */
  async keep(d1: D1Database, quota: AddressQuota | null): Promise<void> {
    if (quota) await keepSpentQuota(d1, quota, Date.now());
  }

  /** Has the directory keep what was left. Repeating changes nothing. */
  async handOver(d1: D1Database): Promise<void> {
    const spent = this.#kv.get<AddressQuota>(SPENT);
    if (!spent) return;
    await keepSpentQuota(d1, spent, Date.now());
    this.#kv.delete(SPENT);
  }

  /** Reads it again: what was written last may be undone. */
  reload(): void {
    this.#known = undefined;
  }
}

/** What an address has used since the month began, though the account that did is deleted; null when there is no such user. */
async function readAddressQuota(
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
  const names = namesOfAddress(keys, user.realmId, row.email);
  const { results } = await session.prepare(SPENT_BEFORE).bind(JSON.stringify(names), now).all<SpentRow>();
  return addressQuota(user.realmId, names, results);
}

/** Keeps what an address has used until the day and the month are over. Repeating changes nothing. */
async function keepSpentQuota(
  db: D1Database,
  { key, realmId, spent }: AddressQuota,
  now: number,
): Promise<void> {
  const ends: Record<string, number> = {
    [dateOf(now)]: endOf('day', now),
    [monthOf(now)]: endOf('month', now),
  };
  const statement = db.prepare(
    `INSERT INTO spent_quota (realm_id, address_key, period, resource, used, expires_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET used = excluded.used WHERE excluded.used > used`,
  );
  const rows = Object.entries(spent).flatMap(([period, resources]) =>
    Object.entries(resources).flatMap(([resource, used]) =>
      ends[period] ? [statement.bind(realmId ?? null, key, period, resource, used, ends[period])] : [],
    ),
  );
  if (rows.length > 0) await db.batch(rows);
}
