import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { inKnownNotation, saltAndKey } from '../crypto/hash-notations.ts';

/** `salt:key` as Better Auth and Lucia 3 write it: scrypt with N = 16384, r = 16, p = 1. */
const SaltAndKey = z.strictObject({ algorithm: z.literal('lucia') });

/** How a salted SHA-256 is written that has no notation of its own, in one column or in two. */
const SaltedSha256 = z.strictObject({
  algorithm: z.literal('sha256'),
  /** What was hashed first. */
  order: z.enum(['salt_password', 'password_salt']),
  digest: z.enum(['hex', 'base64']).default('hex'),
  /** What was hashed as salt: the text as it stands, or the bytes that it spells. */
  salt: z.enum(['text', 'hex', 'base64']).default('text'),
  /** What stands between salt and digest in one column; without it the salt is in `password_salt`. */
  separator: z.string().length(1).optional(),
  /** Which of them stands first in that column. */
  first: z.enum(['salt', 'digest']).default('salt'),
});

/** How hashes are written that have no notation of their own. */
export const HashFormatSchema = z.discriminatedUnion('algorithm', [SaltedSha256, SaltAndKey]);

export type HashFormat = z.output<typeof HashFormatSchema>;
type SaltedFormat = z.output<typeof SaltedSha256>;

/**
 * A foreign hash in the notation that `describeHash` knows. One that has a notation of its own is read by that, whatever
 * the format says: files are mixed.
 */
export function storedHash(hash: string, salt: unknown, format: HashFormat | undefined): string {
  const text = inKnownNotation(hash.trim());
  if (!format || text.startsWith('$') || text.startsWith('pbkdf2_')) return text;
  if (format.algorithm === 'lucia') return saltAndKey(text);
  const [saltText, digest] = parts(text, salt, format);
  const encode = (value: string, encoding: 'text' | 'hex' | 'base64') =>
    Buffer.from(value, encoding === 'text' ? 'utf8' : encoding).toString('base64');
  const order = format.order === 'salt_password' ? 'sp' : 'ps';
  return `$sha256$o=${order}$${encode(saltText, format.salt)}$${encode(digest, format.digest)}`;
}

function parts(
  text: string,
  salt: unknown,
  { separator, first }: SaltedFormat,
): [salt: string, digest: string] {
  if (separator === undefined) return [typeof salt === 'string' ? salt : '', text];
  const at = first === 'salt' ? text.indexOf(separator) : text.lastIndexOf(separator);
  const [left, right] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  return first === 'salt' ? [left, right] : [right, left];
}
