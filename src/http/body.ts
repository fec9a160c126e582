import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import { ApiError } from '../errors.ts';
import type { AppEnv } from './context.ts';

export const MAX_BODY = 64 * 1024;

/** Paths that take a file, or bytes that are signed; their routes limit and judge them themselves. */
const UPLOADS = new Set([
  '/v1/me/avatar',
  '/account/avatar',
  '/v1/admin/users/import',
  '/v1/admin/organizations/import',
  '/v1/admin/backup',
  '/v1/billing/webhook',
]);
const REALM_PICTURES = /^(\/v1)?\/admin\/realms\/[^/]+\/pictures(\/[^/]+)?$/;

function takesUpload(path: string): boolean {
  return UPLOADS.has(path) || REALM_PICTURES.test(path);
}

/** Paths that take JSON: the API, and clients that register themselves (RFC 7591, 3.1). */
const FOR_JSON = /^\/(v1|oauth2\/register)(\/|$)/;
/** Paths that take forms, as RFC 6749 has it; their routes read them. */
const FORMS = /^\/v1\/oauth\/(token|[^/]+\/callback)$/;
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(;|$)/i;

const limit = bodyLimit({
  maxSize: MAX_BODY,
  onError: () => {
    throw new ApiError('payload_too_large', { detail: `At most ${MAX_BODY} bytes.` });
  },
});

/** Refuses bodies over 64 KiB with 413, whether they announce their length or not. */
export const limitBody = createMiddleware<AppEnv>((c, next) =>
  takesUpload(c.req.path) ? next() : limit(c, next),
);

/**
 * Refuses a body that is not JSON with 415, and one that is not UTF-8 with 400: replacing its wrong bytes would make
 * one password of many. An empty body is none, whatever the headers say of it: clients send a content type without a
 * body, proxies a body of no bytes.
 */
export const requireJson = createMiddleware<AppEnv>(async (c, next) => {
  // Pages take forms.
  if (takesUpload(c.req.path) || !FOR_JSON.test(c.req.path)) return next();
  const { raw } = c.req;
  const type = c.req.header('content-type');
  if (FORMS.test(c.req.path) && FORM_TYPE.test(type ?? '')) return next();
  const bytes = raw.body === null ? null : await c.req.arrayBuffer();
  if (!bytes?.byteLength) {
    if (type !== undefined) c.req.raw = withContentType(raw, null);
  } else {
    if (!JSON_TYPE.test(type ?? '')) {
      throw new ApiError('unsupported_media_type', { detail: 'Send `Content-Type: application/json`.' });
    }
    const text = fromUtf8(bytes);
    if (text === null) throw new ApiError('invalid_json', { detail: 'The body is not UTF-8.' });
    // What the validator parses later: Hono, whose type is short of the promise, would make a text of the bytes once more.
    c.req.bodyCache.text = Promise.resolve(text) as unknown as string;
    // Parameters mean nothing for JSON (RFC 8259, 11), and the validator stumbles over some.
    if (type !== 'application/json') c.req.raw = withContentType(raw, 'application/json');
  }
  await next();
});

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** The text that the bytes are in UTF-8, without a byte order mark; null when they are not. */
function fromUtf8(bytes: ArrayBuffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

/** The same request without its body, which has been read. */
function withContentType(raw: Request, type: string | null): Request {
  const headers = new Headers(raw.headers);
  headers.delete('content-type');
  if (type) headers.set('content-type', type);
  return new Request(raw.url, { method: raw.method, headers, cf: raw.cf as RequestInitCfProperties });
}
