import type { z } from 'zod';
import {
  type FactorObjects,
  type LiveSession,
  type ShownFactor,
  userOfWaiting,
} from '../account/contract.ts';
import type { OneTimeCodes } from '../codes/service.ts';
import { provenAddress } from '../codes/service.ts';
import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { matchingStep, newTotp, type Totp, totpUri } from '../crypto/totp.ts';
import { primary } from '../db/client.ts';
import { hashToken } from '../directory/links.ts';
import type { Directory } from '../directory/service.ts';
import type { UserRef } from '../directory/state.ts';
import type { UserRow } from '../directory/tables.ts';
import { otherFactor } from '../directory/ways-in.ts';
import { ApiError, accepted } from '../errors.ts';
import { refuseSelf, requireAuthority } from '../http/authority.ts';
import type { Principal } from '../http/context.ts';
import type { Actor } from '../http/service-authentication.ts';
import type { Client } from '../lib/client.ts';
import { newId } from '../lib/ids.ts';
import { lazy } from '../lib/lazy.ts';
import { requiresMfa } from '../lib/mfa.ts';
import type { Realm } from '../lib/realm.ts';
import type { Passkeys } from '../passkeys/service.ts';
import type { SignedIn } from '../passwords/service.ts';
import type { Sessions } from '../sessions/service.ts';
import { newRecoveryCodes, recoveryCodeHash } from './recovery-codes.ts';
import type { KnownFactors, NewFactorBody, SecondStepBody } from './schemas.ts';
import {
  factorRemoval,
  findUnverified,
  hasAllFactors,
  insertUnverified,
  readFactors,
  removalOfAll,
  verification,
} from './store.ts';
import { APP_NAME } from './tables.ts';

/** 160 bits in base32. */
const SECRET = /^[A-Z2-7]{32}$/;

const qrCodes = lazy(() => import('./qr-code.ts'));

/** What an app reads of a secret, as a link and as a picture (SVG). Throws `invalid_request` for what is no secret of ours. */
export async function shownSecret(
  secret: string,
  { name }: Pick<Realm, 'name'>,
  { email }: { email: string },
) {
  if (!SECRET.test(secret)) throw new ApiError('invalid_request');
  const { qrCode } = await qrCodes();
  const uri = totpUri({ ...newTotp(), secret }, name, email);
  return { secret, uri, qr: qrCode(uri) };
}

/** What second factors are made of. */
export interface FactorDependencies {
  d1: D1Database;
  sessions: Sessions;
  directory: Directory;
  objects: FactorObjects;
  passkeys: Passkeys;
  codes: OneTimeCodes;
  /** Encrypts the secrets of authenticator apps. */
  factorKeys: Keyring;
}

/** Who is signed in, and by what. */
type By = Pick<Principal, 'userId' | 'sessionId' | 'credentialVersion'>;

/** What a sign-in shows in its second step, or a user within a session. */
type Shown = Pick<z.output<typeof SecondStepBody>, 'method' | 'code' | 'passkey'>;

/** Second factors: those that a user has, the second step of a sign-in, and proofs by them within a session. */
export class Factors {
  readonly #deps: FactorDependencies;

  constructor(deps: FactorDependencies) {
    this.#deps = deps;
  }

  /** The factors of a user, those of each kind oldest first. */
  async list(user: UserRow, realm: Realm): Promise<KnownFactors> {
    const { d1, objects, passkeys } = this.#deps;
    const [rows, keys, { steps, ...recovery }] = await Promise.all([
      readFactors(primary(d1).db, user.id),
      passkeys.list(user.id),
      objects(user.id).factorUses(),
    ]);
    const apps = rows.map(({ id, type, name, createdAt }) => {
      return { id, type, name, createdAt, usedAt: steps[id]?.usedAt ?? null };
    });
    const counting = keys.filter(({ row }) => row.uvInitialized);
    const known = counting.map(({ row: { id, name, createdAt }, lastUse }) => {
      return { id, type: 'passkey' as const, name, createdAt, usedAt: lastUse?.usedAt ?? null };
    });
    return {
      factors: [...apps, ...known],
      ...recovery,
      // An object of the version before says nothing of it.
      recoveryCodeUsedAt: recovery.recoveryCodeUsedAt ?? null,
      isRequired: requiresMfa(realm.mfa, user.role, Date.now()),
    };
  }

  /**
   * Makes the secret of an authenticator app, which counts once its user has shown a code of it. Throws `factor_not_allowed`,
   * `too_many_factors`, `session_ended` when the account was recovered meanwhile.
   */
  async begin(by: By, { type, name }: z.output<typeof NewFactorBody>, realm: Realm) {
    const { d1, directory, factorKeys } = this.#deps;
    if (realm.mfa.mode === 'off' || !realm.mfa.factors.includes(type))
      throw new ApiError('factor_not_allowed');
    const user = await directory.current({ realmId: realm.id, userId: by.userId });
    const totp = newTotp();
    const now = Date.now();
    const row = {
      id: newId('fac', now),
      userId: user.id,
      realmId: realm.id,
      type,
      name: name ?? APP_NAME,
      secret: await seal(factorKeys, totp),
      createdAt: now,
    };
    if (!(await insertUnverified(primary(d1).db, row, by))) {
      throw new ApiError(hasAllFactors(user) ? 'too_many_factors' : 'session_ended');
    }
    return { id: row.id, ...(await shownSecret(totp.secret, realm, user)) };
  }

