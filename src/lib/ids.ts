import { type Jurisdiction, withinJurisdiction } from './jurisdiction.ts';

/** What an id names; the prefix of its text form. */
export type IdPrefix =
  | 'usr'
  | 'ses'
  | 'msg'
  | 'req'
  | 'jti'
  | 'key'
  | 'apk'
  | 'aud'
  | 'txn'
  | 'imp'
  | 'bak'
  | 'psk'
  | 'fac'
  | 'cli'
  | 'res'
  | 'evt'
  | 'whe'
  | 'hok'
  | 'org'
  | 'inv'
  | 'dom';

/** Crockford's base32, as ULIDs have it, in lower case. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** Random bytes for so many ids: one call for all of them, for each costs more than an id. */
const random = new Uint8Array(64 * RANDOM_DIGITS);
let used = random.length;

/** A new id: prefix and ULID, so that ids of one kind sort by the millisecond of their making. */
export function newId(prefix: IdPrefix, now = Date.now()): string {
  if (used === random.length) {
    crypto.getRandomValues(random);
    used = 0;
  }
  let id = `${prefix}_${timeDigits(now)}`;
  // A byte a digit, of which eight each make the same: no digit is likelier.
  for (const end = used + RANDOM_DIGITS; used < end; used += 1) id += DIGITS[(random[used] as number) & 31];
  return id;
}

/** The id of a user of a realm, which ends with the jurisdiction of that, if it has one. */
export function newUserId(jurisdiction: Jurisdiction | null, now = Date.now()): string {
  return withinJurisdiction(newId('usr', now), jurisdiction);
}

/** The id of an organization of a realm, which ends as those of its users do. */
export function newOrganizationId(jurisdiction: Jurisdiction | null, now = Date.now()): string {
  return withinJurisdiction(newId('org', now), jurisdiction);
}

/** A time (Unix milliseconds) as the ids that are made then begin behind their prefix. */
export function timeDigits(time: number): string {
  let digits = '';
  for (let rest = time; digits.length < TIME_DIGITS; rest = Math.floor(rest / 32)) {
    digits = DIGITS[rest % 32] + digits;
  }
  return digits;
}

/** When an id was made, Unix milliseconds. */
export function madeAt(id: string): number {
  const start = id.indexOf('_') + 1;
  return [...id.slice(start, start + TIME_DIGITS)].reduce(
    (time, digit) => time * 32 + DIGITS.indexOf(digit),
    0,
  );
}
