import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { WaitingSignIn } from '../errors.ts';
import type { AppContext } from './context.ts';
import { setDeviceCookie } from './device-cookie.ts';

/** The page of the second step of a sign-in. */
export const SECOND_STEP_PAGE = '/login/second-step';

const NAME = '__Host-latchkey-second-step';
const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'Lax' } as const;

/** Keeps a sign-in that waits for its second step in the browser that has begun it, out of every address. */
export function setSecondStepCookie(c: AppContext, { token, expiresAt }: WaitingSignIn): void {
  setCookie(c, NAME, token, { ...ATTRIBUTES, expires: new Date(expiresAt) });
  setDeviceCookie(c);
}

/** The sign-in that waits in this browser, if any. */
export function secondStepCookieOf(c: AppContext): string | undefined {
  return getCookie(c, NAME);
}

/** Makes the browser forget it. */
export function clearSecondStepCookie(c: AppContext): void {
  deleteCookie(c, NAME, ATTRIBUTES);
}
