import { sql } from 'drizzle-orm';
import type { SessionObjects } from '../account/contract.ts';
import { equalsInConstantTime } from '../crypto/keys.ts';
import { type Database, primary } from '../db/client.ts';
import type { Standby } from '../db/standby.ts';
import type { AuditEntry } from '../directory/audit.ts';
import type { Directory } from '../directory/service.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError } from '../errors.ts';
import type { ServicePrincipal } from '../http/context.ts';
import { requireRole } from '../http/level.ts';
import { pageOf } from '../http/paging.ts';
import type { Actor } from '../http/service-authentication.ts';
import { afterResponse } from '../lib/after-response.ts';
import { newId } from '../lib/ids.ts';
import { grants, SCOPES, type Scope } from '../lib/scopes.ts';
import { HOUR, SECOND } from '../lib/time.ts';
import type { AccountChange } from '../messages/templates/mail-data.ts';
import { newKeyText, parseKeyText } from './key-text.ts';
import { KnownKeys } from './known-keys.ts';

export { isSuspended, type KnownKey } from './store.ts';

import { changeKey, findKey, INTERNAL, insertKey, type KnownKey, listKeys, noteUse } from './store.ts';
import { type ApiKeyRow, apiKeys } from './tables.ts';

type Mail = ReturnType<Directory['noticeMail']>;

/** What keys need of the directory: their keepers, who are told what becomes of them. */
export interface KeyDirectory extends Pick<Directory, 'noticeMail'> {
  findUser(userId: string): Promise<UserRow | null>;
  send(mail: Mail): void;
}

/** Where owners are users, who may keep keys of every realm, when that is another database than the keys'. */
export interface KeyHome extends Pick<KeyDirectory, 'findUser'> {
  owners(): Promise<string[]>;
}

/** How exactly the last use of a key is known (milliseconds). */
const USE_RESOLUTION = HOUR;
/** The keys by which services are known: made, rotated, revoked, checked. */
export class ApiKeys {
  readonly #d1: D1Database;
  readonly #internalKey: string | undefined;
  readonly #objects: SessionObjects;
  readonly #directory: KeyDirectory;
  readonly #home: KeyHome | null;
  readonly #known: KnownKeys;

  constructor(
    d1: D1Database,
    standby: Standby,
    internalKey: string | undefined,
    objects: SessionObjects,
    directory: KeyDirectory,
    home: KeyHome | null = null,
  ) {
    this.#d1 = d1;
    this.#internalKey = internalKey;
    this.#objects = objects;
    this.#directory = directory;
    this.#home = home;
    this.#known = new KnownKeys(d1, standby);
  }

  /**
   * Which service presents a key in a realm. The bootstrap key is good for all realms and scopes. A key that is revoked
   * is refused at once in the isolate that revoked it, within 30 seconds and a replica's lag in all; one with the scope
   * `admin` whose keeper is no operator any more at once, everywhere. Throws `invalid_api_key`.
   */
  async authenticateKey(text: string, realmId: string): Promise<ServicePrincipal> {
    if (this.#internalKey !== undefined && equalsInConstantTime(text, this.#internalKey)) {
      return { keyId: INTERNAL, realmId, scopes: SCOPES, isOwner: true };
    }
    const presented = parseKeyText(text);
    const now = Date.now();
    const row =
      presented && (await this.#known.find(presented.id, (key) => isSecretOf(key, presented.hash, now)));
    if (!row || row.realmId !== realmId || !isInForce(row, now)) throw new ApiError('invalid_api_key');
    if (row.scopes.includes('admin') && !(await this.#isKept(row)) && !(await this.#isTakenOver(row))) {
      throw new ApiError('invalid_api_key', {
        detail:
          'The key is suspended: its keeper is no operator any more, or was none for a time. An owner can take it over.',
      });
    }
    this.#noteUse(row, now);
    return { keyId: row.id, realmId, scopes: row.scopes, isOwner: false };
  }

  /** Whether a key, by its id, is in force in a realm and has the scope `admin`. */
  async mayOperate(keyId: string, realmId: string): Promise<boolean> {
    if (keyId === INTERNAL) return this.#internalKey !== undefined;
    const row = await this.#known.find(keyId, () => true);
    if (row?.realmId !== realmId || !isInForce(row, Date.now())) return false;
    return row.scopes.includes('admin') && this.#isKept(row);
  }

  /** Whether a key has another keeper by now than an isolate has read: then nobody waits for its copy to grow old. */
  async #isTakenOver({ id, keeper, suspendedAt }: ApiKeyRow): Promise<boolean> {
    const isNews = (newer: ApiKeyRow) => newer.keeper !== keeper || newer.suspendedAt !== suspendedAt;
    const row = await this.#known.find(id, isNews);
    return row !== null && this.#isKept(row);
  }

  /**
   * Whether the keeper of a key is an operator of its realm now, as their account object says. One who has lost the role
   * and got it back answers for none of the keys with the scope `admin` from before: the database has noted that.
   */
  async #isKept({ keeper, realmId, suspendedAt }: ApiKeyRow): Promise<boolean> {
    if (suspendedAt !== null) return false;
    if (keeper === INTERNAL || keeper === null) return keeper !== null;
    const state = await this.#objects(keeper).standing();
    if (state?.status !== 'active') return false;
    return state.role === 'owner' || (state.role === 'admin' && state.realmId === realmId);
  }

