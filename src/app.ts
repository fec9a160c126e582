import { OpenAPIHono } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import { accountRoutes } from './accounts/routes.ts';
import { credentialRoutes } from './credentials/routes.ts';
import { docsRoutes } from './docs/routes.tsx';
import type { Bindings } from './env.ts';
import { healthRoutes } from './health/routes.ts';
import { limitBody, requireJson } from './http/body.ts';
import type { AppEnv } from './http/context.ts';
import { checkOrigin, corsByRealm } from './http/origin.ts';
import { problemResponse } from './http/problem.ts';
import { generalRateLimit, signInRateLimit } from './http/rate-limit.ts';
import { pathOf, routedPath, splitRealm } from './http/realm-path.ts';
import { requestLog } from './http/request-log.ts';
import { securityHeaders } from './http/security-headers.ts';
import { notFound } from './http/unknown-route.ts';
import type { Services } from './services.ts';
import { discoveryRoutes } from './sessions/discovery-routes.ts';
import { sessionRoutes } from './sessions/routes.ts';

/** The whole HTTP interface: what every request passes, in order, then one route group a feature. */
export function createApp(services: Services, bindings: Bindings) {
  const { config, realms, sessions } = services;
  const app = new OpenAPIHono<AppEnv>({ getPath: routedPath });

  app.onError((error, c) => problemResponse(c, error, config.ORIGIN));
  app.notFound((c) => problemResponse(c, notFound(app, c), config.ORIGIN));

  app.use(requestLog);
  app.use(securityHeaders);
  app.use(
    createMiddleware<AppEnv>(async (c, next) => {
      c.set('realm', await realms.get(splitRealm(pathOf(c.req.url)).realmId));
      await next();
    }),
  );
  app.use(corsByRealm(config));
  app.use(generalRateLimit(bindings.GENERAL_RATE_LIMIT, config));
  app.use(checkOrigin(config));
  app.use(limitBody);
  app.use(requireJson);

  const signInLimit = signInRateLimit(bindings.RATE_LIMITER, config);
  const routes = app
    .route('/', credentialRoutes(services.credentials, sessions, signInLimit))
    .route('/', sessionRoutes(sessions, sessions))
    .route('/', accountRoutes(services.accounts, sessions))
    .route('/', discoveryRoutes(services.signingKeys))
    .route('/', healthRoutes(bindings));
  app.route('/', docsRoutes(app, config));
  return routes;
}

/** For `hc<App>()`: a typed client of this API. */
export type App = ReturnType<typeof createApp>;
