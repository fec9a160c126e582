import type { OpenAPIHono } from '@hono/zod-openapi';
import { ApiError } from '../errors.ts';
import type { AppContext, AppEnv } from './context.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * The error for a request that no route took: 405 with `Allow` when the path is known, else 404. `elsewhere` are the
 * methods that the path has in front of this app.
 */
export function notFound(app: OpenAPIHono<AppEnv>, c: AppContext, elsewhere: string[]): ApiError {
  const allowed = METHODS.filter(
    (method) =>
      elsewhere.includes(method) ||
      // Middleware matches every method; a route is declared for one.
      app.router.match(method, c.req.path)[0].some(([[, route]]) => route.method === method),
  );
  if (allowed.length === 0) return new ApiError('not_found');
  if (allowed.includes('GET')) allowed.push('HEAD');
  return new ApiError('method_not_allowed', { headers: { Allow: [...allowed, 'OPTIONS'].join(', ') } });
}
