import { HTTPException } from 'hono/http-exception';
import { ConfigError } from '../config/variable.ts';
import { ApiError, CATALOGUE, type ErrorCode, type FieldError } from '../errors.ts';
import { causeOf, describeFailure, log } from '../lib/log.ts';
import { count } from '../lib/metrics.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import type { AppContext } from './context.ts';

/** The RFC 9457 document of an error. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  code: ErrorCode;
  request_id: string;
  /** Of a request that is part of a trace. */
  trace_id?: string;
  errors?: FieldError[];
  checkout_url?: string;
  challenge?: object;
  /** Of `mfa_required`: see `SecondStepSchema`. */
  mfa_token?: string;
  /** The same, and of `reauthentication_required`. */
  methods?: readonly string[];
  page?: string;
}

/**
 * What a request failed of, as its client may know. Whatever is not an ApiError is logged and told to nobody. Sets the
 * headers that go with it.
 */
export function failureOf(c: AppContext, thrown: unknown): ApiError {
  const error = toApiError(thrown);
  if (c.env?.ENVIRONMENT === 'development') error.detail ??= IN_DEVELOPMENT[error.code]?.(c);
  const { status } = CATALOGUE[error.code];
  c.set('errorCode', error.code);
  if (status >= 500) {
    const traceId = c.get('traceId');
    logFailure(thrown, 'request_failed', {
      request_id: c.get('requestId'),
      ...(traceId && { trace_id: traceId }),
    });
  }
  // RFC 9110, 15.5.2: a 401 names a scheme; RFC 6750, 3: why a bearer token was refused.
  if (status === 401) {
    const realm = c.get('realm');
    const isOfToken = /token|session/.test(error.code);
    const reason = isOfToken ? ', error="invalid_token"' : '';
    // RFC 9728, 5.1: from there a client finds who would give it a token.
    const asksForToken = isOfToken || error.code === 'authentication_required';
    const where = realm && asksForToken ? `, resource_metadata="${resourceMetadataUrl(realm.issuer)}"` : '';
    c.header('WWW-Authenticate', `Bearer realm="${realm?.id ?? DEFAULT_REALM}"${reason}${where}`);
  }
  if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter));
  for (const [name, value] of Object.entries(error.headers ?? {})) c.header(name, value);
  c.header('Cache-Control', 'no-store');
  return error;
}

/** Where it stands what a resource says of itself, by its identifier (RFC 9728, 3.1). */
export function resourceMetadataUrl(identifier: string): string {
  const { origin, pathname, search } = new URL(identifier);
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}${search}`;
}

/** What a developer is told besides, on their own machine. */
const IN_DEVELOPMENT: Partial<Record<ErrorCode, (c: AppContext) => string>> = {
  redirect_not_allowed: (c) => allowing(c, '--add-redirect', 'URL'),
  origin_not_allowed: (c) => allowing(c, '--add-origin', c.req.header('origin') ?? 'ORIGIN'),
};

function allowing(c: AppContext, option: string, value: string): string {
  return `Allow it: npm run realm -- update ${c.get('realm')?.id ?? DEFAULT_REALM} ${option} ${value}`;
}

/** The document of an error. */
export function problemOf(error: ApiError, requestId: string, origin: string): Problem {
  const { status, title } = CATALOGUE[error.code];
  return {
    type: `${origin}/docs/errors#${error.code}`,
    title,
    status,
    ...(error.detail && { detail: error.detail }),
    code: error.code,
    request_id: requestId,
    ...(error.fields && { errors: error.fields }),
    ...(error.checkoutUrl && { checkout_url: error.checkoutUrl }),
    ...(error.challenge && { challenge: error.challenge }),
    ...(error.waiting && { mfa_token: error.waiting.token, methods: error.waiting.methods }),
    ...(error.methods && { methods: error.methods }),
    ...(error.page && { page: error.page }),
  };
}

/** The answer for an error to a program. */
export function problemResponse(c: AppContext, error: ApiError, origin: string): Response {
  const traceId = c.get('traceId');
  const problem = {
    ...problemOf(error, c.get('requestId'), origin),
    ...(traceId && { trace_id: traceId }),
  };
  c.header('Content-Type', 'application/problem+json');
  return c.body(JSON.stringify(problem), CATALOGUE[error.code].status);
}

/** Names no variable: whoever asks may be a stranger. */
const NOT_CONFIGURED =
  'The log names what is missing or wrong. On your own machine start Latchkey with `npm start`, beside the `wrangler dev` of another Worker.';

/** What to tell of a failure: whatever is not meant to be told is `internal_error`. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof ConfigError) return new ApiError('misconfigured', { detail: NOT_CONFIGURED });
  // Hono's own validator reports a body that does not parse this way.
  if (thrown instanceof HTTPException && thrown.status === 400) return new ApiError('invalid_json');
  if (thrown instanceof HTTPException && thrown.status === 415) return new ApiError('unsupported_media_type');
  if (isPassing(thrown)) return new ApiError('service_unavailable', { retryAfter: 1 });
  return new ApiError('internal_error');
}

/** Failures of D1 and of Durable Objects that a later try may not meet. */
function isPassing(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const causes = [thrown, thrown.cause].filter((cause) => cause instanceof Error);
  const isPassing = causes.some(
    (cause) =>
      'retryable' in cause ||
      'overloaded' in cause ||
      'durableObjectReset' in cause ||
      /^D1_/.test(cause.message),
  );
  // D1 counts its own, of which not each fails a request.
  if (isPassing && !causes.some(({ message }) => /^D1_/.test(message))) count('object_errors', {});
  return isPassing;
}

/** Logs a failure that nobody is told of. */
export function logFailure(thrown: unknown, event: string, about: Record<string, unknown>): void {
  log('error', event, { ...about, error: describeFailure(thrown), stack: causeOf(thrown)?.stack });
}
