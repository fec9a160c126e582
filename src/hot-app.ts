import type { AppShell } from './app-shell.ts';
import { authorizeRoutes } from './authorize/routes.ts';
import type { HotServices } from './hot-services.ts';
import { pathOf, splitRealm } from './http/realm-path.ts';
import { credentialRoutes } from './passwords/routes.ts';
import { profileRoutes } from './profile/routes.ts';
import { sessionRoutes } from './sessions/routes.ts';

/** The routes that nearly all requests ask for, added to an app. */
export function withHotRoutes(
  app: ReturnType<AppShell['app']>,
  services: HotServices,
  { challenge, levels, signInLimit }: AppShell,
) {
  return app
    .route('/', credentialRoutes(services.credentials, levels, signInLimit, challenge))
    .route('/', sessionRoutes(services.sessions, levels))
    .route('/', profileRoutes(services.directory, services.profiles, levels))
    .route('/', authorizeRoutes(services.authorizer, levels));
}

/**
 * These routes as an app of their own, and whether it takes a request. An isolate that starts evaluates these; the whole app,
 * with its schemas, pages and documents, is built by the first request for something else.
 */
export function createHotApp(services: HotServices, shell: AppShell) {
  const app = withHotRoutes(shell.app(), services, shell);
  // What has a parameter in its path never equals one.
  const taken = new Set(app.routes.map(({ method, path }) => `${method} ${path}`));
  const takes = (request: Request) => taken.has(`${request.method} ${splitRealm(pathOf(request.url)).path}`);
  return { app, takes };
}
