import { Buffer } from 'node:buffer';

/** Hashes that other systems write in their own way: what they look like, and the same in a notation that is verified. */
const NOTATIONS: [pattern: RegExp, stored: (match: string[]) => string][] = [
  // Werkzeug (Flask): the salt is text, the digest hex.
  [
    /^scrypt:(\d{1,9}):(\d{1,9}):(\d{1,9})\$([^$]+)\$([0-9a-f]+)$/,
    ([, n, r, p, salt, digest]) => scrypt({ n, r, p }, bytes(salt), bytes(digest, 'hex')),
  ],
  [
    /^pbkdf2:(sha1|sha256|sha512):(\d{1,9})\$([^$]+)\$([0-9a-f]+)$/,
    ([, name, iterations, salt, digest]) =>
      `$pbkdf2-${name}$i=${iterations}$${base64(bytes(salt))}$${base64(bytes(digest, 'hex'))}`,
  ],
  // Django: its own name before what others write, and scrypt with the salt after the cost.
  [/^argon2(\$argon2(?:id|i|d)\$.+)$/, ([, phc = '']) => phc],
  [/^bcrypt\$(\$2[aby]\$.+)$/, ([, crypt = '']) => crypt],
  [
    /^bcrypt_sha256\$\$(2[aby])\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/,
    ([, version, cost, salt, digest]) => `$bcrypt-hex-sha256$v=${version},c=${cost}$${salt}$${digest}`,
  ],
  [
    /^scrypt\$(\d{1,9})\$([^$]+)\$(\d{1,9})\$(\d{1,9})\$([A-Za-z0-9+/]+={0,2})$/,
    ([, n, salt, r, p, digest]) => scrypt({ n, r, p }, bytes(salt), bytes(digest, 'base64')),
  ],
  // Lucia 2: the salt is text.
  [
    /^s2:([A-Za-z0-9]+):([0-9a-f]{128})$/,
    ([, salt, digest]) => scrypt(LUCIA, bytes(salt), bytes(digest, 'hex')),
  ],
];

/** Of Lucia and Better Auth, which hash with the hex of the salt as text. */
const LUCIA = { n: 16_384, r: 16, p: 1 };

/**
 * A hash of Werkzeug, Django or Lucia 2 in the notation that `describeHash` knows; any other text as it is.
 */
export function inKnownNotation(hash: string): string {
  for (const [pattern, stored] of NOTATIONS) {
    const match = pattern.exec(hash);
    if (match) return stored(match);
  }
  return hash;
}

/** The hash of Better Auth and Lucia 3, `salt:key` in hex, as `inKnownNotation` gives others; any other text as it is. */
export function saltAndKey(hash: string): string {
  const [, salt, digest] = /^([0-9a-f]{16,64}):([0-9a-f]{128})$/i.exec(hash) ?? [];
  return salt && digest ? scrypt(LUCIA, bytes(salt), bytes(digest, 'hex')) : hash;
}

/** What makes a Firebase project's hashes, as its console shows it (*Password hash parameters*). */
export interface FirebaseParameters {
  /** Base64. Everything that can be verified can only be so with it. */
  signerKey: string;
  saltSeparator: string;
  rounds: number;
  memCost: number;
}

/**
 * A hash of Firebase (base64, with its salt) without the key of the project: it is that key, encrypted by what scrypt makes
 * of the password, in a mode that adds a stream; what is kept is the stream.
 */
export function firebaseHash(hash: string, salt: string, parameters: FirebaseParameters): string {
  const { signerKey, saltSeparator, rounds, memCost } = parameters;
  const [made, key] = [bytes(hash, 'base64'), bytes(signerKey, 'base64')];
  const stream = Buffer.from(made.map((byte: number, index: number) => byte ^ (key[index] ?? 0)));
  const whole = Buffer.concat([bytes(salt, 'base64'), bytes(saltSeparator, 'base64')]);
  return `$firebase-scrypt$ln=${memCost},r=${rounds},p=1$${base64(whole)}$${base64(stream)}`;
}

function scrypt(
  { n, r, p }: Record<'n' | 'r' | 'p', string | number | undefined>,
  salt: Uint8Array,
  digest: Uint8Array,
) {
  return `$scrypt$ln=${Math.log2(Number(n))},r=${r},p=${p}$${base64(salt)}$${base64(digest)}`;
}

const bytes = (text = '', encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding);
const base64 = (value: Uint8Array) => Buffer.from(value).toString('base64').replace(/=+$/, '');
