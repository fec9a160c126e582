import type { LiveSession, OpenedSession, SessionObjects, SessionRecord } from '../account/contract.ts';
import { type Presented, parseRefreshToken } from '../account/refresh-token.ts';
import { ApiError, accepted } from '../errors.ts';
import type { Principal } from '../http/context.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import type { AccessTokenClaims, AccessTokens } from './access-token.ts';

/** A pair of tokens for a session. Seconds and Unix milliseconds as named. */
export interface Grant {
  accessToken: string;
  expiresInSeconds: number;
  refreshToken: string;
  session: OpenedSession;
}

/** Sessions: grants, checks, refresh, ends. Each operation is one call to one account object and no D1 query. */
export class Sessions {
  readonly #objects: SessionObjects;
  readonly #tokens: AccessTokens;

  constructor(objects: SessionObjects, tokens: AccessTokens) {
    this.#objects = objects;
    this.#tokens = tokens;
  }

  /** The tokens for a session that was just opened. */
  async grant(realm: Realm, session: OpenedSession): Promise<Grant> {
    const { token, expiresIn } = await this.#tokens.issue(realm, session);
    return { accessToken: token, expiresInSeconds: expiresIn, refreshToken: session.refreshToken, session };
  }

  /**
   * The local check of an access token: a session that has ended since shows only when the token expires. No call and
   * no query, keys aside. Throws `invalid_token`, `token_expired`.
   */
  async verifyToken(accessToken: string, realm: Realm): Promise<AccessTokenClaims> {
    return this.#tokens.verify(realm, accessToken);
  }

  /** The strict check of an access token. Throws `invalid_token`, `token_expired`, `session_ended`, `account_suspended`. */
  async authenticateToken(accessToken: string, realm: Realm): Promise<Principal> {
    const claims = await this.verifyToken(accessToken, realm);
    const session = accepted(await this.#objects(claims.userId).check(claims.sessionId));
    return { ...principalOf(session), expiresAt: claims.expiresAt };
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
   * Exchanges a valid access token for the next, as if it were a refresh token: one that was issued before the session's
   * tokens were rotated last is a reuse, but for the same grace. For clients that hold nothing else; where access
   * tokens are not made for them, none can be renewed. Throws `invalid_token`, `token_expired`, `session_ended`,
   * `account_suspended`.
   */
  async renew(accessToken: string, realm: Realm, client: Client): Promise<Grant> {
    const { userId, sessionId, generation } = await this.verifyToken(accessToken, realm);
    if (generation === null) throw new ApiError('invalid_token');
    return this.#rotate(userId, { userId, sessionId, generation }, realm, client);
  }

  async #rotate(userId: string, presented: Presented, realm: Realm, client: Client): Promise<Grant> {
    const { id, refreshGraceSeconds } = realm;
    const policy = { id, refreshGraceSeconds };
    const refreshed = accepted(await this.#objects(userId).refresh(presented, policy, client));
    return this.grant(realm, refreshed);
  }

  /** The live sessions of a user, the one seen last first. */
  list(userId: string): Promise<SessionRecord[]> {
    return this.#objects(userId).listSessions();
  }

  /** Ends the session that asks for it, or all of the user's; effective for the next request anywhere. */
  async signOut(userId: string, sessionId: string, all: boolean, client: Client): Promise<void> {
    const object = this.#objects(userId);
    if (all) await object.endAllSessions(sessionId, client);
    else await object.endSession(sessionId, 'signed_out', client);
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

function principalOf({ state, sessionId, impersonator, expiresAt }: LiveSession): Principal {
  const { userId, role, plan, emailVerified, bookmark } = state;
  return {
    userId,
    sessionId,
    role,
    plan,
    emailVerified,
    impersonator,
    expiresAt,
    bookmark,
  };
}
