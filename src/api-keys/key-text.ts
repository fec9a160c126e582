import { hashOfSecret, newSecret, SHOWN_OF_SECRET } from '../crypto/key-secret.ts';

/** Id and secret of a key. The beginning is one that secret scanners can be told of. */
const KEY = /^lkk_([0-9a-z]{26})_([\w-]{43})$/;

/** The text of a new key, of which only hash and prefix are kept. */
export function newKeyText(id: string): { text: string; prefix: string; hash: string } {
  const secret = newSecret();
  const start = `lkk_${id.slice('key_'.length)}_`;
  return {
    text: start + secret,
    prefix: start + secret.slice(0, SHOWN_OF_SECRET),
    hash: hashOfSecret(secret),
  };
}

/** The id that a key names and the hash of its secret; null when the text is not a key. */
export function parseKeyText(text: string): { id: string; hash: string } | null {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id && secret ? { id: `key_${id}`, hash: hashOfSecret(secret) } : null;
}
