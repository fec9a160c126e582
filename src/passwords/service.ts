import type { z } from 'zod';
import type { LiveSession, OpenedSession, PasswordObjects, PasswordSignIn } from '../account/contract.ts';
import { hmac } from '../crypto/keys.ts';
import { needsRehash } from '../crypto/password-hash.ts';
import { nearestReplica, primary } from '../db/client.ts';
import type { Directory } from '../directory/service.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, accepted, type ErrorCode, isRefusal, type Refusal } from '../errors.ts';
import type { Hooks, RegistrationGrant } from '../hooks/service.ts';
import type { FailureBudget } from '../http/failure-budget.ts';
import type { Suspicions } from '../http/suspicions.ts';
import { afterResponse } from '../lib/after-response.ts';
import type { Client } from '../lib/client.ts';
import { newUserId } from '../lib/ids.ts';
import { withinJurisdiction } from '../lib/jurisdiction.ts';
import type { Realm } from '../lib/realm.ts';
import { steadily } from '../lib/steady.ts';
import type { MailBudget } from '../messages/budgets.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { message, storeMessage } from '../messages/outbox.ts';
import type { Grant, Sessions } from '../sessions/service.ts';
import { decoyFor } from './decoys.ts';
import { parseIdentifier } from './identifier.ts';
import type { PasswordPolicy } from './password-policy.ts';
import {
  firstSession,
  type Opening,
  type RegistrationDependencies,
  Registrations,
} from './registration-service.ts';
import { passwordChangedMail } from './reset-service.ts';
import type { LoginBody, PasswordChangeBody, RegisterBody } from './schemas.ts';
import {
  findByIdentifier,
  findPassword,
  passwordReplacement,
  storeShadow,
  type UserWithHash,
} from './store.ts';
import { passwords } from './tables.ts';

export { describeHash } from '../crypto/foreign-hashes.ts';
export { PasswordPolicy } from './password-policy.ts';
export { dropShadowIf, findPassword, storeShadowIf, takeShadowIf, usernameExists } from './store.ts';

/** A user who is in. */
export interface SignedIn {
  user: UserRow;
  grant: Grant;
  /** Whether the password was brought along from elsewhere, and breaches have published it. */
  passwordBreached?: boolean;
}

/** What an object refuses with that may have been told of an old row: a replica lags behind the primary. */
const MAY_BE_STALE: readonly ErrorCode[] = ['invalid_credentials', 'service_unavailable'];

/** Somebody whose address has to be proven before they are let in. */
export interface Pending {
  /** Theirs when the address was new, else nobody's. */
  userId: string;
}

/** What credentials are made of. */
export interface CredentialDependencies extends RegistrationDependencies {
  sessions: Sessions;
  directory: Directory;
  objects: PasswordObjects;
  mailBudget: MailBudget;
  failures: FailureBudget;
  passwordPolicy: PasswordPolicy;
  suspicions: Suspicions;
  hooks: Hooks;
  /** Names the decoys that stand for identifiers nobody has. */
  decoyKey: Buffer;
}

/** Registration, sign-in and change of passwords. */
export class Credentials {
  readonly #deps: CredentialDependencies;
  readonly #registrations: Registrations;

  constructor(deps: CredentialDependencies) {
    this.#deps = deps;
    this.#registrations = new Registrations(deps);
  }

  /**
   * Makes a user and opens their first session; in a realm that verifies first only the former, and for new and known
   * addresses the answer is alike. Throws `registration_closed`, `registration_refused`, `validation_failed`, `user_exists`,
   * `username_taken`.
   */
  async register(
    body: z.output<typeof RegisterBody>,
    realm: Realm,
    client: Client,
  ): Promise<SignedIn | Pending> {
    const { hooks, passwordPolicy } = this.#deps;
    if (realm.registration === 'closed') throw new ApiError('registration_closed');
    await passwordPolicy.require('password', body.password, body, realm);
    const { email, password: _, ...profile } = body;
    const asked = { method: 'password', email, emailVerified: false, profile, client } as const;
    // Of new and known addresses alike, and so long before either is at work that it tells nothing.
    const granted = await hooks.registration(realm, asked);
    const work = () => this.#register(body, granted, realm, client);
    return realm.registration === 'verify_first' ? steadily(work) : work();
  }

