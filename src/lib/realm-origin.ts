import type { Realm } from './realm.ts';

/** A loopback origin at some port: before it, what stands for all of them on a list. */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])):\d{1,5}$/;

/**
 * Whether pages of an origin may call as the realm's own apps do, and have its passkeys used: those of Latchkey itself, of the realm's list,
 * and at any port of a loopback origin that is listed without one.
 */
export function isOriginOf({ allowedOrigins, issuer }: Realm, origin: string): boolean {
  const device = LOOPBACK.exec(origin)?.[1];
  return (
    allowedOrigins.includes(origin) ||
    (device !== undefined && allowedOrigins.includes(device)) ||
    origin === new URL(issuer).origin
  );
}
