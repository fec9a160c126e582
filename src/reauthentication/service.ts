import type { z } from 'zod';
import type { FactorObjects, LiveSession } from '../account/contract.ts';
import { type OneTimeCodes, provenAddress } from '../codes/service.ts';
import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import type { Directory } from '../directory/service.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, accepted } from '../errors.ts';
import type { Factors } from '../factors/service.ts';
import type { Principal } from '../http/context.ts';
import { BY_FACTOR, owesFactor, proofNeeded } from '../http/level.ts';
import type { Client } from '../lib/client.ts';
import { secondSteps } from '../lib/mfa.ts';
import type { Realm } from '../lib/realm.ts';
import type { Identities } from '../oauth/identity-service.ts';
import type { OAuth } from '../oauth/service.ts';
import type { AssertedPasskey } from '../passkeys/schemas.ts';
import type { Passkeys } from '../passkeys/service.ts';
import type { Credentials } from '../passwords/service.ts';
import type { Realms } from '../realms/service.ts';

/** What it is made of. */
export interface ReauthenticationDependencies {
  objects: FactorObjects;
  directory: Directory;
  credentials: Credentials;
  codes: OneTimeCodes;
  passkeys: Passkeys;
  factors: Factors;
  identities: Identities;
  oauth: OAuth;
  realms: Realms;
  /** That of the database with the owners, where it is another: in other realms they are only visitors. */
  home: Reauthentication | null;
  /** Encrypts what was filled in while its writer is at a provider. */
  draftKeys: Keyring;
}

/** What was filled in on a page, until a time (Unix milliseconds). */
export interface Draft {
  path: string;
  values: Record<string, string>;
  expiresAt: number;
}

/** By what a user can prove who they are. */
export interface Ways {
  password: boolean;
  /** An authenticator app. */
  totp: boolean;
  recoveryCodes: boolean;
  /** Where one-time codes can go. */
  codes: { channel: 'email' | 'sms'; to: string }[];
  /** Linked accounts of providers that are switched on. */
  providers: { id: string; name: string }[];
}

/** What names a session, and whether it is an owner's. */
type By = Pick<Principal, 'userId' | 'sessionId' | 'role'>;
/** The same, for what has to know whether the account was recovered since. */
type LastingBy = By & Pick<Principal, 'credentialVersion'>;

/** Fresh proofs of who the user of a session is. A sign-in is one; a refresh is none. */
export class Reauthentication {
  readonly #deps: ReauthenticationDependencies;

  constructor(deps: ReauthenticationDependencies) {
    this.#deps = deps;
  }

  /** By what a user can prove who they are, each of which they have shown to be theirs. */
  async ways(user: UserRow): Promise<Ways> {
    const { codes, credentials, home, identities, oauth, objects } = this.#deps;
    if (home && user.role === 'owner') return home.ways(user);
    const realm = await this.realmOf(user);
    const [password, linked, { recoveryCodesLeft }] = await Promise.all([
      credentials.hasPassword(user.id),
      identities.list(user.id),
      objects(user.id).factorUses(),
    ]);
    const email = provenAddress(user, 'email');
    const phone = provenAddress(user, 'sms');
    return {
      password,
      totp: user.totpCount > 0,
      recoveryCodes: recoveryCodesLeft > 0,
      codes: [
        ...(email === null ? [] : [{ channel: 'email' as const, to: email }]),
        ...(phone !== null && codes.canText(phone) ? [{ channel: 'sms' as const, to: phone }] : []),
      ],
      providers: oauth.providers(realm).filter(({ id }) => linked.some(({ provider }) => provider === id)),
    };
  }

  /**
   * Throws `reauthentication_required`, with what would do, for a session that owes the second factor of its account: no other proof is
   * one. `realm` is that of the request.
   */
  async requireNoOwed(by: Principal, realm: Realm): Promise<void> {
    if (!owesFactor(by, realm)) return;
    const { recoveryCodesLeft } = await this.#deps.objects(by.userId).factorUses();
    const signer = { ...by.factors, role: by.role, hasRecoveryCodes: recoveryCodesLeft > 0 };
    const methods = secondSteps(realm.mfa, { ...signer, email: false, phone: false }, by.methods, Date.now());
    throw proofNeeded(realm, { detail: BY_FACTOR, acr: 'aal2', methods });
  }

