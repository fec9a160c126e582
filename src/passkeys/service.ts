import type { z } from 'zod';
import type { LiveSession, PasskeyObjects, PasskeyUse } from '../account/contract.ts';
import { primary } from '../db/client.ts';
import { isTaken } from '../db/unique.ts';
import type { Directory } from '../directory/service.ts';
import { mustProveAddress } from '../directory/state.ts';
import type { UserRow } from '../directory/tables.ts';
import { otherFactor } from '../directory/ways-in.ts';
import { ApiError, accepted } from '../errors.ts';
import type { Hooks } from '../hooks/service.ts';
import type { Principal } from '../http/context.ts';
import { proofNeeded } from '../http/level.ts';
import type { Client } from '../lib/client.ts';
import { newId } from '../lib/ids.ts';
import type { Realm } from '../lib/realm.ts';
import { MINUTE } from '../lib/time.ts';
import type { SignedIn } from '../passwords/service.ts';
import type { Sessions } from '../sessions/service.ts';
import { unnamed } from './authenticators.ts';
import {
  creationOptions,
  methodsOf,
  requestOptions,
  userHandleOf,
  verifyCreation,
  verifyUse,
} from './ceremony.ts';
import type { PasskeyFlow, PasskeyFlows } from './flow.ts';
import type { AssertedPasskey, CreatedPasskey, UsedPasskey } from './schemas.ts';
import {
  addition,
  confirmation,
  findPasskey,
  hasAllPasskeys,
  readPasskeys,
  removal,
  renamePasskey,
} from './store.ts';
import type { PasskeyRow } from './tables.ts';

export { authenticatorName, NO_AAGUID, unnamed } from './authenticators.ts';
export { acceptedCredentials } from './ceremony.ts';

/** What passkeys are made of. */
export interface PasskeyDependencies {
  d1: D1Database;
  sessions: Sessions;
  directory: Directory;
  objects: PasskeyObjects;
  flows: PasskeyFlows;
  hooks: Hooks;
}

/** How long after a sign-in by password a browser may make a passkey unasked (milliseconds). */
export const UNASKED_WITHIN = 5 * MINUTE;

/** What is said to who may not. */
const UNASKED = 'A sign-in by the password must have been just now.';
const CONFIRMING = 'Prove it by the password, or by another factor.';

/** Who is signed in, and by what. */
type By = Pick<Principal, 'userId' | 'sessionId' | 'credentialVersion'>;
/** The same, where it matters what they have shown, and when. */
type ShownBy = By & Pick<Principal, 'methods' | 'authenticatedAt'>;

/** Whether a browser may make a passkey unasked: in the session that was opened by the password, in the minutes after that. */
export function mayMakeUnasked({
  methods,
  authenticatedAt,
}: Pick<Principal, 'methods' | 'authenticatedAt'>): boolean {
  return methods.includes('pwd') && Date.now() - authenticatedAt < UNASKED_WITHIN;
}

/** Whether a session has shown what makes up for a passkey that proves one factor: something that its user knows, or two factors. */
export function mayConfirm({ methods }: Pick<Principal, 'methods'>): boolean {
  return methods.includes('pwd') || methods.includes('mfa');
}

/** Passkeys (WebAuthn 3): sign-in by them, proofs within a session, and those that a user has. */
export class Passkeys {
  readonly #deps: PasskeyDependencies;

  constructor(deps: PasskeyDependencies) {
    this.#deps = deps;
  }

  /**
   * What a browser needs to sign in by whichever passkey its user chooses: nothing in it depends on who that is. `device` binds
   * it to a browser that keeps cookies.
   */
  async beginSignIn(realm: Realm, device: string | null) {
    const { challenge, flow } = await this.#deps.flows.begin('sign_in', realm, { device });
    return { flow, public_key: requestOptions(realm, challenge) };
  }

