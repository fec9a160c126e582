import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { type CallOptions, call, freshAddress } from './api.ts';

/** A challenge of ALTCHA, as the API gives it. */
export interface Altcha {
  parameters: Record<string, any>;
  signature: string;
}

/** What an ALTCHA library sends. */
export const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

/** Solves a challenge by ALTCHA's own library; gives what its widget would send. */
export async function solved(challenge: Altcha): Promise<string> {
  const solution = await solveChallenge({ challenge: challenge as never, deriveKey });
  return encoded({ challenge, solution });
}

/** A challenge of a realm, and its solution. */
export async function freshSolution(realm?: string): Promise<string> {
  const { body } = await call('GET', '/v1/auth/challenge', { realm });
  return solved(body.challenge);
}

/** An address from which so much has come that it is suspicious: a fifth of what one may send in a minute. */
export async function suspiciousAddress(realm: string, ip = freshAddress()): Promise<string> {
  const options: CallOptions = { realm, ip, body: {} };
  await Promise.all(Array.from({ length: 20 }, () => call('POST', '/v1/auth/login', options)));
  return ip;
}
