import type { StatusCode } from 'hono/utils/http-status';
import type { ErrorCode } from '../../errors.ts';
import type { Problem } from '../../http/problem.ts';
import type { DialectName } from '../../lib/dialect-names.ts';
import type {
  CallCanonical,
  CanonicalAnswer,
  CanonicalOperation,
  CanonicalRequest,
  Unchecked,
} from './canonical-operations.ts';

/** A method and a path, as documents write them: `GET /v1/users/{id}`. */
export type Endpoint = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;

/** What a client of the older service sent. Nothing has checked it. */
export interface ClientRequest {
  /** The decoded placeholders of the path. */
  params: Record<string, Unchecked<string>>;
  /** The first value of each name in the query. */
  query: Record<string, Unchecked<string>>;
  /** The JSON object or the form; empty if there was none. */
  body: Record<string, Unchecked | null>;
  /** The file of an upload. */
  file: File | null;
  headers: Headers;
  /** The dialects that this Latchkey speaks: who is alone on a path need not be told apart. */
  spoken: ReadonlySet<DialectName>;
}

/** What clients may send, each name with the canonical field, or the fields, that it means. */
export type Names = Readonly<Record<string, string | readonly string[]>>;

/** Writes an error in the form of a service, about the request `asked`. */
export type Fails = (problem: Problem, row: AnyRow, asked: ClientRequest) => unknown;

/** What a row says beside the two operations that it connects. */
interface RowOptions {
  /** The endpoint as the service's document writes it. */
  from: Endpoint;
  /** The realm; the default realm if it is left out. */
  realm?: string;
  /** The row takes a form, of either type, beside JSON. */
  form?: true;
  /** The row takes `multipart/form-data` with one file. */
  upload?: true;
  /** The row takes the session token (a refresh token that is not rotated) as the bearer, beside access tokens. */
  sessionToken?: true;
  /** The row needs more than its canonical operation does: a user whose e-mail address is verified. */
  level?: 'verified';
  /**
   * The page that browsers are redirected to, with the `token` of the query; without `sends`, everybody is. Mail scanners
   * follow links, but they press no button.
   */
  page?: `/${string}`;
  /** The status of a success, if it differs; where dialects share the endpoint, by which of them are spoken. */
  status?: StatusCode | ((spoken: ReadonlySet<DialectName>) => StatusCode);
  /**
   * What the service reads in the body and in the query, the name that its document has first: errors speak of it, and the
   * dialect's OpenAPI document lists it. `sends: takes(…)` says it of the body already.
   */
  body?: Names;
  query?: Names;
  /** The statuses that errors have in this service, where they differ. */
  statuses?: Partial<Record<ErrorCode, StatusCode>>;
  /** The body of an error; FastAPI's if it is left out. */
  fails?: Fails;
}

/** An endpoint of an older service that the canonical operation `O` serves. */
export interface RowTo<O extends CanonicalOperation> extends RowOptions {
  to: O;
  /** The canonical request; without it, body and query are sent on unchanged. It may throw ApiError after a call. */
  sends?: (asked: ClientRequest, call: CallCanonical) => CanonicalRequest<O> | Promise<CanonicalRequest<O>>;
  /**
   * The answer to a success, made from the canonical JSON (null if there is none); without it, that JSON unchanged. It may
   * throw ApiError.
   */
  gives?: (
    json: CanonicalAnswer<O>,
    asked: ClientRequest,
    call: CallCanonical,
    canonical: Response,
  ) => unknown;
}

/** An endpoint of an older service that leads to a page, which the OpenAPI document does not list. */
interface RowToPage extends RowOptions {
  to: 'GET /admin' | 'GET /docs' | 'GET /redoc' | 'GET /reset-password';
  sends?: undefined;
  gives?: undefined;
}

/** How the canonical API serves one endpoint of an older service. `to` decides the types of `sends` and `gives`. */
export type Row = { [O in CanonicalOperation]: RowTo<O> }[CanonicalOperation] | RowToPage;

/** Any row, as the engine sees it: without the types of its operation. */
export interface AnyRow extends RowOptions {
  /** The canonical operation; it equals `from` if Latchkey already answers that very path. */
  to: Endpoint;
  sends?: AnySends;
  gives?(json: unknown, asked: ClientRequest, call: CallCanonical, canonical: Response): unknown;
}

/** What makes the canonical request. `names` are those of the body, where it does nothing but rename. */
export interface AnySends {
  (asked: ClientRequest, call: CallCanonical): AnyCanonicalRequest | Promise<AnyCanonicalRequest>;
  names?: Names;
}

/** Any canonical request, as the engine sees it. */
export interface AnyCanonicalRequest {
  params?: object;
  query?: object;
  body?: unknown;
  headers?: Record<string, string>;
}
