import type { z } from 'zod';
import type { PasskeyObjects, PasskeyUse } from '../account/contract.ts';
import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { primary } from '../db/client.ts';
import { isTaken } from '../db/unique.ts';
import type { Directory } from '../directory/service.ts';
import { mustProveAddress } from '../directory/state.ts';
import type { UserRow } from '../directory/tables.ts';
import { otherFactor } from '../directory/ways-in.ts';
import { ApiError, accepted } from '../errors.ts';
import type { Principal } from '../http/context.ts';
import type { Suspicions } from '../http/suspicions.ts';
import type { Client } from '../lib/client.ts';
import { newId, newUserId } from '../lib/ids.ts';
import type { Realm } from '../lib/realm.ts';
import { steadily } from '../lib/steady.ts';
import type { MailBudget } from '../messages/budgets.ts';
import type { Outbox } from '../messages/outbox.ts';
import { type Registration, Registrations } from '../passwords/registration-service.ts';
import type { Pending, SignedIn } from '../passwords/service.ts';
import type { Sessions } from '../sessions/service.ts';
import { unnamed } from './authenticators.ts';
import {
  CEREMONY,
  creationOptions,
  newChallenge,
  requestOptions,
  userHandleOf,
  verifyCreation,
  verifyUse,
} from './ceremony.ts';
import type { AssertedPasskey, CreatedPasskey, UsedPasskey } from './schemas.ts';
import { addition, findPasskey, hasAllPasskeys, readPasskeys, removal, renamePasskey } from './store.ts';
import { type PasskeyRow, passkeys } from './tables.ts';

export { authenticatorName, NO_AAGUID, unnamed } from './authenticators.ts';
export { acceptedCredentials } from './ceremony.ts';

/** What a challenge is for, and whose it is: sealed, for its client to bring back. */
interface Flow {
  kind: 'sign_in' | 'add' | 'prove' | 'register';
  realmId: string;
  challenge: string;
  /** The device that has to bring it back, by its cookie; null where who has it may. */
  device: string | null;
  /** The session that asked, unless it is for signing in. */
  sessionId: string | null;
  /** Who registers by it, and as which user. */
  registration?: Pick<Registration, 'userId' | 'body'>;
  expiresAt: number;
}

/** What passkeys are made of. */
export interface PasskeyDependencies {
  d1: D1Database;
  sessions: Sessions;
  directory: Directory;
  objects: PasskeyObjects;
  outbox: Outbox;
  mailBudget: MailBudget;
  suspicions: Suspicions;
  /** Encrypts what a client has to bring back. */
  flowKeys: Keyring;
}

/** Who is signed in, and by what. */
type By = Pick<Principal, 'userId' | 'sessionId' | 'credentialVersion'>;

/** Passkeys (WebAuthn 3): sign-in by them, proofs within a session, and those that a user has. */
export class Passkeys {
  readonly #deps: PasskeyDependencies;
  readonly #registrations: Registrations;

  constructor(deps: PasskeyDependencies) {
    this.#deps = deps;
    this.#registrations = new Registrations(deps);
  }

  /**
   * What a browser needs to sign in by whichever passkey its user chooses: nothing in it depends on who that is. `device` binds
   * it to a browser that keeps cookies.
   */
  async beginSignIn(realm: Realm, device: string | null) {
    const { challenge, flow } = await this.#begin('sign_in', realm, { device });
    return { flow, public_key: requestOptions(realm, challenge) };
  }

  /**
   * Opens a session for the user of a passkey, `inCookie` for one that a browser keeps. Throws `invalid_passkey` for whatever is
   * wrong with it, where addresses are verified first also for one whose user has to, `account_suspended`, `email_not_verified` for one that was added before the address was proven.
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
   * What a browser needs to make the passkey that somebody registers by. The same for new and known addresses. Throws
   * `registration_closed`.
   */
  async beginRegistration(body: Registration['body'], realm: Realm, device: string | null) {
    if (realm.registration === 'closed') throw new ApiError('registration_closed');
    const userId = newUserId(realm.jurisdiction);
    const { challenge, flow } = await this.#begin('register', realm, { device }, { userId, body });
    const user = { id: userId, email: body.email, name: body.name ?? null };
    return { flow, public_key: creationOptions(realm, user, challenge, []) };
  }

