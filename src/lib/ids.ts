import { decodeTime, ulid } from 'ulid';

/** What an id names; the prefix of its text form. */
export type IdPrefix = 'usr' | 'ses' | 'msg' | 'req' | 'jti' | 'key' | 'aud' | 'txn' | 'imp' | 'psk';
/** A new id: prefix and ULID, so that ids of one kind sort by the millisecond of their making. */
export function newId(prefix: IdPrefix, now = Date.now()): string {
  return `${prefix}_${ulid(now).toLowerCase()}`;
}

/** When an id was made, Unix milliseconds. */
export function madeAt(id: string): number {
  return decodeTime(id.slice(id.indexOf('_') + 1).toUpperCase());
}
