import type { ApiError } from '../errors.ts';
import { type Problem, problemOf } from '../http/problem.ts';
import { sessionCookieName } from '../http/session-cookie.ts';
import { fastApiError, type Operation, type Row, type Sent } from './dialect.ts';

/** The method and the path of an operation. */
export function split(operation: Operation): [method: string, path: string] {
  return operation.split(' ', 2) as [string, string];
}

/** The canonical address of a row, on the host that was asked. */
export function addressOf(row: Row, asked: string, params: Record<string, unknown>): URL {
  const path = split(row.to)[1].replaceAll(/\{(\w+)\}/g, (_, name) => segment(text(params[name])));
  return new URL(`${row.realm ? `/realms/${row.realm}` : ''}${path}`, asked);
}

/** The request that an older client sent, with its body and query untouched, at the canonical address. */
export function plainRequest(
  original: Request,
  row: Row,
  params: Record<string, string>,
  origin: string,
): Request {
  const url = addressOf(row, original.url, params);
  url.search = new URL(original.url).search;
  return request(url, row, original, headersOf(original, row, origin), original.body);
}

/** The canonical request; its body is `sent`'s, or bytes to be refused. */
export function canonicalRequest(
  original: Request,
  row: Row,
  params: Record<string, string>,
  sent: Sent,
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

function request(url: URL, row: Row, original: Request, headers: Headers, body: BodyInit | null): Request {
  const method = split(row.to)[0];
  const cf = original.cf as RequestInitCfProperties;
  // A proxy's GET can have a body of no bytes, which Request refuses.
  return new Request(url, { method, headers, cf, body: method === 'GET' ? null : body });
}

// An access token has three parts (RFC 7519, 3); a refresh token has more.
const BEARER = /^bearer +([\w~+/=-]+(?:\.[\w~+/=-]+)*)$/i;

/** A session token goes where refresh tokens are checked without being rotated: in the session cookie. */
function headersOf(original: Request, row: Row, origin: string): Headers {
  const headers = new Headers(original.headers);
  // Browsers name no origin for a picture or a link of a page, but that its site is another (Fetch Metadata, 2.3).
  const isForeign = headers.get('sec-fetch-site') === 'cross-site' && !headers.has('origin');
  if (isForeign && split(row.to)[0] !== 'GET') headers.set('origin', 'null');
  const token = BEARER.exec(headers.get('authorization') ?? '')?.[1];
  if (!row.sessionToken || !token || token.split('.').length === 3) return headers;
  headers.delete('authorization');
  // What scripts make of an empty storage; then a browser's own cookie counts.
  if (token === 'null' || token === 'undefined') return headers;
  headers.set('cookie', `${sessionCookieName(row.realm ?? 'default')}=${token}`);
  if (!headers.has('origin')) headers.set('origin', origin);
  return headers;
}

/** One segment of a path, whatever it says: a URL folds away dots, escaped or not. */
function segment(value: string): string {
  return /^\.\.?$/.test(value) ? '-' : encodeURIComponent(value);
}

function text(value: unknown): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value).toWellFormed() : '';
}

/** The JSON of an answer, null when it has none. */
export function jsonOf(response: Response): Promise<unknown> {
  return /\bjson\b/.test(response.headers.get('content-type') ?? '')
    ? response.json()
    : Promise.resolve(null);
}

/** A refusal in the words of the older service. */
export async function refusalOf(row: Row, response: Response): Promise<Response> {
  if (!/^application\/problem\+json/.test(response.headers.get('content-type') ?? '')) return response;
  const problem = (await response.json()) as Problem;
  return answer(response, problem.status, (row.fails ?? fastApiError)(problem, row));
}

/** The refusal of a row itself, with the headers of the operation that it asked before. */
export function ownRefusal(row: Row, asked: Response, error: ApiError, origin: string): Response {
  const problem = problemOf(error, asked.headers.get('x-request-id') ?? '', origin);
  return answer(asked, problem.status, (row.fails ?? fastApiError)(problem, row));
}

/** The answer that is sent: the headers of the canonical one, with another body. */
export function answer(canonical: Response, status: number, body: unknown): Response {
  const headers = new Headers(canonical.headers);
  headers.delete('content-length');
  headers.delete('content-type');
  if (status === 204 || body === null) return new Response(null, { status, headers });
  headers.set('content-type', 'application/json');
  return new Response(JSON.stringify(body), { status, headers });
}
