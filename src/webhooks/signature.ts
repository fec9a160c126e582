import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';

/** What an endpoint's events are signed with: a secret that it shares, and a private key of which it has the public one. */
export interface KeyPair {
  /** `whsec_` and base64. */
  secret: string;
  /** Ed25519, PKCS #8 as base64. */
  privateKey: string;
}

/** What is signed with now, and what was signed with before until then (Unix milliseconds). */
export interface WebhookKeys {
  current: KeyPair;
  previous: (KeyPair & { until: number }) | null;
}

const SECRET_BYTES = 32;
/** Before the 32 bytes of an Ed25519 key (RFC 8410, 4). */
const SPKI_PREFIX = 12;

/** Makes a secret and a pair of keys. */
export function newKeyPair(): KeyPair {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    secret: `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
}

/** The public key, `whpk_` and base64, by which signatures of version `v1a` are verified. */
export function publicKeyOf({ privateKey }: KeyPair): string {
  const spki = createPublicKey(ed25519(privateKey)).export({ type: 'spki', format: 'der' });
  return `whpk_${spki.subarray(SPKI_PREFIX).toString('base64')}`;
}

/** The pairs that sign at a time (Unix milliseconds): while one is replaced, both. */
export function signingPairs({ current, previous }: WebhookKeys, now: number): KeyPair[] {
  return previous && now < previous.until ? [current, previous] : [current];
}

/**
 * The headers of a message by Standard Webhooks 1.0: its signature by each pair, symmetric (`v1`) and asymmetric (`v1a`).
 * `now` is Unix milliseconds.
 */
export function signedHeaders(
  id: string,
  body: string,
  keys: WebhookKeys,
  now: number,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(now / 1000));
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = signingPairs(keys, now).flatMap(({ secret, privateKey }) => {
    const shared = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return [
      `v1,${createHmac('sha256', shared).update(signed).digest('base64')}`,
      `v1a,${sign(null, Buffer.from(signed), ed25519(privateKey)).toString('base64')}`,
    ];
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

function ed25519(privateKey: string) {
  return createPrivateKey({ key: Buffer.from(privateKey, 'base64'), type: 'pkcs8', format: 'der' });
}
