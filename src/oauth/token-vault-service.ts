import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { type Database, primary } from '../db/client.ts';
import type { Directory } from '../directory/service.ts';
import { ApiError } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import { MINUTE, SECOND } from '../lib/time.ts';
import { untilDone } from '../lib/until-done.ts';
import {
  type IdentityRef,
  leaseRefresh,
  readLinked,
  releaseRefresh,
  replaceTokens,
} from './identity-store.ts';
import type { ProviderTokens } from './port.ts';
import { refreshedTokens } from './protocol.ts';
import { logProviderFailure, ProviderFailure } from './provider-failure.ts';
import type { Providers } from './registry.ts';
import type { IdentityRow } from './tables.ts';

/** A token that is given away is good for so long at least (milliseconds), if its provider makes such. */
const LEAST_LIFE = MINUTE;
/** Longer than a provider may take to answer, and what it said to be stored. */
const LEASE = 20 * SECOND;
/** How long somebody waits for who refreshes, and how often they look. */
const PATIENCE = 10 * SECOND;
const LOOK_AGAIN = SECOND / 4;
/** How often what a provider has said is stored again when something came in between, or the database did not answer. */
const TRIES = 5;

/** For whom a token is fetched: a client in the user's session, or an API key, by its id. */
export interface TokenTaker {
  id: string;
  sessionId: string | null;
  client: Client | null;
}

interface VaultParts {
  d1: D1Database;
  directory: Pick<Directory, 'log'>;
  providers: Providers;
  /** Encrypts the providers' tokens. */
  tokenKeys: Keyring;
}

interface Stored {
  row: IdentityRow;
  tokens: ProviderTokens;
}

/** What was read by who has the right to refresh it until a time (Unix milliseconds), which no two have alike. */
interface Leased extends Stored {
  until: number;
}

/** What providers have given for users, lent out fresh. */
export class TokenVault {
  readonly #parts: VaultParts;

  constructor(parts: VaultParts) {
    this.#parts = parts;
  }

  /**
   * An access token of a user at a provider that holds for a minute at least, refreshed if need be: by one of all who ask. It goes into
   * the user's log. Throws `user_not_found`, `account_suspended`, `identity_not_found`, `provider_link_ended` when the user has to link
   * the account again, `provider_unavailable`, `provider_rejected`, `provider_not_found`.
   */
  async take(realm: Realm, ref: IdentityRef, by: TokenTaker): Promise<ProviderTokens> {
    const tokens = await this.#fresh(realm, ref);
    const actor = by.sessionId === null ? { actor: by.id } : {};
    await this.#parts.directory.log(
      { userId: ref.userId, realmId: realm.id },
      {
        type: 'provider_token_taken',
        sessionId: by.sessionId,
        client: by.client,
        ...actor,
        details: { provider: ref.provider, by: by.id },
      },
    );
    return tokens;
  }

  async #fresh(realm: Realm, ref: IdentityRef): Promise<ProviderTokens> {
    const { db } = primary(this.#parts.d1);
    const start = Date.now();
    for (;;) {
      const { row, tokens } = await this.#read(db, realm, ref);
      const now = Date.now();
      const isGood = tokens.accessToken !== '' && (tokens.expiresAt ?? now + LEAST_LIFE) >= now + LEAST_LIFE;
      if (isGood) return tokens;
      if (tokens.refreshToken === null) throw new ApiError('provider_link_ended');
      // Whoever holds the lease refreshes; should they perish, somebody else does when it is over.
      const until = now + LEASE;
      if (await leaseRefresh(db, row, { now, until })) {
        return untilDone(this.#refresh(db, realm, { row, tokens, until }));
      }
      if (now - start > PATIENCE) throw new ApiError('provider_unavailable');
      await scheduler.wait(LOOK_AGAIN);
    }
  }

  async #read(db: Database, realm: Realm, ref: IdentityRef): Promise<Stored> {
    const { user, row } = await readLinked(db, ref);
    if (user?.realmId !== realm.id) throw new ApiError('user_not_found');
    if (user.status !== 'active') throw new ApiError('account_suspended');
    if (!row) throw new ApiError('identity_not_found');
    const tokens = await unseal<ProviderTokens>(this.#parts.tokenKeys, row.tokens);
    if (!tokens) throw new ApiError('provider_link_ended');
    return { row, tokens };
  }

  async #refresh(db: Database, realm: Realm, leased: Leased): Promise<ProviderTokens> {
    const { row, tokens, until } = leased;
    let next: ProviderTokens | null;
    try {
      const configured = await this.#parts.providers.get(realm, row.provider);
      next = await refreshedTokens(configured, tokens);
    } catch (error) {
      await releaseRefresh(db, row, until);
      if (!(error instanceof ProviderFailure)) throw error;
      logProviderFailure(row.provider, realm.id, error);
      // It came early enough that the token before still holds for a while.
      if (tokens.accessToken !== '' && Date.now() < (tokens.expiresAt ?? 0)) return tokens;
      throw error;
    }
    const ended = { ...tokens, accessToken: '', refreshToken: null };
    const kept = await this.#store(db, leased, next ?? ended);
    if (kept.accessToken === '') throw new ApiError('provider_link_ended');
    return kept;
  }

  /**
   * Keeps what the provider has said. A sign-in there may have brought others meanwhile: those that are of its own stay, but a refresh
   * token that it only found here is the old one. So do those of who refreshes in our place, because we took too long; but what the
   * provider gave us is more than that it refused them.
   */
  async #store(
    db: Database,
    { row, tokens: before, until }: Leased,
    said: ProviderTokens,
  ): Promise<ProviderTokens> {
    const { tokenKeys } = this.#parts;
    let [next, sealed] = [said, row.tokens];
    for (let tries = 1; ; tries += 1) {
      try {
        const tokens = await seal(tokenKeys, next);
        if (await replaceTokens(db, { ...row, tokens: sealed }, { tokens, until })) return next;
        const { row: found } = await readLinked(db, row);
        if (!found) throw new ApiError('identity_not_found');
        const now = await unseal<ProviderTokens>(tokenKeys, found.tokens);
        const isEnded = now?.accessToken === '' && now.refreshToken === null;
        if (now && !isEnded && now.refreshToken !== before.refreshToken) return now;
        if (isEnded && said.accessToken === '') return said;
        if (now && !isEnded && now.accessToken !== before.accessToken)
          next = { ...now, refreshToken: said.refreshToken };
        sealed = found.tokens;
      } catch (error) {
        if (error instanceof ApiError || tries === TRIES) throw error;
        // The refresh token before is worth nothing any more: this one must not be lost.
        await scheduler.wait(LOOK_AGAIN * 2 ** tries);
      }
      if (tries === TRIES) throw new ApiError('conflict');
    }
  }
}
