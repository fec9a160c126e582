import { and, eq, type SQL } from 'drizzle-orm';
import type { FactorObject, PasswordObjects } from '../account/contract.ts';
import type { GrantObject } from '../account/grant-contract.ts';
import type { HistoryObject } from '../account/history-contract.ts';
import type { KeyAct, KeyKeeper } from '../account/key-contract.ts';
import type { Billing } from '../billing/service.ts';
import { primary } from '../db/client.ts';
import type { AuditEntry } from '../directory/audit.ts';
import { type Directory, findById } from '../directory/service.ts';
import { type UserRow, users } from '../directory/tables.ts';
import { ApiError, accepted, fieldError } from '../errors.ts';
import { pageOf } from '../http/paging.ts';
import { afterResponse } from '../lib/after-response.ts';
import type { Client } from '../lib/client.ts';
import { describeFailure, log } from '../lib/log.ts';
import type { Budget } from '../lib/run-budget.ts';
import { DAY, SECOND } from '../lib/time.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { message } from '../messages/outbox.ts';
import { findPassword } from '../passwords/service.ts';
import type { Profiles } from '../profile/service.ts';
import type { Realms } from '../realms/service.ts';
import type { OrganizationMirror } from '../wallet/contract.ts';
import { type AccountEntry, accountEntry } from './account-entry.ts';
import {
  actPages,
  historyPages,
  messagePages,
  readUserFactors,
  readUserIdentities,
  readUserOrganizations,
  readUserPasskeys,
} from './export-store.ts';
import { erasure, readExternalId, realmsWithAnonymous, unusedAnonymous } from './store.ts';

/** Days after which an anonymous user who is not there any more is deleted. */
const ANONYMOUS_DAYS = 30;

/** What an export is made from. */
export type Everything = Awaited<ReturnType<Privacy['export']>>;

/** That it is the user who asks: the password, or that the session has a fresh proof, which the level has made sure of. */
interface Proof {
  password?: string | undefined;
  recent_sign_in?: true | undefined;
}

/** What it is made of. */
export interface PrivacyDependencies {
  d1: D1Database;
  realms: Pick<Realms, 'get'>;
  directory: Directory;
  profiles: Profiles;
  objects: (
    userId: string,
  ) => ReturnType<PasswordObjects> &
    HistoryObject &
    Pick<GrantObject, 'consents'> &
    Pick<KeyKeeper<KeyAct>, 'productKeys'> &
    Pick<FactorObject, 'factorUses'>;
  billing: Billing;
  organizations: (organizationId: string) => Pick<OrganizationMirror, 'announceChange'>;
}

/** What is kept about a user: shown, handed over, deleted. */
export class Privacy {
  readonly #deps: PrivacyDependencies;

  constructor(deps: PrivacyDependencies) {
    this.#deps = deps;
  }

  /** A page of the activity log, newest first. */
  async activity(
    userId: string,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): Promise<{ rows: AccountEntry[]; nextCursor: string | null }> {
    const after = cursor === undefined ? null : { seq: Number(cursor) };
    const rows = await this.#deps.objects(userId).history('activity', { after, limit: limit + 1 });
    const page = pageOf(rows, limit, ({ seq }) => String(seq));
    return { ...page, rows: page.rows.map(accountEntry) };
  }

  /**
   * Everything that is held about a user: what is one, and the pages of what may be many, which are read as they are taken.
   * Throws `session_ended`.
   */
  async export(userId: string) {
    const { d1, profiles, objects, billing } = this.#deps;
    const session = primary(d1);
    const { db } = session;
    const object = objects(userId);
    const [
      user,
      externalId,
      preferences,
      open,
      consents,
      linked,
      passkeys,
      factors,
      teams,
      uses,
      caps,
      paid,
    ] = await Promise.all([
      findById(db, userId),
      readExternalId(db, userId),
      profiles.preferences(userId, session.bookmark()),
      object.listSessions(),
      object.consents(),
      readUserIdentities(db, userId),
      readUserPasskeys(db, userId),
      readUserFactors(db, userId),
      readUserOrganizations(db, userId),
      object.factorUses(),
      object.spendingCaps(),
      billing.export(userId),
    ]);
    if (!user) throw new ApiError('session_ended');
    const { keys } = accepted(await object.productKeys(user.realmId));
    return {
      ...{
        user,
        externalId,
        preferences,
        open,
        consents,
        keys,
        linked,
        passkeys,
        factors,
        teams,
        uses,
        caps,
        paid,
      },
      past: historyPages(object, 'past_sessions'),
      log: historyPages(object, 'activity'),
      acts: actPages(db, userId),
      messages: messagePages(db, userId),
      metering: {
        usage: historyPages(object, 'usage_days'),
        uses: historyPages(object, 'uses'),
        tokens: historyPages(object, 'token_days'),
        tokenUses: historyPages(object, 'token_uses'),
        credits: historyPages(object, 'credits'),
      },
    };
  }

