import type { MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { type ErrorCode, fieldError } from '../errors.ts';
import type { OrganizationPermission } from '../lib/organization-roles.ts';
import type { Scope } from '../lib/scopes.ts';
import { authenticate, authenticateIfSent } from './authentication.ts';
import { requireAuthority } from './authority.ts';
import type { AppContext, AppEnv, Principal } from './context.ts';
import {
  type AccountScope,
  type Condition,
  clientScopeOf,
  requireLevel,
  requireRole,
  type Sent,
  type UserLevel,
} from './level.ts';
import type { MoneyAct } from './money-act.ts';
import {
  type Access,
  actorOf,
  authenticateOperator,
  authenticateService,
  bearerKey,
  presentsKey,
} from './service-authentication.ts';

/** What a route says of its level in the document, as `x-level`. */
export interface LevelDescription {
  /** Which users: nobody is asked who they are (`anybody`), none, any who is signed in, or those of a role. */
  users: 'anybody' | 'none' | 'optional' | 'user' | 'verified' | 'admin' | 'owner';
  /** The scope of the API keys that may; null where none may. */
  scope: Scope | null;
  /** Whether such a key may come as a bearer token. */
  bearerKey?: true;
  /** The scope by which clients of the authorization server may act as the user; null where none may. */
  clients: AccountScope | null;
  /** Whether an admin who acts as the user may, or when. */
  impersonation: boolean | string;
  /** Whether it needs a fresh proof of who the user is, or when. */
  fresh: boolean | string;
  /** Whether a user may who lacks a second factor that the realm requires: it leads to one. */
  enrols?: true;
  /** Whether an anonymous user may, though they have no verified address. */
  anonymous?: true;
  /** When it needs a verified e-mail address, where it does not always. */
  verified?: string;
  /** Where a service or an admin names the user that it is about. */
  subject: 'user_id' | 'id' | null;
  /** What a member must be able to of the organization that is named by `organization_id` in place of a user. */
  organization?: OrganizationPermission;
  /** Whether it changes a user, or what is theirs: nobody reaches above their own role. */
  authority: boolean;
  /** Under what the audit log has what somebody else than the user does. */
  audit: string | null;
}

/** The level of a route: what `createRoute` makes its guard, its part of the document and its failures of. */
export interface Level {
  description: LevelDescription;
  /** How the document says by what one is known. */
  security: Record<string, string[]>[] | undefined;
  /** How the guard can refuse. */
  failures: ErrorCode[];
  guard: MiddlewareHandler<AppEnv> | null;
}

/** What a route may say beside whom it is for. */
type Options = Partial<Pick<UserLevel, 'impersonation' | 'fresh' | 'verified' | 'enrols' | 'anonymous'>>;

/** What a route for services and users says: where the request names the user, and how acts for another are logged. */
type SubjectOptions = Options & {
  subject: 'query' | 'body' | 'path';
  /** It may be about an organization, which is named in the same place, of whose members those may who have that permission. */
  organization?: OrganizationPermission;
  changes?: boolean;
  audit?: MoneyAct;
};

/** What an act of operators says: whether it is done to a user. */
type OperatorOptions = Options & { authority?: boolean };

const BY_USER: Record<string, string[]>[] = [{ accessToken: [] }, { sessionCookie: [] }];
const BY_KEY: Record<string, string[]>[] = [{ apiKey: [] }];
const BY_BEARER_KEY: Record<string, string[]>[] = [...BY_KEY, { apiKeyAsBearer: [] }];

/** Failures of whatever wants a user. */
const USER: ErrorCode[] = [
  'authentication_required',
  'invalid_token',
  'token_expired',
  'session_ended',
  'account_suspended',
  'insufficient_scope',
];
/** Failures of whatever wants a service. */
const SERVICE: ErrorCode[] = [
  'authentication_required',
  'invalid_api_key',
  'insufficient_scope',
  'origin_not_allowed',
];

/** Failures of whatever can be about an organization. */
const ORGANIZATION: ErrorCode[] = [
  'organization_not_found',
  'insufficient_permission',
  'organization_suspended',
];

const NOBODY: LevelDescription = {
  users: 'none',
  scope: null,
  clients: null,
  impersonation: false,
  fresh: false,
  subject: null,
  authority: false,
  audit: null,
};

/** Level *public*: anybody; what the request carries (a link, a code, a signature) may prove more. */
export const PUBLIC: Level = {
  description: { ...NOBODY, users: 'anybody' },
  security: undefined,
  failures: [],
  guard: null,
};

/**
 * The levels of routes, each a declaration: who may, and what else must be so. The guard, the part of the document and the
 * failures all follow from it. An admin who acts as a user may only what says so: that is what reads.
 */
export class Levels {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** A valid access token or session cookie, a session that is alive, an account that is active. */
  user(options: Options = {}): Level {
    return this.#ofUsers('user', userLevel(options));
  }

  /** A user whose e-mail address is verified, in person: nothing of it is for an admin who acts as the user. */
  verified(options: Pick<Options, 'fresh' | 'enrols' | 'anonymous'> = {}): Level {
    return this.#ofUsers('verified', userLevel({ ...options, verified: true }));
  }

  /** Anybody; for a user it does more. A token that is sent must hold; a stale cookie is none. */
  optionalUser(options: Pick<Options, 'fresh' | 'enrols'> = {}): Level {
    const level = userLevel(options);
    const guard = createMiddleware<AppEnv>(async (c, next) => {
      const principal = await authenticateIfSent(c, this.#access.users);
      if (principal) await this.#admit(c, principal, level);
      await next();
    });
    return {
      description: { ...describe(level), users: 'optional' },
      security: [{}, ...BY_USER],
      failures: [...USER, ...failuresOf(level)],
      guard,
    };
  }

  /**
   * An API key of the realm that has the scope, or `admin`. Sets `service`. `bearer` takes it as a bearer token, too, for programs that
   * know no other header.
   */
  service(scope: Scope, { bearer = false }: { bearer?: boolean } = {}): Level {
    const guard = createMiddleware<AppEnv>(async (c, next) => {
      await this.#admitService(c, scope, bearer ? bearerKey(c) : undefined);
      await next();
    });
    return {
      description: { ...NOBODY, scope, ...(bearer && { bearerKey: true as const }) },
      security: bearer ? BY_BEARER_KEY : BY_KEY,
      failures: SERVICE,
      guard,
    };
  }

  /**
   * A service that has the scope, an admin, or the user whom it is about; `subject` of the context is that user. Services
   * name the user; admins may name another, whose role is not above theirs where it changes something. With `organization` it may be
   * an organization, too, for its members with that permission, services and admins.
   */
  serviceOrUser(scope: Scope, options: SubjectOptions): Level {
    return this.#ofPayers('user', scope, userLevel(options), options);
  }

  /** As `serviceOrUser`, users having a verified address. */
  serviceOrVerified(scope: Scope, options: SubjectOptions): Level {
    return this.#ofPayers('verified', scope, userLevel({ ...options, verified: true }), options);
  }

  /**
   * An API key with the scope `admin`, a user who is admin of the realm, or an owner, who is one of every realm. `authority`
   * says that it is done to a user: the service that does it refuses whoever is below that user, under the guard of the write.
   */
  admin(options: OperatorOptions = {}): Level {
    return this.#ofOperators('admin', options);
  }

  /** An owner, or the bootstrap key. */
  owner(options: OperatorOptions = {}): Level {
    return this.#ofOperators('owner', options);
  }

  #ofUsers(users: 'user' | 'verified', level: UserLevel): Level {
    const guard = createMiddleware<AppEnv>(async (c, next) => {
      await this.#admit(c, await authenticate(c, this.#access.users), level);
      await next();
    });
    return {
      description: { ...describe(level), users },
      security: BY_USER,
      failures: [...USER, ...failuresOf(level)],
      guard,
    };
  }

  #ofOperators(role: 'admin' | 'owner', { authority = false, ...options }: OperatorOptions): Level {
    const level = userLevel({ ...options, role });
    const guard = createMiddleware<AppEnv>(async (c, next) => {
      if (presentsKey(c)) {
        await this.#admitService(c, 'admin');
        requireRole(actorOf(c), role);
      } else {
        await this.#admit(c, await authenticateOperator(c, this.#access), level);
      }
      await next();
    });
    return {
      description: { ...describe(level), users: role, scope: 'admin', authority },
      security: [...BY_KEY, ...BY_USER],
      failures: [...USER, ...SERVICE, ...failuresOf(level)],
      guard,
    };
  }

  #ofPayers(
    users: 'user' | 'verified',
    scope: Scope,
    level: UserLevel,
    { subject: place, organization, changes = false, audit }: SubjectOptions,
  ): Level {
    const guard = createMiddleware<AppEnv>(async (c, next) => {
      if (presentsKey(c)) await this.#admitService(c, scope);
      else await this.#admit(c, await authenticate(c, this.#access.users), level);
      const named = await namedPayer(c, place);
      const ofOrganization = organization !== undefined && named.organization_id !== undefined;
      const subject = ofOrganization
        ? await this.#organization(c, named, organization)
        : await this.#subject(c, named.user_id, changes);
      if (subject !== null) c.set('subject', subject);
      await next();
      if (audit && subject !== null && c.res.ok) await this.#audit(c, audit, subject);
    });
    return {
      description: {
        ...describe(level),
        users,
        scope,
        subject: place === 'path' ? 'id' : 'user_id',
        ...(organization && { organization }),
        authority: changes,
        audit: audit ?? null,
      },
      security: [...BY_KEY, ...BY_USER],
      failures: [...USER, ...SERVICE, ...failuresOf(level), ...(organization ? ORGANIZATION : [])],
      guard,
    };
  }

  async #admit(c: AppContext, principal: Principal, level: UserLevel): Promise<void> {
    const isPlain = [level.fresh, level.impersonation, level.verified].every((it) => typeof it === 'boolean');
    requireLevel(level, principal, c.get('realm'), isPlain ? {} : await sentIn(c));
    c.set('principal', principal);
  }

  async #admitService(c: AppContext, scope: Scope, presented?: string): Promise<void> {
    c.set('service', await authenticateService(c, this.#access.services, scope, presented));
  }

  /** Whom a request is about; null for a service that names nobody in a body that the route itself will refuse. */
  async #subject(c: AppContext, named: unknown, changes: boolean): Promise<string | null> {
    const self = c.get('service') ? null : c.get('principal');
    if (named === undefined) {
      if (self) return self.userId;
      throw fieldError('user_id', 'required', 'A service says whom this is about');
    }
    // Of a wrong type: the route's own schema says so.
    if (typeof named !== 'string') return self?.userId ?? null;
    if (!self || named === self.userId) return named;
    requireRole(self, 'admin');
    if (changes) requireAuthority(actorOf(c), await this.#access.roleOf(c.get('realm').id, named));
    return named;
  }

  /**
   * Which organization a request is about; null where it is named so that the route itself will refuse. Whoever names a user beside it acts
   * for that member.
   */
  async #organization(
    c: AppContext,
    { organization_id: id, user_id: named }: Sent,
    permission: OrganizationPermission,
  ): Promise<string | null> {
    const isNamed = typeof named === 'string';
    if (typeof id !== 'string' || (named !== undefined && !isNamed)) return null;
    const self = c.get('service') ? null : c.get('principal');
    if (self && isNamed && named !== self.userId) requireRole(self, 'admin');
    // Admins of the realm may what its services may.
    const own = self?.role === 'user' ? self : null;
    const member = isNamed && named !== own?.userId ? { userId: named, bookmark: null } : own;
    await this.#access.admit(c.get('realm'), id, member, permission);
    return id;
  }

  /** What somebody did in a user's place. It is at a provider that it was done, so no batch can have both. */
  async #audit(c: AppContext, action: MoneyAct, target: string): Promise<void> {
    const { id: actor } = actorOf(c);
    if (actor === target) return;
    await this.#access.audit({ realmId: c.get('realm').id, at: Date.now(), actor, action, target });
  }
}

