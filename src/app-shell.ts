import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Dialects } from './compat/engine/router.ts';
import type { Bindings } from './config/config.ts';
import { noteAct } from './directory/audit.ts';
import type { HotServices } from './hot-services.ts';
import { limitBody, requireJson } from './http/body.ts';
import { ChallengeGuard } from './http/challenge.ts';
import type { AppContext, AppEnv } from './http/context.ts';
import { Levels } from './http/levels.ts';
import { checkOrigin, corsByRealm } from './http/origin.ts';
import { failureOf, problemResponse } from './http/problem.ts';
import { generalRateLimit, signInRateLimit } from './http/rate-limit.ts';
import { pathOf, routedPath, splitRealm } from './http/realm-path.ts';
import { requestLog } from './http/request-log.ts';
import { securityHeaders } from './http/security-headers.ts';
import { notFound } from './http/unknown-route.ts';
import { lazy } from './lib/lazy.ts';
import { DEFAULT_REALM } from './lib/realm.ts';

/** Paths that programs ask for. Browsers ask for the two that lead to a provider and back. */
const FOR_PROGRAMS =
  /^\/(v1(?!\/oauth\/[^/]+\/(login|callback)$)|oauth2\/(?!(authorize|consent|logout)$)[^/]+|\.well-known|health|avatars|openapi\.json|dev)(\/|$)/;

const failures = lazy(() => import('./pages/entry/failure.tsx'));

/** What all routes have in common: what every request passes, in order, the levels, and how failures are answered. */
export class AppShell {
  readonly levels: Levels;
  readonly signInLimit: MiddlewareHandler<AppEnv>;
  readonly challenge: ChallengeGuard;
  readonly #services: HotServices;
  readonly #dialects: () => Dialects | Promise<Dialects>;
  readonly #passed: MiddlewareHandler<AppEnv>[];

  /** It must know which paths the dialects in front take: it asks for them when a path is nobody's. */
  constructor(services: HotServices, bindings: Bindings, dialects: () => Dialects | Promise<Dialects>) {
    const { config, directory, realms } = services;
    this.#services = services;
    this.#dialects = dialects;
    this.#passed = [
      requestLog(config),
      securityHeaders,
      createMiddleware<AppEnv>(async (c, next) => {
        const realm = await realms.get(splitRealm(pathOf(c.req.url)).realmId);
        // Throws for one that is not bound.
        if (realm.database !== services.database) services.databases.raw(realm.database);
        c.set('realm', realm);
        await next();
      }),
      corsByRealm(),
      generalRateLimit(bindings.GENERAL_RATE_LIMIT, config),
      checkOrigin(),
      limitBody,
      requireJson,
    ];
    this.levels = new Levels({
      users: services.sessions,
      services: services.apiKeys,
      home: () => realms.get(DEFAULT_REALM),
      roleOf: async (realmId, userId) => (await directory.current({ realmId, userId })).role,
      admit: async (realm, id, member, permission) => {
        if (member) await services.organizations.admit(realm, id, member, permission);
        else await services.organizations.operate(realm, id, '');
      },
      audit: (entry) => noteAct(services.d1, entry),
    });
    this.challenge = new ChallengeGuard(services);
    this.signInLimit = signInRateLimit(bindings.RATE_LIMITER, config);
  }

  /** Creates an app without routes. */
  app(): OpenAPIHono<AppEnv> {
    const app = new OpenAPIHono<AppEnv>({ getPath: routedPath });
    app.onError((error, c) => this.#refuse(c, error));
    app.notFound(async (c) => {
      const dialects = await this.#dialects();
      return this.#refuse(c, notFound(app, c, dialects.methodsOf(c.req.path)));
    });
    for (const middleware of this.#passed) app.use(middleware);
    return app;
  }

  async #refuse(c: AppContext, thrown: unknown): Promise<Response> {
    const { config, realms } = this.#services;
    const error = failureOf(c, thrown);
    if (!isForPeople(c)) return problemResponse(c, error, config.ORIGIN);
    const { failurePage } = await failures();
    return failurePage(c, error, realms, config.ORIGIN);
  }
}

/** Whether a person in front of a browser would see the answer. */
function isForPeople(c: AppContext): boolean {
  return /\btext\/html\b/i.test(c.req.header('accept') ?? '') && !FOR_PROGRAMS.test(c.req.path);
}
