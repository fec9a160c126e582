import type { z } from 'zod';
import { primary } from '../db/client.ts';
import { provingChange } from '../directory/address-proof.ts';
import type { AuditAction } from '../directory/audit-tables.ts';
import { dropLinksIf, LINK_LIFETIME, newLink, storeLinkIf } from '../directory/links.ts';
import { maskEmail } from '../directory/schemas.ts';
import type { UserChange } from '../directory/service.ts';
import type { ActivityType, UserRef } from '../directory/state.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, fieldError } from '../errors.ts';
import { refuseSelf, requireAuthority, requireHome } from '../http/authority.ts';
import { requireRole } from '../http/level.ts';
import type { Actor } from '../http/service-authentication.ts';
import { isPlaceholder } from '../lib/email-address.ts';
import { HOUR, MINUTE } from '../lib/time.ts';
import { greetedName } from '../messages/greeted-name.ts';
import { message } from '../messages/outbox.ts';
import type { UserPatch } from './users-schemas.ts';
import type { UserAdminDependencies } from './users-service.ts';
import { asRead, findUser, passwordTakenAway } from './users-store.ts';

/** How often a change is tried when others change the same user. */
const TRIES = 3;

/** What an act makes of a user; null when they are so already. */
interface Act extends Pick<UserChange, 'set' | 'endsSessions' | 'forgiveFailures' | 'mail'> {
  action: AuditAction;
  /** What the audit log says was and is, by the names of the wire. */
  was: Record<string, unknown>;
  is: Record<string, unknown>;
  activity: ActivityType;
  /** Further statements of the batch. */
  before?: UserChange['before'];
}

/** What admins do to a user. All of it is in the audit log, by the batch that does it, and in the user's own log. */
export class UserActs {
  readonly #deps: Pick<UserAdminDependencies, 'd1' | 'realms' | 'directory'>;

  constructor(deps: Pick<UserAdminDependencies, 'd1' | 'realms' | 'directory'>) {
    this.#deps = deps;
  }

