import type { z } from 'zod';
import type {
  KeyAct,
  KeyKeepers,
  NewProductKey,
  ProductKey,
  ProductKeyPatch,
  ReportedKey,
} from '../account/key-contract.ts';
import { newProductKeyText } from '../crypto/product-key-text.ts';
import { accepted } from '../errors.ts';
import type { Principal } from '../http/context.ts';
import type { Client } from '../lib/client.ts';
import { newId } from '../lib/ids.ts';
import { DEFAULT_OWN_KEYS, type Realm } from '../lib/realm.ts';
import { SECOND } from '../lib/time.ts';
import type { NewProductKeyBody, ProductKeyPatchBody } from './schemas.ts';

type Owner = Pick<Principal, 'userId' | 'realmId' | 'sessionId'>;

/** What is asked for a new key. */
export type WantedKey = z.output<typeof NewProductKeyBody>;

/** A key that was just made, and its text, which nobody can read again. */
export interface MadeKey {
  key: ProductKey;
  text: string;
}

/** The keys of a user: all that the holder of one can do is to have something done at the user’s cost. Each operation is one object call. */
export class UserKeys {
  readonly #objects: KeyKeepers;

  constructor(objects: KeyKeepers) {
    this.#objects = objects;
  }

  /** All keys, the newest first. Throws `user_not_found`. */
  async list({ userId, realmId }: Pick<Owner, 'userId' | 'realmId'>): Promise<ReportedKey[]> {
    return accepted(await this.#objects(userId).productKeys(realmId)).keys;
  }

  /** Throws `too_many_api_keys`, `session_ended`, `account_suspended`. */
  async create(realm: Realm, owner: Owner, wanted: WantedKey, client: Client): Promise<MadeKey> {
    const { text, key } = newProductKey(owner.userId, owner.userId, wanted, Date.now());
    const object = this.#objects(owner.userId);
    const made = accepted(await object.addProductKey(actOf(owner, client), key, mostKeys(realm)));
    return { key: made.key, text };
  }

  /** Throws `api_key_not_found`, `session_ended`, `account_suspended`. */
  async change(owner: Owner, id: string, patch: ProductKeyPatch, client: Client): Promise<ReportedKey> {
    const object = this.#objects(owner.userId);
    return accepted(await object.changeProductKey(actOf(owner, client), id, patch)).key;
  }

  /** From the next decision on the key is none. Throws `api_key_not_found`, `session_ended`, `account_suspended`. */
  async revoke(owner: Owner, id: string, client: Client): Promise<void> {
    accepted(await this.#objects(owner.userId).removeProductKey(actOf(owner, client), id));
  }
}

/** A new key of a user or an organization, and its text. */
export function newProductKey(
  ownerId: string,
  createdBy: string,
  wanted: WantedKey,
  now: number,
): { text: string; key: NewProductKey } {
  const { name, scopes, caps, requests_per_minute: perMinute } = wanted;
  const { text, prefix, hash } = newProductKeyText(ownerId);
  const until = wanted.expires_at ? Date.parse(wanted.expires_at) : null;
  const expiresAt = wanted.expires_in === undefined ? until : now + wanted.expires_in * SECOND;
  const made = { createdBy, createdAt: now, expiresAt };
  return { text, key: { id: newId('apk', now), name, prefix, hash, scopes, caps, perMinute, ...made } };
}

/** How many keys a user or an organization of a realm may have. */
export function mostKeys({ ownApiKeys = DEFAULT_OWN_KEYS }: Realm): number {
  return ownApiKeys;
}

/** A change of a key, as it comes over the wire. */
export function keyPatchOf(body: z.output<typeof ProductKeyPatchBody>): ProductKeyPatch {
  const { name, scopes, caps, requests_per_minute: perMinute } = body;
  return {
    ...(name !== undefined && { name }),
    ...(scopes !== undefined && { scopes }),
    ...(caps !== undefined && { caps }),
    ...(perMinute !== undefined && { perMinute }),
  };
}

function actOf({ realmId, sessionId }: Owner, client: Client): KeyAct {
  return { realmId, sessionId, client };
}
