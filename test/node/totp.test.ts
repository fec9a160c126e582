import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  fromBase32,
  matchingStep,
  newTotp,
  parseTotp,
  type Totp,
  toBase32,
  totpCode,
  totpUri,
} from '../../src/crypto/totp.ts';
import { qrCode } from '../../src/factors/qr-code.ts';

const totp = (parameters: Partial<Totp>): Totp => ({ ...newTotp(), ...parameters });

describe('codes of authenticator apps', () => {
  // RFC 6238, appendix B.
  it.each([
    [59, 'SHA1', '94287082'],
    [59, 'SHA256', '46119246'],
    [59, 'SHA512', '90693936'],
    [1111111109, 'SHA1', '07081804'],
    [1234567890, 'SHA512', '93441116'],
    [20000000000, 'SHA256', '77737706'],
  ] as const)('are those of RFC 6238 at %i (%s)', (seconds, algorithm, code) => {
    const bytes = { SHA1: 20, SHA256: 32, SHA512: 64 }[algorithm];
    const secret = toBase32(Buffer.from('1234567890'.repeat(7).slice(0, bytes)));
    expect(totpCode(totp({ secret, algorithm, digits: 8 }), Math.floor(seconds / 30))).toBe(code);
  });

  it('are those of oathtool, for any secret', () => {
    for (let n = 0; n < 20; n += 1) {
      const { secret, ...rest } = totp({ secret: toBase32(randomBytes(10 + n)) });
      const seconds = 1_700_000_000 + n * 12_345;
      const args = ['--totp', '--base32', '--now', `@${seconds}`, secret];
      const code = execFileSync('oathtool', args, { encoding: 'utf8' }).trim();
      expect(totpCode({ ...rest, secret }, Math.floor(seconds / 30))).toBe(code);
      expect(matchingStep({ ...rest, secret }, code, (seconds + 30) * 1000)).toBe(Math.floor(seconds / 30));
      expect(matchingStep({ ...rest, secret }, code, (seconds + 61) * 1000)).toBeNull();
    }
  });

  it('have secrets of 160 bits, none twice', () => {
    const secrets = Array.from({ length: 100 }, () => newTotp().secret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(fromBase32(secret)).toHaveLength(20);
  });

  it('have a link that a picture can hold, whoever they are of', () => {
    for (const character of ['a', '+', 'é', '中', '😀']) {
      const uri = totpUri(newTotp(), character.repeat(100), character.repeat(254));
      expect(qrCode(uri), character).toMatch(/^<svg /);
      expect(parseTotp(uri), character).not.toBeNull();
    }
  });

  it('are read again from their link, also from those of other systems', () => {
    const known = totp({ algorithm: 'SHA256', digits: 8, period: 60 });
    expect(parseTotp(totpUri(known, 'A & B', 'ada+1@example.com'))).toEqual(known);
    expect(parseTotp('jbsw y3dp ehpk 3pxp')).toMatchObject({ secret: 'JBSWY3DPEHPK3PXP', digits: 6 });
    for (const none of [
      '',
      'short',
      '0189',
      'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP',
      'otpauth://totp/x',
    ]) {
      expect(parseTotp(none)).toBeNull();
    }
  });
});