  async #register(
    body: z.output<typeof RegisterBody>,
    granted: RegistrationGrant,
    realm: Realm,
    client: Client,
  ): Promise<SignedIn | Pending> {
    const { directory, mailBudget, objects, sessions, suspicions } = this.#deps;
    const userId = newUserId(realm.jurisdiction);
    // Before it is known whether the address is: both cost the same.
    const request = { realmId: realm.id, to: body.email, client, userId: null };
    const [hash, mayMail] = await Promise.all([
      objects(userId).hashPassword(body.password) as Promise<string>,
      mailBudget.take('other', request),
    ]);
    if (!mayMail) suspicions.note(realm.id, body.email);
    const first = firstSession(realm);
    const added = await this.#insert(realm, { userId, body, granted, hash, mayMail, first }, client);
    if (!first || !added) return { userId };
    const { user, address } = added;
    const session = accepted(
      await objects(userId).open(directory.stateOf(user), {
        client,
        methods: ['pwd'],
        lifetimes: realm.lifetimes,
        mfa: realm.mfa,
        activity: 'registered',
        first: { ...first, address },
      }),
    );
    return { user, grant: await sessions.grantFirst(realm, session) };
  }

  /**
   * Signs in by e-mail, username or phone number. An identifier that nobody has takes the same steps, against a
   * decoy, and gets the same answers. A password that was imported is looked up among breached ones. Throws `invalid_credentials`, `too_many_attempts`, `rate_limited`, and to who knows
   * the password `account_suspended`, `email_not_verified`.
   */
  async login(body: z.output<typeof LoginBody>, realm: Realm, client: Client): Promise<SignedIn> {
    const { d1, failures, passwordPolicy, sessions } = this.#deps;
    const identifier = parseIdentifier(body.identifier);
    let found = await findByIdentifier(nearestReplica(d1).db, realm, identifier);
    let attempt = await this.#attempt(found, identifier.value, body, realm, client);
    if (isRefusal(attempt) && MAY_BE_STALE.includes(attempt.reason)) {
      // A replica may not have heard of this user, or of a new password: only the primary may say no.
      const certain = await findByIdentifier(primary(d1).db, realm, identifier);
      if (certain?.hash !== found?.hash || certain?.user.version !== found?.user.version) {
        found = certain;
        attempt = await this.#attempt(found, identifier.value, body, realm, client);
      }
    }
    if (isRefusal(attempt) && attempt.reason === 'invalid_credentials') failures.count(realm.id, 'password');
    const isRight = !isRefusal(attempt) || attempt.reason === 'mfa_required';
    const { user, hash } = (found ?? {}) as UserWithHash;
    // No policy of ours has seen it yet. Whoever was let in there is let in here, and told.
    const isBrought = isRight && hash !== null && needsRehash(hash);
    const passwordBreached = isBrought && (await passwordPolicy.isBreached(body.password, realm));
    if (passwordBreached) afterResponse(() => this.#tellBreached(user, realm, client));
    const session = accepted(attempt);
    const { role, plan, status, emailVerified } = session.state;
    return {
      user: { ...user, role, plan, status, emailVerified },
      grant: await sessions.grant(realm, session),
      passwordBreached,
    };
  }

  /**
   * Takes a password for a proof of who the user of a session is. Throws `invalid_credentials`, `too_many_attempts`,
   * `session_ended`.
   */
  async prove(
    by: { userId: string; sessionId: string },
    password: string,
    client: Client,
  ): Promise<LiveSession> {
    const { d1, objects } = this.#deps;
    const found = await findPassword(primary(d1).db, by.userId);
    if (!found) throw noPassword();
    const { sessionId } = by;
    const proof = { hash: found.hash, password, client, sessionId };
    return accepted(await objects(by.userId).provePassword(proof));
  }

  /** Whether a user has a password: who came by other ways may have none. */
  async hasPassword(userId: string): Promise<boolean> {
    return (await findPassword(primary(this.#deps.d1).db, userId)) !== null;
  }

  /** When a user has signed in by the password last (Unix milliseconds): null for one who has none, or has not for 90 days. */
  async lastUse(userId: string): Promise<number | null> {
    // It only says more: what it is asked for stands without it.
    return this.#deps
      .objects(userId)
      .passwordUsedAt()
      .catch(() => null);
  }

  /**
   * Changes the password and ends all other sessions. Throws `validation_failed`, `invalid_credentials` for a wrong
   * current password, `too_many_attempts`, and `conflict` when it was changed at the same time.
   */
  async changePassword(
    body: z.output<typeof PasswordChangeBody>,
    by: { userId: string; sessionId: string },
    realm: Realm,
    client: Client,
  ): Promise<void> {
    const { d1, directory, objects, passwordPolicy } = this.#deps;
    const { current_password: current, new_password: next } = body;
    const { db } = primary(d1);
    const found = await findPassword(db, by.userId);
    if (!found) throw noPassword();
    const { hash } = found;
    await passwordPolicy.require('new_password', next, found.user, realm, current);
    const change = { hash, current, next, client, sessionId: by.sessionId };
    const prepared = accepted(await objects(by.userId).prepareNewPassword(change));
    const now = Date.now();
    const mail = passwordChangedMail(found.user, `${realm.issuer}/forgot-password`, client, now);
    const { user } = await directory.change(by.userId, {
      ...passwordReplacement(db, { userId: by.userId, from: hash, to: prepared.hash, now }),
      keepSession: by.sessionId,
      mail,
      activity: { type: 'password_changed', client },
    });
    if (!user) throw new ApiError('conflict');
  }

  #insert(
    realm: Realm,
    given: {
      userId: string;
      body: z.output<typeof RegisterBody>;
      granted: RegistrationGrant;
      hash: string;
      mayMail: boolean;
      first: Opening | undefined;
    },
    client: Client,
  ): ReturnType<Registrations['add']> {
    const { userId, body, granted, hash, mayMail, first } = given;
    return this.#registrations.add(
      realm,
      {
        userId,
        body,
        mayMail,
        columns: { ...granted, withPassword: true },
        first,
        proof: (db, now) => db.insert(passwords).values({ userId, hash, updatedAt: now }),
        known: (db) => storeShadow(db, realm.id, body.email, hash),
      },
      client,
    );
  }

  /** Asks a user to change a password that was published. */
  async #tellBreached(user: UserRow, realm: Realm, client: Client): Promise<void> {
    const { d1, directory, outbox } = this.#deps;
    const data = { name: greetedName(user), link: `${realm.issuer}/account/security` };
    const mail = message(
      { channel: 'mail', template: 'password_breached', data },
      { realmId: realm.id, userId: user.id, to: user.email, locale: user.locale },
      Date.now(),
    );
    await directory.log(
      { realmId: realm.id, userId: user.id },
      { type: 'password_breached', sessionId: null, client },
    );
    await storeMessage(primary(d1).db, mail);
    outbox.sendSoon([mail]);
  }

  #attempt(
    found: UserWithHash | null,
    identifier: string,
    { password, refresh_token: refreshToken }: z.output<typeof LoginBody>,
    realm: Realm,
    client: Client,
  ): Promise<OpenedSession | Refusal> {
    const { decoyKey, directory, failures, objects } = this.#deps;
    const decoy = `decoy:${hmac(decoyKey, `${realm.id}:${identifier}`)}`;
    return objects(found ? found.user.id : withinJurisdiction(decoy, realm.jurisdiction)).signIn({
      directory: found && directory.stateOf(found.user),
      password,
      client,
      lifetimes: realm.lifetimes,
      mfa: realm.mfa,
      ...this.#hashes(found, identifier, realm),
      refreshToken,
      strangersWait: failures.wait(realm.id, 'password'),
    });
  }

  /**
   * What a password is verified against. Where addresses are verified first, that of an account which has not proven its own
   * opens nothing, and its address takes as long as any that nobody has.
   */
  #hashes(
    found: UserWithHash | null,
    identifier: string,
    realm: Realm,
  ): Pick<PasswordSignIn, 'hash' | 'unproven'> {
    const decoy = () => decoyFor(realm.decoys, this.#deps.decoyKey, `${realm.id}:${identifier}`);
    if (realm.registration !== 'verify_first' || !found) return { hash: found?.hash ?? decoy() };
    const { user, hash, shadow } = found;
    const isProven = user.emailVerified;
    const unproven = shadow ?? (isProven ? null : hash);
    return { hash: (isProven && hash) || decoy(), unproven };
  }
}

/** For a user who signs in by other means, and is asked for a password. */
export function noPassword(): ApiError {
  return new ApiError('invalid_credentials', {
    detail: 'The account has no password: set one by the link of `POST /v1/auth/password/forgot`.',
  });
}