  /**
   * Deletes an account everywhere. Needs the password or a fresh proof, which the caller must name as the proof unless
   * there is no password. Throws `validation_failed`, `invalid_credentials`, `too_many_attempts`, `session_ended`,
   * `last_owner`, `last_organization_owner`.
   */
  async deleteAccount(
    by: { userId: string; sessionId: string },
    proof: Proof,
    client: Client,
  ): Promise<void> {
    const user = await findById(primary(this.#deps.d1).db, by.userId);
    if (!user) throw new ApiError('session_ended');
    await this.#prove(by, proof, client);
    await this.erase(user);
  }

  /**
   * Deletes a user everywhere. By somebody else only as they were read, with an entry of the audit log. False when there
   * is no such user any more. Throws `last_owner`, `last_organization_owner`.
   */
  erase(user: UserRow, entry?: AuditEntry): Promise<boolean> {
    return this.#erase(user, entry && eq(users.version, user.version), entry);
  }

  /**
   * Deletes the anonymous users who have not been there for 30 days, nor for as long as a session of their realm may idle: who
   * could still come back stays. Twice or late it comes to the same. `now` is Unix milliseconds.
   */
  async eraseAnonymous(now: number, budget: Budget): Promise<void> {
    const { d1, realms } = this.#deps;
    if (!budget.take(1)) return;
    const { db } = primary(d1);
    for (const realmId of await realmsWithAnonymous(db)) {
      if (!budget.take(2)) return;
      const { idleSeconds } = (await realms.get(realmId)).lifetimes;
      const before = now - Math.max(ANONYMOUS_DAYS * DAY, idleSeconds * SECOND + DAY);
      for (const user of await unusedAnonymous(db, realmId, before)) {
        // To announce it, the batch, to tell, and what the object hands over before it and after.
        if (!budget.take(5)) return;
        const guard = and(eq(users.anonymous, true), eq(users.version, user.version));
        // Those behind one who cannot go have to go.
        await this.#erase(user, guard).catch((error: unknown) =>
          log('error', 'anonymous_not_erased', { user_id: user.id, error: describeFailure(error) }),
        );
      }
    }
  }

  async #erase(user: UserRow, guard: SQL | undefined, entry?: AuditEntry): Promise<boolean> {
    const now = Date.now();
    const { d1, directory, organizations } = this.#deps;
    const left = await readUserOrganizations(primary(d1).db, user.id);
    const isDone = await directory.delete(user, {
      guard,
      before: (db, stands) => erasure(db, user, now, stands),
      audit: entry,
      mail: farewell(user, now),
      now,
    });
    // They find out by themselves who is in them. Should nobody come to tell them, they have a member whom no decision knows.
    if (isDone && left.length > 0) {
      afterResponse(() => Promise.all(left.map(({ id }) => organizations(id).announceChange())));
    }
    return isDone;
  }

  async #prove(
    by: { userId: string; sessionId: string },
    { password, recent_sign_in: recentSignIn }: Proof,
    client: Client,
  ): Promise<void> {
    const { d1, objects } = this.#deps;
    const found = await findPassword(primary(d1).db, by.userId);
    if (!found || (recentSignIn && password === undefined)) return;
    if (password === undefined) throw fieldError('password', 'required', 'Is needed');
    const { sessionId } = by;
    accepted(await objects(by.userId).provePassword({ hash: found.hash, password, client, sessionId }));
  }
}

/** The last mail. It hangs on no user, for there is none when it is sent. */
function farewell(user: UserRow, now: number) {
  const { realmId, email, locale } = user;
  const name = greetedName(user);
  return message(
    { channel: 'mail', template: 'account_deleted', data: { name } },
    { realmId, userId: null, to: email, locale },
    now,
  );
}
