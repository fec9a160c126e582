import type { z } from 'zod';
import type { PasswordObjects } from '../account/contract.ts';
import { nearestReplica, primary } from '../db/client.ts';
import { newLink } from '../directory/links.ts';
import { type Directory, findByEmail, findById } from '../directory/service.ts';
import type { UserRef } from '../directory/state.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, fieldError } from '../errors.ts';
import { refuseSelf, requireAuthority, requireHome } from '../http/authority.ts';
import { cursorAfter, keysOf, pageOf } from '../http/paging.ts';
import type { Actor } from '../http/service-authentication.ts';
import { parseEmailAddress } from '../lib/email-address.ts';
import { newUserId } from '../lib/ids.ts';
import { DAY, HOUR } from '../lib/time.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { message, type Outbox } from '../messages/outbox.ts';
import type { PasswordPolicy } from '../passwords/service.ts';
import type { Plans } from '../plans/service.ts';
import type { Privacy } from '../privacy/service.ts';
import type { Realms } from '../realms/service.ts';
import { listUsers } from './users-list-store.ts';
import { areKeysOf, keysAfter } from './users-order.ts';
import { MAX_OFFSET, type NewUser, type UserQuery } from './users-schemas.ts';
import { findUser, insertUser, type PasswordLink } from './users-store.ts';

/** How long a new user has to follow an invitation (milliseconds). */
const INVITATION = 3 * DAY;

/** What the administration of users is made of. */
export interface UserAdminDependencies {
  d1: D1Database;
  realms: Realms;
  directory: Directory;
  objects: PasswordObjects;
  outbox: Outbox;
  privacy: Privacy;
  plans: Plans;
  passwordPolicy: PasswordPolicy;
}

/** The users of a realm: listed, made, deleted. All acts are in the audit log, by the batch that does them. */
export class UserAdmin {
  readonly #deps: UserAdminDependencies;

  constructor(deps: UserAdminDependencies) {
    this.#deps = deps;
  }

  /** A page of a realm's users. Throws 422 for a cursor of another order and a page too deep. */
  async list(realmId: string, query: z.output<typeof UserQuery>) {
    const { sort, order, limit, page } = query;
    const after = query.cursor === undefined ? null : keysOf(query.cursor);
    if (query.cursor !== undefined && !areKeysOf(sort, after)) {
      throw fieldError('cursor', 'invalid', 'Is no cursor of this order');
    }
    const offset = page === undefined || after ? 0 : (page - 1) * limit;
    if (offset > MAX_OFFSET) throw fieldError('page', 'too_deep', 'Go on by the cursor, or filter');
    const filter = {
      q: query.q,
      status: query.status,
      role: query.role,
      plan: query.plan,
      emailVerified: query.email_verified,
      anonymous: query.anonymous,
      createdAfter: query.created_after,
      createdBefore: query.created_before,
    };
    const { db } = nearestReplica(this.#deps.d1);
    const found = await listUsers(db, realmId, filter, {
      sort,
      order,
      after: after as (string | number)[] | null,
      offset,
      limit: limit + 1,
    });
    const shown = pageOf(found.rows, limit, (last) => cursorAfter(...keysAfter(last, sort)));
    return { ...found, ...shown };
  }

  /** A user of the realm. Throws `user_not_found`. */
  async get({ realmId, userId }: UserRef): Promise<{ user: UserRow; hasPassword: boolean }> {
    const found = await findUser(primary(this.#deps.d1).db, realmId, userId);
    if (!found) throw new ApiError('user_not_found');
    return found;
  }

  /**
   * The id of the user who has an id, or has proved an address: whoever else has signed up with it may be a stranger. Throws 422 for the
   * field that names nobody.
   */
  async named(realmId: string, name: string, field: string): Promise<string> {
    const { db } = primary(this.#deps.d1);
    const typed = name.trim();
    const parsed = parseEmailAddress(typed);
    const isAddress = 'address' in parsed;
    const found = isAddress ? await findByEmail(db, realmId, parsed.address) : await findById(db, typed);
    if (found?.realmId !== realmId || (isAddress && !found.emailVerified))
      throw fieldError(field, 'user', 'There is no such user');
    return found.id;
  }

  /** Makes a user. Throws `insufficient_scope`, `user_exists`, `username_taken`, 422. */
  async create(realmId: string, body: z.output<typeof NewUser>, actor: Actor): Promise<UserRow> {
    const { d1, objects, outbox, passwordPolicy, plans, realms } = this.#deps;
    const { password, role, plan, email_verified: emailVerified, send_invitation, ...profile } = body;
    requireAuthority(actor, role);
    requireHome(role, realmId);
    if (!Object.hasOwn((await plans.terms(realmId)).plans, plan)) {
      throw fieldError('plan', 'unknown', 'The realm has no such plan');
    }
    const realm = await realms.get(realmId);
    if (password !== undefined) await passwordPolicy.require('password', password, body, realm);
    const id = newUserId(realm.jurisdiction);
    const hash = password === undefined ? null : await objects(id).hashPassword(password);
    const now = Date.now();
    const { given_name: givenName, family_name: familyName, phone_number: phoneNumber, ...same } = profile;
    const row = { ...same, givenName, familyName, phoneNumber, role, plan, emailVerified };
    const whole = { id, realmId, ...row, createdAt: now, updatedAt: now };
    const isInvited = send_invitation ?? password === undefined;
    const invitation = isInvited ? await this.#invitation(whole, now) : null;
    const after = { email: body.email, role, plan, email_verified: emailVerified };
    const user = await insertUser(primary(d1).db, whole, {
      hash,
      invitation,
      entry: {
        realmId,
        at: now,
        actor: actor.id,
        action: 'user_created',
        target: id,
        details: { before: null, after },
      },
    });
    if (invitation) outbox.sendSoon([invitation.mail]);
    return user;
  }

  /**
   * Deletes a user everywhere. Throws `user_not_found`, `insufficient_scope`, `own_account`, `last_owner`,
   * `conflict`.
   */
  async delete(target: UserRef, actor: Actor, reason: string | undefined): Promise<void> {
    refuseSelf(actor, target.userId);
    const { user } = await this.get(target);
    requireAuthority(actor, user.role);
    const isDeleted = await this.#deps.privacy.erase(user, {
      realmId: target.realmId,
      at: Date.now(),
      actor: actor.id,
      action: 'user_deleted',
      target: user.id,
      details: { before: { role: user.role, plan: user.plan, status: user.status }, after: null, reason },
    });
    if (isDeleted) return;
    // Changed meanwhile: perhaps into somebody above the actor.
    await this.get(target);
    throw new ApiError('conflict');
  }

  async #invitation(
    user: {
      id: string;
      realmId: string;
      email: string;
      name?: string | undefined;
      givenName?: string | undefined;
      locale?: string | undefined;
    },
    now: number,
  ): Promise<PasswordLink> {
    const { issuer } = await this.#deps.realms.get(user.realmId);
    const link = { ...newLink(issuer, 'reset_password', now), expiresAt: now + INVITATION };
    const data = { name: greetedName(user), link: link.url, hours: INVITATION / HOUR };
    const { realmId, id: userId, email: to, locale = null } = user;
    const envelope = { realmId, userId, to, locale, expiresAt: link.expiresAt };
    return { link, mail: message({ channel: 'mail', template: 'invitation', data }, envelope, now) };
  }
}
