import { Buffer } from 'node:buffer';
import { z } from 'zod';

/** How a salted SHA-256 is written that has no notation of its own, in one column or in two. */
export const HashFormatSchema = z.strictObject({
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

export type HashFormat = z.output<typeof HashFormatSchema>;

/**
 * A foreign hash in the notation that `describeHash` knows. One that has a notation of its own (it begins with `$`, or is
 * Django's) stays as it is, whatever the format says: files are mixed.
 */
export function storedHash(hash: string, salt: unknown, format: HashFormat | undefined): string {
  const text = hash.trim();
  if (!format || text.startsWith('$') || text.startsWith('pbkdf2_')) return text;
  const [saltText, digest] = parts(text, salt, format);
  const encode = (value: string, encoding: 'text' | 'hex' | 'base64') =>
    Buffer.from(value, encoding === 'text' ? 'utf8' : encoding).toString('base64');
  const order = format.order === 'salt_password' ? 'sp' : 'ps';
  return `$sha256$o=${order}$${encode(saltText, format.salt)}$${encode(digest, format.digest)}`;
}

function parts(
  text: string,
  salt: unknown,
  { separator, first }: HashFormat,
): [salt: string, digest: string] {
  if (separator === undefined) return [typeof salt === 'string' ? salt : '', text];
  const at = first === 'salt' ? text.indexOf(separator) : text.lastIndexOf(separator);
  const [left, right] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  return first === 'salt' ? [left, right] : [right, left];
}
