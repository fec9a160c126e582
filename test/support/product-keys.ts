import { expect } from 'vitest';
import { call, INTERNAL, registerVerified, type SignedInBody } from './api.ts';

/** Makes a key of a user. */
export async function userKey(user: SignedInBody, body: object = {}, realm?: string) {
  const made = await call('POST', '/v1/me/api-keys', {
    token: user.access_token,
    realm,
    body: { name: 'a key', ...body },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body as { id: string; key: string; prefix: string };
}

/** Asks for a decision, as a service of the realm. */
export const authorizeBy = (token: string, body: object = {}, realm?: string) =>
  call('POST', '/v1/authorize', { headers: INTERNAL, realm, body: { token, ...body } });

/** A user with credits, whose address is verified. */
export async function payingUser(credits = 0, realm?: string): Promise<SignedInBody> {
  const user = await registerVerified({}, { realm });
  if (credits > 0) {
    const body = { user_id: user.user.id, amount: credits, reference: 'start' };
    const added = await call('POST', '/v1/credits/add', { headers: INTERNAL, realm, body });
    expect(added.status).toBe(200);
  }
  return user;
}

/** The secret in the text of a key, without the check that follows it. */
export const secretOf = (key: string) => key.slice(-49, -6);
