import { createMiddleware } from 'hono/factory';
import { ApiError, fieldError } from '../errors.ts';
import { DEFAULT_REALM, type Realm } from '../lib/realm.ts';
import { grants, type Scope } from '../lib/scopes.ts';
import { type Authenticator, authenticate, refuseImpersonation } from './authentication.ts';
import type { AppContext, AppEnv, Principal, ServicePrincipal } from './context.ts';

/** Turns an API key into the service that holds it. Throws `invalid_api_key`. */
export interface ServiceAuthenticator {
  authenticateKey(apiKey: string, realmId: string): Promise<ServicePrincipal>;
}

/** Who can prove that they are a user, and who that they are a service. */
export interface Access {
  users: Authenticator;
  services: ServiceAuthenticator;
  /** The realm whose owners are owners of all. */
  home(): Promise<Realm>;
}

/** Whoever acts on others: a user or key by its id, and what they may do. */
export interface Actor {
  id: string;
  scopes: readonly Scope[];
  /** How far it reaches: an admin in one realm, an owner in all. */
  role: 'service' | 'admin' | 'owner';
}

const HEADER = 'x-api-key';

async function authenticateService(
  c: AppContext,
  services: ServiceAuthenticator,
  scope: Scope,
): Promise<ServicePrincipal> {
  const apiKey = c.req.header(HEADER);
  if (!apiKey) throw new ApiError('authentication_required', { detail: 'Send `X-API-Key: KEY`.' });
  refuseBrowsers(c);
  const service = await services.authenticateKey(apiKey, c.get('realm').id);
  requireScope(service.scopes, scope);
  return service;
}

/**
 * A key in a page is a key given away: those are told while they develop. Latchkey's own reference may try requests.
 */
function refuseBrowsers(c: AppContext): void {
  const origin = c.req.header('origin');
  if (origin !== undefined && origin !== new URL(c.get('realm').issuer).origin) {
    throw new ApiError('origin_not_allowed', { detail: 'API keys are for servers, never for browsers.' });
  }
}

/** Throws `insufficient_scope`, which names what is missing. */
export function requireScope(scopes: readonly Scope[], scope: Scope): void {
  if (!grants(scopes, scope)) throw insufficientScope(scope);
}

function insufficientScope(scope: Scope): ApiError {
  return new ApiError('insufficient_scope', { detail: `This needs the scope \`${scope}\`.` });
}

/** Level *service*: an API key of the realm that has the scope, or `admin`. Sets `service`. */
export function requireService(services: ServiceAuthenticator, scope: Scope) {
  return createMiddleware<AppEnv>(async (c, next) => {
    c.set('service', await authenticateService(c, services, scope));
    await next();
  });
}

/** Owners act in every realm by what they signed in with at home. */
async function authenticateAdmin(c: AppContext, { users, home }: Access): Promise<Principal> {
  const principal = await authenticate(c, users).catch(async (error: unknown) => {
    if (c.get('realm').id === DEFAULT_REALM || !isOfAnotherRealm(error)) throw error;
    const owner = await authenticate(c, users, await home()).catch((other: unknown) => {
      throw isOfAnotherRealm(other) ? error : other;
    });
    if (owner.role !== 'owner') throw error;
    return owner;
  });
  if (principal.role === 'user') throw insufficientScope('admin');
  refuseImpersonation(principal);
  return principal;
}

/** What it looks like when a token or cookie is not of the realm that is asked. */
function isOfAnotherRealm(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.code === 'invalid_token' || error.code === 'authentication_required')
  );
}

/**
 * Level *admin*: an API key with the scope `admin`, a user who is admin of the realm, or an owner, who is one of every
 * realm.
 */
export function requireAdmin(access: Access) {
  return createMiddleware<AppEnv>(async (c, next) => {
    if (c.req.header(HEADER) !== undefined) {
      c.set('service', await authenticateService(c, access.services, 'admin'));
    } else {
      c.set('principal', await authenticateAdmin(c, access));
    }
    await next();
  });
}

/**
 * A service that has the scope (sets `service`), or any user (sets `principal`): whom the request may be about is for
 * `subjectOf` to say. An API key counts before a token or cookie.
 */
export function requireServiceOrUser(access: Access, scope: Scope) {
  return createMiddleware<AppEnv>(async (c, next) => {
    if (c.req.header(HEADER) !== undefined) {
      c.set('service', await authenticateService(c, access.services, scope));
    } else {
      c.set('principal', await authenticate(c, access.users));
    }
    await next();
  });
}

/** As `requireServiceOrUser`, the user having a verified address. */
export function requireServiceOrVerified(access: Access, scope: Scope) {
  return createMiddleware<AppEnv>(async (c, next) => {
    if (c.req.header(HEADER) !== undefined) {
      c.set('service', await authenticateService(c, access.services, scope));
    } else {
      const principal = await authenticate(c, access.users);
      if (!principal.emailVerified) throw new ApiError('email_not_verified');
      c.set('principal', principal);
    }
    await next();
  });
}

/**
 * Whom a request behind `requireServiceOrUser` is about: the user who asks unless it names another, which services and
 * admins may. Whether there is such a user of the realm is not looked at. Throws `insufficient_scope`, and 422 for a
 * service that names nobody.
 */
export function subjectOf(c: AppContext, userId: string | undefined): string {
  if (c.get('service')) {
    if (userId === undefined) throw fieldError('user_id', 'required', 'A service says whom this is about');
    return userId;
  }
  const { userId: self, role } = c.get('principal');
  if (userId !== undefined && userId !== self && role === 'user') throw insufficientScope('admin');
  return userId ?? self;
}

/** Who is acting in a request of level *service* or *admin*. */
export function actorOf(c: AppContext): Actor {
  const service = c.get('service');
  if (service) {
    const { keyId: id, scopes, isOwner } = service;
    return { id, scopes, role: isOwner ? 'owner' : grants(scopes, 'admin') ? 'admin' : 'service' };
  }
  const { userId: id, role } = c.get('principal');
  return role === 'user' ? { id, scopes: [], role: 'service' } : { id, scopes: ['admin'], role };
}
