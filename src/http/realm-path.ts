import { DEFAULT_REALM } from '../lib/realm.ts';

const REALM_PATH =
  /^\/realms\/([^/]+)(\/(?:(?:v1|\.well-known)(?:\/.*)?|(?:verify-email|undo-email-change|reset-password|forgot-password|register|login|logout|organizations|account|admin|oauth2|device)(?:\/.*)?))$/;

/** RFC 8414, 3.1, and RFC 9728, 3.1: the path of an issuer, or of its API, follows the well-known one. */
const WELL_KNOWN =
  /^(\/\.well-known\/(?:oauth-authorization-server|openid-configuration|oauth-protected-resource))\/realms\/([^/]+)$/;

/** A path split into the realm it names and the path within that realm's tree. */
export function splitRealm(path: string): { realmId: string; path: string } {
  // Most paths name none, and this is asked several times a request.
  if (!path.includes('/realms/')) return { realmId: DEFAULT_REALM, path };
  const [, document, issuer] = WELL_KNOWN.exec(path) ?? [];
  if (document && issuer) return { realmId: issuer, path: document };
  const match = REALM_PATH.exec(path);
  return match ? { realmId: match[1] as string, path: match[2] as string } : { realmId: DEFAULT_REALM, path };
}

/** The path by which a request is routed: every realm has the same tree. */
export function routedPath(request: Request): string {
  return splitRealm(pathOf(request.url)).path;
}

/** The path of an absolute URL, undecoded; cheaper than URL, as it is called for each request. */
export function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const query = url.indexOf('?', start);
  const fragment = url.indexOf('#', start);
  const end = query === -1 || (fragment !== -1 && fragment < query) ? fragment : query;
  return end === -1 ? url.slice(start) : url.slice(start, end);
}
