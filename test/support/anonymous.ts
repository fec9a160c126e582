import { expect } from 'vitest';
import { type CallOptions, call, type SignedInBody } from './api.ts';
import { freshSolution } from './challenge.ts';

/** Begins in a realm without registering. */
export async function beginAnonymously(
  realm: string | undefined,
  body: object = {},
  options: CallOptions = {},
): Promise<SignedInBody> {
  const headers = { 'challenge-solution': await freshSolution(realm), ...options.headers };
  const answer = await call<SignedInBody>('POST', '/v1/auth/anonymous', { ...options, realm, headers, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}
