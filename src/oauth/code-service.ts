import { createHash } from 'node:crypto';
import type { SessionObjects } from '../account/contract.ts';
import { equalsInConstantTime } from '../crypto/keys.ts';
import { primary } from '../db/client.ts';
import { hashToken } from '../directory/links.ts';
import type { Directory } from '../directory/service.ts';
import { findById } from '../directory/service.ts';
import { mustProveAddress } from '../directory/state.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, accepted } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import { MINUTE } from '../lib/time.ts';
import type { SignedIn } from '../passwords/service.ts';
import type { Sessions } from '../sessions/service.ts';
import { type CodeRow, storeCode, takeCode } from './code-store.ts';

export { appRedirect } from './callback.ts';

/** How long an app has to exchange a code (milliseconds). */
const CODE_LIFETIME = MINUTE;

/** What a code is made for. */
export interface NewCode {
  /** Who has proved who they are, as the primary database just said. */
  user: UserRow;
  realm: Realm;
  /** Where the code goes, exactly as the app named it. */
  redirectTo: string;
  /** The app's PKCE challenge, S256. */
  challenge: string;
  /** How the user proved it; the `methods` of the session. */
  methods: string[];
  activity?: 'registered' | 'signed_in';
  /** When the user proved it, Unix milliseconds; now, unless another session is passed on. */
  authenticatedAt?: number;
  /** The session of the browser in which they proved it, if it keeps one. */
  browserSession?: string;
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
  objects: SessionObjects;
}

/** Authorization codes (RFC 6749, 4.1.2, with PKCE): what an app gets at its address instead of tokens. */
export class AuthorizationCodes {
  readonly #deps: CodeDependencies;

  constructor(deps: CodeDependencies) {
    this.#deps = deps;
  }

  /** A code for a user who has signed in: it works once, within a minute, with the verifier. */
  issue(code: NewCode): Promise<string> {
    return this.#issue(code, null);
  }

  /** A code for somebody whom a provider has sent back, to be linked to a user who asks for it. `identity` is sealed. */
  issueLink(code: NewCode, identity: string): Promise<string> {
    return this.#issue(code, identity);
  }

  /**
   * Opens the session that a code stands for. The code is spent, whether the rest fits or not. Throws `invalid_grant`
   * for everything that does not, `account_suspended`, `email_not_verified`.
   */
  async exchange(exchange: Exchange, client: Client): Promise<SignedIn> {
    const { directory, objects, sessions } = this.#deps;
    const { realm } = exchange;
    const { row, user } = await this.#take(exchange);
    if (row.identity !== null) throw new ApiError('invalid_grant');
    if (mustProveAddress(realm, user)) throw new ApiError('email_not_verified');
    const opened = accepted(
      await objects(user.id).open(directory.stateOf(user), {
        client,
        methods: row.methods,
        lifetimes: realm.lifetimes,
        mfa: realm.mfa,
        activity: row.activity,
        ...(row.authenticatedAt !== null && { authenticatedAt: row.authenticatedAt }),
        browserSession: row.browserSession,
      }),
    );
    return { user, grant: await sessions.grant(realm, opened) };
  }

  /** Takes the sealed identity of a code that this user asked for. Throws `invalid_grant`. */
  async takeLink(exchange: Exchange, userId: string): Promise<string> {
    const { row, user } = await this.#take(exchange);
    if (row.identity === null || user.id !== userId) throw new ApiError('invalid_grant');
    return row.identity;
  }

  async #issue(code: NewCode, identity: string | null): Promise<string> {
    const { user, realm, redirectTo, challenge, methods, activity = 'signed_in' } = code;
    const { authenticatedAt = Date.now(), browserSession } = code;
    const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
    await storeCode(primary(this.#deps.d1).db, {
      hash: hashToken(secret),
      realmId: realm.id,
      userId: user.id,
      redirectTo,
      challenge,
      methods,
      activity,
      credentialVersion: user.credentialVersion,
      identity,
      authenticatedAt,
      browserSession,
      expiresAt: Date.now() + CODE_LIFETIME,
    });
    return secret;
  }

  async #take(exchange: Exchange): Promise<{ row: CodeRow; user: UserRow }> {
    const { code, verifier, redirectTo, realm } = exchange;
    const { db } = primary(this.#deps.d1);
    const row = await takeCode(db, hashToken(code));
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const fits =
      row &&
      Date.now() < row.expiresAt &&
      row.realmId === realm.id &&
      row.redirectTo === redirectTo &&
      equalsInConstantTime(row.challenge, challenge);
    const user = fits && (await findById(db, row.userId));
    if (!user || user.credentialVersion !== row.credentialVersion) throw new ApiError('invalid_grant');
    if (user.status === 'suspended') throw new ApiError('account_suspended');
    return { row, user };
  }
}
