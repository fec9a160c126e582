import { CONTROL } from '../config/databases.ts';
import { ARGON2_PREFIX } from '../crypto/argon2-parameters.ts';
import { describeHash } from '../crypto/foreign-hashes.ts';
import { hmac } from '../crypto/keys.ts';
import { DECOY_HASH } from '../crypto/password-hash.ts';
import type { Decoys } from '../lib/realm.ts';
import type { Budget } from '../lib/run-budget.ts';
import { DAY } from '../lib/time.ts';

/** Kinds of hashes that a realm's decoys have, the most frequent first; and realms that one run counts anew. */
const MAX_KINDS = 20;
const MAX_REALMS = 5;

/**
 * The hash that an identifier without a password is verified against: of the kinds and costs that the realm's own
 * passwords have, in the same proportions, always the same for an identifier. So the time that it takes tells nothing.
 */
export function decoyFor(decoys: Decoys, key: Buffer, identifier: string): string {
  const total = decoys.reduce((sum, [, count]) => sum + count, 0);
  const [digest] = new Uint32Array(
    Uint8Array.from(Buffer.from(hmac(key, `kind:${identifier}`), 'base64url').subarray(0, 4)).buffer,
  );
  let left = ((digest ?? 0) / 2 ** 32) * total;
  for (const [hash, count] of decoys) {
    if (left < count) return hash;
    left -= count;
  }
  return DECOY_HASH;
}

/** A hash of the same kind and cost, of no password that anybody knows; null for one that nothing verifies against. */
export function decoyLike(hash: string): string | null {
  if (hash.startsWith(ARGON2_PREFIX)) return DECOY_HASH;
  const parts = hash.split('$');
  // Salt and digest are the last two parts, or, of bcrypt, the last.
  const from = parts.length - (/^\$2[aby]\$/.test(hash) ? 1 : 2);
  const decoy = parts.map((part, index) =>
    index < from ? part : part.replace(/[A-Za-z0-9]/g, randomLetter),
  );
  const made = decoy.join('$');
  return describeHash(made) === null ? null : made;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345';

function randomLetter(): string {
  const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
  return LETTERS[byte % LETTERS.length] as string;
}

/**
 * Counts the kinds of hashes of the realms that have imported users since, or were not counted for a day. `now` is Unix
 * milliseconds. `elsewhere` is the name of
 * the database where it is not `DB`, and that one, by whose rows realms are gone by.
 */
export async function refreshDecoys(
  d1: D1Database,
  now: number,
  budget: Budget,
  elsewhere: { database: string; control: D1Database } | null = null,
): Promise<void> {
  if (!budget.take(1)) return;
  const due = await d1
    .prepare(
      `SELECT id FROM realms WHERE database = ?3 AND (decoys_at < ?1 OR EXISTS (
         SELECT 1 FROM imports WHERE imports.realm_id = realms.id AND imports.updated_at >= realms.decoys_at))
       LIMIT ?2`,
    )
    .bind(now - DAY, MAX_REALMS, elsewhere?.database ?? CONTROL)
    .all<{ id: string }>();
  for (const { id } of due.results) {
    if (!budget.take(elsewhere ? 3 : 2)) return;
    // What is left of a hash without its digest, and then without its salt; of bcrypt its version and cost.
    const counted = await d1
      .prepare(
        `SELECT count(*) AS count, max(hash) AS hash FROM (
           SELECT hash, replace(hash, '$', '') AS letters FROM passwords JOIN users ON users.id = user_id WHERE realm_id = ?1)
         GROUP BY iif(hash LIKE '$2%', substr(hash, 1, 7), rtrim(rtrim(rtrim(hash, letters), '$'), letters))
         ORDER BY 1 DESC LIMIT ?2`,
      )
      .bind(id, MAX_KINDS)
      .all<{ count: number; hash: string }>();
    const decoys = counted.results.flatMap(({ count, hash }): Decoys => {
      const decoy = decoyLike(hash);
      return decoy === null ? [] : [[decoy, count]];
    });
    // Ours last: as users sign in and their hashes are replaced, identifiers that nobody has go over to it too.
    const sorted = decoys.sort(
      ([a], [b]) => Number(a === DECOY_HASH) - Number(b === DECOY_HASH) || (a < b ? -1 : 1),
    );
    // Here last: it is what says that it was done.
    for (const at of elsewhere ? [elsewhere.control, d1] : [d1]) {
      await at
        .prepare('UPDATE realms SET decoys = ?, decoys_at = ? WHERE id = ?')
        .bind(JSON.stringify(sorted), now, id)
        .run();
    }
  }
}