  /**
   * Opens a session for the user of a passkey, `inCookie` for one that a browser keeps. Throws `invalid_passkey` for whatever is
   * wrong with it, where addresses are verified first also for one whose user has to, `account_suspended`, `email_not_verified` for one that was added before the address was proven, and
   * `mfa_required` for one that proves one factor where two are wanted.
   */
  async signIn(
    { flow, credential }: z.output<typeof AssertedPasskey>,
    realm: Realm,
    client: Client,
    inCookie: boolean,
  ): Promise<SignedIn> {
    const { directory, objects, sessions } = this.#deps;
    const { user, passkey, use } = await this.#asserted({ flow, credential }, realm, client, inCookie);
    if (user.status === 'suspended') throw new ApiError('account_suspended');
    // Where nobody learns whether an address is known: with a known one the passkey would not be here.
    if (mustProveAddress(realm, user)) throw new ApiError('invalid_passkey');
    if (passkey.addedUnproven && !user.emailVerified) throw new ApiError('email_not_verified');
    const methods = methodsOf(passkey);
    const opened = accepted(
      await objects(user.id).openByPasskey(
        directory.stateOf(user),
        { client, methods, lifetimes: realm.lifetimes, mfa: realm.mfa, activity: 'signed_in' },
        use,
      ),
    );
    return { user, grant: await sessions.grant(realm, opened) };
  }

  /**
   * The use of a passkey of a user, as the second step of a sign-in: it begins as a sign-in by it does. Throws `invalid_passkey`.
   */
  async assert(
    userId: string,
    used: z.output<typeof AssertedPasskey>,
    realm: Realm,
    client: Client,
    inCookie: boolean,
  ): Promise<{ methods: string[]; use: PasskeyUse }> {
    const { user, passkey, use } = await this.#asserted(used, realm, client, inCookie);
    // Who shows one factor by it may have shown it as the first step already.
    if (user.id !== userId || !passkey.uvInitialized) throw new ApiError('invalid_passkey');
    return { methods: methodsOf(passkey), use };
  }

