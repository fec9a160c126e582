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

/** Refuses a body that is not JSON with 415. A content type without a body, which many clients send, means nothing. */
export const requireJson = createMiddleware<AppEnv>(async (c, next) => {
  const type = c.req.header('content-type');
  if (c.req.raw.body === null) {
    if (type !== undefined) {
      const headers = new Headers(c.req.raw.headers);
      headers.delete('content-type');
      c.req.raw = new Request(c.req.raw, { headers });
    }
  } else if (!/^application\/json\s*(;|$)/i.test(type ?? '')) {
    throw new ApiError('unsupported_media_type', { detail: 'Send `Content-Type: application/json`.' });
  }
  await next();
});
