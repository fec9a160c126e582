import type { ApiError } from '../../errors.ts';
import { DEVICE_COOKIE } from '../../http/context.ts';
import { type Problem, problemOf } from '../../http/problem.ts';
import { fastApiError } from '../fastapi/error.ts';
import type { AnyRow } from './row.ts';

/** Reads the JSON of an answer, which the caller knows the type of; null if it has none. */
export async function jsonOf<Json = unknown>(response: Response): Promise<Json> {
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  return isJson ? response.json<Json>() : (null as Json);
}

/** Rewrites a canonical refusal in the words of the older service. */
export async function refusalOf(row: AnyRow, response: Response): Promise<Response> {
  if (!/^application\/problem\+json/.test(response.headers.get('content-type') ?? '')) return response;
  const problem = (await response.json()) as Problem;
  return answer(response, problem.status, (row.fails ?? fastApiError)(problem, row));
}

/** Writes a refusal that a row decided, with the headers of the operation that it called before. */
export function ownRefusal(row: AnyRow, called: Response, error: ApiError, origin: string): Response {
  const problem = problemOf(error, called.headers.get('x-request-id') ?? '', origin);
  return answer(called, problem.status, (row.fails ?? fastApiError)(problem, row));
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