  /**
   * Takes the first code of an authenticator app, which counts from then on. Gives the recovery codes, if the account had none.
   * Throws `factor_not_found`, `invalid_code`, `too_many_factors`, `session_ended`.
   */
  async verify(by: By, id: string, code: string, realm: Realm, client: Client): Promise<string[]> {
    const { d1, directory, factorKeys, objects } = this.#deps;
    const { db } = primary(d1);
    const now = Date.now();
    const row = await findUnverified(db, { userId: by.userId, id }, now);
    const totp = row && (await unseal<Totp>(factorKeys, row.secret));
    if (!row || !totp) throw new ApiError('factor_not_found');
    const step = matchingStep(totp, digitsOf(code), now);
    if (step === null) throw new ApiError('invalid_code');
    const before = await directory.current({ realmId: realm.id, userId: by.userId });
    const { user, results } = await directory.change(by.userId, {
      ...verification({ id, by }, now),
      keepSession: by.sessionId,
      mail: directory.noticeMail(before, { change: 'totp_added', about: row.name, client }, now),
      activity: { type: 'factor_added', client, details: { name: row.name } },
    });
    if (!user) throw new ApiError(hasAllFactors(before) ? 'too_many_factors' : 'session_ended');
    if (isEmpty(results)) throw new ApiError('factor_not_found');
    const codes = newRecoveryCodes();
    const { recoveryCodesTaken } = await objects(user.id).startFactor({
      factorId: id,
      step,
      sessionId: by.sessionId,
      recoveryCodes: codes.map(recoveryCodeHash),
    });
    return recoveryCodesTaken ? codes : [];
  }

  /** Removes an authenticator app. Throws `factor_not_found`, `last_factor`. */
  async remove(by: Omit<By, 'credentialVersion'>, id: string, realm: Realm, client: Client): Promise<void> {
    const { d1, directory, objects } = this.#deps;
    const { db } = primary(d1);
    const { userId } = by;
    const row = (await readFactors(db, userId)).find((one) => one.id === id);
    if (!row) throw new ApiError('factor_not_found');
    const before = await directory.current({ realmId: row.realmId, userId });
    const { user, results } = await directory.change(userId, {
      ...factorRemoval({ userId, id }, otherFactor(realm.mfa, before.role, 'totp')),
      keepSession: by.sessionId,
      mail: directory.noticeMail(before, { change: 'totp_removed', about: row.name, client }),
      activity: { type: 'factor_removed', client, details: { name: row.name } },
    });
    if (!user) throw new ApiError('last_factor');
    if (isEmpty(results)) throw new ApiError('factor_not_found');
    await objects(userId).forgetFactor(hasFactors(user) ? id : null);
  }

  /** Ten new recovery codes in place of all that there were. Throws `factor_not_found` for an account without a factor. */
  async renewRecoveryCodes(by: By, realm: Realm, client: Client): Promise<string[]> {
    const { directory, objects } = this.#deps;
    const user = await directory.current({ realmId: realm.id, userId: by.userId });
    if (!hasFactors(user)) throw new ApiError('factor_not_found');
    const codes = newRecoveryCodes();
    await objects(user.id).setRecoveryCodes(codes.map(recoveryCodeHash), by.sessionId, client);
    return codes;
  }

  /**
   * Takes the second step of a sign-in. Throws `invalid_mfa_token`, `invalid_code`, `invalid_passkey`, `too_many_attempts`,
   * `rate_limited`, `account_suspended`.
   */
  async completeSignIn(
    {
      mfa_token: token,
      remember_device: remember = false,
      session_cookie: inCookie = false,
      ...sent
    }: z.output<typeof SecondStepBody>,
    realm: Realm,
    client: Client,
  ): Promise<SignedIn> {
    const { directory, objects, sessions } = this.#deps;
    const user = await this.#userOf(token, realm);
    const shown = await this.#shown(user, sent, realm, client, { token, inCookie });
    const opened = accepted(
      await objects(user.id).completeSignIn(directory.stateOf(user), {
        token,
        shown,
        client,
        lifetimes: realm.lifetimes,
        mfa: realm.mfa,
        inCookie,
        remember,
      }),
    );
    return { user, grant: await sessions.grant(realm, opened) };
  }

