import type { ApiError } from '../../errors.ts';
import { DEVICE_COOKIE } from '../../http/context.ts';
import { type Problem, problemOf } from '../../http/problem.ts';
import { fastApiError } from '../fastapi/error.ts';
import type { AnyRow, ClientRequest } from './row.ts';

/** Reads the JSON of an answer, which the caller knows the type of; null if it has none. */
export async function jsonOf<Json = unknown>(response: Response): Promise<Json> {
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  return isJson ? response.json<Json>() : (null as Json);
}

/** Rewrites a canonical refusal in the words of the older service. */
export async function refusalOf(row: AnyRow, asked: ClientRequest, response: Response): Promise<Response> {
  if (!/^application\/problem\+json/.test(response.headers.get('content-type') ?? '')) return response;
  return refusal(row, asked, response, (await response.json()) as Problem);
}

/** Writes a refusal that a row decided, with the headers of the operation that it called before. */
export function ownRefusal(
  row: AnyRow,
  asked: ClientRequest,
  called: Response,
  error: ApiError,
  origin: string,
): Response {
  return refusal(row, asked, called, problemOf(error, called.headers.get('x-request-id') ?? '', origin));
}

function refusal(row: AnyRow, asked: ClientRequest, called: Response, problem: Problem): Response {
  const status = row.statuses?.[problem.code] ?? problem.status;
  const written = answer(called, status, (row.fails ?? fastApiError)(problem, row, asked));
  // It asks for another token, and clients that see a 401 sign out.
  if (status !== 401) written.headers.delete('www-authenticate');
  return written;
}

/**
 * Adds what clients of older services read to the refusal of a path, or of a method, that no row has. It stays the problem
 * that clients of Latchkey read.
 */
export async function nowhere(response: Response): Promise<Response> {
  const isProblem = /^application\/problem\+json/.test(response.headers.get('content-type') ?? '');
  if (!isProblem || ![404, 405].includes(response.status)) return response;
  const sent = await response.text();
  // The answer to HEAD has no body.
  if (sent === '') return new Response(null, response);
  const problem = JSON.parse(sent) as Problem;
  return new Response(JSON.stringify({ ...problem, detail: problem.detail ?? problem.title }), response);
}

/** Returns the canonical answer with another status and body. */
export function answer(canonical: Response, status: number, body: unknown): Response {
  const headers = new Headers(canonical.headers);
  headers.delete('content-length');
  headers.delete('content-type');
  // Clients that keep their session elsewhere know no cookies.
  const cookies = headers.getSetCookie();
  if (cookies.every((cookie) => cookie.startsWith(`${DEVICE_COOKIE}=`))) headers.delete('set-cookie');
  if (status === 204 || body === null) return new Response(null, { status, headers });
  headers.set('content-type', 'application/json');
  return new Response(JSON.stringify(body), { status, headers });
}
