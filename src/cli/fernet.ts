import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';

const VERSION = 0x80;
const KEY_BYTES = 16;
const IV_BYTES = 16;
const MAC_BYTES = 32;
/** Version, time and vector. */
const HEAD_BYTES = 1 + 8 + IV_BYTES;

/** A key of Fernet (github.com/fernet/spec): the signing part, then the encrypting part. Throws when the text is not such a key. */
export class FernetKey {
  readonly #signing: Buffer;
  readonly #encryption: Buffer;

  constructor(text: string) {
    const bytes = Buffer.from(text.trim(), 'base64url');
    if (bytes.length !== 2 * KEY_BYTES) throw new Error('A Fernet key has 32 bytes, in base64url.');
    this.#signing = bytes.subarray(0, KEY_BYTES);
    this.#encryption = bytes.subarray(KEY_BYTES);
  }

  /** What a token holds, however old; null for one that was not made with this key. */
  decrypt(token: string): string | null {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes[0] !== VERSION || bytes.length < HEAD_BYTES + IV_BYTES + MAC_BYTES) return null;
    const signed = bytes.subarray(0, -MAC_BYTES);
    const mac = createHmac('sha256', this.#signing).update(signed).digest();
    if (!timingSafeEqual(mac, bytes.subarray(-MAC_BYTES))) return null;
    const iv = bytes.subarray(HEAD_BYTES - IV_BYTES, HEAD_BYTES);
    try {
      const decipher = createDecipheriv('aes-128-cbc', this.#encryption, iv);
      return Buffer.concat([decipher.update(signed.subarray(HEAD_BYTES)), decipher.final()]).toString();
    } catch {
      return null;
    }
  }
}
