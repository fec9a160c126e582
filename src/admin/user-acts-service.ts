import type { z } from 'zod';
import { primary } from '../db/client.ts';
import type { AuditAction } from '../directory/audit-tables.ts';
import { LINK_LIFETIME, newLink } from '../directory/links.ts';
import { directoryState } from '../directory/service.ts';
import type { ActivityType } from '../directory/state.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError } from '../errors.ts';
import { refuseSelf, requireAuthority, requireHome } from '../http/authority.ts';
import type { Actor } from '../http/service-authentication.ts';
import { MINUTE } from '../lib/time.ts';
import { message } from '../outbox/service.ts';
import type { UserPatch } from './users-schemas.ts';
import type { Target, UserAdminPorts } from './users-service.ts';
import { changeUser, findUser, type PasswordLink, type UserChange } from './users-store.ts';

/** How often a change is tried when others change the same user. */
const TRIES = 3;

/** What an act makes of a user; null when they are so already. */
interface Act {
  action: AuditAction;
  set: UserChange['set'];
  /** By the names of the wire. */
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  activity: ActivityType;
  more?: Pick<UserChange, 'reset' | 'dropLinks'>;
}

/** What admins do to a user. All of it is in the audit log, by the batch that does it, and in the user's own log. */
export class UserActs {
  readonly #ports: Pick<UserAdminPorts, 'd1' | 'realms' | 'objects' | 'outbox'>;

  constructor(ports: Pick<UserAdminPorts, 'd1' | 'realms' | 'objects' | 'outbox'>) {
    this.#ports = ports;
  }

  /**
   * Changes what is known of a user; a new address or number is unproven. Throws `user_not_found`,
   * `insufficient_scope`, `own_account` for an address, `user_exists`, `username_taken`, `conflict`.
   */
  edit(target: Target, patch: z.output<typeof UserPatch>, actor: Actor): Promise<UserRow> {
    // By a stolen session of an admin it would be a way to the account itself.
    if (patch.email !== undefined) refuseSelf(actor, target.userId);
    return this.#act(target, actor, {}, (user) => {
      const { given_name, family_name, phone_number, ...same } = patch;
      const given = { ...same, givenName: given_name, familyName: family_name, phoneNumber: phone_number };
      const changed = Object.entries(given).filter(
        ([name, value]) => value !== undefined && value !== user[name as keyof UserRow],
      );
      if (changed.length === 0) return null;
      const set: Record<string, unknown> = Object.fromEntries(changed);
      if ('email' in set) set.emailVerified = false;
      if ('phoneNumber' in set) set.phoneNumberVerified = false;
      const names = Object.keys(patch).filter((name) => changed.some(([own]) => wireName(own) === name));
      const before = changed.map(([own]) => [wireName(own), user[own as keyof UserRow]]);
      return {
        action: 'user_changed',
        set,
        before: Object.fromEntries(before),
        after: Object.fromEntries(names.map((name) => [name, patch[name as keyof typeof patch]])),
        activity: 'changed_by_admin',
        ...('email' in set && { more: { dropLinks: true } }),
      };
    });
  }

  /**
   * Suspends a user, which ends their sessions at once, or lets them in again. Throws `user_not_found`,
   * `insufficient_scope`, `own_account`, `last_owner`, `conflict`.
   */
  setStatus(
    target: Target,
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
            before: { status: user.status },
            after: { status },
            activity: status === 'suspended' ? 'suspended' : 'reactivated',
          },
    );
  }

  /**
   * Gives a user a role, no higher than the actor's own. Throws `user_not_found`, `insufficient_scope`, `own_account`,
   * `last_owner`, `conflict`, and 422 for an owner outside the realm `default`.
   */
  setRole(target: Target, role: UserRow['role'], actor: Actor, reason: string | undefined): Promise<UserRow> {
    refuseSelf(actor, target.userId);
    requireAuthority(actor, role);
    requireHome(role, target.realmId);
    return this.#act(target, actor, { reason }, (user) =>
      user.role === role
        ? null
        : {
            action: 'user_role_changed',
            set: { role },
            before: { role: user.role },
            after: { role },
            activity: 'role_changed',
          },
    );
  }

  /** Takes the address for proven. Throws `user_not_found`, `insufficient_scope`, `own_account`, `conflict`. */
  verifyEmail(target: Target, actor: Actor, reason: string | undefined): Promise<UserRow> {
    refuseSelf(actor, target.userId);
    return this.#act(target, actor, { reason }, (user) =>
      user.emailVerified
        ? null
        : {
            action: 'user_email_verified',
            set: { emailVerified: true },
            before: { email_verified: false },
            after: { email_verified: true },
            activity: 'email_verified',
          },
    );
  }

  /**
   * Takes the password away, ends all sessions and mails a link to set a new one. Throws `user_not_found`,
   * `insufficient_scope`, `own_account`, `conflict`.
   */
  async resetPassword(target: Target, actor: Actor, reason: string | undefined): Promise<void> {
    const { outbox, realms } = this.#ports;
    refuseSelf(actor, target.userId);
    const { issuer } = await realms.get(target.realmId);
    let reset: PasswordLink | undefined;
    await this.#act(target, actor, { reason }, (user) => {
      const now = Date.now();
      const link = newLink(issuer, 'reset_password', now);
      const minutes = LINK_LIFETIME.reset_password / MINUTE;
      const data = { name: user.name, link: link.url, minutes, place: null, device: null };
      const { realmId, id: userId, email: to, locale } = user;
      const envelope = { realmId, userId, to, locale, expiresAt: link.expiresAt };
      const mail = message({ channel: 'mail', template: 'reset_password', data }, envelope, now);
      reset = { link, mail };
      return {
        action: 'user_password_reset',
        set: {},
        before: {},
        after: {},
        activity: 'password_reset',
        more: { reset },
      };
    });
    if (reset) outbox.sendSoon([reset.mail]);
  }

  async #act(
    target: Target,
    actor: Actor,
    why: { reason?: string | undefined },
    plan: (user: UserRow) => Act | null,
  ): Promise<UserRow> {
    const { d1, objects } = this.#ports;
    const object = objects(target.userId);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const session = primary(d1);
      const found = await findUser(session.db, target.realmId, target.userId);
      if (!found) throw new ApiError('user_not_found');
      const { user } = found;
      requireAuthority(actor, user.role);
      const act = plan(user);
      if (!act) return user;
      await object.announceChange();
      const { action, before, after, set, more } = act;
      const entry = {
        realmId: user.realmId,
        at: Date.now(),
        actor: actor.id,
        action,
        target: user.id,
        details: { before, after, ...why },
      };
      const changed = await changeUser(session.db, user, { set, entry, ...more });
      if (!changed) continue;
      await object.directoryChanged(directoryState(changed), {
        bookmark: session.bookmark(),
        keepSession: null,
        client: null,
        activity: act.activity,
        actor: actor.id,
        details: why.reason === undefined ? {} : { reason: why.reason },
      });
      return changed;
    }
    throw new ApiError('conflict');
  }
}

const WIRE_NAMES: Record<string, string> = {
  givenName: 'given_name',
  familyName: 'family_name',
  phoneNumber: 'phone_number',
};

function wireName(name: string): string {
  return WIRE_NAMES[name] ?? name;
}
