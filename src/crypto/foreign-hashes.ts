import { Buffer } from 'node:buffer';
import { createCipheriv, timingSafeEqual } from 'node:crypto';
import { argon2d, argon2i, argon2id } from '@noble/hashes/argon2.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import bcrypt from 'bcryptjs';

// Everything here is plain JavaScript: production Workers refuse native PBKDF2 above 100,000 iterations and
// WebAssembly that is compiled at run time. The ceilings keep a hostile hash to a few seconds of CPU, and to
// the memory that a 128 MB isolate can spare.
const CEILINGS = {
  argon2MemoryKiB: 65_536,
  argon2Passes: 10,
  /** N·r of scrypt, which takes 128·N·r bytes: 64 MiB. */
  scryptBlocks: 2 ** 19,
  /** N·r·p of scrypt, its work. */
  scryptWork: 2 ** 21,
  /** r, and p, of scrypt: it also takes 128·r·p bytes. */
  scryptFactor: 32,
  /** For each block of output, because each repeats all iterations. */
  pbkdf2Iterations: 2_000_000,
  bcryptCost: 14,
  hashCharacters: 512,
};

/** A stored hash, taken apart; `derive` gives what a password's digest is under its salt and parameters. */
interface StoredHash {
  scheme: string;
  digest: Uint8Array;
  derive(password: string): Uint8Array;
}

/** Gets the groups of the pattern; `null` where a value is impossible or above its ceiling. */
type Parse = (match: string[]) => StoredHash | null;

// '.' is how passlib writes '+'. Some systems pad, PHC strings don't.
const BASE64 = '([A-Za-z0-9+/.]+)={0,2}';
/** The notation of PHC strings: scheme and parameters, then salt and digest. */
const phc = (parameters: string) => new RegExp(`^\\$${parameters}\\$${BASE64}\\$${BASE64}$`);

const decode = (text: string) => Buffer.from(text.replaceAll('.', '+'), 'base64');
const isWithin = (value: number, low: number, high: number) => value >= low && value <= high;

const parseArgon2: Parse = ([
  ,
  type = '',
  version = '16',
  memory,
  passes,
  lanes,
  saltText = '',
  digestText = '',
]) => {
  const kdf = { d: argon2d, i: argon2i, id: argon2id }[type];
  const [m, t, p] = [Number(memory), Number(passes), Number(lanes)];
  const salt = decode(saltText);
  const digest = decode(digestText);
  if (!kdf || p < 1 || salt.length < 8) return null;
  if (!isWithin(m, 8 * p, CEILINGS.argon2MemoryKiB) || !isWithin(t, 1, CEILINGS.argon2Passes)) return null;
  const options = { m, t, p, version: Number(version), dkLen: digest.length };
  return { scheme: `argon2${type}`, digest, derive: (password) => kdf(password, salt, options) };
};

const parseBcrypt: Parse = ([, settings = '', cost, digestText = '']) => {
  if (!isWithin(Number(cost), 4, CEILINGS.bcryptCost)) return null;
  // Compared as text and without the salt, whose spare bits some old implementations left set.
  const derive = (password: string) =>
    Buffer.from(bcrypt.hashSync(password, settings).slice(settings.length));
  return { scheme: 'bcrypt', digest: Buffer.from(digestText), derive };
};

function pbkdf2Hash(name: string, iterations: string | undefined, salt: Uint8Array, digest: Uint8Array) {
  const hash = { sha1, sha256, sha512 }[name];
  const c = Number(iterations);
  if (!hash) return null;
  if (!isWithin(c, 1, CEILINGS.pbkdf2Iterations / Math.ceil(digest.length / hash.outputLen))) return null;
  const derive = (password: string) => pbkdf2(hash, password, salt, { c, dkLen: digest.length });
  return { scheme: `pbkdf2-${name}`, digest, derive };
}

const parsePbkdf2: Parse = ([, name = 'sha1', iterations, length, salt = '', digestText = '']) => {
  const digest = decode(digestText);
  if (length !== undefined && Number(length) !== digest.length) return null;
  return pbkdf2Hash(name, iterations, decode(salt), digest);
};

const parseDjangoPbkdf2: Parse = ([, name = '', iterations, salt = '', digest = '']) =>
  pbkdf2Hash(name, iterations, Buffer.from(salt), decode(digest));

const parseScrypt: Parse = ([, log2N, blockSize, lanes, saltText = '', digestText = '']) => {
  const [N, r, p] = [2 ** Number(log2N), Number(blockSize), Number(lanes)];
  const salt = decode(saltText);
  const digest = decode(digestText);
  if (!isWithin(r, 1, CEILINGS.scryptFactor) || !isWithin(p, 1, CEILINGS.scryptFactor)) return null;
  if (N < 2 || N * r > CEILINGS.scryptBlocks || N * r * p > CEILINGS.scryptWork) return null;
  return {
    scheme: 'scrypt',
    digest,
    derive: (password) => scrypt(password, salt, { N, r, p, dkLen: digest.length }),
  };
};