  /** By what a sign-in that waits can be completed, the best first. Throws `invalid_mfa_token`. */
  async waiting(token: string, realm: Realm) {
    const user = await this.#userOf(token, realm);
    const { steps } = accepted(await this.#deps.objects(user.id).waiting(token));
    return { user, steps };
  }

  /** Sends the code that completes a sign-in, where it is one that the realm takes. Throws `invalid_mfa_token`, `invalid_code`. */
  async sendCode(token: string, channel: 'email' | 'sms', realm: Realm, client: Client): Promise<void> {
    const { user, steps } = await this.waiting(token, realm);
    const to = provenAddress(user, channel);
    if (to === null || !steps.includes(channel)) throw new ApiError('invalid_mfa_token');
    const by = { userId: user.id, sessionId: nameOf(token) };
    await this.#deps.codes.send({ channel, to }, realm, client, by);
  }

  /**
   * Takes a code of an authenticator app or a recovery code for a proof of who the user of a session is. Throws `invalid_code`,
   * `too_many_attempts`, `session_ended`.
   */
  async prove(
    by: Pick<By, 'userId' | 'sessionId'>,
    shown: { method: 'totp' | 'recovery_code'; code: string },
    client: Client,
  ): Promise<LiveSession> {
    const judged = await this.#judge(by.userId, shown);
    return accepted(await this.#deps.objects(by.userId).proveFactor(by.sessionId, judged, client));
  }

  /** The factors of a user, for an operator. Throws `user_not_found`. */
  async listFor(target: UserRef, realm: Realm): Promise<KnownFactors> {
    return this.list(await this.#deps.directory.current(target), realm);
  }

  /**
   * Removes all second factors of a user who has lost them, passkeys and recovery codes too, and ends their sessions; a mail tells
   * of it. Throws `user_not_found`, `insufficient_scope`, `own_account`, `conflict`.
   */
  async reset(target: UserRef, actor: Actor): Promise<void> {
    const { directory, objects } = this.#deps;
    const before = await directory.current(target);
    refuseSelf(actor, before.id);
    requireAuthority(actor, before.role);
    const { totpCount: totp, passkeyCount: passkeys } = before;
    const now = Date.now();
    const { user } = await directory.change(before.id, {
      ...removalOfAll(before),
      endsSessions: true,
      audit: {
        realmId: before.realmId,
        at: now,
        actor: actor.id,
        action: 'user_factors_reset',
        target: before.id,
        details: { totp, passkeys },
      },
      mail: directory.noticeMail(before, { change: 'factors_reset', about: null, client: null }, now),
      activity: { type: 'factors_reset', client: null, actor: actor.id },
      now,
    });
    if (!user) throw new ApiError('conflict');
    await objects(user.id).forgetFactor(null);
  }

  async #userOf(token: string, realm: Realm): Promise<UserRow> {
    const userId = userOfWaiting(token);
    const user = userId && (await this.#deps.directory.findUser(userId));
    if (!user || user.realmId !== realm.id) throw new ApiError('invalid_mfa_token');
    return user;
  }

  async #shown(
    user: UserRow,
    { method, code = '', passkey }: Shown,
    realm: Realm,
    client: Client,
    { token, inCookie }: { token: string; inCookie: boolean },
  ): Promise<ShownFactor> {
    const { codes, passkeys } = this.#deps;
    if (method === 'totp' || method === 'recovery_code') return this.#judge(user.id, { method, code });
    if (method === 'passkey') {
      if (!passkey) throw new ApiError('invalid_passkey');
      return { method, ...(await passkeys.assert(user.id, passkey, realm, client, inCookie)) };
    }
    // Whoever waits is no stranger to the address.
    const { steps } = accepted(await this.#deps.objects(user.id).waiting(token));
    if (!steps.includes(method)) throw new ApiError('invalid_code');
    const by = { sessionId: nameOf(token) };
    const isRight = await codes
      .proveAddress(user, method, { code: digitsOf(code) }, by, realm, client)
      .then(() => true)
      .catch((error: unknown) => {
        if (error instanceof ApiError && error.code === 'invalid_code') return false;
        throw error;
      });
    return { method, isRight };
  }

  /** A code, and what it is found to be; whether it was used before, the object says. */
  async #judge(
    userId: string,
    { method, code }: { method: 'totp' | 'recovery_code'; code: string },
  ): Promise<ShownFactor> {
    if (method === 'recovery_code') return { method, hash: recoveryCodeHash(code) };
    const { d1, factorKeys } = this.#deps;
    const typed = digitsOf(code);
    const now = Date.now();
    let found: ShownFactor = { method, factorId: '', step: null };
    for (const { id, secret } of await readFactors(primary(d1).db, userId)) {
      const totp = await unseal<Totp>(factorKeys, secret);
      const step = totp && matchingStep(totp, typed, now);
      if (step !== null) found = { method, factorId: id, step };
    }
    return found;
  }
}

function isEmpty([first]: readonly unknown[]): boolean {
  return (first as unknown[]).length === 0;
}

/** Whether an account has a factor of its own. */
export function hasFactors({ totpCount, passkeyCount }: UserRow): boolean {
  return totpCount + passkeyCount > 0;
}

/** What a sign-in that waits is called where codes are counted by whoever asks. */
function nameOf(token: string): string {
  return `mfa:${hashToken(token)}`;
}

function digitsOf(code: string): string {
  return code.normalize('NFKC').replace(/[\s\p{Pd}]/gu, '');
}
