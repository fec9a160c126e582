import { setCookie } from 'hono/cookie';
import { DAY, SECOND } from '../lib/time.ts';
import { type AppContext, DEVICE_COOKIE, deviceOfRequest } from './context.ts';

const LIFETIME = 180 * DAY;

/**
 * Makes a browser that has signed in known by a cookie: it has a budget of failed attempts of its own, so that strangers
 * who guess cannot lock its user out (OWASP, *Slow down online guessing attacks with device cookies*). It signs nobody in.
 */
export function setDeviceCookie(c: AppContext): void {
  setCookie(c, DEVICE_COOKIE, deviceOfRequest(c), {
    path: '/',
    httpOnly: true,
    secure: true,
    sameSite: 'Lax',
    maxAge: LIFETIME / SECOND,
  });
}