  async #asserted(
    { flow, credential }: z.output<typeof AssertedPasskey>,
    realm: Realm,
    client: Client,
    inCookie: boolean,
  ) {
    const begun = await this.#deps.flows.open(flow, 'sign_in', realm, { device: client.device ?? null });
    // A session that somebody else has begun would be put into this browser.
    if (inCookie && begun.device === null) throw new ApiError('invalid_passkey');
    const found = await this.#verify(begun, credential, realm);
    // WebAuthn 3, 7.2, 6: what a passkey of ours calls its user; of others as far as the import knew.
    const userHandle = found.passkey.userHandle ?? userHandleOf(found.user.id);
    if (userHandle !== '' && credential.response.userHandle !== userHandle)
      throw new ApiError('invalid_passkey');
    return found;
  }

  /** What a browser needs to prove within a session who its user is, by that passkey or one that proves most; null for one who has none. */
  async beginProof(by: By, realm: Realm, id?: string) {
    const all = await readPasskeys(primary(this.#deps.d1).db, by.userId);
    const counting = all.filter((one) => one.uvInitialized);
    const named = id !== undefined && all.filter((one) => one.id === id);
    const known = named || (counting.length > 0 ? counting : all);
    if (known.length === 0) return null;
    const { challenge, flow } = await this.#deps.flows.begin('prove', realm, by);
    return { flow, public_key: requestOptions(realm, challenge, known) };
  }

  /**
   * Takes a passkey for a proof of who the user of a session is; a wrong one counts as a wrong password does. Throws
   * `invalid_passkey`, `too_many_attempts`, `session_ended`.
   */
  async prove(
    by: By,
    used: z.output<typeof AssertedPasskey>,
    realm: Realm,
    client: Client,
  ): Promise<LiveSession> {
    return (await this.#prove(by, used, realm, client)).session;
  }

  async #prove(
    by: By,
    { flow, credential }: z.output<typeof AssertedPasskey>,
    realm: Realm,
    client: Client,
  ): Promise<{ session: LiveSession; passkey: PasskeyRow }> {
    const object = this.#deps.objects(by.userId);
    accepted(await object.beginProof(by.sessionId));
    const begun = await this.#deps.flows.open(flow, 'prove', realm, by);
    const { user, passkey, use } = await this.#verify(begun, credential, realm);
    if (user.id !== by.userId) throw new ApiError('invalid_passkey');
    const session = accepted(await object.provePasskey(by.sessionId, methodsOf(passkey), client, use));
    return { session, passkey };
  }

  /**
   * Has a passkey count as a factor from then on, whose user shows it in a session that has more than such a passkey (WebAuthn 3, 7.2,
   * 25). Throws `passkey_not_found` for one that counts already, too, `reauthentication_required` for another session,
   * `invalid_passkey`, `too_many_attempts`, and `session_ended` when the account was recovered meanwhile.
   */
  async confirm(
    by: ShownBy,
    id: string,
    used: z.output<typeof AssertedPasskey>,
    realm: Realm,
    client: Client,
  ): Promise<UsedPasskey> {
    const { d1, directory, objects } = this.#deps;
    const { userId, sessionId } = by;
    if (!mayConfirm(by)) throw proofNeeded(realm, { detail: CONFIRMING });
    const { passkey } = await this.#prove(by, used, realm, client);
    if (passkey.id !== id) throw new ApiError('invalid_passkey');
    const before = await directory.current({ realmId: realm.id, userId });
    const { user } = await directory.change(userId, {
      ...confirmation({ userId, id }, by),
      keepSession: sessionId,
      mail: directory.noticeMail(before, { change: 'passkey_confirmed', about: passkey.name, client }),
      activity: { type: 'factor_added', client, details: { name: passkey.name, method: 'passkey' } },
    });
    const row = (await readPasskeys(primary(d1).db, userId)).find((one) => one.id === id);
    if (!user || !row) throw new ApiError(row && !row.uvInitialized ? 'session_ended' : 'passkey_not_found');
    await objects(userId).addMethods(sessionId, methodsOf(row));
    return { row, lastUse: (await objects(userId).passkeyUses())[id] ?? null };
  }

  /**
   * What a browser needs to make a passkey for a signed-in user; `unasked` for one that it makes by itself after a sign-in by password
   * (`mediation: "conditional"`). For that it throws `reauthentication_required` later or in another session, and `passkey_exists` for
   * who has one.
   */
  async beginAdding(by: ShownBy, realm: Realm, { unasked = false } = {}) {
    const { d1, directory, flows } = this.#deps;
    if (unasked && !mayMakeUnasked(by)) throw proofNeeded(realm, { detail: UNASKED });
    const [user, known] = await Promise.all([
      directory.get(by.userId, null),
      readPasskeys(primary(d1).db, by.userId),
    ]);
    if (unasked && known.length > 0) throw new ApiError('passkey_exists');
    const more = { unasked, expiresAt: by.authenticatedAt + UNASKED_WITHIN };
    const { challenge, flow } = await flows.begin('add', realm, by, unasked ? more : {});
    return { flow, public_key: creationOptions(realm, user, challenge, known, { unasked }) };
  }

  /**
   * Adds a passkey that was made for the session. Throws `invalid_passkey`, `passkey_exists`, `too_many_passkeys`,
   * `registration_refused` for an anonymous user, and `session_ended` when the account was recovered meanwhile.
   */
  async add(
    by: By,
    { flow, credential, name }: z.output<typeof CreatedPasskey>,
    realm: Realm,
    client: Client,
  ): Promise<PasskeyRow> {
    const { d1, directory, objects } = this.#deps;
    const begun = await this.#deps.flows.open(flow, 'add', realm, by);
    const made = await verifyCreation(realm, credential, begun.challenge, begun);
    const session = primary(d1);
    const user = await directory.current({ realmId: realm.id, userId: by.userId });
    const now = Date.now();
    const row = {
      ...made,
      id: newId('psk', now),
      userId: user.id,
      realmId: realm.id,
      transports: credential.response.transports ?? [],
      name: name ?? unnamed(made.aaguid),
      createdAt: now,
    };
    const mail = directory.noticeMail(user, { change: 'passkey_added', about: row.name, client }, now);
    const asked = { method: 'passkey', email: null, emailVerified: false, client } as const;
    const granted = await this.#deps.hooks.upgrade(user, realm, asked);
    const change = addition({ row, by });
    const added = await directory
      .change(user.id, {
        ...change,
        set: { ...change.set, ...granted },
        keepSession: by.sessionId,
        mail,
        activity: {
          type: user.anonymous ? 'registered' : 'passkey_added',
          client,
          details: { name: row.name },
        },
        now,
      })
      .catch((error: unknown) => {
        throw isTaken(error) ? new ApiError('passkey_exists') : error;
      });
    if (!added.user) {
      if (!(await hasAllPasskeys(session.db, row))) throw new ApiError('session_ended');
      throw new ApiError(row.uvInitialized ? 'too_many_passkeys' : 'passkey_exists');
    }
    const kept = { ...row, addedUnproven: false, userHandle: null };
    // Whoever makes one was verified by their authenticator, unless the browser did it unasked.
    if (kept.uvInitialized) await objects(user.id).addMethods(by.sessionId, methodsOf(kept));
    return kept;
  }

  /** The passkeys of a user, oldest first. */
  async list(userId: string): Promise<UsedPasskey[]> {
    const { d1, objects } = this.#deps;
    const rows = await readPasskeys(primary(d1).db, userId);
    const uses = rows.length > 0 ? await objects(userId).passkeyUses() : {};
    return rows.map((row) => ({ row, lastUse: uses[row.id] ?? null }));
  }

  /** Gives a passkey another name. Throws `passkey_not_found`. */
  async rename(userId: string, id: string, name: string): Promise<UsedPasskey> {
    const { d1, objects } = this.#deps;
    const row = await renamePasskey(primary(d1).db, { userId, id }, name);
    if (!row) throw new ApiError('passkey_not_found');
    return { row, lastUse: (await objects(userId).passkeyUses())[id] ?? null };
  }

  /** Removes a passkey. Throws `passkey_not_found`, `last_sign_in_method`, `last_factor`. */
  async remove(
    by: Pick<By, 'userId' | 'sessionId'>,
    id: string,
    realm: Realm,
    client: Client,
  ): Promise<void> {
    const { d1, directory, objects } = this.#deps;
    const { userId } = by;
    const rows = await readPasskeys(primary(d1).db, userId);
    const row = rows.find((one) => one.id === id);
    if (!row) throw new ApiError('passkey_not_found');
    const before = await directory.current({ realmId: row.realmId, userId });
    const isOther = row.uvInitialized ? otherFactor(realm.mfa, before.role, 'passkey') : undefined;
    const { user, results } = await directory.change(userId, {
      ...removal(row, isOther),
      keepSession: by.sessionId,
      mail: directory.noticeMail(before, { change: 'passkey_removed', about: row.name, client }),
      activity: { type: 'passkey_removed', client, details: { name: row.name } },
    });
    if (!user) {
      if (isOther && before.totpCount + before.passkeyCount < 2) throw new ApiError('last_factor');
      throw new ApiError('last_sign_in_method', {
        detail: 'Set a password first, by the link of `forgot password`, or add another passkey.',
      });
    }
    if ((results[0] as unknown[]).length === 0) throw new ApiError('passkey_not_found');
    await objects(userId).forgetFactor(user.totpCount + user.passkeyCount > 0 ? id : null);
  }

  async #verify(
    { challenge, expiresAt }: PasskeyFlow,
    credential: z.output<typeof AssertedPasskey>['credential'],
    realm: Realm,
  ): Promise<{ user: UserRow; passkey: PasskeyRow; use: PasskeyUse }> {
    const found = await findPasskey(primary(this.#deps.d1).db, realm.id, credential.id);
    if (!found) throw new ApiError('invalid_passkey');
    const { passkey } = found;
    const { counter, backedUp } = await verifyUse(realm, credential, challenge, passkey);
    const { id: passkeyId, counter: knownCounter } = passkey;
    const use = { passkeyId, challenge, challengeExpiresAt: expiresAt, counter, knownCounter, backedUp };
    return { ...found, use };
  }
}
