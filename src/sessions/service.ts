import type {
  LiveSession,
  MembershipChoice,
  OpenedSession,
  OpenSession,
  SessionObjects,
} from '../account/contract.ts';
import { type Presented, parseRefreshToken } from '../account/refresh-token.ts';
import { AccountMade, ApiError, accepted, isRefusal } from '../errors.ts';
import type { Hooks } from '../hooks/service.ts';
import type { Principal } from '../http/context.ts';
import type { DpopProofs, ShownProof } from '../http/dpop.ts';
import type { Client } from '../lib/client.ts';
import { count } from '../lib/metrics.ts';
import { NO_FACTORS } from '../lib/mfa.ts';
import type { Realm } from '../lib/realm.ts';
import type { AccessTokenClaims, AccessTokens, Narrowed } from './access-token.ts';

export { claimsOfOrganization, type Delegation } from './access-token.ts';

/** A pair of tokens for a session. Seconds and Unix milliseconds as named. */
export interface Grant {
  accessToken: string;
  expiresInSeconds: number;
  refreshToken: string;
  session: OpenedSession;
}

/** What sessions ask of API keys, which can act as users too. */
export interface OperatorKeys {
  /** Whether a key, by its id, is in force in a realm and has the scope `admin`. */
  mayOperate(keyId: string, realmId: string): Promise<boolean>;
}

/** Sessions: grants, checks, refresh, ends. Each operation is one call to one account object and no D1 query. */
export class Sessions {
  readonly #objects: SessionObjects;
  readonly #tokens: AccessTokens;
  readonly #keys: OperatorKeys;
  readonly #proofs: DpopProofs;
  readonly #hooks: Hooks;

  constructor(
    objects: SessionObjects,
    tokens: AccessTokens,
    keys: OperatorKeys,
    proofs: DpopProofs,
    hooks: Hooks,
  ) {
    this.#objects = objects;
    this.#tokens = tokens;
    this.#keys = keys;
    this.#proofs = proofs;
    this.#hooks = hooks;
  }

  /**
   * The tokens for a session that was just opened, by an admin in the user's place from a session of their own. Throws
   * `service_unavailable` where a hook fails without which there are none.
   */
  async grant(
    realm: Realm,
    session: OpenedSession,
    impersonatorSession?: string | null,
    narrowed?: Narrowed,
  ): Promise<Grant> {
    const { generation, impersonator, methods } = session;
    // The tokens that follow are of the same sign-in. In one order, whichever the user proved them in.
    if (generation === 1 && impersonator === null) {
      count('sign_ins', { outcome: 'success', method: methods.toSorted().join('+') });
    }
    return this.#issue(realm, session, impersonatorSession, narrowed);
  }

