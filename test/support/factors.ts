import { expect } from 'vitest';
import { newTotp, type Totp, totpCode } from '../../src/crypto/totp.ts';
import { call, login, registerVerified, type SignedInBody } from './api.ts';

/** The app of a user: it shows the code of now, or of so many steps later. */
export function appOf(secret: string) {
  const totp: Totp = { ...newTotp(), secret };
  return { code: (later = 0) => totpCode(totp, Math.floor(Date.now() / 30_000) + later) };
}

export type App = ReturnType<typeof appOf>;

/** Adds an authenticator app to a user who is signed in; its code of now is used then. */
export async function addApp(token: string, realm?: string) {
  const begun = await call('POST', '/v1/me/factors', { token, realm, body: { type: 'totp' } });
  expect(begun.status, JSON.stringify(begun.body)).toBe(201);
  const app = appOf(begun.body.secret);
  const path = `/v1/me/factors/${begun.body.id}/verify`;
  const verified = await call('POST', path, { token, realm, body: { code: app.code() } });
  expect(verified.status, JSON.stringify(verified.body)).toBe(200);
  return { app, id: begun.body.id as string, recoveryCodes: verified.body.recovery_codes as string[] };
}

/** A verified user with an authenticator app. */
export async function withApp(fields: Record<string, unknown> = {}, realm?: string) {
  const user = await registerVerified(fields, realm ? { realm } : {});
  return { user, ...(await addApp(user.access_token, realm)) };
}

/** The first step of a sign-in by password, which has to need a second. */
export async function firstStep(user: SignedInBody, realm?: string, body: object = {}) {
  const answer = await login(user.user.email, undefined, { realm, body });
  expect(answer.body, JSON.stringify(answer.body)).toMatchObject({ mfa_required: true });
  expect(answer.body).not.toHaveProperty('access_token');
  return answer.body as { mfa_token: string; methods: string[]; expires_in: number };
}

/** The second step; the answer may be a failure. */
export const secondStep = (
  mfa_token: string,
  shown: { method: string; code?: string; passkey?: unknown },
  more: { realm?: string; headers?: Record<string, string>; body?: object } = {},
) =>
  call('POST', '/v1/auth/mfa/verify', {
    realm: more.realm,
    headers: more.headers,
    body: { mfa_token, ...shown, ...more.body },
  });
