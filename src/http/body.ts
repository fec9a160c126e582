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

/** Refuses a body that is not JSON with 415. */
export const requireJson = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.raw.body !== null && !/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw new ApiError('unsupported_media_type', { detail: 'Send `Content-Type: application/json`.' });
  }
  await next();
});