  /**
   * The tokens for the session that a registration has opened. Throws `service_unavailable`, which says that the account is there, where a
   * hook fails without which there are none: then the session has ended, for nobody has got it.
   */
  async grantFirst(realm: Realm, session: OpenedSession): Promise<Grant> {
    try {
      return await this.grant(realm, session);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'service_unavailable')) throw error;
      const { sessionId, state } = session;
      await this.#objects(state.userId).endSession(sessionId, 'revoked', null, { actor: 'system' });
      throw new AccountMade();
    }
  }

  async #issue(
    realm: Realm,
    session: OpenedSession,
    impersonatorSession?: string | null,
    narrowed?: Narrowed,
  ): Promise<Grant> {
    const claims = await this.#hooks.claims(realm, session, this.#objects);
    const { token, expiresIn } = await this.#tokens.issue(realm, session, impersonatorSession, {
      ...narrowed,
      claims,
    });
    return { accessToken: token, expiresInSeconds: expiresIn, refreshToken: session.refreshToken, session };
  }

  /**
   * The local check of an access token of a user's own: a session that has ended since shows only when the token expires. No
   * call and no query, keys aside. Throws `invalid_token`, `token_expired`, `mfa_required` for one that is good for enrolling
   * only, and `insufficient_scope` for the token of a client, whose holder is not the user.
   */
  async verifyToken(accessToken: string, realm: Realm): Promise<AccessTokenClaims> {
    const claims = whole(await this.#tokens.verify(realm, accessToken));
    if (claims.client !== null) throw new ApiError('insufficient_scope');
    return claims;
  }

  /**
   * The local check, and where an admin acts as the user whether the admin still may: one who was demoted, suspended, deleted
   * or signed out may not, and their session in the user's place ends. It may be a client's token; for us, unless other audiences
   * are given, or null for any. Throws `invalid_token`, `token_expired`, `mfa_required`, `session_ended`.
   */
  async verifyActing(
    accessToken: string,
    realm: Realm,
    audiences?: readonly string[] | null,
  ): Promise<AccessTokenClaims> {
    return this.#acting(whole(await this.#tokens.verify(realm, accessToken, audiences)), realm);
  }

  async #acting(claims: AccessTokenClaims, realm: Realm): Promise<AccessTokenClaims> {
    const { userId, sessionId, impersonator } = claims;
    if (impersonator === null || (await this.#mayStillAct(claims, realm))) return claims;
    await this.#objects(userId).endSession(sessionId, 'revoked', null, { actor: impersonator });
    throw new ApiError('session_ended');
  }

  async #mayStillAct(claims: AccessTokenClaims, realm: Realm): Promise<boolean> {
    const { impersonator, impersonatorSession } = claims;
    if (impersonator === null) return true;
    if (!impersonator.startsWith('usr_')) return this.#keys.mayOperate(impersonator, realm.id);
    if (impersonatorSession === null) return false;
    const session = await this.#objects(impersonator).check(impersonatorSession);
    if (isRefusal(session)) return false;
    const { role, realmId } = session.state;
    return role === 'owner' || (role === 'admin' && realmId === realm.id);
  }

  /**
   * The strict check of an access token, for us unless audiences are given. One that is bound to a key comes with a proof of it, which
   * costs a call more; any other with none. Whether one that is good for enrolling only is enough
   * here, `requireMfa` says. Throws `invalid_token`, `token_expired`, `session_ended`, `account_suspended`, `invalid_dpop_proof`,
   * `use_dpop_nonce`.
   */
  async authenticateToken(
    accessToken: string,
    realm: Realm,
    proof: ShownProof | null = null,
    audiences?: readonly string[],
  ): Promise<Principal> {
    const verified = await this.#tokens.verify(realm, accessToken, audiences);
    const { key } = verified;
    // Without the key nobody has it but a thief.
    if ((key === null) !== (proof === null)) throw new ApiError('invalid_token');
    if (key !== null && proof !== null) await this.#proofs.check(proof, { accessToken, key });
    const claims = await this.#acting(verified, realm);
    const session = accepted(await this.#objects(claims.userId).check(claims.sessionId));
    const { client, delegation } = claims;
    // The token says what it may, which can be less than its session; the session, whose it is, unless it was passed on.
    if (!delegation && session.grant?.clientId !== client?.id) throw new ApiError('invalid_token');
    return { ...principalOf(session), client, expiresAt: claims.expiresAt };
  }

  /** The strict check of a browser's session cookie. Throws `session_ended`, `account_suspended`. */
  async authenticateCookie(refreshToken: string, realmId: string): Promise<Principal> {
    const claims = parseRefreshToken(refreshToken);
    if (!claims) throw new ApiError('session_ended');
    return principalOf(accepted(await this.#objects(claims.userId).checkToken(refreshToken, realmId)));
  }

  /** Exchanges a refresh token for a new pair. Throws `invalid_token`, `session_ended`, `account_suspended`. */
  async refresh(refreshToken: string, realm: Realm, client: Client): Promise<Grant> {
    const claims = parseRefreshToken(refreshToken);
    if (!claims) throw new ApiError('invalid_token');
    return this.#rotate(claims.userId, refreshToken, realm, client);
  }

  /**
   * Exchanges an access token, also one that expired within the last day, for the next, as if it were a refresh token: one that
   * was issued before the session's tokens were rotated last is a reuse, but for the same grace. For clients that hold nothing
   * else; where access tokens are not made for them, none can be renewed. Throws `invalid_token`, `token_expired`, `session_ended`,
   * `account_suspended`, and `impersonation_refused`: who acts as a user begins anew.
   */
  async renew(accessToken: string, realm: Realm, client: Client): Promise<Grant> {
    const { userId, sessionId, generation, impersonator } = await this.#tokens.verifyRenewable(
      realm,
      accessToken,
    );
    if (impersonator !== null) throw new ApiError('impersonation_refused');
    if (generation === null) throw new ApiError('invalid_token');
    return this.#rotate(userId, { userId, sessionId, generation }, realm, client);
  }

  async #rotate(userId: string, presented: Presented, realm: Realm, client: Client): Promise<Grant> {
    const { id, refreshGraceSeconds } = realm;
    const policy = { id, refreshGraceSeconds };
    const refreshed = accepted(await this.#objects(userId).refresh(presented, policy, client));
    return this.grant(realm, refreshed);
  }

  /**
   * Has a session go on in an organization, or in none, and gives its tokens as they are then: the refresh token stays. Throws
   * `not_a_member`, `session_ended`, `account_suspended`.
   */
  async chooseOrganization(
    realm: Realm,
    { userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>,
    choice: MembershipChoice | null,
  ): Promise<Grant> {
    return this.#issue(realm, accepted(await this.#objects(userId).chooseOrganization(sessionId, choice)));
  }

  /** The live sessions of a user, the one seen last first. */
  list(userId: string): Promise<OpenSession[]> {
    return this.#objects(userId).listSessions();
  }

  /**
   * Ends the session that asks for it, or all of the user's; effective for the next request anywhere. That of an app takes
   * the session of the browser in which the user signed in to it along, unless `browser` is false.
   */
  async signOut(
    userId: string,
    sessionId: string,
    { all = false, browser = true }: { all?: boolean | undefined; browser?: boolean | undefined },
    client: Client,
  ): Promise<void> {
    const object = this.#objects(userId);
    if (all) await object.endAllSessions(sessionId, client);
    else await object.endSession(sessionId, 'signed_out', client, { browser });
  }

  /** Ends all sessions of the user but the one that asks for it. */
  async revokeOthers(userId: string, sessionId: string, client: Client): Promise<void> {
    await this.#objects(userId).endAllSessions(sessionId, client, { except: sessionId });
  }

  /** Ends one of the user's sessions. Throws `session_not_found`. */
  async revoke(userId: string, sessionId: string, client: Client): Promise<void> {
    if (!(await this.#objects(userId).endSession(sessionId, 'revoked', client))) {
      throw new ApiError('session_not_found');
    }
  }
}

/** What is good for more than enrolling a second factor. Throws `mfa_required`. */
function whole(claims: AccessTokenClaims): AccessTokenClaims {
  if (claims.enrols) throw new ApiError('mfa_required');
  return claims;
}

function principalOf(session: LiveSession): Principal {
  const { state, sessionId, impersonator, authenticatedAt, expiresAt, organization } = session;
  // The admin has signed in, not the user.
  const methods = impersonator === null ? session.methods : [];
  const {
    userId,
    realmId,
    role,
    plan,
    emailVerified,
    anonymous = false,
    factors = NO_FACTORS,
    credentialVersion,
    bookmark,
  } = state;
  return {
    userId,
    realmId,
    sessionId,
    role,
    plan,
    emailVerified,
    anonymous,
    factors,
    credentialVersion,
    impersonator,
    client: null,
    organization,
    authenticatedAt,
    methods,
    expiresAt,
    bookmark,
  };
}
