import { isLoopbackHost, isPublicHost } from '../lib/public-host.ts';

/**
 * Whether a client registered an address, to which a browser is about to be sent: as it is written (RFC 9700, 2.1), but
 * for the port of a loopback address, which a program on its user's machine cannot know before (RFC 8252, 7.3).
 */
export function isRegisteredUri(registered: readonly string[], asked: string): boolean {
  if (registered.includes(asked)) return true;
  const plain = URL.canParse(asked) ? withoutPort(asked) : null;
  return plain !== null && registered.some((uri) => withoutPort(uri) === plain);
}

/**
 * Whether an address can be registered: https, or http on this machine, or for an app its own scheme, which has a dot
 * (RFC 8252, 7.1); without a fragment (RFC 6749, 3.1.2), user information, or what parsers read differently.
 */
export function isRegistrableUri(uri: string): boolean {
  // Without the slashes it is relative to a browser that comes from https.
  if (/[^\x21-\x7e]|[\\#"<>^`{|}]|^https?:(?!\/\/)/i.test(uri)) return false;
  const url = URL.parse(uri);
  if (url?.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  if (url.protocol === 'http:') return isLoopbackHost(url.hostname);
  return url.protocol.includes('.');
}

/** Whether we may send something to an address: a public host by https, or this machine by http, which only development does. */
export function isReachableUri(uri: string): boolean {
  if (!isRegistrableUri(uri)) return false;
  const { hostname, protocol } = new URL(uri);
  return protocol === 'http:' || (protocol === 'https:' && isPublicHost(hostname));
}

/** Whether anybody else on the user's machine could take what is sent to an address: then the user is asked (RFC 8252, 8.6). */
export function canBeImpersonated(uri: string): boolean {
  return !uri.startsWith('https:');
}

/** Whether an address is of the machine of its user itself (RFC 8252, 7.3). */
export function isLoopbackUri(uri: string): boolean {
  return withoutPort(uri) !== null;
}

/** A loopback address without its port; null for any other address. */
function withoutPort(uri: string): string | null {
  const match = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::\d{1,5})?((?:[/?].*)?)$/.exec(uri);
  return match && `${match[1]}${match[2]}`;
}
