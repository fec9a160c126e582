import { createHmac } from 'node:crypto';
import { equalsInConstantTime } from './keys.ts';

export const TOTP_ALGORITHMS = ['SHA1', 'SHA256', 'SHA512'] as const;

/** How the codes of an authenticator are made (RFC 6238). */
export interface Totp {
  /** Base32 (RFC 4648, 6), upper case, without padding. */
  secret: string;
  algorithm: (typeof TOTP_ALGORITHMS)[number];
  digits: 6 | 8;
  /** Seconds. */
  period: number;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** As long as the output of SHA-1 (RFC 4226, 4: 160 bits are recommended). */
const SECRET_BYTES = 20;
/** Codes of so many steps before and after now are taken: clocks drift (RFC 6238, 5.2). */
const DRIFT = 1;

/** Characters of names in a link: the largest QR code holds 2,331 bytes (ISO/IEC 18004, level M). */
const MAX_ISSUER = 40;
const MAX_ACCOUNT = 90;

/** Bytes as base32, without padding. */
export function toBase32(bytes: Uint8Array): string {
  let [text, bits, held] = ['', 0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(held >>> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + BASE32[(held << (5 - bits)) & 31] : text;
}

/** The bytes of base32 in either case, with blanks, dashes and padding; null when it is none. */
export function fromBase32(text: string): Uint8Array | null {
  const digits = text.toUpperCase().replace(/[\s-]|=+$/g, '');
  if (!/^[A-Z2-7]+$/.test(digits)) return null;
  const bytes: number[] = [];
  let [bits, held] = [0, 0];
  for (const digit of digits) {
    held = (held << 5) | BASE32.indexOf(digit);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >>> bits) & 255);
    held &= (1 << bits) - 1;
  }
  return Uint8Array.from(bytes);
}

/** A new secret, with the parameters that every authenticator app knows. */
export function newTotp(): Totp {
  const secret = toBase32(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  return { secret, algorithm: 'SHA1', digits: 6, period: 30 };
}

/** The code of a time step (RFC 4226, 5.3). */
export function totpCode({ secret, algorithm, digits }: Totp, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac(algorithm.toLowerCase(), fromBase32(secret) ?? '')
    .update(counter)
    .digest();
  const offset = (hash.at(-1) as number) & 15;
  const number = hash.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/** The time step whose code was given at a time (Unix milliseconds): of now, of the one before or the one after; else null. */
export function matchingStep(totp: Totp, code: string, now: number): number | null {
  const current = Math.floor(now / 1000 / totp.period);
  let found: number | null = null;
  // All of them each time: how long it takes tells nothing.
  for (let step = current - DRIFT; step <= current + DRIFT; step += 1) {
    if (step >= 0 && equalsInConstantTime(totpCode(totp, step), code)) found = step;
  }
  return found;
}

/**
 * What an authenticator app reads from a picture: the de-facto format of Google Authenticator. Of long names it has the beginning,
 * so that every picture can hold it.
 */
export function totpUri(totp: Totp, issuerName: string, accountName: string): string {
  const issuer = beginningOf(issuerName, MAX_ISSUER);
  const account = beginningOf(accountName, MAX_ACCOUNT);
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const { secret, algorithm, digits, period } = totp;
  const query = new URLSearchParams({
    secret,
    issuer,
    algorithm,
    digits: String(digits),
    period: String(period),
  });
  // Apps read a plus as a plus.
  return `otpauth://totp/${label}?${query.toString().replaceAll('+', '%20')}`;
}

/** Of whole characters, of which each takes up to twelve where they are escaped. */
function beginningOf(text: string, most: number): string {
  return [...text].slice(0, most).join('');
}

/** A secret as other systems export it: such a URI, or bare base32. Null for what makes no codes that could be verified here. */
export function parseTotp(text: string): Totp | null {
  const bare = (secret: string): string | null => {
    const bytes = fromBase32(secret);
    return bytes && bytes.length >= 10 && bytes.length <= 128 ? toBase32(bytes) : null;
  };
  if (!/^otpauth:/i.test(text)) {
    const secret = bare(text);
    return secret === null ? null : { secret, algorithm: 'SHA1', digits: 6, period: 30 };
  }
  const url = URL.parse(text);
  if (!url || !/^(\/\/)?totp(\/|$)/i.test(`${url.host}${url.pathname}`)) return null;
  const given = (name: string, usual: string) => url.searchParams.get(name) ?? usual;
  const secret = bare(given('secret', ''));
  const algorithm = TOTP_ALGORITHMS.find((one) => one === given('algorithm', 'SHA1').toUpperCase());
  const digits = Number(given('digits', '6'));
  const period = Number(given('period', '30'));
  if (secret === null || !algorithm || (digits !== 6 && digits !== 8)) return null;
  if (!Number.isInteger(period) || period < 15 || period > 300) return null;
  return { secret, algorithm, digits, period };
}
