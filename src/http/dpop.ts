import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from 'jose';
import { equalsInConstantTime, hmac, type Keyring } from '../crypto/keys.ts';
import { ApiError } from '../errors.ts';
import { MINUTE, SECOND } from '../lib/time.ts';
import type { AppContext } from './context.ts';

/** How proofs can be signed; none is symmetric. */
export const PROOF_ALGORITHMS = ['ES256', 'PS256', 'RS256', 'EdDSA'];

/** A proof that came with a request, and what it has to be for. */
export interface ShownProof {
  proof: string | undefined;
  method: string;
  /** Without query (RFC 9449, 4.2: `htu`). */
  url: string;
  /** Sends the nonce for the next proof along with the answer. */
  answer(nonce: string): void;
}

/** Notes an id under a name for so many seconds; whether it was not there. */
export type TakeOnce = (name: string, id: string, seconds: number) => Promise<boolean>;

/** How long one nonce is given out (milliseconds); it is taken for as long again. */
const NONCE_TIME = 2 * MINUTE;
const MAX_LENGTH = 4096;

/**
 * Proofs that who presents a token, or asks for one, has a key (RFC 9449). A nonce of ours says how old a proof is, whatever the
 * clock of its maker; it is kept nowhere. A proof is good once: its `jti` is remembered by an object of its key, for as long as the nonce
 * is taken. So a request with a proof costs one call of an object more, and a row.
 */
export class DpopProofs {
  readonly #keys: Keyring;
  readonly #takeOnce: TakeOnce;

  constructor(keys: Keyring, takeOnce: TakeOnce) {
    this.#keys = keys;
    this.#takeOnce = takeOnce;
  }

  /**
   * The thumbprint (RFC 7638) of the key that a proof is of; with an access token the proof must be for that, and of the key that it is
   * bound to. Throws `invalid_dpop_proof` and `use_dpop_nonce`.
   */
  async check(shown: ShownProof, bound: { accessToken: string; key: string } | null): Promise<string> {
    const now = Date.now();
    shown.answer(this.#nonce(this.#keys[0], now));
    const { jwk, claims } = await verified(shown.proof);
    const { ath, htm, htu, jti, nonce } = claims;
    const isFor =
      htm === shown.method && typeof htu === 'string' && withoutQuery(htu) === withoutQuery(shown.url);
    const isOfToken = bound === null || ath === sha256(bound.accessToken);
    if (typeof jti !== 'string' || jti === '' || !isFor || !isOfToken)
      throw invalid('It is for another request');
    if (typeof nonce !== 'string' || !this.#isOurs(nonce, now))
      throw refusing('use_dpop_nonce', 'Use the nonce of DPoP-Nonce');
    const key = await calculateJwkThumbprint(jwk);
    if (bound !== null && bound.key !== key) throw invalid('It is of another key than the token');
    if (!(await this.#takeOnce(`dpop:${key}`, sha256(jti), (2 * NONCE_TIME) / SECOND))) {
      throw invalid('It was used before');
    }
    return key;
  }

  #nonce(key: Buffer, at: number): string {
    return hmac(key, String(Math.floor(at / NONCE_TIME)));
  }

  #isOurs(nonce: string, now: number): boolean {
    const taken = this.#keys.flatMap((key) => [now, now - NONCE_TIME].map((at) => this.#nonce(key, at)));
    return taken.some((one) => equalsInConstantTime(one, nonce));
  }
}

/** The proof that a request carries. */
export function proofIn(c: AppContext): ShownProof {
  return {
    proof: c.req.header('dpop'),
    method: c.req.method,
    url: c.get('realm').issuer + c.req.path,
    answer: (nonce) => c.header('DPoP-Nonce', nonce),
  };
}

/** RFC 9449, 4.3: a JWT of its own type by the public key in its header. */
async function verified(proof = ''): Promise<{ jwk: JWK; claims: Record<string, unknown> }> {
  if (proof.length > MAX_LENGTH) throw invalid('It is too long');
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      algorithms: PROOF_ALGORITHMS,
      typ: 'dpop+jwt',
      requiredClaims: ['iat', 'jti', 'htm', 'htu'],
    });
    return { jwk: protectedHeader.jwk as JWK, claims: payload };
  } catch {
    throw invalid('It is missing, twice there, or no proof');
  }
}

function withoutQuery(address: string): string | null {
  const url = URL.parse(address);
  return url && `${url.origin}${url.pathname}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function invalid(detail: string): ApiError {
  return refusing('invalid_dpop_proof', detail);
}

/** RFC 9449, 7.1. */
function refusing(code: 'invalid_dpop_proof' | 'use_dpop_nonce', detail: string): ApiError {
  const challenge = `DPoP error="${code}", algs="${PROOF_ALGORITHMS.join(' ')}"`;
  return new ApiError(code, { detail: `${detail}.`, headers: { 'WWW-Authenticate': challenge } });
}
