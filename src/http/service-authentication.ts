import { ApiError } from '../errors.ts';
import type { OrganizationPermission } from '../lib/organization-roles.ts';
import { DEFAULT_REALM, type Realm } from '../lib/realm.ts';
import { grants, SCOPES, type Scope } from '../lib/scopes.ts';
import { type Authenticator, authenticate } from './authentication.ts';
import type { AppContext, Principal, ServicePrincipal } from './context.ts';
import type { MoneyAct } from './money-act.ts';
import { requireMfa } from './second-factor.ts';

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
  /** The role of a user of a realm, whom somebody else is about to act on. Throws `user_not_found`. */
  roleOf(realmId: string, userId: string): Promise<Principal['role']>;
  /**
   * Lets a member act in an organization of the realm, if their role has the permission; null is an operator, who may all. Throws
   * `organization_not_found`, `insufficient_permission`, `organization_suspended`.
   */
  admit(
    realm: Realm,
    organizationId: string,
    member: Pick<Principal, 'userId' | 'bookmark'> | null,
    permission: OrganizationPermission,
  ): Promise<void>;
  /** Writes into the audit log what somebody did in a user's place. */
  audit(entry: {
    realmId: string;
    at: number;
    actor: string;
    action: MoneyAct;
    target: string;
  }): Promise<void>;
}

/** Whoever acts on others: a user or key by its id, and what they may do. */
export interface Actor {
  id: string;
  scopes: readonly Scope[];
  /** How far it reaches: an admin in one realm, an owner in all. */
  role: 'service' | 'admin' | 'owner';
  /** The session of a user; null for a key. */
  sessionId: string | null;
}

const HEADER = 'x-api-key';

/** Whether a request comes with an API key, which counts before a token or cookie. */
export function presentsKey(c: AppContext): boolean {
  return c.req.header(HEADER) !== undefined;
}

/** An API key that came as a bearer token (RFC 6750, 2.1): never what has dots, as access tokens do. */
export function bearerKey(c: AppContext): string | undefined {
  return /^bearer +([^\s.]+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
}

/**
 * The service behind a request whose key is of the realm and has the scope, or `admin`. Throws `authentication_required`,
 * `invalid_api_key`, `insufficient_scope`, `origin_not_allowed`.
 */
export async function authenticateService(
  c: AppContext,
  services: ServiceAuthenticator,
  scope: Scope,
  presented = c.req.header(HEADER),
): Promise<ServicePrincipal> {
  const apiKey = presented;
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
  if (grants(scopes, scope)) return;
  throw new ApiError('insufficient_scope', { detail: `This needs the scope \`${scope}\`.` });
}

/** The user behind a request to operate a realm: owners act in every realm by what they signed in with at home. */
export async function authenticateOperator(
  c: AppContext,
  { users, home }: Pick<Access, 'users' | 'home'>,
): Promise<Principal> {
  return authenticate(c, users).catch(async (error: unknown) => {
    if (c.get('realm').id === DEFAULT_REALM || !isOfAnotherRealm(error)) throw error;
    const realm = await home();
    const owner = await authenticate(c, users, realm).catch((other: unknown) => {
      throw isOfAnotherRealm(other) ? error : other;
    });
    if (owner.role !== 'owner') throw error;
    requireMfa(owner, realm);
    return owner;
  });
}

/** What it looks like when a token or cookie is not of the realm that is asked. */
function isOfAnotherRealm(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.code === 'invalid_token' || error.code === 'authentication_required')
  );
}

/** Who is acting in a request of level *service* or *admin*. */
export function actorOf(c: AppContext): Actor {
  const service = c.get('service');
  if (service) {
    const { keyId: id, scopes, isOwner } = service;
    const role = isOwner ? 'owner' : grants(scopes, 'admin') ? 'admin' : 'service';
    return { id, scopes, role, sessionId: null };
  }
  const { userId: id, role, sessionId } = c.get('principal');
  if (role === 'user') return { id, scopes: [], role: 'service', sessionId };
  // What is given by name only, an owner gives.
  return { id, scopes: role === 'owner' ? SCOPES : ['admin'], role, sessionId };
}
