import type { Realm } from '../lib/realm.ts';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
/** Every port of this machine, as a list of targets has it. */
export const LOOPBACK_ORIGINS = LOOPBACK.map((host) => `http://${host}`);
/** What URL parsers drop, turn into slashes or make letters of. A URL is printable ASCII (RFC 3986). */
const AMBIGUOUS = /[^\x21-\x7e]|\\/;
const MAX_LENGTH = 2000;
/** Of a path of our own, which may be a whole request of a client. */
const MAX_PATH_LENGTH = 8000;

/**
 * Where a browser may be sent after a sign-in, or null. Allowed is a path of our own (`/account`), an absolute address
 * of our own, and what the realm's list says: an origin stands for each of its paths, a URL for itself alone, and a
 * loopback address (RFC 8252, 7.3) for itself at any port. Never with user information or a fragment.
 */
export function allowedRedirect(
  realm: Pick<Realm, 'redirectTargets'>,
  ownOrigin: string,
  target: string,
): URL | null {
  // `//host` is a path to nobody but a browser.
  const isPath = target.startsWith('/') && !target.startsWith('//');
  if (target.length > (isPath ? MAX_PATH_LENGTH : MAX_LENGTH)) return null;
  if (AMBIGUOUS.test(target) || target.includes('#')) return null;
  const url = isPath ? URL.parse(target, ownOrigin) : URL.parse(target);
  if (!url || url.username || url.password) return null;
  if (isPath || isWeb(url)) {
    if (url.origin === ownOrigin) return url;
    if (isPath) return null;
  }
  return realm.redirectTargets.some((entry) => covers(entry, target, url)) ? url : null;
}

function covers(entry: string, target: string, url: URL): boolean {
  const listed = URL.parse(entry);
  if (!listed) return false;
  if (!isWeb(listed)) return entry === target;
  // `blob:` addresses have the origin of who made them.
  if (!isWeb(url)) return false;
  if (listed.protocol === 'http:' && LOOPBACK.includes(listed.hostname)) {
    if (url.protocol !== 'http:' || url.hostname !== listed.hostname) return false;
    return isOrigin(entry) || (url.pathname === listed.pathname && url.search === listed.search);
  }
  return isOrigin(entry) ? url.origin === listed.origin : url.href === listed.href;
}

function isWeb(url: URL): boolean {
  return url.protocol === 'https:' || url.protocol === 'http:';
}

/** Without so much as a slash after the host. */
function isOrigin(entry: string): boolean {
  return /^https?:\/\/[^/?#]+$/.test(entry);
}
