import { createHash } from 'node:crypto';
import { getCookie, setCookie } from 'hono/cookie';
import { DAY, SECOND } from '../lib/time.ts';
import type { AppContext } from './context.ts';

export const DEVICE_COOKIE = '__Host-latchkey-device';
const LIFETIME = 180 * DAY;
const FORM = /^[A-Za-z0-9_-]{43}$/;

/** The device that a request comes from, as the cookie says that it got at its last sign-in; else a new one. */
function deviceCookie(c: AppContext): string {
  const kept = c.get('device') ?? getCookie(c, DEVICE_COOKIE) ?? '';
  const device = FORM.test(kept)
    ? kept
    : Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  c.set('device', device);
  return device;
}

/** Under what accounts know the device of a request: nothing that is kept can be turned into a cookie. */
export function deviceKey(c: AppContext): string {
  return createHash('sha256').update(deviceCookie(c)).digest('base64url');
}

/**
 * Makes a browser that has signed in known by a cookie: it has a budget of failed attempts of its own, so that strangers
 * who guess cannot lock its user out (OWASP, *Slow down online guessing attacks with device cookies*). It signs nobody in.
 */
export function setDeviceCookie(c: AppContext): void {
  setCookie(c, DEVICE_COOKIE, deviceCookie(c), {
    path: '/',
    httpOnly: true,
    secure: true,
    sameSite: 'Lax',
    maxAge: LIFETIME / SECOND,
  });
}
