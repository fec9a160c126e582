import { sql } from 'drizzle-orm';
import { primary } from '../db/client.ts';
import { writeAuditIf } from '../directory/audit.ts';
import type { Actor } from '../http/service-authentication.ts';
import type { KeyStatus, SigningKeys } from './service.ts';

/** The signing keys of a realm: shown, rotated. */
export class SigningKeyAdmin {
  readonly #d1: D1Database;
  readonly #keys: SigningKeys;

  constructor(d1: D1Database, keys: SigningKeys) {
    this.#d1 = d1;
    this.#keys = keys;
  }

  list(realmId: string): Promise<KeyStatus[]> {
    return this.#keys.list(realmId);
  }

  /** Publishes the next keys, where none is under way. */
  async rotate(realmId: string, actor: Actor): Promise<void> {
    const at = Date.now();
    for (const kid of await this.#keys.publishNext(realmId, at)) {
      const entry = { realmId, at, actor: actor.id, action: 'signing_key_rotated', target: kid } as const;
      await writeAuditIf(primary(this.#d1).db, entry, sql`TRUE`);
    }
  }
}
