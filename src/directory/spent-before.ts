import { sql } from 'drizzle-orm';
import { hmac, type Keyring } from '../crypto/keys.ts';
import type { Database } from '../db/client.ts';
import { rawStatement } from '../db/raw.ts';
import { inboxOf } from '../lib/email-address.ts';

/** How much was used, by UTC date or month, and by resource. */
export type SpentQuota = Record<string, Record<string, number>>;

/** What is known of the address that a user came with. */
export interface AddressQuota {
  key: string;
  /** Of what was noted by an earlier version it is not there. */
  realmId?: string;
  /** By whoever had the address before. */
  spent: SpentQuota;
}

/** What an address, by its names, has used: parameters are their JSON and the time now. */
export const SPENT_BEFORE = `SELECT period, resource, MAX(used) AS used FROM spent_quota
  WHERE address_key IN (SELECT value FROM json_each(?)) AND expires_at > ? GROUP BY period, resource`;

/** What was used of a resource in a period. */
export interface SpentRow {
  period: string;
  resource: string;
  used: number;
}

/** Reads what an address has used since the month began: for the batch that adds its user. */
export function spentStatement(db: Database, names: string[], now: number) {
  const [before, between, after] = SPENT_BEFORE.split('?') as [string, string, string];
  return rawStatement<SpentRow>(
    db,
    sql`${sql.raw(before)}${JSON.stringify(names)}${sql.raw(between)}${now}${sql.raw(after)}`,
  );
}

/** Under what an address is kept, the name of today first. */
export function namesOfAddress(keys: Keyring, realmId: string, email: string): string[] {
  return keys.map((key) => hmac(key, `${realmId}:${inboxOf(email)}`));
}

/** What is known of an address that has used this. */
export function addressQuota(realmId: string, names: string[], rows: SpentRow[]): AddressQuota {
  const spent: SpentQuota = {};
  for (const { period, resource, used } of rows) spent[period] = { ...spent[period], [resource]: used };
  return { key: names[0] as string, realmId, spent };
}
