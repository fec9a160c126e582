import { createHash } from 'node:crypto';
import { compactVerify, SignJWT } from 'jose';
import type { LiveSession } from '../account/contract.ts';
import { assuranceOf } from '../lib/assurance.ts';
import { newId } from '../lib/ids.ts';
import type { Realm } from '../lib/realm.ts';
import { SECOND } from '../lib/time.ts';
import { ALGORITHM, type SigningKeys } from '../signing-keys/service.ts';

/** Seconds that an ID token is good for; clients look at it once, when they get it. */
const ID_TOKEN_SECONDS = 600;
const ACCESS_TOKEN = 'at+jwt';

/** The claims of a token of ours, and whether it is an access token (RFC 9068, 2.1). */
export interface ReadToken {
  claims: Record<string, unknown>;
  isAccessToken: boolean;
}

/** The tokens that no session gives: ID tokens, and access tokens of clients for themselves. */
export class SignedTokens {
  readonly #keys: SigningKeys;

  constructor(keys: SigningKeys) {
    this.#keys = keys;
  }

  /** An ID token (OpenID Connect Core 1.0, 2), bound to the access token that comes with it by `at_hash` (3.1.3.6). */
  idToken(
    realm: Realm,
    session: LiveSession,
    about: { clientId: string; nonce: string | null; accessToken: string },
  ): Promise<string> {
    const { authenticatedAt, methods, sessionId, state } = session;
    const { clientId, nonce, accessToken } = about;
    const hash = createHash('sha256').update(accessToken).digest();
    return this.#sign(realm, 'JWT', ID_TOKEN_SECONDS, {
      sub: state.userId,
      aud: clientId,
      ...(nonce !== null && { nonce }),
      auth_time: Math.floor(authenticatedAt / SECOND),
      acr: assuranceOf(methods),
      amr: methods,
      at_hash: hash.subarray(0, hash.length / 2).toString('base64url'),
      sid: sessionId,
    });
  }

  /** An access token of a client for itself (RFC 6749, 4.4): its subject is the client (RFC 9068, 2.2). */
  clientToken(
    realm: Realm,
    {
      clientId,
      scope,
      audience,
      seconds,
    }: { clientId: string; scope: string; audience: string[]; seconds: number },
  ): Promise<string> {
    const aud = audience.length === 1 ? (audience[0] as string) : audience;
    const claims = { sub: clientId, client_id: clientId, aud, scope, jti: newId('jti') };
    return this.#sign(realm, ACCESS_TOKEN, seconds, claims);
  }

  /** What a token says that this realm signed, also when it has expired; null for any other text. */
  async read(realm: Realm, token: string): Promise<ReadToken | null> {
    try {
      const { payload, protectedHeader } = await compactVerify(
        token,
        async ({ kid }) => {
          const key = kid ? await this.#keys.find(realm.id, kid) : null;
          if (!key) throw new Error('unknown key');
          return key;
        },
        { algorithms: [ALGORITHM] },
      );
      const claims = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
      if (claims.iss !== realm.issuer) return null;
      return { claims, isAccessToken: protectedHeader.typ === ACCESS_TOKEN };
    } catch {
      return null;
    }
  }

  async #sign(realm: Realm, typ: string, seconds: number, claims: Record<string, unknown>): Promise<string> {
    const now = Math.floor(Date.now() / SECOND);
    const { id, key } = await this.#keys.current(realm.id);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ, kid: id })
      .setIssuer(realm.issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + seconds)
      .sign(key);
  }
}