function userLevel(options: Partial<UserLevel>): UserLevel {
  const { role = 'user', verified = false, impersonation = false, fresh = false } = options;
  return {
    role,
    verified,
    impersonation,
    fresh,
    enrols: options.enrols ?? false,
    anonymous: options.anonymous ?? false,
  };
}

function describe(level: UserLevel): LevelDescription {
  const { impersonation, fresh, verified, enrols, anonymous } = level;
  const say = (condition: Condition) => (typeof condition === 'boolean' ? condition : condition.says);
  const needs = typeof verified === 'object' ? { verified: verified.says } : {};
  return {
    ...NOBODY,
    clients: clientScopeOf(level),
    impersonation: say(impersonation),
    fresh: say(fresh),
    ...(enrols && { enrols }),
    ...(anonymous && { anonymous }),
    ...needs,
  };
}

function failuresOf({ verified, impersonation, fresh, enrols }: UserLevel): ErrorCode[] {
  const codes: [ErrorCode, boolean][] = [
    ['mfa_required', !enrols],
    ['impersonation_refused', impersonation !== true],
    ['email_not_verified', verified !== false],
    ['reauthentication_required', fresh !== false],
  ];
  return codes.flatMap(([code, can]) => (can ? [code] : []));
}

/** The body as it was sent; empty when it is none: the route's own schema judges it. */
export async function sentIn(c: AppContext): Promise<Sent> {
  const body: unknown = await c.req.json().catch(() => null);
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Sent) : {};
}

async function namedPayer(c: AppContext, place: SubjectOptions['subject']): Promise<Sent> {
  if (place === 'path') return { user_id: c.req.param('id') };
  return place === 'query' ? c.req.query() : sentIn(c);
}