  /**
   * Changes what is known of a user; a new address or number is unproven, and the old address is told, with a link that
   * undoes it. Throws `user_not_found`, `insufficient_scope`, also for the address of an admin, which owners change,
   * `own_account` for an address, `user_exists`, `username_taken`, `conflict`.
   */
  async edit(target: UserRef, patch: z.output<typeof UserPatch>, actor: Actor): Promise<UserRow> {
    // By a stolen session of an admin it would be a way to the account itself.
    if (patch.email !== undefined) refuseSelf(actor, target.userId);
    const { issuer } = await this.#deps.realms.get(target.realmId);
    return this.#act(target, actor, {}, (user) => {
      const { given_name, family_name, phone_number, ...same } = patch;
      const given = { ...same, givenName: given_name, familyName: family_name, phoneNumber: phone_number };
      const changed = Object.entries(given).filter(
        ([name, value]) => value !== undefined && value !== user[name as keyof UserRow],
      );
      if (changed.length === 0) return null;
      const set: Record<string, unknown> = Object.fromEntries(changed);
      // Whoever has the address has the account, by a link to set a password: nobody takes that of a peer.
      if ('email' in set && user.role !== 'user') requireRole(actor, 'owner');
      if ('email' in set) Object.assign(set, { emailVerified: false, anonymous: false });
      if ('phoneNumber' in set) set.phoneNumberVerified = false;
      const names = Object.keys(patch).filter((name) => changed.some(([own]) => wireName(own) === name));
      const before = changed.map(([own]) => [wireName(own), user[own as keyof UserRow]]);
      return {
        action: 'user_changed',
        set,
        was: Object.fromEntries(before),
        is: Object.fromEntries(names.map((name) => [name, patch[name as keyof typeof patch]])),
        activity: 'changed_by_admin',
        ...(typeof set.email === 'string' && addressTaken(user, set.email, issuer)),
      };
    });
  }

  /**
   * Suspends a user, which ends their sessions at once, or lets them in again. Throws `user_not_found`,
   * `insufficient_scope`, `own_account`, `last_owner`, `conflict`.
   */
  setStatus(
    target: UserRef,
    status: UserRow['status'],
    actor: Actor,
    reason: string | undefined,
  ): Promise<UserRow> {
    refuseSelf(actor, target.userId);
    return this.#act(target, actor, { reason }, (user) =>
      user.status === status
        ? null
        : {
            action: 'user_status_changed',
            set: { status },
            was: { status: user.status },
            is: { status },
            activity: status === 'suspended' ? 'suspended' : 'reactivated',
          },
    );
  }

  /**
   * Gives a user a role, no higher than the actor's own. Throws `user_not_found`, `insufficient_scope`, `own_account`,
   * `last_owner`, `conflict`, and 422 for an owner outside the realm `default`, and for a user without an address.
   */
  setRole(
    target: UserRef,
    role: UserRow['role'],
    actor: Actor,
    reason: string | undefined,
  ): Promise<UserRow> {
    refuseSelf(actor, target.userId);
    requireAuthority(actor, role);
    requireHome(role, target.realmId);
    return this.#act(target, actor, { reason }, (user) => {
      if (user.role === role) return null;
      requireAddress('role', user);
      return {
        action: 'user_role_changed',
        set: { role },
        was: { role: user.role },
        is: { role },
        activity: 'role_changed',
      };
    });
  }

  /** Takes the address for proven. Throws `user_not_found`, `insufficient_scope`, `own_account`, `conflict`, 422 where there is none. */
  verifyEmail(target: UserRef, actor: Actor, reason: string | undefined): Promise<UserRow> {
    refuseSelf(actor, target.userId);
    return this.#act(target, actor, { reason }, (user) => {
      if (user.emailVerified) return null;
      requireAddress('email', user);
      return {
        action: 'user_email_verified',
        ...provingChange('vouched', user.id, Date.now()),
        was: { email_verified: false },
        is: { email_verified: true },
        activity: 'email_verified',
      };
    });
  }

  /**
   * Takes the password away, ends all sessions and mails a link to set a new one. Throws `user_not_found`,
   * `insufficient_scope`, `own_account`, `conflict`, 422 where there is no address.
   */
  async resetPassword(target: UserRef, actor: Actor, reason: string | undefined): Promise<void> {
    const { realms } = this.#deps;
    refuseSelf(actor, target.userId);
    const { issuer } = await realms.get(target.realmId);
    await this.#act(target, actor, { reason }, (user) => {
      requireAddress('email', user);
      const now = Date.now();
      const link = newLink(issuer, 'reset_password', now);
      const minutes = LINK_LIFETIME.reset_password / MINUTE;
      const data = { name: greetedName(user), link: link.url, minutes, place: null, device: null };
      const { realmId, id: userId, email: to, locale } = user;
      const envelope = { realmId, userId, to, locale, expiresAt: link.expiresAt };
      const mail = message({ channel: 'mail', template: 'reset_password', data }, envelope, now);
      return {
        ...passwordTakenAway(user, { link, mail }),
        action: 'user_password_reset',
        set: {},
        was: {},
        is: {},
        activity: 'password_reset',
      };
    });
  }

  async #act(
    target: UserRef,
    actor: Actor,
    why: { reason?: string | undefined },
    plan: (user: UserRow) => Act | null,
  ): Promise<UserRow> {
    const { d1, directory } = this.#deps;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const found = await findUser(primary(d1).db, target.realmId, target.userId);
      if (!found) throw new ApiError('user_not_found');
      const { user } = found;
      requireAuthority(actor, user.role);
      const act = plan(user);
      if (!act) return user;
      const { action, was, is, activity, ...change } = act;
      const now = Date.now();
      const { user: changed } = await directory.change(user.id, {
        ...change,
        guard: asRead(user),
        now,
        audit: {
          realmId: user.realmId,
          at: now,
          actor: actor.id,
          action,
          target: user.id,
          details: { before: was, after: is, ...why },
        },
        activity: {
          type: activity,
          client: null,
          actor: actor.id,
          details: why.reason === undefined ? {} : { reason: why.reason },
        },
      });
      if (changed) return changed;
    }
    throw new ApiError('conflict');
  }
}

/** Throws 422 for a user who has no address: they are nobody's to recognise, and no mail reaches them. */
function requireAddress(path: string, { email }: UserRow): void {
  if (isPlaceholder(email)) throw fieldError(path, 'no_address', 'The user has no e-mail address');
}

/** What goes with another address: links to the old one open nothing any more, but for the one that undoes it. */
function addressTaken(user: UserRow, email: string, issuer: string): Pick<Act, 'before' | 'mail'> {
  const now = Date.now();
  const undo = newLink(issuer, 'undo_email', now);
  const hours = LINK_LIFETIME.undo_email / HOUR;
  const data = { name: greetedName(user), email_masked: maskEmail(email), link: undo.url, hours };
  const { realmId, id: userId, email: to, locale } = user;
  return {
    mail: message({ channel: 'mail', template: 'email_changed', data }, { realmId, userId, to, locale }, now),
    before: (db, stands) => [
      dropLinksIf(db, userId, ['verify_email', 'change_email', 'reset_password'], stands),
      ...(isPlaceholder(to) ? [] : [storeLinkIf(db, undo, userId, to, stands)]),
    ],
  };
}

const WIRE_NAMES: Record<string, string> = {
  givenName: 'given_name',
  familyName: 'family_name',
  phoneNumber: 'phone_number',
};

function wireName(name: string): string {
  return WIRE_NAMES[name] ?? name;
}
