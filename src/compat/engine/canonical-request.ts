import { sessionCookieName } from '../../http/session-cookie.ts';
import { DEFAULT_REALM } from '../../lib/realm.ts';
import type { AnyCanonicalRequest, AnyRow, Endpoint } from './row.ts';

/** Splits an endpoint into its method and its path. */
export function split(endpoint: Endpoint): [method: string, path: string] {
  return endpoint.split(' ', 2) as [string, string];
}

/** Returns the canonical address of a row, on the host of the address `asked`. */
export function addressOf(row: AnyRow, asked: string, params: object): URL {
  const values = new Map(Object.entries(params));
  const path = split(row.to)[1].replaceAll(/\{(\w+)\}/g, (_, name) => segment(text(values.get(name))));
  return new URL(`${row.realm ? `/realms/${row.realm}` : ''}${path}`, asked);
}

/** Returns the client's request at the canonical address, with body and query unchanged. */
export function plainRequest(
  original: Request,
  row: AnyRow,
  params: Record<string, string>,
  origin: string,
): Request {
  const url = addressOf(row, original.url, params);
  url.search = new URL(original.url).search;
  return request(url, row, original, headersOf(original, row, origin), original.body);
}

/** Builds the canonical request. Its body is that of `sent`, or `raw`: bytes that the operation must refuse. */
export function canonicalRequest(
  original: Request,
  row: AnyRow,
  params: Record<string, string>,
  sent: AnyCanonicalRequest,
  raw: Uint8Array<ArrayBuffer> | null,
  origin: string,
): Request {
  const url = addressOf(row, original.url, sent.params ?? params);
  for (const [name, value] of Object.entries(sent.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, text(value));
  }
  const headers = headersOf(original, row, origin);
  headers.delete('content-length');
  if (!raw) headers.delete('content-type');
  for (const [name, value] of Object.entries(sent.headers ?? {})) headers.set(name, value);
  if (raw) return request(url, row, original, headers, raw);
  if (sent.body instanceof Blob || sent.body === undefined) {
    return request(url, row, original, headers, sent.body ?? null);
  }
  headers.set('content-type', 'application/json');
  return request(url, row, original, headers, JSON.stringify(sent.body));
}

function request(url: URL, row: AnyRow, original: Request, headers: Headers, body: BodyInit | null): Request {
  const method = split(row.to)[0];
  const cf = original.cf as RequestInitCfProperties;
  // A proxy's GET can have a body of no bytes, which Request refuses.
  return new Request(url, { method, headers, cf, body: method === 'GET' ? null : body });
}

// An access token has three parts (RFC 7519, 3); a refresh token has more.
const BEARER = /^bearer +([\w~+/=-]+(?:\.[\w~+/=-]+)*)$/i;

/** Puts a session token into the session cookie, where refresh tokens are checked but not rotated. */
function headersOf(original: Request, row: AnyRow, origin: string): Headers {
  const headers = new Headers(original.headers);
  // For a page's pictures and links, browsers send no origin, but they do say that the site is another (Fetch Metadata, 2.3).
  const isForeign = headers.get('sec-fetch-site') === 'cross-site' && !headers.has('origin');
  if (isForeign && split(row.to)[0] !== 'GET') headers.set('origin', 'null');
  const token = BEARER.exec(headers.get('authorization') ?? '')?.[1];
  if (!row.sessionToken || !token || token.split('.').length === 3) return headers;
  headers.delete('authorization');
  // Scripts send these words when their storage is empty. The browser's own cookie counts then.
  if (token === 'null' || token === 'undefined') return headers;
  headers.set('cookie', `${sessionCookieName(row.realm ?? DEFAULT_REALM)}=${token}`);
  if (!headers.has('origin')) headers.set('origin', origin);
  return headers;
}

/** Encodes a value as one segment of a path. URLs fold away dots, escaped or not. */
function segment(value: string): string {
  return /^\.\.?$/.test(value) ? '-' : encodeURIComponent(value);
}

function text(value: unknown): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value).toWellFormed() : '';
}
