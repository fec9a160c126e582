import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import { ApiError } from '../errors.ts';
import type { AppEnv } from './context.ts';

export const MAX_BODY = 64 * 1024;

/** Refuses bodies over 64 KiB with 413, whether they announce their length or not. */
export const limitBody = bodyLimit({
  maxSize: MAX_BODY,
  onError: () => {
    throw new ApiError('payload_too_large', { detail: `At most ${MAX_BODY} bytes.` });
  },
});

/**
 * Refuses a body that is not JSON with 415. An empty one is none, whatever the headers say of it: clients send a
 * content type without a body, proxies a body of no bytes.
 */
export const requireJson = createMiddleware<AppEnv>(async (c, next) => {
  const { raw } = c.req;
  const type = c.req.header('content-type');
  // Hono keeps the text, from which the validator parses later.
  if (raw.body === null || (await c.req.text()) === '') {
    if (type !== undefined) {
      const headers = new Headers(raw.headers);
      headers.delete('content-type');
      c.req.raw = new Request(raw.url, { method: raw.method, headers, cf: raw.cf as RequestInitCfProperties });
    }
  } else if (!/^application\/json\s*(;|$)/i.test(type ?? '')) {
    throw new ApiError('unsupported_media_type', { detail: 'Send `Content-Type: application/json`.' });
  }
  await next();
});
