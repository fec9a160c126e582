import {
  AUTHORIZATION_CODE_LIFETIME,
  challengeOf,
  newCodeText,
  parseCodeText,
} from '../account/code-text.ts';
import type { NewSession, SessionObjects } from '../account/contract.ts';
import {
  type CodeRedemption,
  type GrantObjects,
  type NewGrantCode,
  OWN_CLIENT,
} from '../account/grant-contract.ts';
import { primary } from '../db/client.ts';
import type { Directory } from '../directory/service.ts';
import { findById } from '../directory/service.ts';
import { mustProveAddress } from '../directory/state.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, accepted } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import type { SignedIn } from '../passwords/service.ts';
import type { Sessions } from '../sessions/service.ts';

export { appRedirect } from './callback.ts';

/** The app that a code is for. */
export interface AppTarget {
  realm: Realm;
  /** Where the code goes, exactly as the app named it. */
  redirectTo: string;
  /** The app's PKCE challenge, S256. */
  challenge: string;
}

/** What an app presents to get its tokens. */
export interface Exchange {
  code: string;
  verifier: string;
  redirectTo: string;
  realm: Realm;
}

interface CodeDependencies {
  d1: D1Database;
  sessions: Sessions;
  directory: Pick<Directory, 'stateOf'>;
  objects: (userId: string) => ReturnType<SessionObjects> & ReturnType<GrantObjects>;
}

/**
 * Authorization codes of the product's own apps, which get sessions of the user's own: kept, found and spent where those of all other
 * clients are, by OWN_CLIENT.
 */
export class AuthorizationCodes {
  readonly #deps: CodeDependencies;

  constructor(deps: CodeDependencies) {
    this.#deps = deps;
  }

  /**
   * A code for an app, given by the session of a browser: it works once, within a minute, with the verifier. Throws `session_ended`,
   * `account_suspended`.
   */
  issue(target: AppTarget, by: { userId: string; sessionId: string }, client: Client): Promise<string> {
    return this.#issue(target, by, client, {});
  }

  /** A code for somebody whom a provider has sent back, to be linked to a user who asks for it. `identity` is sealed. Throws as `issue`. */
  issueLink(
    target: AppTarget,
    by: { userId: string; sessionId: string },
    client: Client,
    identity: string,
  ): Promise<string> {
    return this.#issue(target, by, client, { identity });
  }

  /**
   * A code for an app in which a user signs in without a session of the browser. Throws as the opening of that session would,
   * `mfa_required` too.
   */
  async issueTo(
    target: AppTarget,
    user: UserRow,
    session: Pick<NewSession, 'client' | 'methods' | 'activity'>,
  ): Promise<string> {
    const { directory, objects } = this.#deps;
    const { lifetimes, mfa } = target.realm;
    const { text, code } = newCode(target, user.id);
    accepted(
      await objects(user.id).issueCodeFor(directory.stateOf(user), { ...session, lifetimes, mfa }, code),
    );
    return text;
  }

  /**
   * Opens the session that a code stands for. The code is spent, whether the rest fits or not. Throws `invalid_grant`
   * for everything that does not, `account_suspended`, `email_not_verified`.
   */
  async exchange(exchange: Exchange, client: Client): Promise<SignedIn> {
    const { d1, directory, objects, sessions } = this.#deps;
    const { realm } = exchange;
    const { userId, redemption } = redemptionOf(exchange);
    const user = await findById(primary(d1).db, userId);
    if (!user) throw new ApiError('invalid_grant');
    const proved = { ...redemption, unproven: mustProveAddress(realm, user) };
    const { session } = accepted(await objects(userId).redeemCode(proved, client, directory.stateOf(user)));
    return { user, grant: await sessions.grant(realm, session) };
  }

  /** Takes the sealed identity of a code that this user asked for. Throws `invalid_grant`. */
  async takeLink(exchange: Exchange, by: { userId: string }, client: Client): Promise<string> {
    const { userId, redemption } = redemptionOf(exchange);
    const { identity } = accepted(await this.#deps.objects(userId).takeIdentity(redemption, client));
    if (userId !== by.userId) throw new ApiError('invalid_grant');
    return identity;
  }

  async #issue(
    target: AppTarget,
    { userId, sessionId }: { userId: string; sessionId: string },
    client: Client,
    more: Pick<NewGrantCode, 'identity'>,
  ): Promise<string> {
    const { text, code } = newCode(target, userId);
    accepted(await this.#deps.objects(userId).issueCode(sessionId, { ...code, ...more }, false, client));
    return text;
  }
}

function newCode(
  { realm, redirectTo: redirectUri, challenge }: AppTarget,
  userId: string,
): { text: string; code: NewGrantCode } {
  const { text, hash } = newCodeText(userId);
  const expiresAt = Date.now() + AUTHORIZATION_CODE_LIFETIME;
  const { lifetimes } = realm;
  return { text, code: { hash, grant: null, redirectUri, challenge, nonce: null, lifetimes, expiresAt } };
}

/** Whose code it is, and what their object is asked. Throws `invalid_grant` for what is no code. */
function redemptionOf({ code, verifier, redirectTo, realm }: Exchange): {
  userId: string;
  redemption: CodeRedemption;
} {
  const named = parseCodeText(code);
  if (!named) throw new ApiError('invalid_grant');
  const { id: realmId, mfa } = realm;
  const redemption = {
    hash: named.hash,
    clientId: OWN_CLIENT,
    redirectUri: redirectTo,
    challenge: challengeOf(verifier),
    realmId,
    mfa,
  };
  return { userId: named.userId, redemption };
}
