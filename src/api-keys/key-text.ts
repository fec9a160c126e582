import { createHash } from 'node:crypto';

/** Id and secret of a key. The beginning is one that secret scanners can be told of. */
const KEY = /^lkk_([0-9a-z]{26})_([\w-]{43})$/;
/** Characters of the secret that are shown in lists, to tell a key from the one before its rotation: 24 bits of 256. */
const SHOWN = 4;

/** The text of a new key, of which only hash and prefix are kept. */
export function newKeyText(id: string): { text: string; prefix: string; hash: string } {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  const start = `lkk_${id.slice('key_'.length)}_`;
  return { text: start + secret, prefix: start + secret.slice(0, SHOWN), hash: hashOf(secret) };
}

/** The id that a key names and the hash of its secret; null when the text is not a key. */
export function parseKeyText(text: string): { id: string; hash: string } | null {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id && secret ? { id: `key_${id}`, hash: hashOf(secret) } : null;
}

/** The secret has 256 bits of entropy, so a plain hash will do. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
