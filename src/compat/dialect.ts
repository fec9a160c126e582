import type { StatusCode } from 'hono/utils/http-status';
import type { Problem } from '../http/problem.ts';

/** A method and a path, as documents write it: `GET /v1/users/{id}`. */
export type Operation = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;

/** What a client of the older service sent. Nothing of it has been checked. */
export interface Asked {
  /** Of the path, decoded. */
  params: Record<string, string>;
  /** Of the query, the first of each name. */
  query: Record<string, string>;
  /** The JSON object or the form; empty when there was none. */
  body: Record<string, unknown>;
  /** The file of an upload. */
  file: File | null;
  headers: Headers;
}

/** What goes to the canonical operation instead. */
export interface Sent {
  /** For the placeholders of its path. */
  params?: Record<string, unknown>;
  /** Undefined values stay out. */
  query?: Record<string, unknown>;
  /** A Blob goes as it is, anything else as JSON; undefined is no body. */
  body?: unknown;
  /** In place of what the client sent. */
  headers?: Record<string, string>;
}

/** Calls a canonical operation for the client; gives its JSON. A refusal ends the request with the row's error. */
// biome-ignore lint/suspicious/noExplicitAny: the shapes are those of the OpenAPI document
export type Call = (operation: Operation, sent?: Sent) => Promise<any>;

/** How one endpoint of an older service is served by the canonical API. */
export interface Row {
  /** As the service's document writes it. */
  from: Operation;
  /** The canonical operation; the same as `from` where Latchkey answers that very path already. */
  to: Operation;
  /** The realm; the default one if it is left out. */
  realm?: string;
  /** Takes a form, of either type, beside JSON. */
  form?: true;
  /** Takes `multipart/form-data` with one file. */
  upload?: true;
  /** Takes the session token (a refresh token that is not rotated) as the bearer, beside access tokens. */
  sessionToken?: true;
  /**
   * Where browsers are led instead, and everybody if there is no `sends`, with the `token` of the query: scanners of mails
   * follow links, and press no button.
   */
  page?: `/${string}`;
  /** The canonical request; without it body and query go as they came. May throw ApiError after a call. */
  sends?: (asked: Asked, call: Call) => Sent | Promise<Sent>;
  /**
   * The answer to a success, from the canonical JSON (null when there is none); without it that JSON as it is. May throw
   * ApiError.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are those of the OpenAPI document
  gives?: (json: any, asked: Asked, call: Call, canonical: Response) => unknown;
  /** The status of a success, where it differs. */
  status?: StatusCode;
  /** Names of canonical fields in this service, for errors about them. */
  fields?: Record<string, string>;
  /** The body of an error; FastAPI's if it is left out. */
  fails?: (problem: Problem, row: Row) => unknown;
}

/** The values of an object under other names; what is missing or null stays out. */
export function renamed(
  values: Record<string, unknown>,
  names: Record<string, string>,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [from, to] of Object.entries(names)) {
    const value = Object.hasOwn(values, from) ? values[from] : undefined;
    if (value !== undefined && value !== null && !Object.hasOwn(result, to)) result[to] = value;
  }
  return result;
}

/** What is filled in: forms send what was left out as an empty text. */
export function filledIn(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => typeof value !== 'string' || value.trim() !== ''),
  );
}

/** An error as FastAPI writes it: `detail` is a text, or the list of the fields that are wrong. */
export function fastApiError(problem: Problem, row: Row): Record<string, unknown> {
  const { code, request_id, checkout_url } = problem;
  if (!problem.errors) return { detail: problem.detail ?? problem.title, code, request_id, checkout_url };
  const place = row.from.startsWith('GET ') || row.from.startsWith('DELETE ') ? 'query' : 'body';
  const detail = problem.errors.map(({ path, code: type, message }) => ({
    loc: [place, ...namesOf(path, row)],
    msg: message,
    type,
  }));
  return { detail, code, request_id };
}

/** A dotted path in the names of the service. */
export function namesOf(path: string, { fields = {} }: Row): string[] {
  const [first = '', ...rest] = path.split('.');
  return [Object.hasOwn(fields, first) ? (fields[first] as string) : first, ...rest].filter(Boolean);
}

/** Sends the fields of the body under their canonical names; others are ignored, as they were. */
export function takes(names: Record<string, string>): NonNullable<Row['sends']> {
  return ({ body }) => ({ body: renamed(body, names) });
}

/** Names for `takes` and `renamed` of fields that are called the same in both. */
export function same(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]));
}
