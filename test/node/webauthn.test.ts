import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import * as whole from '@simplewebauthn/server';
import { describe, expect, it } from 'vitest';
import { readEcdsaSignature } from '../../src/lib/ecdsa-signature.ts';
import { FLAGS, SoftwareAuthenticator } from '../support/authenticator.ts';

// @ts-expect-error it has no types of its own
const bundled = (await import('../../generated/webauthn.js')) as typeof whole;

describe('an ECDSA signature', () => {
  // The first so often that numbers with zeros in front, and shorter ones, are among them.
  it.each([
    ['P-256', 600],
    ['P-384', 30],
    ['P-521', 30],
  ])('of %s is read as OpenSSL wrote it', (namedCurve, rounds) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const size = Math.ceil(Number(namedCurve.slice(2)) / 8);
    const padded = (integer: Uint8Array) =>
      Buffer.concat([Buffer.alloc(size), integer.subarray(-size)]).subarray(-size);
    for (let round = 0; round < rounds; round++) {
      const data = randomBytes(8);
      const { r, s } = readEcdsaSignature(sign('sha256', data, privateKey));
      const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
      expect(verify('sha256', data, key, Buffer.concat([padded(r), padded(s)]))).toBe(true);
    }
  });

  it.each([
    ['nothing', []],
    ['a sequence of nothing', [0x30, 0]],
    ['one number', [0x30, 3, 2, 1, 7]],
    ['three numbers', [0x30, 9, 2, 1, 7, 2, 1, 9, 2, 1, 9]],
    ['bytes behind it', [0x30, 6, 2, 1, 7, 2, 1, 9, 0]],
    ['a number without digits', [0x30, 5, 2, 0, 2, 1, 9]],
    ['a number longer than the whole', [0x30, 6, 2, 9, 7, 2, 1, 9]],
    ['a whole that ends early', [0x30, 7, 2, 1, 7, 2, 1, 9]],
    ['a length of no end', [0x30, 0x80, 2, 1, 7, 2, 1, 9, 0, 0]],
    ['other kinds', [0x31, 6, 4, 1, 7, 4, 1, 9]],
  ])('is not %s', (_, bytes) => {
    expect(() => readEcdsaSignature(Uint8Array.from(bytes))).toThrow();
  });
});

describe('the part of the library that the Worker has', () => {
  const expected = {
    expectedOrigin: 'https://auth.test',
    expectedRPID: 'auth.test',
    expectedChallenge: 'Y2hhbGxlbmdl',
  };
  const options = {
    rp: { id: 'auth.test' },
    rpId: 'auth.test',
    user: { id: 'dXNy' },
    challenge: expected.expectedChallenge,
    pubKeyCredParams: [{ alg: -7 }],
  };
  const verdictOf = (asked: Promise<unknown>) => asked.catch(() => 'refused');

  it('judges as the whole does', async () => {
    const lies = [
      {},
      { origin: 'https://evil.test' },
      { rpId: 'evil.test' },
      { challenge: 'b3RoZXI' },
      { type: 'webauthn.other' },
      { flags: FLAGS.UP },
      { flags: FLAGS.UV },
      { algorithm: -65_535 },
    ];
    const verdicts: unknown[] = [];
    for (const lie of lies) {
      const authenticator = await SoftwareAuthenticator.make({ counter: 3 });
      const created = (await authenticator.create(options, lie)) as never;
      const made = await verdictOf(whole.verifyRegistrationResponse({ response: created, ...expected }));
      expect(await verdictOf(bundled.verifyRegistrationResponse({ response: created, ...expected }))).toEqual(
        made,
      );
      const right = (await authenticator.create(options)) as never;
      const { registrationInfo } = await whole.verifyRegistrationResponse({ response: right, ...expected });
      const credential = { ...registrationInfo?.credential, counter: 0 } as whole.WebAuthnCredential;
      const used = (await authenticator.get(options, lie)) as never;
      const use = { response: used, credential, ...expected };
      const verdict = await verdictOf(whole.verifyAuthenticationResponse(use));
      expect(await verdictOf(bundled.verifyAuthenticationResponse(use))).toEqual(verdict);
      verdicts.push(made, verdict);
    }
    expect(verdicts.slice(0, 2)).not.toContain('refused');
    expect(verdicts.filter((verdict) => verdict === 'refused')).toHaveLength(13);
  });

  it('finds the signature of another key wrong', async () => {
    const [authenticator, other] = await Promise.all([
      SoftwareAuthenticator.make(),
      SoftwareAuthenticator.make(),
    ]);
    const made = await bundled.verifyRegistrationResponse({
      response: (await other.create(options)) as never,
      ...expected,
    });
    const used = (await authenticator.get(options)) as { id: string };
    const credential = { ...made.registrationInfo?.credential, id: used.id } as whole.WebAuthnCredential;
    const { verified } = await bundled.verifyAuthenticationResponse({
      response: used as never,
      credential,
      ...expected,
    });
    expect(verified).toBe(false);
  });

  it('has nothing that reads certificates', async () => {
    const authenticator = await SoftwareAuthenticator.make();
    const attestation = new Map<string, never>([
      ['fmt', 'packed' as never],
      [
        'attStmt',
        new Map<string, unknown>([
          ['alg', -7],
          ['sig', new Uint8Array(8)],
          ['x5c', [new Uint8Array(8)]],
        ]) as never,
      ],
    ]);
    const response = (await authenticator.create(options, { attestation })) as never;
    await expect(bundled.verifyRegistrationResponse({ response, ...expected })).rejects.toThrow(
      'Without getCertificateInfo',
    );
  });
});
