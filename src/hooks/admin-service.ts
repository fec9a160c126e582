import { and, asc, eq, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { seal, unseal } from '../crypto/sealed.ts';
import { type Database, primary } from '../db/client.ts';
import { insertIf } from '../db/insert-if.ts';
import { type AuditEntry, noteAct, writeAuditIf } from '../directory/audit.ts';
import { ApiError, fieldError } from '../errors.ts';
import { requireRole } from '../http/level.ts';
import type { Actor } from '../http/service-authentication.ts';
import { type HookName, realmOf } from '../lib/realm.ts';
import { HOUR } from '../lib/time.ts';
import type { Realms } from '../realms/service.ts';
import {
  isWebhookAddress,
  newKeyPair,
  publicKeyOf,
  resolvesToPublic,
  signingPairs,
  type WebhookKeys,
} from '../webhooks/service.ts';
import { callHook, type HookCallDependencies, HookFailure } from './call.ts';
import { HOOK_SAMPLES } from './samples.ts';
import type { HookBody, HookTrial } from './schemas.ts';
import { type HookRow, hooks } from './tables.ts';

/** How long what was signed with before goes on signing (milliseconds). */
const OVERLAP = 24 * HOUR;
/** Of an answer to a trial so much is shown. */
const SHOWN = 1024;
/** How often a change looks again when another one was faster. */
const TRIES = 4;

/** A hook with the public keys by which its requests are verified now. */
export type ShownHook = { row: HookRow; publicKeys: string[] };

/** What hooks are set with. */
export interface HookAdminDependencies extends HookCallDependencies {
  /** `DB`: realms are there. */
  control: D1Database;
  realms: Pick<Realms, 'forget'>;
}

/** Whom realms ask, as operators set it. In force at once in this isolate, everywhere within 30 seconds. */
export class HookAdmin {
  readonly #deps: HookAdminDependencies;

  constructor(deps: HookAdminDependencies) {
    this.#deps = deps;
  }

  /** Those of a realm. */
  async list(realmId: string): Promise<ShownHook[]> {
    const rows = await this.#db
      .select()
      .from(hooks)
      .where(eq(hooks.realmId, realmId))
      .orderBy(asc(hooks.name));
    return Promise.all(rows.map((row) => this.#shown(row)));
  }

  /**
   * Sets one, and gives its secret when it is new. Throws `conflict`, `insufficient_scope`, and 422 for an address or a binding that cannot be asked and for a
   * namespace of one that gives no claims.
   */
  async set(
    realmId: string,
    name: HookName,
    body: z.output<typeof HookBody>,
    actor: Pick<Actor, 'id' | 'role'>,
  ): Promise<ShownHook & { secret: string | null; isNew: boolean }> {
    requireAuthority(name, actor);
    requireOwnBinding(realmId, body.binding, actor);
    await this.#check(name, body);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const [read] = await this.#db.select().from(hooks).where(isHook(realmId, name));
      const now = Math.max(Date.now(), (read?.updatedAt ?? 0) + 1);
      const fresh = !read || body.new_secret ? newKeyPair() : null;
      const before = read && (await unseal<WebhookKeys>(this.#deps.keys, read.keys));
      const previous = before ? { ...before.current, until: now + OVERLAP } : null;
      const set = {
        url: body.url ?? null,
        binding: body.binding ?? null,
        onFailure: body.on_failure,
        namespace: body.namespace ?? null,
        keys: fresh
          ? await seal(this.#deps.keys, { current: fresh, previous } satisfies WebhookKeys)
          : (read as HookRow).keys,
        updatedAt: now,
      };
      const details = {
        before: read ? audited(read) : null,
        after: audited(set),
        new_secret: fresh !== null,
      };
      const row = await this.#write(realmId, name, read, set, {
        ...{ realmId, at: now, actor: actor.id, action: 'hook_set', target: name, details },
      });
      if (!row) continue;
      this.#deps.realms.forget(realmId);
      return { ...(await this.#shown(row)), secret: fresh?.secret ?? null, isNew: !read };
    }
    throw new ApiError('conflict');
  }

  /** Asks nobody there any more. Throws `hook_not_found`, `insufficient_scope`. */
  async delete(realmId: string, name: HookName, actor: Pick<Actor, 'id' | 'role'>): Promise<void> {
    requireAuthority(name, actor);
    const where = isHook(realmId, name);
    const entry: AuditEntry = {
      ...{ realmId, at: Date.now(), actor: actor.id, action: 'hook_deleted', target: name },
    };
    const db = this.#db;
    const [, deleted] = await db.batch([
      writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${hooks} WHERE ${where})`),
      db.delete(hooks).where(where).returning({ name: hooks.name }),
    ]);
    if (deleted.length === 0) throw new ApiError('hook_not_found');
    this.#deps.realms.forget(realmId);
  }

  /** Asks one with made-up data, and says what came of it. Throws `hook_not_found`. */
  async test(realmId: string, name: HookName, actor: Pick<Actor, 'id'>): Promise<z.infer<typeof HookTrial>> {
    const [row] = await this.#db.select().from(hooks).where(isHook(realmId, name));
    if (!row) throw new ApiError('hook_not_found');
    await noteAct(this.#deps.control, {
      ...{ realmId, at: Date.now(), actor: actor.id, action: 'hook_tested', target: name },
    });
    const begun = performance.now();
    const outcome = await callHook(this.#deps, realmId, row, {
      type: name,
      test: true,
      data: HOOK_SAMPLES[name],
    })
      .then(({ status, text }) => ({ ok: true, status, error: null, answer: text.slice(0, SHOWN) || null }))
      .catch((error: unknown) => {
        if (!(error instanceof HookFailure)) throw error;
        return { ok: false, status: error.status, error: error.message, answer: null };
      });
    return { ...outcome, duration_ms: Math.round(performance.now() - begun) };
  }

  get #db(): Database {
    return primary(this.#deps.control).db;
  }

  async #write(
    realmId: string,
    name: HookName,
    read: HookRow | undefined,
    set: Omit<HookRow, 'realmId' | 'name' | 'createdBy' | 'createdAt'>,
    entry: AuditEntry,
  ): Promise<HookRow | null> {
    const db = this.#db;
    const where = isHook(realmId, name);
    if (!read) {
      const isNew = sql`NOT EXISTS (SELECT 1 FROM ${hooks} WHERE ${where})`;
      const made = { realmId, name, ...set, createdBy: entry.actor, createdAt: set.updatedAt };
      const [, [row]] = await db.batch([
        writeAuditIf(db, entry, isNew),
        insertIf(db, hooks, made, isNew).returning(),
      ]);
      return row ?? null;
    }
    const asRead = and(where, eq(hooks.updatedAt, read.updatedAt));
    const [, [row]] = await db.batch([
      writeAuditIf(db, entry, sql`EXISTS (SELECT 1 FROM ${hooks} WHERE ${asRead})`),
      db.update(hooks).set(set).where(asRead).returning(),
    ]);
    return row ?? null;
  }

  async #check(name: HookName, { url, binding, namespace }: z.output<typeof HookBody>): Promise<void> {
    const { mayBeLocal, resolve, binding: bound } = this.#deps;
    if (namespace !== undefined && name !== 'before.token') {
      throw fieldError('namespace', 'invalid', 'Only before.token gives claims');
    }
    if (binding !== undefined && !bound(binding)) {
      throw fieldError('binding', 'unknown', 'No Worker is bound by that name');
    }
    if (url === undefined) return;
    const isAllowed =
      isWebhookAddress(url, mayBeLocal) &&
      (mayBeLocal || (await resolvesToPublic(new URL(url).hostname, resolve, Date.now())));
    if (!isAllowed) throw fieldError('url', 'not_public', 'Must be https, of a host of the public Internet');
  }

  async #shown(row: HookRow): Promise<ShownHook> {
    const keys = await unseal<WebhookKeys>(this.#deps.keys, row.keys);
    return { row, publicKeys: keys ? signingPairs(keys, Date.now()).map(publicKeyOf) : [] };
  }
}

/** Messages have the links by which accounts are recovered: whoever gets them all can become anybody, an owner too. */
function requireAuthority(name: HookName, actor: Pick<Actor, 'role'>): void {
  if (name.startsWith('send.')) requireRole(actor, 'owner');
}

/**
 * A Worker that is bound for one realm is asked by no other, and one that is bound for none is lent to a realm by an owner: admins of a
 * realm could else have it asked what it takes for the question of another, and read what it answers.
 */
function requireOwnBinding(realmId: string, binding: string | undefined, actor: Pick<Actor, 'role'>): void {
  if (binding === undefined) return;
  const [, suffix = ''] = /^HOOK_.*?(__.*)?$/.exec(binding) ?? [];
  if (realmOf(suffix) === realmId) return;
  requireRole(actor, 'owner');
  if (suffix !== '') throw fieldError('binding', 'unknown', 'That Worker is bound for another realm');
}

function isHook(realmId: string, name: HookName) {
  return and(eq(hooks.realmId, realmId), eq(hooks.name, name));
}

/** What the audit log has of a hook. Of its address the host: the rest may be a secret. */
function audited({
  url,
  binding,
  onFailure,
  namespace,
}: Pick<HookRow, 'url' | 'binding' | 'onFailure' | 'namespace'>) {
  return { host: url && new URL(url).host, binding, on_failure: onFailure, namespace };
}