/** Firebase: what scrypt gives is a key, and the digest the stream that AES-256 in counter mode makes of it. */
const parseFirebase: Parse = (match) => {
  const stored = parseScrypt(match);
  if (!stored) return null;
  const { digest } = stored;
  const [, log2N, blockSize, lanes, saltText = ''] = match;
  const options = { N: 2 ** Number(log2N), r: Number(blockSize), p: Number(lanes), dkLen: 32 };
  const derive = (password: string) =>
    createCipheriv('aes-256-ctr', scrypt(password, decode(saltText), options), Buffer.alloc(16)).update(
      Buffer.alloc(digest.length),
    );
  return { scheme: 'firebase-scrypt', digest, derive };
};

/** Django's bcrypt_sha256: bcrypt of the hex of a SHA-256, so that long passwords count whole. */
const parseBcryptSha256: Parse = ([, version, cost, salt, digest]) => {
  const stored = parseBcrypt(['', `$${version}$${cost}$${salt}`, cost ?? '', digest ?? '']);
  const hex = (password: string) => Buffer.from(sha256(Buffer.from(password))).toString('hex');
  return stored && { ...stored, scheme: 'bcrypt-sha256', derive: (password) => stored.derive(hex(password)) };
};

const parseSaltedSha256: Parse = ([, order, saltText = '', digestText = '']) => {
  const salt = decode(saltText);
  const digest = decode(digestText);
  if (digest.length !== sha256.outputLen) return null;
  const derive = (password: string) =>
    sha256(Buffer.concat(order === 'sp' ? [salt, Buffer.from(password)] : [Buffer.from(password), salt]));
  return { scheme: 'sha256', digest, derive };
};

const SCHEMES: [pattern: RegExp, parse: Parse][] = [
  // Without a version it is of Argon2 1.0.
  [phc(String.raw`argon2(id|i|d)\$(?:v=(16|19)\$)?m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})`), parseArgon2],
  // The letter tells which old bug the maker was free of; the digest is the same.
  [/^(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/, parseBcrypt],
  // PHC writes i=600000,l=32, passlib 29000 alone. passlib's $pbkdf2$ is SHA-1.
  [phc(String.raw`pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?(\d{1,9})(?:,l=(\d{1,3}))?`), parsePbkdf2],
  // Django. Its salt is text, not base64.
  [new RegExp(String.raw`^pbkdf2_(sha1|sha256|sha512)\$(\d{1,9})\$([^$]+)\$${BASE64}$`), parseDjangoPbkdf2],
  [phc(String.raw`scrypt\$ln=(\d{1,2}),r=(\d{1,9}),p=(\d{1,9})`), parseScrypt],
  // Our own notations, because none is customary: of what `hash-notations.ts` reads …
  [phc(String.raw`firebase-scrypt\$ln=(\d{1,2}),r=(\d{1,9}),p=(\d{1,9})`), parseFirebase],
  [/^\$bcrypt-hex-sha256\$v=(2[aby]),c=(\d\d)\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/, parseBcryptSha256],
  // … and of salted digests: o=sp is SHA-256(salt ‖ password), o=ps SHA-256(password ‖ salt).
  [phc(String.raw`sha256\$o=(sp|ps)`), parseSaltedSha256],
];

function parse(hash: string): StoredHash | null {
  if (hash.length > CEILINGS.hashCharacters) return null;
  for (const [pattern, parseScheme] of SCHEMES) {
    const match = pattern.exec(hash);
    const stored = match && parseScheme(match);
    // A digest of few bytes would be met by chance.
    if (stored && isWithin(stored.digest.length, 16, 64)) return stored;
  }
  return null;
}

/**
 * The scheme of an imported hash (`argon2id`, `argon2i`, `argon2d`, `bcrypt`, `bcrypt-sha256`, `pbkdf2-sha1`,
 * `pbkdf2-sha256`, `pbkdf2-sha512`, `scrypt`, `firebase-scrypt`, `sha256`), or `null` if `verifyForeign` can never accept it: unknown, malformed, or
 * above the ceilings. The notations are those of PHC strings, passlib, Django and crypt(3); salted SHA-256 is
 * written `$sha256$o=sp$<salt>$<digest>` (salt before password) or `o=ps`, both in base64.
 */
export function describeHash(hash: string): string | null {
  return parse(hash)?.scheme ?? null;
}

/**
 * Whether a hash that another system made is of this password, compared in constant time. Systems differ in the form in
 * which they hash it, and keyboards in that in which they send it: it is tried as typed, in NFC and in NFKC, which are one
 * for most. `false` for whatever `describeHash` doesn't know; never throws. Takes up to seconds of CPU for each form, as the
 * hash's own parameters demand.
 */
export function verifyForeign(hash: string, password: string): boolean {
  const stored = parse(hash);
  return (
    stored !== null && formsOf(password).some((form) => timingSafeEqual(stored.derive(form), stored.digest))
  );
}

/** The forms in which a system may have hashed a password: as typed, NFC and NFKC, each once. */
export function formsOf(password: string): string[] {
  return [...new Set([password, password.normalize('NFC'), password.normalize('NFKC')])];
}
