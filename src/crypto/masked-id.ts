import { createCipheriv, createHmac } from 'node:crypto';

const TAG = 16;
/** Tells a masked id from a plain one; in no plain one is there a hyphen. */
const PREFIX = 'sub-';
const FORM = new RegExp(`^${PREFIX}([A-Za-z0-9_-]{40,200})$`);

/**
 * An id as one of many circles knows it: the same each time within a circle, and in no other. It is encrypted and not hashed, by
 * AES-256-CTR under a synthetic IV (as in RFC 5297), so that who has the key needs no table to find the id.
 */
export function maskId(key: Buffer, circle: string, id: string): string {
  const tag = derived(key, 'tag', `${circle}\n${id}`).subarray(0, TAG);
  return PREFIX + Buffer.concat([tag, crypt(key, tag, Buffer.from(id))]).toString('base64url');
}

/** The id behind a mask, which says nothing of whether anybody has made it; null for any other text. */
export function unmaskId(key: Buffer, masked: string): string | null {
  const [, text = ''] = FORM.exec(masked) ?? [];
  if (text === '') return null;
  const bytes = Buffer.from(text, 'base64url');
  return crypt(key, bytes.subarray(0, TAG), bytes.subarray(TAG)).toString('latin1');
}

function crypt(key: Buffer, iv: Buffer, bytes: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-ctr', derived(key, 'encryption', ''), iv);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

function derived(key: Buffer, purpose: string, message: string): Buffer {
  return createHmac('sha256', createHmac('sha256', key).update(purpose).digest()).update(message).digest();
}
