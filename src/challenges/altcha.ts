import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { z } from 'zod';
import { MINUTE, SECOND } from '../lib/time.ts';

/** How long a challenge can be solved (milliseconds). */
export const CHALLENGE_LIFETIME = 10 * MINUTE;
/** Rounds of PBKDF2 a try, and what the derived key has to begin with: one in 256 does. About half a second in a browser. */
const COST = 4000;
const PREFIX = '00';

/** What ALTCHA's widget and libraries send, as JSON in base64. */
const Payload = z.object({
  challenge: z.object({
    parameters: z.looseObject({
      algorithm: z.string(),
      cost: z.int(),
      expiresAt: z.int(),
      keyLength: z.int(),
      keyPrefix: z.string(),
      nonce: z.string(),
      salt: z.string(),
      data: z.strictObject({ realm: z.string() }),
    }),
    signature: z.string(),
  }),
  solution: z.object({ counter: z.int(), derivedKey: z.string() }),
});

/** Makes a proof of work for a realm, signed by `secret`. */
export function issueAltcha(secret: string, realm: string, now: number) {
  return createChallenge({
    algorithm: 'PBKDF2/SHA-256',
    cost: COST,
    keyPrefix: PREFIX,
    deriveKey,
    data: { realm },
    expiresAt: Math.floor((now + CHALLENGE_LIFETIME) / SECOND),
    hmacSignatureSecret: secret,
  });
}

/** Whether a solution is one of ALTCHA's, whatever it is worth. */
export function altchaPayload(solution: string): z.output<typeof Payload> | null {
  try {
    return Payload.safeParse(JSON.parse(Buffer.from(solution, 'base64').toString())).data ?? null;
  } catch {
    return null;
  }
}

/** What names a challenge of that realm whose solution holds, so that it can be spent; else null. */
export async function solvedAltcha(
  secret: string,
  realm: string,
  { challenge, solution }: z.output<typeof Payload>,
): Promise<string | null> {
  if (challenge.parameters.data.realm !== realm) return null;
  // The signature is looked at before the work is done again: nobody has us do other work than we set.
  const { verified } = await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret: secret });
  return verified ? challenge.signature : null;
}
