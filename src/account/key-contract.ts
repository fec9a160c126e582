import type { Refusal } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import type { AuthorizationRequest, Decision, Terms } from './metering-contract.ts';
import type { Caps, MemberUse } from './sharing-contract.ts';

/**
 * A key of a user or an organization, by which whoever holds it uses the product as its owner does, at the owner's cost. Times are Unix
 * milliseconds.
 */
export interface ProductKey {
  id: string;
  name: string;
  /** What its text begins with. */
  prefix: string;
  /** What it may, in words of the product. */
  scopes: string[];
  /** What may be used by it of what its owner has; null where all may. */
  caps: Caps | null;
  /** How often a minute it may be presented; null for as often as one likes. */
  perMinute: number | null;
  /** The user who made it. */
  createdBy: string;
  createdAt: number;
  /** Null is never. */
  expiresAt: number | null;
  /** To the hour. */
  lastUsedAt: number | null;
}

/** A key that is to be made, by the hash of its secret. */
export type NewProductKey = Omit<ProductKey, 'lastUsedAt'> & { hash: string };

/** What of a key can be changed. */
export type ProductKeyPatch = Partial<Pick<ProductKey, 'name' | 'scopes' | 'caps' | 'perMinute'>>;

/** A key, and what was used by it in the UTC day and month of now, of each resource. */
export type ReportedKey = ProductKey & { used: MemberUse[] };

/** What a service wants to do for whoever presents a key. */
export type KeyRequest = Pick<AuthorizationRequest, 'use' | 'credits' | 'reference' | 'actor'> & {
  /** Of the secret that was presented. */
  hash: string;
  /** What the key must have. */
  scope: string | null;
  /** What it must have to act in an organization; null for nothing. */
  permission: string | null;
};

/** A decision about a key, and which it is. */
export type KeyDecision = {
  result: 'decided';
  decision: Decision;
  key: Pick<ProductKey, 'id' | 'name' | 'scopes'>;
};

type Answer<Value> = ({ result: 'ok' } & Value) | Refusal;

/** What deciding by a key needs of the object of its owner: one hop, and no D1. */
export interface KeyedObject {
  /**
   * As `authorize`, by a key in place of a session: its rate, scopes and caps, and then all that its owner is held to. Refuses with
   * `invalid_token` for a key that is not there, or not any more, whoever's it was; with `account_suspended`, `organization_suspended`,
   * `insufficient_scope`, `insufficient_permission`, `reference_reused`.
   */
  authorizeKey(terms: Terms, request: KeyRequest): Promise<KeyDecision | Refusal>;
}

/**
 * What keeping keys needs of the object of their owner. `Act` is who does it, and is asked for what writes; all refuse as the object does
 * for who is not there.
 */
export interface KeyKeeper<Act> extends KeyedObject {
  /** All keys, the newest first. */
  productKeys(realmId: string): Promise<Answer<{ keys: ReportedKey[] }>>;
  /** Refuses with `too_many_api_keys` where there are as many. */
  addProductKey(act: Act, key: NewProductKey, most: number): Promise<Answer<{ key: ProductKey }>>;
  /** Refuses with `api_key_not_found`. It holds from the next decision on. */
  changeProductKey(act: Act, id: string, patch: ProductKeyPatch): Promise<Answer<{ key: ReportedKey }>>;
  /**
   * Refuses with `api_key_not_found`. From the next decision on nobody has heard of the key. Of whoever is suspended operators alone
   * remove one, and whoever answers for it gets a mail of that.
   */
  removeProductKey(act: Act | OperatorKeyAct, id: string): Promise<Answer<{ key: ProductKey }>>;
}

/** An operator, who was let in by the directory. */
export interface OperatorKeyAct {
  realmId: string;
  /** The id of a user or an API key. */
  operator: string;
  reason: string | undefined;
  requestId: string | null;
}

/** Who does something to the keys of a user: the user, in a session. */
export interface KeyAct {
  realmId: string;
  sessionId: string;
  client: Client;
}

/** The object of one user, as their keys need it. */
export type KeyKeepers = (userId: string) => KeyKeeper<KeyAct>;