  /** A page of a realm's keys, newest first, those that are over included. */
  async list(
    realmId: string,
    page: { limit: number; cursor?: string | undefined; kept?: boolean | undefined },
  ) {
    const { keys, total } = await listKeys(primary(this.#d1).db, realmId, {
      limit: page.limit + 1,
      before: page.cursor,
      kept: page.kept,
      owners: (await this.#home?.owners()) ?? null,
    });
    return { ...pageOf(keys, page.limit, ({ row }) => row.id), total };
  }

  /** Makes a key, whose text nobody can read again. Throws `insufficient_scope`. */
  async create(
    realmId: string,
    fields: { name: string; scopes: Scope[]; expiresAt: number | null },
    actor: Actor,
  ): Promise<{ row: ApiKeyRow; text: string }> {
    requireScopes(actor, fields.scopes);
    const { db } = primary(this.#d1);
    const keeper = await this.#keeperFor(actor, db);
    const now = Date.now();
    const id = newId('key', now);
    const { text, prefix, hash } = newKeyText(id);
    const { name, scopes } = fields;
    const row = {
      ...fields,
      id,
      realmId,
      prefix,
      hash,
      createdBy: actor.id,
      keeper,
      createdAt: now,
      previousHash: null,
      previousExpiresAt: null,
      lastUsedAt: null,
      revokedAt: null,
      suspendedAt: null,
    };
    const mail = await this.#mail(row, 'api_key_created');
    const entry = {
      realmId,
      at: now,
      actor: actor.id,
      action: 'api_key_created',
      target: id,
      details: { name, scopes },
    } as const;
    await insertKey(db, row, entry, mail);
    if (mail) this.#directory.send(mail);
    return { row, text };
  }

  /**
   * Gives a key a new secret; the one before works on for so many seconds, and one before that no more. With the scope
   * `admin` only its keeper and owners may: whoever has its text would go on being an admin while somebody else answers for
   * it. Throws `api_key_not_found`, `insufficient_scope`.
   */
  async rotate(
    key: { id: string; realmId: string },
    overlapSeconds: number,
    actor: Actor,
  ): Promise<KnownKey & { text: string }> {
    const now = Date.now();
    const session = primary(this.#d1);
    const before = await findKey(session.db, key.id);
    if (before?.realmId !== key.realmId) throw new ApiError('api_key_not_found');
    requireScopes(actor, before.scopes);
    const { keeper } = before;
    const isAnothers = actor.role !== 'owner' && (await this.#keeperFor(actor, session.db)) !== keeper;
    if (before.scopes.includes('admin') && isAnothers) {
      throw new ApiError('insufficient_scope', {
        detail: 'A key with the scope `admin` is for its keeper or an owner to rotate.',
      });
    }
    const { text, prefix, hash } = newKeyText(key.id);
    const previousExpiresAt = now + overlapSeconds * SECOND;
    const set = { prefix, hash, previousHash: sql`${apiKeys.hash}`, previousExpiresAt };
    const row = await this.#change({ ...key, keeper }, set, {
      realmId: key.realmId,
      at: now,
      actor: actor.id,
      action: 'api_key_rotated',
      target: key.id,
      details: { overlap_seconds: overlapSeconds },
    });
    return { row, isKept: await this.#isKept(row), text };
  }

  /**
   * Makes an owner, or the bootstrap key, answer for a key: one that was suspended works again. Throws
   * `api_key_not_found`, `insufficient_scope`.
   */
  async takeOver(key: { id: string; realmId: string }, actor: Actor): Promise<ApiKeyRow> {
    requireRole(actor, 'owner');
    const before = await findKey(primary(this.#d1).db, key.id);
    if (before?.realmId !== key.realmId) throw new ApiError('api_key_not_found');
    return this.#change(
      key,
      { keeper: actor.id, suspendedAt: null },
      {
        realmId: key.realmId,
        at: Date.now(),
        actor: actor.id,
        action: 'api_key_taken_over',
        target: key.id,
        details: { before: { keeper: before.keeper }, after: { keeper: actor.id } },
      },
    );
  }

  /** Ends a key for good. Throws `api_key_not_found`. */
  async revoke(key: { id: string; realmId: string }, actor: Actor): Promise<void> {
    const now = Date.now();
    await this.#change(
      key,
      { revokedAt: now },
      { realmId: key.realmId, at: now, actor: actor.id, action: 'api_key_revoked', target: key.id },
    );
  }

  /** Who answers for what an actor makes: a key that makes keys leads back to its own keeper. */
  async #keeperFor({ id }: Actor, db: Database): Promise<string | null> {
    return id.startsWith('key_') ? ((await findKey(db, id))?.keeper ?? null) : id;
  }

  async #change(
    key: { id: string; realmId: string; keeper?: string | null },
    set: Parameters<typeof changeKey>[2] & { keeper?: string },
    entry: AuditEntry & { action: AccountChange },
  ): Promise<ApiKeyRow> {
    const { db } = primary(this.#d1);
    const before = await findKey(db, key.id);
    const mail =
      before && (await this.#mail({ ...before, keeper: set.keeper ?? before.keeper }, entry.action));
    const row = await changeKey(db, key, set, entry, mail);
    if (!row) throw new ApiError('api_key_not_found');
    this.#known.learn(row);
    if (mail) this.#directory.send(mail);
    return row;
  }

  /** The mail that tells a key's keeper of what becomes of it; null when it is no user of ours. */
  async #mail({ keeper, name }: ApiKeyRow, change: AccountChange): Promise<Mail | null> {
    if (!keeper?.startsWith('usr_')) return null;
    const user = (await this.#directory.findUser(keeper)) ?? (await this.#home?.findUser(keeper)) ?? null;
    return user && this.#directory.noticeMail(user, { change, about: name, client: null });
  }

  #noteUse(row: ApiKeyRow, now: number): void {
    if (now - (row.lastUsedAt ?? 0) < USE_RESOLUTION) return;
    // The row is this isolate's copy: it writes once.
    row.lastUsedAt = now;
    afterResponse(() => noteUse(primary(this.#d1).db, row.id, now));
  }
}

function isSecretOf(row: ApiKeyRow, hash: string, now: number): boolean {
  if (equalsInConstantTime(row.hash, hash)) return true;
  const { previousHash, previousExpiresAt } = row;
  return previousHash !== null && now < (previousExpiresAt ?? 0) && equalsInConstantTime(previousHash, hash);
}

function isInForce(row: ApiKeyRow, now: number): boolean {
  return row.revokedAt === null && (row.expiresAt === null || now < row.expiresAt);
}

/** Nobody hands out more than they have. */
function requireScopes(actor: Actor, scopes: Scope[]): void {
  const missing = scopes.filter((scope) => !grants(actor.scopes, scope));
  if (missing.length > 0) {
    throw new ApiError('insufficient_scope', { detail: `You do not have ${missing.join(', ')} yourself.` });
  }
}