  /** By the password. Throws `invalid_credentials`, `too_many_attempts`, `session_ended`. */
  byPassword(by: By, password: string, client: Client): Promise<LiveSession> {
    const { credentials, home } = this.#deps;
    if (home && by.role === 'owner') return home.byPassword(by, password, client);
    return credentials.prove(by, password, client);
  }

  /** What a browser needs to use a passkey of the user; null for one who has none. */
  async beginPasskey(user: UserRow, by: LastingBy): ReturnType<Passkeys['beginProof']> {
    const { home } = this.#deps;
    if (home && by.role === 'owner') return home.beginPasskey(user, by);
    return this.#deps.passkeys.beginProof(by, await this.realmOf(user));
  }

  /** By a passkey. Throws `invalid_passkey`, `too_many_attempts`, `session_ended`. */
  async byPasskey(
    user: UserRow,
    by: LastingBy,
    used: z.output<typeof AssertedPasskey>,
    client: Client,
  ): Promise<LiveSession> {
    const { home } = this.#deps;
    if (home && by.role === 'owner') return home.byPasskey(user, by, used, client);
    return this.#deps.passkeys.prove(by, used, await this.realmOf(user), client);
  }

  /** By a code of an authenticator app, or a recovery code. Throws `invalid_code`, `too_many_attempts`, `session_ended`. */
  byFactor(
    by: By,
    shown: { method: 'totp' | 'recovery_code'; code: string },
    client: Client,
  ): Promise<LiveSession> {
    const { factors, home } = this.#deps;
    if (home && by.role === 'owner') return home.byFactor(by, shown, client);
    return factors.prove(by, shown, client);
  }

  /** Sends a one-time code to a proven address of the account, if it has one: for that session. */
  async sendCode(user: UserRow, by: By, channel: 'email' | 'sms', client: Client): Promise<void> {
    const { home } = this.#deps;
    if (home && user.role === 'owner') return home.sendCode(user, by, channel, client);
    const to = provenAddress(user, channel);
    if (to !== null) await this.#deps.codes.send({ channel, to }, await this.realmOf(user), client, by);
  }

  /**
   * By a one-time code that went to a proven address of the account; a wrong one counts for the session, as a wrong password
   * does. Throws `invalid_code`, `too_many_attempts`, `session_ended`.
   */
  async byCode(
    by: By & Pick<Principal, 'bookmark'>,
    { channel, code }: { channel: 'email' | 'sms'; code: string },
    client: Client,
  ): Promise<LiveSession> {
    const { codes, directory, home, objects } = this.#deps;
    if (home && by.role === 'owner') return home.byCode(by, { channel, code }, client);
    const user = await directory.get(by.userId, by.bookmark);
    const object = objects(by.userId);
    accepted(await object.beginProof(by.sessionId));
    try {
      await codes.proveAddress(user, channel, { code }, by, await this.realmOf(user), client);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'invalid_code') {
        await directory.log(
          { userId: user.id, realmId: user.realmId },
          { type: 'reauthentication_failed', sessionId: by.sessionId, client },
        );
      }
      throw error;
    }
    return accepted(await object.noteProof(by.sessionId, client));
  }

  /** The realm that a user is of: owners also visit others, but have their ways in at home. */
  realmOf({ realmId }: Pick<UserRow, 'realmId'>): Promise<Realm> {
    return this.#deps.realms.get(realmId);
  }

  /** Encrypts what was filled in, for a cookie. */
  sealDraft(draft: Draft): Promise<string> {
    return seal(this.#deps.draftKeys, draft);
  }

  /** What was filled in, or null when it is too old or was not sealed here. */
  async openDraft(sealed: string): Promise<Draft | null> {
    const draft = await unseal<Draft>(this.#deps.draftKeys, sealed);
    return draft && Date.now() < draft.expiresAt ? draft : null;
  }
}
