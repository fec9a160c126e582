import { expect } from 'vitest';
import { call, registerVerified } from './api.ts';
import { type Claims, SoftwareAuthenticator } from './authenticator.ts';

/** Asks for what adding a passkey needs. */
export async function beginAdding(token: string, realm?: string) {
  const answer = await call('POST', '/v1/me/passkeys/options', { token, realm });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

/** Adds a passkey; the answer may be a failure. */
export async function tryAdding(
  token: string,
  authenticator: SoftwareAuthenticator,
  claims: Parameters<SoftwareAuthenticator['create']>[1] & { name?: string; realm?: string } = {},
) {
  const { name, realm, ...lies } = claims;
  const { flow, public_key } = await beginAdding(token, realm);
  const credential = await authenticator.create(public_key, lies);
  return call('POST', '/v1/me/passkeys', { token, realm, body: { flow, credential, ...(name && { name }) } });
}

/** A verified user with a passkey. */
export async function withPasskey(fields: Record<string, unknown> = {}, made = {}, realm?: string) {
  const user = await registerVerified(fields, realm ? { realm } : {});
  const authenticator = await SoftwareAuthenticator.make(made);
  const added = await tryAdding(user.access_token, authenticator, realm ? { realm } : {});
  expect(added.status, JSON.stringify(added.body)).toBe(201);
  return { user, authenticator, id: added.body.id as string };
}

/** Asks for what signing in needs. */
export const begin = (body: object = {}, realm?: string, headers: Record<string, string> = {}) =>
  call('POST', '/v1/auth/passkeys/options', { body, realm, headers });

/** Signs in by a passkey; the answer may be a failure. */
export async function signIn(authenticator: SoftwareAuthenticator, claims: Claims & { realm?: string } = {}) {
  const { realm, ...lies } = claims;
  const { flow, public_key } = (await begin({}, realm)).body;
  const credential = await authenticator.get(public_key, lies);
  return call('POST', '/v1/auth/passkeys/verify', { realm, body: { flow, credential } });
}

/** What a browser gives that has asked nobody: neither is there a user, nor is one verified. */
export const NOBODY = { flags: 0 };

/** Asks for what a browser needs to make a passkey unasked. */
export const beginUnasked = (token: string, realm?: string) =>
  call('POST', '/v1/me/passkeys/options', { token, realm, body: { conditional: true } });

/** Adds what it has made; the answer may be a failure. */
export const addUnasked = (token: string, flow: string, credential: unknown, realm?: string) =>
  call('POST', '/v1/me/passkeys', { token, realm, body: { flow, credential } });

/** Has a browser make a passkey unasked for a session. */
export async function makeUnasked(token: string, realm?: string) {
  const begun = await beginUnasked(token, realm);
  expect(begun.status, JSON.stringify(begun.body)).toBe(200);
  const authenticator = await SoftwareAuthenticator.make();
  const { flow, public_key } = begun.body;
  const added = await addUnasked(token, flow, await authenticator.create(public_key, NOBODY), realm);
  expect(added.status, JSON.stringify(added.body)).toBe(201);
  return { authenticator, id: added.body.id as string, added: added.body };
}
