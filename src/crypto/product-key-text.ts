import { createHash } from 'node:crypto';
import { JURISDICTIONS } from '../lib/jurisdiction.ts';
import { hashOfSecret, newSecret, SHOWN_OF_SECRET } from './key-secret.ts';

/** Characters of the check: 36 bits. */
const CHECK = 6;

/**
 * Whose key, the secret, and the check of both, which keys of earlier versions lack. The beginning is one that secret scanners can be
 * told of, and says in which object the key is.
 */
const PRODUCT_KEY = new RegExp(
  `^(lk([uo])_([0-9a-z]{26}(?:_(?:${JURISDICTIONS.join('|')}))?)_([A-Za-z0-9_-]{43}))([A-Za-z0-9_-]{${CHECK}})?$`,
);

/** The text of a new key of a user or an organization, by the id of that; only hash and prefix are kept. */
export function newProductKeyText(ownerId: string): { text: string; prefix: string; hash: string } {
  const secret = newSecret();
  const start = `lk${ownerId.startsWith('org_') ? 'o' : 'u'}_${ownerId.slice('usr_'.length)}_`;
  const checked = start + secret;
  return {
    text: checked + checkOf(checked),
    prefix: start + secret.slice(0, SHOWN_OF_SECRET),
    hash: hashOfSecret(secret),
  };
}

/**
 * Whose key a text is, a user's or an organization's, and the hash of its secret; null when it is none. One that was mistyped, cut off or
 * made up is none, and nobody has to be asked.
 */
export function parseProductKeyText(
  text: string,
): ({ hash: string } & ({ userId: string } | { organizationId: string })) | null {
  const [, checked, kind, owner, secret, check] = PRODUCT_KEY.exec(text) ?? [];
  if (!checked || !owner || !secret) return null;
  if (check !== undefined && check !== checkOf(checked)) return null;
  const hash = hashOfSecret(secret);
  return kind === 'o' ? { organizationId: `org_${owner}`, hash } : { userId: `usr_${owner}`, hash };
}

/**
 * A plain sum, as GitHub's tokens have one: it keeps no secret, so that no key ends with the secret of the deployment, and scanners can
 * tell a key from a text that looks like one.
 */
function checkOf(checked: string): string {
  return createHash('sha256').update(checked).digest('base64url').slice(0, CHECK);
}
