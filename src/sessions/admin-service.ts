import type { SessionObjects } from '../account/contract.ts';
import { noteAct } from '../directory/audit.ts';
import type { AuditAction } from '../directory/audit-tables.ts';
import type { Directory } from '../directory/service.ts';
import type { UserRef } from '../directory/state.ts';
import { ApiError, isRefusal } from '../errors.ts';
import { requireAuthority } from '../http/authority.ts';
import type { Actor } from '../http/service-authentication.ts';
import type { Client } from '../lib/client.ts';
import { currentRequestId } from '../lib/request-id.ts';
import { MINUTE, SECOND } from '../lib/time.ts';
import type { Realms } from '../realms/service.ts';
import type { Grant, Sessions } from './service.ts';

/** How long an admin may act as a user (seconds). */
const IMPERSONATION = (10 * MINUTE) / SECOND;

/** What it is made of. */
export interface UserSessionDependencies {
  d1: D1Database;
  realms: Realms;
  sessions: Sessions;
  objects: SessionObjects;
  directory: Directory;
}

/** The sessions of users as their admins see them, and those that admins open in a user's place. */
export class UserSessions {
  readonly #deps: UserSessionDependencies;

  constructor(deps: UserSessionDependencies) {
    this.#deps = deps;
  }

  /** The live sessions of a user. Throws `user_not_found`. */
  async list(target: UserRef): ReturnType<Sessions['list']> {
    const { directory, sessions } = this.#deps;
    const user = await directory.current(target);
    return sessions.list(user.id);
  }

  /** Ends one session at once. Throws `user_not_found`, `insufficient_scope`, `session_not_found`. */
  async revoke(target: UserRef, sessionId: string, actor: Actor): Promise<void> {
    const object = await this.#objectFor(target, actor);
    if (
      !(await object.endSession(sessionId, 'revoked', null, {
        actor: actor.id,
        requestId: currentRequestId(),
      }))
    ) {
      throw new ApiError('session_not_found');
    }
    await this.#note(target, 'user_session_revoked', actor, { session_id: sessionId });
  }

  /** Ends all sessions at once. Throws `user_not_found`, `insufficient_scope`. */
  async revokeAll(target: UserRef, actor: Actor): Promise<void> {
    const object = await this.#objectFor(target, actor);
    await object.endAllSessions(null, null, { actor: actor.id, requestId: currentRequestId() });
    await this.#note(target, 'user_sessions_revoked', actor, {});
  }

  /**
   * Opens a session in a user's place, for ten minutes and without a refresh token. It is in the audit log before it
   * is open, and the user sees it among their sessions and in their log. Throws `user_not_found`,
   * `insufficient_scope` for anybody but a plain user, `account_suspended`, `conflict`.
   */
  async impersonate(target: UserRef, reason: string, actor: Actor, client: Client): Promise<Grant> {
    const { directory, objects, realms, sessions } = this.#deps;
    const user = await directory.current(target);
    if (user.role !== 'user') {
      throw new ApiError('insufficient_scope', { detail: 'Nobody acts as an admin or owner.' });
    }
    if (user.status !== 'active') throw new ApiError('account_suspended');
    await this.#note(target, 'user_impersonated', actor, { reason });
    const opened = await objects(user.id).open(directory.stateOf(user), {
      client,
      methods: [],
      lifetimes: { idleSeconds: IMPERSONATION, absoluteSeconds: IMPERSONATION },
      activity: 'impersonated',
      impersonation: { actor: actor.id, reason },
    });
    // A role that was given a moment ago makes the row too old.
    if (isRefusal(opened)) throw new ApiError('conflict');
    return sessions.grant(await realms.get(target.realmId), opened, actor.sessionId);
  }

  async #objectFor(target: UserRef, actor: Actor) {
    const { directory, objects } = this.#deps;
    const user = await directory.current(target);
    requireAuthority(actor, user.role);
    return objects(user.id);
  }

  /** Writes the audit entry of an act that changes nothing in the directory, and so has no batch. */
  async #note(
    { realmId, userId }: UserRef,
    action: AuditAction,
    actor: Actor,
    details: Record<string, unknown>,
  ): Promise<void> {
    const entry = { realmId, at: Date.now(), actor: actor.id, action, target: userId, details };
    await noteAct(this.#deps.d1, entry);
  }
}
