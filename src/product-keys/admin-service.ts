import type { KeyKeepers, ReportedKey } from '../account/key-contract.ts';
import type { Directory } from '../directory/service.ts';
import type { UserRef } from '../directory/state.ts';
import { requireAuthority } from '../http/authority.ts';
import type { Actor } from '../http/service-authentication.ts';
import { currentRequestId } from '../lib/request-id.ts';

/** What it is made of. */
export interface UserKeyAdminDependencies {
  directory: Directory;
  objects: KeyKeepers;
}

/** The keys of users as operators see them, and take them away. Nobody can read the text of one. */
export class UserKeyAdmin {
  readonly #deps: UserKeyAdminDependencies;

  constructor(deps: UserKeyAdminDependencies) {
    this.#deps = deps;
  }

  /** All keys of a user, the newest first. Throws `user_not_found`. */
  async list(target: UserRef): Promise<ReportedKey[]> {
    const { directory, objects } = this.#deps;
    return (await directory.ask(target, () => objects(target.userId).productKeys(target.realmId))).keys;
  }

  /**
   * From the next decision on the key is none; the audit log has it, and its owner has it in their log and gets a mail. Throws `user_not_found`,
   * `insufficient_scope`, `api_key_not_found`.
   */
  async revoke(target: UserRef, id: string, actor: Actor, reason: string | undefined): Promise<void> {
    const { directory, objects } = this.#deps;
    const { realmId, userId } = target;
    requireAuthority(actor, (await directory.current(target)).role);
    const act = { realmId, operator: actor.id, reason, requestId: currentRequestId() };
    await directory.ask(target, () => objects(userId).removeProductKey(act, id));
  }
}
