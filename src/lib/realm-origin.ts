import type { Realm } from './realm.ts';

/** Stands for every port, after an origin on a list. A realm's own list has none: what operators write is an origin to the letter. */
export const ANY_PORT = ':*';
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]))(?::\d{1,5})?$/;

/**
 * Whether pages of an origin may call as the realm's own apps do, and have its passkeys used: those of Latchkey itself, of the realm's list,
 * and of every port of a loopback origin that is listed so.
 */
export function isOriginOf({ allowedOrigins, issuer }: Realm, origin: string): boolean {
  const device = LOOPBACK.exec(origin)?.[1];
  return (
    allowedOrigins.includes(origin) ||
    (device !== undefined && allowedOrigins.includes(device + ANY_PORT)) ||
    origin === new URL(issuer).origin
  );
}
