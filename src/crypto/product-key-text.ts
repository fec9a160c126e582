import { JURISDICTIONS } from '../lib/jurisdiction.ts';
import { hashOfSecret, newSecret, SHOWN_OF_SECRET } from './key-secret.ts';

/** Whose key, and the secret. The beginning is one that secret scanners can be told of, and says in which object the key is. */
const PRODUCT_KEY = new RegExp(
  `^lk([uo])_([0-9a-z]{26}(?:_(?:${JURISDICTIONS.join('|')}))?)_([A-Za-z0-9_-]{43})$`,
);

/** The text of a new key of a user or an organization, by the id of that; only hash and prefix are kept. */
export function newProductKeyText(ownerId: string): { text: string; prefix: string; hash: string } {
  const secret = newSecret();
  const start = `lk${ownerId.startsWith('org_') ? 'o' : 'u'}_${ownerId.slice('usr_'.length)}_`;
  return {
    text: start + secret,
    prefix: start + secret.slice(0, SHOWN_OF_SECRET),
    hash: hashOfSecret(secret),
  };
}

/** Whose key a text is, a user's or an organization's, and the hash of its secret; null when it is none. */
export function parseProductKeyText(
  text: string,
): ({ hash: string } & ({ userId: string } | { organizationId: string })) | null {
  const [, kind, owner, secret] = PRODUCT_KEY.exec(text) ?? [];
  if (!owner || !secret) return null;
  const hash = hashOfSecret(secret);
  return kind === 'o' ? { organizationId: `org_${owner}`, hash } : { userId: `usr_${owner}`, hash };
}
