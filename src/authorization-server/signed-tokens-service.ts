import { createHash } from 'node:crypto';
import { type CompactVerifyResult, compactVerify, errors, SignJWT } from 'jose';
import type { LiveSession } from '../account/contract.ts';
import { assuranceOf } from '../lib/assurance.ts';
import { newId } from '../lib/ids.ts';
import type { Realm } from '../lib/realm.ts';
import { SECOND } from '../lib/time.ts';
import type { SigningKeys } from '../signing-keys/service.ts';
import type { Subjects } from '../signing-keys/subject-service.ts';
import { ALGORITHM, ID_TOKEN_ALGORITHMS, type SigningAlgorithm } from '../signing-keys/tables.ts';
import { sectorOf } from './client-sectors.ts';
import type { OAuthClientRow } from './tables.ts';

/** Seconds that an ID token is good for; clients look at it once, when they get it. */
const ID_TOKEN_SECONDS = 600;
const ACCESS_TOKEN = 'at+jwt';
/** As the specification recommends (4). */
const LOGOUT_TOKEN_SECONDS = 120;
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';

/** The claims of a token of ours, and whether it is an access token (RFC 9068, 2.1). */
export interface ReadToken {
  claims: Record<string, unknown>;
  isAccessToken: boolean;
  /** The user that it is about, whatever it calls them; null for one about a client. */
  userId: string | null;
}

/** The tokens that no session gives: ID tokens, and access tokens of clients for themselves. */
export class SignedTokens {
  readonly #keys: SigningKeys;
  readonly #subjects: Subjects;

  constructor(keys: SigningKeys, subjects: Subjects) {
    this.#keys = keys;
    this.#subjects = subjects;
  }

  /** What a client calls a user (OpenID Connect Core 1.0, 8). */
  subjectFor(client: OAuthClientRow, userId: string): Promise<string> {
    return this.#subjects.of(client.realmId, sectorOf(client), userId);
  }

  /** An ID token (OpenID Connect Core 1.0, 2), bound to the access token that comes with it by `at_hash` (3.1.3.6). `claims` stand beside. */
  async idToken(
    realm: Realm,
    session: LiveSession,
    client: OAuthClientRow,
    about: { nonce: string | null; accessToken: string; claims: Record<string, unknown> },
  ): Promise<string> {
    const { authenticatedAt, methods, sessionId, state } = session;
    const { nonce, accessToken, claims } = about;
    const hash = createHash('sha256').update(accessToken).digest();
    const algorithm = client.idTokenAlgorithm;
    const token = {
      ...claims,
      sub: await this.subjectFor(client, state.userId),
      aud: client.id,
      ...(nonce !== null && { nonce }),
      auth_time: Math.floor(authenticatedAt / SECOND),
      acr: assuranceOf(methods),
      amr: methods,
      at_hash: hash.subarray(0, hash.length / 2).toString('base64url'),
      sid: sessionId,
    };
    return this.#sign(realm, { typ: 'JWT', algorithm, seconds: ID_TOKEN_SECONDS }, token);
  }

  /**
   * An access token (RFC 9068) that no session gives: of a client for itself, whose subject is the client (2.2), or one that it got
   * for a user's by exchange. `more` are claims beside those.
   */
  accessToken(
    realm: Realm,
    of: {
      subject: string;
      clientId: string;
      scope: string;
      audience: string[];
      seconds: number;
      /** The thumbprint of the key that it is bound to; null for a bearer token. */
      key: string | null;
    },
    more: Record<string, unknown> = {},
  ): Promise<string> {
    const { subject: sub, clientId: client_id, scope, audience, seconds, key } = of;
    const aud = audience.length === 1 ? audience[0] : audience;
    const cnf = key === null ? {} : { cnf: { jkt: key } };
    const claims = { ...more, sub, client_id, aud, scope, ...cnf, jti: newId('jti') };
    return this.#sign(realm, { typ: ACCESS_TOKEN, algorithm: ALGORITHM, seconds }, claims);
  }

  /** A logout token (OpenID Connect Back-Channel Logout 1.0, 2.4): that a session has ended. */
  async logoutToken(
    realm: Pick<Realm, 'id' | 'issuer'>,
    client: OAuthClientRow,
    of: { id: string; userId: string; sessionId: string },
  ): Promise<string> {
    const algorithm = client.idTokenAlgorithm;
    const sub = await this.subjectFor(client, of.userId);
    return this.#sign(
      realm,
      { typ: 'logout+jwt', algorithm, seconds: LOGOUT_TOKEN_SECONDS },
      { aud: client.id, sub, sid: of.sessionId, jti: of.id, events: { [LOGOUT]: {} } },
    );
  }

  /** What a token says that this realm signed, also when it has expired; null for any other text. */
  async read(realm: Realm, token: string): Promise<ReadToken | null> {
    const verified = await this.#verified(realm, token);
    const claims =
      verified && (JSON.parse(new TextDecoder().decode(verified.payload)) as ReadToken['claims']);
    if (claims?.iss !== realm.issuer) return null;
    const userId = typeof claims.sub === 'string' ? await this.#subjects.userOf(realm.id, claims.sub) : null;
    return { claims, isAccessToken: verified?.protectedHeader.typ === ACCESS_TOKEN, userId };
  }

  async #verified(realm: Realm, token: string): Promise<CompactVerifyResult | null> {
    const algorithms = [...ID_TOKEN_ALGORITHMS];
    const findKey = async ({ alg, kid }: { alg?: string; kid?: string }) => {
      const algorithm = algorithms.find((one) => one === alg);
      const key = kid && algorithm ? await this.#keys.find(realm.id, kid, algorithm) : null;
      if (!key) throw new errors.JWKSNoMatchingKey();
      return key;
    };
    try {
      return await compactVerify(token, findKey, { algorithms });
    } catch (error) {
      // That keys cannot be read says nothing of a token.
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  async #sign(
    realm: Pick<Realm, 'id' | 'issuer'>,
    { typ, algorithm, seconds }: { typ: string; algorithm: SigningAlgorithm; seconds: number },
    claims: Record<string, unknown>,
  ): Promise<string> {
    const now = Math.floor(Date.now() / SECOND);
    const { id, key } = await this.#keys.current(realm.id, algorithm);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, typ, kid: id })
      .setIssuer(realm.issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + seconds)
      .sign(key);
  }
}
