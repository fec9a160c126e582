import { AppShell } from './app-shell.ts';
import type { Dialects, Handler } from './compat/engine/router.ts';
import { isCanonical, spokenDialects } from './compat/spoken.ts';
import type { Bindings } from './config/config.ts';
import { ConfigError } from './config/variable.ts';
import { createHotApp } from './hot-app.ts';
import { createHotServices, type HotServices } from './hot-services.ts';
import { toApiError } from './http/problem.ts';
import { pathOf, splitRealm } from './http/realm-path.ts';
import { AuthEntrypoint, type AuthProps } from './rpc/auth.ts';
import { failure } from './rpc/outcome.ts';
import type { DeliveryCall } from './webhooks/queue.ts';
import { jobs, olderServices, wholeApp, wholeServices } from './whole-app.ts';

export { Account } from './account/object.ts';
export { DeviceCode } from './authorization-server/device-code.ts';
export { OneTimeCode } from './codes/one-time-code.ts';
export { StandbyCopy } from './db/standby-object.ts';
export { RateLimiter } from './http/rate-limiter.ts';
export { Metrics } from './metrics/object.ts';
export { Organization } from './wallet/object.ts';

// Made of bindings and parsed variables only, which are the same for every request of an isolate.
let services: HotServices | undefined;
let app: Handler | undefined;

function appOf(bindings: Bindings): Handler {
  if (!app) {
    const services = servicesOf(bindings);
    const dialects = dialectsOf(services);
    app = behindDialects(services, canonicalApp(services, bindings, dialects), dialects);
  }
  return app;
}

/** Makes the dialects when they are first asked for. */
function dialectsOf({ config }: HotServices): () => Promise<Dialects> {
  let dialects: Dialects | undefined;
  return async () => {
    const { createDialects } = await olderServices();
    dialects ??= createDialects(config);
    return dialects;
  };
}

/** The interface with the dialects that are spoken in front of it, which most requests do not need. */
function behindDialects(
  { config }: HotServices,
  canonical: Handler,
  dialects: () => Promise<Dialects>,
): Handler {
  if (spokenDialects(config).length === 0) return canonical;
  let front: Handler | undefined;
  return {
    async fetch(request, bindings, ctx) {
      if (isCanonical(pathOf(request.url))) return canonical.fetch(request, bindings, ctx);
      front ??= (await dialects()).before(canonical);
      return front.fetch(request, bindings, ctx);
    },
  };
}

/** The canonical interface, of which only what is asked for often is there from the start: on the database of the realm asked. */
function canonicalApp(services: HotServices, bindings: Bindings, dialects: () => Promise<Dialects>): Handler {
  const apps = new Map<string, Handler>();
  const at = (database: string) => {
    const known = apps.get(database);
    if (known) return known;
    const made = appAt(services.at(database), bindings, dialects);
    apps.set(database, made);
    return made;
  };
  const first = at(services.database);
  if (services.databases.names.length === 1) return first;
  return {
    async fetch(request, bindings, ctx) {
      // A realm that cannot be read, or whose database is not bound, is told of by the app itself.
      const realm = await services.realms.get(splitRealm(pathOf(request.url)).realmId).catch(() => null);
      const isBound = realm !== null && services.databases.names.includes(realm.database);
      return (isBound ? at(realm.database) : first).fetch(request, bindings, ctx);
    },
  };
}

function appAt(services: HotServices, bindings: Bindings, dialects: () => Promise<Dialects>): Handler {
  const shell = new AppShell(services, bindings, dialects);
  const hot = createHotApp(services, shell);
  let whole: Handler | undefined;
  return {
    async fetch(request, bindings, ctx) {
      if (hot.takes(request)) return hot.app.fetch(request, bindings, ctx);
      const [{ createApp }, { allServices }, front] = await Promise.all([
        wholeApp(),
        wholeServices(),
        dialects(),
      ]);
      whole ??= createApp(allServices(services), bindings, front, shell);
      return whole.fetch(request, bindings, ctx);
    },
  };
}

function servicesOf(bindings: Bindings): HotServices {
  services ??= createHotServices(bindings);
  return services;
}

/** What other Workers call by service binding: `entrypoint = "Auth"`, and in `props` what they may. */
export class Auth extends AuthEntrypoint {
  constructor(ctx: ExecutionContext<AuthProps>, bindings: Bindings) {
    super(ctx, bindings, () => servicesOf(bindings));
  }
}

export default {
  async fetch(request, bindings, ctx) {
    try {
      return await appOf(bindings).fetch(request, bindings, ctx);
    } catch (error) {
      if (error instanceof ConfigError) return misconfigured(error);
      throw error;
    }
  },
  async scheduled(controller, bindings) {
    const [{ runCron }, { allServices }] = await Promise.all([jobs(), wholeServices()]);
    await runCron(allServices(servicesOf(bindings)), controller.cron, Date.now());
  },
  async queue(batch, bindings) {
    const [{ deliverByMessages }, { allServices }] = await Promise.all([jobs(), wholeServices()]);
    await deliverByMessages(
      allServices(servicesOf(bindings)),
      batch.messages.map(({ body }) => body as DeliveryCall),
    );
  },
} satisfies ExportedHandler<Bindings>;

/** The log says which variable is wrong; a stranger need not know. */
function misconfigured(error: ConfigError): Response {
  console.error(error.message);
  const problem = { type: 'about:blank', ...failure(toApiError(error)) };
  return Response.json(problem, {
    status: problem.status,
    headers: { 'Content-Type': 'application/problem+json' },
  });
}