  /**
   * Makes a user by a passkey and opens their first session; in a realm that verifies first only the former, and for new and known
   * addresses the answer is alike. Throws `invalid_passkey`, `passkey_exists`, `registration_closed`, `user_exists`,
   * `username_taken`.
   */
  register(
    made: z.output<typeof CreatedPasskey>,
    realm: Realm,
    client: Client,
    inCookie: boolean,
  ): Promise<SignedIn | Pending> {
    const work = () => this.#register(made, realm, client, inCookie);
    return realm.registration === 'verify_first' ? steadily(work) : work();
  }

  async #register(
    { flow, credential, name }: z.output<typeof CreatedPasskey>,
    realm: Realm,
    client: Client,
    inCookie: boolean,
  ): Promise<SignedIn | Pending> {
    const { directory, mailBudget, objects, sessions, suspicions } = this.#deps;
    if (realm.registration === 'closed') throw new ApiError('registration_closed');
    const begun = await this.#open(flow, 'register', realm, { device: client.device ?? null });
    const { challenge, device, registration } = begun;
    if (!registration || (inCookie && device === null)) throw new ApiError('invalid_passkey');
    const passkey = await verifyCreation(realm, credential, challenge);
    const { userId, body } = registration;
    const request = { realmId: realm.id, to: body.email, client, userId: null };
    const mayMail = await mailBudget.take('other', request);
    if (!mayMail) suspicions.note(realm.id, body.email);
    const row = (now: number) => ({
      ...passkey,
      id: newId('psk', now),
      userId,
      realmId: realm.id,
      transports: credential.response.transports ?? [],
      name: name ?? unnamed(passkey.aaguid),
      createdAt: now,
    });
    const user = await this.#registrations
      .add(
        realm,
        {
          userId,
          body,
          mayMail,
          columns: { passkeyCount: 1 },
          proof: (db, now) => db.insert(passkeys).values(row(now)),
        },
        client,
      )
      .catch((error: unknown) => {
        // The authenticator has given it before, or the very request came twice.
        throw isTaken(error) ? new ApiError('passkey_exists') : error;
      });
    if (realm.registration === 'verify_first' || !user) return { userId };
    const opened = accepted(
      await objects(userId).open(directory.stateOf(user), {
        client,
        methods: methodsOf(passkey),
        lifetimes: realm.lifetimes,
        mfa: realm.mfa,
        activity: 'registered',
      }),
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
    if (user.id !== userId) throw new ApiError('invalid_passkey');
    return { methods: methodsOf(passkey), use };
  }

  async #asserted(
    { flow, credential }: z.output<typeof AssertedPasskey>,
    realm: Realm,
    client: Client,
    inCookie: boolean,
  ) {
    const begun = await this.#open(flow, 'sign_in', realm, { device: client.device ?? null });
    // A session that somebody else has begun would be put into this browser.
    if (inCookie && begun.device === null) throw new ApiError('invalid_passkey');
    const found = await this.#verify(begun, credential, realm);
    // WebAuthn 3, 7.2, 6: what a passkey of ours calls its user; of others as far as the import knew.
    const userHandle = found.passkey.userHandle ?? userHandleOf(found.user.id);
    if (userHandle !== '' && credential.response.userHandle !== userHandle)
      throw new ApiError('invalid_passkey');
    return found;
  }

  /** What a browser needs to prove within a session who its user is; null for one who has no passkey. */
  async beginProof(by: By, realm: Realm) {
    const known = await readPasskeys(primary(this.#deps.d1).db, by.userId);
    if (known.length === 0) return null;
    const { challenge, flow } = await this.#begin('prove', realm, by);
    return { flow, public_key: requestOptions(realm, challenge, known) };
  }

  /**
   * Takes a passkey for a proof of who the user of a session is; a wrong one counts as a wrong password does. Throws
   * `invalid_passkey`, `too_many_attempts`, `session_ended`.
   */
  async prove(
    by: By,
    { flow, credential }: z.output<typeof AssertedPasskey>,
    realm: Realm,
    client: Client,
  ): Promise<void> {
    const object = this.#deps.objects(by.userId);
    accepted(await object.beginProof(by.sessionId));
    const begun = await this.#open(flow, 'prove', realm, by);
    const { user, passkey, use } = await this.#verify(begun, credential, realm);
    if (user.id !== by.userId) throw new ApiError('invalid_passkey');
    accepted(await object.provePasskey(by.sessionId, methodsOf(passkey), client, use));
  }

  /** What a browser needs to make a passkey for a signed-in user. */
  async beginAdding(by: By, realm: Realm) {
    const { d1, directory } = this.#deps;
    const [user, known] = await Promise.all([
      directory.get(by.userId, null),
      readPasskeys(primary(d1).db, by.userId),
    ]);
    const { challenge, flow } = await this.#begin('add', realm, by);
    return { flow, public_key: creationOptions(realm, user, challenge, known) };
  }

  /**
   * Adds a passkey that was made for the session. Throws `invalid_passkey`, `passkey_exists`, `too_many_passkeys`, and
   * `session_ended` when the account was recovered meanwhile.
   */
  async add(
    by: By,
    { flow, credential, name }: z.output<typeof CreatedPasskey>,
    realm: Realm,
    client: Client,
  ): Promise<PasskeyRow> {
    const { d1, directory, objects } = this.#deps;
    const begun = await this.#open(flow, 'add', realm, by);
    const made = await verifyCreation(realm, credential, begun.challenge);
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
    const added = await directory
      .change(user.id, {
        ...addition({ row, by }),
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
      throw new ApiError((await hasAllPasskeys(session.db, user.id)) ? 'too_many_passkeys' : 'session_ended');
    }
    const kept = { ...row, addedUnproven: false, userHandle: null };
    // Whoever makes one was verified by their authenticator.
    await objects(user.id).addMethods(by.sessionId, methodsOf(kept));
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
    const isOther = otherFactor(realm.mfa, before.role, 'passkey');
    const { user, results } = await directory.change(userId, {
      ...removal({ userId, id }, isOther),
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

  async #begin(
    kind: Flow['kind'],
    realm: Realm,
    of: { device: string | null } | { sessionId: string },
    registration?: Flow['registration'],
  ) {
    const challenge = newChallenge();
    const bound = { device: null, sessionId: null, ...of };
    const flow: Flow = {
      kind,
      realmId: realm.id,
      challenge,
      device: bound.device,
      sessionId: bound.sessionId,
      ...(registration && { registration }),
      expiresAt: Date.now() + CEREMONY,
    };
    return { challenge, flow: await seal(this.#deps.flowKeys, flow) };
  }

  /** What was begun. Throws `invalid_passkey` for what is over, or was begun by somebody else, elsewhere, or for something else. */
  async #open(
    sealed: string,
    kind: Flow['kind'],
    realm: Realm,
    of: { device: string | null } | { sessionId: string },
  ): Promise<Flow> {
    const flow = await unseal<Flow>(this.#deps.flowKeys, sealed);
    const isTheirs =
      flow !== null &&
      ('sessionId' in of
        ? flow.sessionId === of.sessionId
        : flow.device === null || flow.device === of.device);
    if (!isTheirs || flow.kind !== kind || flow.realmId !== realm.id || Date.now() >= flow.expiresAt) {
      throw new ApiError('invalid_passkey');
    }
    return flow;
  }

  async #verify(
    { challenge, expiresAt }: Flow,
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

/** What a passkey proves (RFC 8176): a key, kept by hardware or copied about, and a user who was verified there. */
function methodsOf({ backupEligible }: Pick<PasskeyRow, 'backupEligible'>): string[] {
  return [backupEligible ? 'swk' : 'hwk', 'user', 'mfa'];
}
