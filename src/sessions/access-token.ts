import {
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { ChosenOrganization, OpenedSession } from '../account/contract.ts';
import { OWN_CLIENT } from '../account/grant-contract.ts';
import { ApiError } from '../errors.ts';
import { type Assurance, assuranceOf } from '../lib/assurance.ts';
import { BoundedMap } from '../lib/bounded-map.ts';
import { newId } from '../lib/ids.ts';
import { lacksMfa } from '../lib/mfa.ts';
import { permissionsOf, rolesOf } from '../lib/organization-roles.ts';
import type { Realm } from '../lib/realm.ts';
import { DAY, SECOND } from '../lib/time.ts';
import type { SigningKeys } from '../signing-keys/service.ts';
import type { Subjects } from '../signing-keys/subject-service.ts';
import { ALGORITHM } from '../signing-keys/tables.ts';

/** RFC 9068, 2.1: keeps an access token from passing for any other JWT. */
const TYPE = 'at+jwt';

/** Who acts for whom (RFC 8693, 4.1): the client that exchanged the token, and who had it before that was not its first. */
export interface Delegation {
  sub: string;
  act?: Delegation;
}

/** What a valid access token says. `expiresAt` is Unix milliseconds. */
export interface AccessTokenClaims {
  userId: string;
  sessionId: string;
  role: 'user' | 'admin' | 'owner';
  plan: string;
  emailVerified: boolean;
  /** Whether the user had not registered when it was made. */
  anonymous: boolean;
  /** The admin who acts as the user, or null. */
  impersonator: string | null;
  /** The session of that admin; null when an API key acts, or nobody does. */
  impersonatorSession: string | null;
  /** When the user last proved who they are before the token was made, Unix milliseconds; 0 where it does not say. */
  authenticatedAt: number;
  /** How the user signed in, and a passkey that they have proved it by since (RFC 8176); none for who acts as the user. */
  methods: string[];
  /** Of the session's tokens; null where access tokens cannot be renewed. */
  generation: number | null;
  /** Whether it is good for enrolling a second factor only: nobody but Latchkey takes it. */
  enrols: boolean;
  expiresAt: number;
  /** Whom it is for. */
  audience: readonly string[];
  /** The client that it was made for, its scopes, and what it calls the user; null for one of the user's own, which may all. */
  client: { id: string; scopes: readonly string[]; subject: string } | null;
  /** In which the session went on when it was made; null where the user was alone. */
  organization: ChosenOrganization | null;
  /** The thumbprint of the key that whoever presents it has to prove (RFC 9449, 6); null for a bearer token. */
  key: string | null;
  /** The clients that passed it on to each other; null where none did. */
  delegation: Delegation | null;
}

/** How a token is made narrower than its session. */
export interface Narrowed {
  scope?: string;
  audience?: string[];
  /** What its client calls the user; their id, if not said. */
  subject?: string;
  /** Seconds that it lives at most. */
  seconds?: number | null;
  /** The thumbprint of the key that it is bound to. */
  key?: string | null;
  /** Claims besides: those that have a meaning here stand in their place. */
  claims?: Record<string, unknown>;
}

/** What our tokens say beside RFC 7519; nobody else signs with our keys. */
interface PrivateClaims {
  sid: string;
  role: AccessTokenClaims['role'];
  plan: string;
  email_verified: boolean;
  /** Of who has not registered yet; else it is left out. */
  anonymous?: true;
  /** RFC 8693, 4.1; `sid` as in OpenID Connect Front-Channel Logout. */
  act?: Delegation & { sid?: string };
  /** RFC 9068, 2.2.1; seconds. */
  auth_time?: number;
  amr?: string[];
  acr?: Assurance;
  gen?: number;
  client_id?: string;
  scope?: string;
  /** The organization that the session has chosen, what the user is there, and what that may, unless it is too much for a token. */
  org_id?: string;
  org_role?: string;
  org_permissions?: readonly string[];
  /** RFC 7800, 3.1. */
  cnf?: { jkt: string };
}

/** A token whose signature was found good, and by what it was judged. */
interface Verified {
  claims: AccessTokenClaims;
  issuer: string;
  keyId: string;
}

/**
 * How long after its expiry a token can be exchanged for the next (seconds): clients of auth_service hold nothing else, and
 * find out by a refusal that it has expired.
 */
const RENEWABLE = DAY / SECOND;

/** Tokens whose signature an isolate need not compute again; whether the session lives is asked each time. */
const REMEMBERED = 1000;

/** Access tokens: JWTs by RFC 9068, signed with ES256 by the realm's current key. */
export class AccessTokens {
  readonly #keys: SigningKeys;
  readonly #subjects: Subjects;
  readonly #forAuthService: boolean;
  readonly #verified = new BoundedMap<string, Verified>(REMEMBERED);

  /** With `forAuthService` tokens say what clients of auth_service read in them, and can be renewed. */
  constructor(keys: SigningKeys, subjects: Subjects, forAuthService: boolean) {
    this.#keys = keys;
    this.#subjects = subjects;
    this.#forAuthService = forAuthService;
  }

  /**
   * Makes a token for a session; it never outlives the session. `impersonatorSession` is that of an admin who acts as the
   * user. Of a client's session it says what the client may, and neither role nor plan. `expiresIn` is seconds. Throws `mfa_required`
   * for the session of a client whose user did not show the second factor that the realm requires by now.
   */
  async issue(
    realm: Realm,
    session: Omit<OpenedSession, 'refreshToken'>,
    impersonatorSession: string | null = null,
    narrowed: Narrowed = {},
  ): Promise<{ token: string; expiresIn: number }> {
    const now = Math.floor(Date.now() / SECOND);
    const seconds = narrowed.seconds ?? realm.accessTokenSeconds;
    const expiry = Math.min(now + seconds, Math.floor(session.expiresAt / SECOND));
    const { grant, impersonator, methods, state } = session;
    const { role, anonymous = false } = state;
    const isLacking = lacksMfa(realm.mfa, { role, methods, impersonator, anonymous }, Date.now());
    // Whom a client's token is for does not ask by what its user signed in.
    if (grant && isLacking) throw new ApiError('mfa_required');
    const own = isLacking ? enrolmentAudience(realm) : realm.audience;
    const audience = grant ? (narrowed.audience ?? grant.audience) : [own];
    const { id, key } = await this.#keys.current(realm.id);
    const token = await new SignJWT({
      ...narrowed.claims,
      sid: session.sessionId,
      ...(grant
        ? { client_id: grant.clientId, scope: narrowed.scope ?? grant.scope }
        : {
            client_id: OWN_CLIENT,
            role: session.state.role,
            plan: session.state.plan,
            email_verified: session.state.emailVerified,
            ...(anonymous && { anonymous: true }),
          }),
      ...claimsOfOrganization(session.organization, realm),
      ...(session.impersonator === null
        ? {
            auth_time: Math.floor(session.authenticatedAt / SECOND),
            amr: session.methods,
            acr: assuranceOf(session.methods),
          }
        : {
            act: {
              sub: session.impersonator,
              ...(impersonatorSession !== null && { sid: impersonatorSession }),
            },
          }),
      ...(narrowed.key != null && { cnf: { jkt: narrowed.key } }),
      ...(this.#forAuthService && !grant && claimsOfAuthService(session)),
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: id })
      .setIssuer(realm.issuer)
      .setAudience(audience.length === 1 ? (audience[0] as string) : audience)
      .setSubject(narrowed.subject ?? session.state.userId)
      .setJti(newId('jti'))
      .setIssuedAt(now)
      .setExpirationTime(expiry)
      .sign(key);
    return { token, expiresIn: expiry - now };
  }

  /**
   * Checks signature, algorithm, type, issuer, audience (one of those given, or any for null) and expiry (RFC 9068, 4); nothing of the session.
   * One that is good for enrolling only passes too: see `enrols`. Throws `token_expired`, and `invalid_token` for everything else.
   */
  async verify(
    realm: Realm,
    token: string,
    audiences: readonly string[] | null = [realm.audience],
  ): Promise<AccessTokenClaims> {
    const claims = await this.#known(realm, token);
    if (claims.enrols || !audiences || audiences.some((one) => claims.audience.includes(one))) return claims;
    throw new ApiError('invalid_token');
  }

  async #known(realm: Realm, token: string): Promise<AccessTokenClaims> {
    const known = this.#verified.get(token);
    if (known && known.issuer === realm.issuer) {
      if (Date.now() >= known.claims.expiresAt) throw new ApiError('token_expired');
      if (await this.#keys.find(realm.id, known.keyId)) return known.claims;
    }
    const { claims, keyId } = await this.#claims(realm, token);
    this.#verified.set(token, { claims, issuer: realm.issuer, keyId });
    return claims;
  }

  /**
   * The same of a token that is to be exchanged for the next, which may have expired within the last day. Throws as
   * `verify` does.
   */
  async verifyRenewable(realm: Realm, token: string): Promise<AccessTokenClaims> {
    const { claims } = await this.#claims(realm, token, { clockTolerance: RENEWABLE });
    const isOurs = claims.enrols || claims.audience.includes(realm.audience);
    if (claims.client !== null || !isOurs) throw new ApiError('invalid_token');
    return claims;
  }

  async #claims(
    realm: Realm,
    token: string,
    options: JWTVerifyOptions = {},
  ): Promise<{ claims: AccessTokenClaims; keyId: string }> {
    const { payload, protectedHeader } = await this.#verify(realm, token, options);
    const {
      sub,
      sid,
      exp,
      aud,
      role,
      plan,
      email_verified,
      anonymous,
      act,
      auth_time,
      amr,
      gen,
      client_id,
      scope,
      org_id,
      org_role,
      cnf,
    } = payload as JWTPayload & PrivateClaims;
    if (typeof sub !== 'string' || typeof sid !== 'string' || exp === undefined) {
      throw new ApiError('invalid_token');
    }
    const userId = await this.#subjects.userOf(realm.id, sub);
    if (userId === null) throw new ApiError('invalid_token');
    const client =
      client_id === undefined || client_id === OWN_CLIENT
        ? null
        : { id: client_id, scopes: (scope ?? '').split(' ').filter(Boolean), subject: sub };
    // Of the others that act for a user none has such an id.
    const delegation = act?.sub.startsWith('cli_') ? act : null;
    const admin = delegation ? undefined : act;
    const about = {
      // Those of a client say neither: nobody decides by what stands in their place.
      role: client ? ('user' as const) : role,
      plan: client ? '' : plan,
      emailVerified: email_verified ?? false,
      anonymous: anonymous === true,
      audience: [aud ?? []].flat(),
      client,
      delegation,
      organization: org_id && org_role ? { id: org_id, role: org_role } : null,
      key: cnf?.jkt ?? null,
      impersonator: admin?.sub ?? null,
      impersonatorSession: admin?.sid ?? null,
      authenticatedAt: (auth_time ?? 0) * SECOND,
      methods: amr ?? [],
    };
    const claims = {
      userId,
      sessionId: sid,
      ...about,
      generation: gen ?? null,
      enrols: client === null && payload.aud === enrolmentAudience(realm),
      expiresAt: exp * SECOND,
    };
    return { claims, keyId: protectedHeader.kid as string };
  }

  async #verify(realm: Realm, token: string, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
    try {
      return await jwtVerify(
        token,
        async ({ kid }) => {
          const key = kid ? await this.#keys.find(realm.id, kid) : null;
          if (!key) throw new ApiError('invalid_token');
          return key;
        },
        { ...options, algorithms: [ALGORITHM], typ: TYPE, issuer: realm.issuer },
      );
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new ApiError('token_expired');
      if (error instanceof errors.JOSEError) throw new ApiError('invalid_token');
      throw error;
    }
  }
}

/** `aud` of the tokens of a session that lacks the second factor that its realm requires. */
function enrolmentAudience({ issuer }: Realm): string {
  return `${issuer}/enrolment`;
}

/** Bytes of permissions that a token takes: whoever reads one that has none asks `authorize`. */
const MAX_PERMISSIONS = 1024;

/** What tokens say of the organization that they are for. */
export function claimsOfOrganization(organization: ChosenOrganization | null, realm: Realm) {
  if (!organization) return {};
  const permissions = permissionsOf(rolesOf(realm.organizations?.roles), organization.role);
  const fits = permissions.join(' ').length <= MAX_PERMISSIONS;
  return {
    org_id: organization.id,
    org_role: organization.role,
    ...(fits && { org_permissions: permissions }),
  };
}

/** What auth_service calls them; the name of its user was in `sub`, which is an id here (RFC 9068, 2.2). */
function claimsOfAuthService({ state, generation }: Omit<OpenedSession, 'refreshToken'>) {
  const { userId: id, username = null, role } = state;
  return { id, username, is_admin: role !== 'user', gen: generation };
}
