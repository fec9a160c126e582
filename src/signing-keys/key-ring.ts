import { asc, eq, getTableName } from 'drizzle-orm';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import type { Keyring } from '../crypto/keys.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { primary } from '../db/client.ts';
import type { Standby } from '../db/standby.ts';
import { Kept } from '../lib/kept.ts';
import type { Budget } from '../lib/run-budget.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../lib/time.ts';
import type { SigningAlgorithm, signingKeys } from './tables.ts';

/**
 * A new key is published for this long before it signs: longer than any isolate (RELOAD) or consumer (max-age of the
 * JWKS) goes without looking.
 */
const PUBLISH_AHEAD = HOUR;
/** A key stays published for this long after the next one signs: longer than any access token lives. */
const PUBLISH_AFTER = 2 * HOUR;
/** How long an isolate goes by the keys it read, and how often an unknown key may make it look again. */
export const RELOAD = 10 * MINUTE;
export const UNKNOWN_RELOAD = 5 * SECOND;
const CACHED_REALMS = 1000;

/** A key as admins see it. Unix milliseconds; null is not yet known. */
export interface KeyStatus {
  id: string;
  algorithm: SigningAlgorithm;
  generation: number;
  createdAt: number;
  signsFrom: number;
  signsUntil: number | null;
  publishedUntil: number | null;
}

interface SigningKey {
  id: string;
  generation: number;
  createdAt: number;
  signsFrom: number;
  publicJwk: JWK;
  publicKey: CryptoKey;
  privateJwe: string;
  /** Decrypted at its first use; null when no secret that is set has encrypted it. */
  privateKey?: CryptoKey | null;
}

type KeySet = { keys: SigningKey[]; loadedAt: number };

/** What keys are made and kept with. */
export interface KeyParts {
  d1: D1Database;
  standby: Standby;
  encryptionKeys: Keyring;
  rotationDays: number;
}

/** The keys of one algorithm, of all realms: in D1, the private half encrypted; parsed ones are kept for the isolate's life. */
export class KeyRing {
  readonly #parts: KeyParts;
  readonly #algorithm: SigningAlgorithm;
  readonly #table: typeof signingKeys;
  readonly #sets: Kept<string, KeySet>;

  /** `freshFor` is how long an isolate goes by what it read (milliseconds). */
  constructor(
    parts: KeyParts,
    of: { algorithm: SigningAlgorithm; table: typeof signingKeys; freshFor: number },
  ) {
    this.#parts = parts;
    this.#algorithm = of.algorithm;
    this.#table = of.table;
    this.#sets = new Kept({ limit: CACHED_REALMS, freshFor: of.freshFor });
  }

  /** The key that signs now; makes the realm's first one if it has none. */
  async current(realmId: string): Promise<{ id: string; key: CryptoKey }> {
    const now = Date.now();
    const cached = await this.#usable(await this.#set(realmId), now);
    if (cached) return cached;
    // Nobody has a key yet, or AUTH_SECRET is a new one. Who inserts first wins; everybody reads what is there.
    const { keys } = await this.#load(realmId);
    const stored = await this.#usable({ keys, loadedAt: now }, now);
    if (stored) return stored;
    await this.#insert(realmId, (keys.at(-1)?.generation ?? 0) + 1, now, now);
    const made = await this.#usable(await this.#load(realmId), now);
    if (!made) throw new Error('no signing key after making one');
    return made;
  }

  /** The public key of that id, or null. */
  async find(realmId: string, id: string): Promise<CryptoKey | null> {
    const find = (set: KeySet) => set.keys.find((key) => key.id === id)?.publicKey;
    const set = await this.#set(realmId);
    const known = find(set);
    if (known) return known;
    // A stranger can name any key: that must not cost a query each time.
    if (Date.now() - set.loadedAt < UNKNOWN_RELOAD) return null;
    return find(await this.#load(realmId)) ?? null;
  }

  /** The public keys of a realm, RFC 7517: those that sign, will sign, or have signed tokens still alive. */
  async published(realmId: string): Promise<JWK[]> {
    return (await this.#set(realmId)).keys.map((key) => key.publicJwk);
  }

  /** The keys of a realm, newest first: when each signs, and until when it is published (Unix milliseconds). */
  async list(realmId: string): Promise<KeyStatus[]> {
    const { keys } = await this.#load(realmId);
    return keys
      .map(({ id, generation, createdAt, signsFrom }, index) => {
        const signsUntil = keys[index + 1]?.signsFrom ?? null;
        const publishedUntil = signsUntil === null ? null : signsUntil + PUBLISH_AFTER;
        const algorithm = this.#algorithm;
        return { id, algorithm, generation, createdAt, signsFrom, signsUntil, publishedUntil };
      })
      .toReversed();
  }

  /** Publishes the next key of a realm that has one now, unless one is published that does not sign yet; its id, or null. */
  async publishNext(realmId: string, now: number): Promise<string | null> {
    const newest = (await this.#load(realmId)).keys.at(-1);
    if (!newest || newest.signsFrom > now) return null;
    const id = await this.#insert(realmId, newest.generation + 1, now, now + PUBLISH_AHEAD);
    // Who inserts first wins.
    return (await this.#load(realmId)).keys.some((key) => key.id === id) ? id : null;
  }

  /** Publishes the next key of every realm whose newest key is due, and takes back those that are long replaced. */
  async rotate(now: number, budget: Budget): Promise<void> {
    if (!budget.take(1)) return;
    const { d1 } = this.#parts;
    const table = getTableName(this.#table);
    const { results } = await d1
      .prepare(
        `SELECT realm_id, MAX(generation) AS generation, rotate_at, count(*) AS kept FROM ${table} GROUP BY realm_id
         HAVING rotate_at <= ? OR kept > 1`,
      )
      .bind(now)
      .all<{ realm_id: string; generation: number; rotate_at: number; kept: number }>();
    if (results.some(({ kept }) => kept > 1) && budget.take(1)) {
      await d1
        .prepare(
          `DELETE FROM ${table} AS old WHERE EXISTS (SELECT 1 FROM ${table} AS next
             WHERE next.realm_id = old.realm_id AND next.generation = old.generation + 1 AND next.signs_from <= ?)`,
        )
        .bind(now - PUBLISH_AFTER)
        .run();
    }
    for (const { realm_id, generation } of results.filter(({ rotate_at }) => rotate_at <= now)) {
      if (!budget.take(1)) break;
      await this.#insert(realm_id, generation + 1, now, now + PUBLISH_AHEAD);
    }
  }

  async #usable(set: KeySet, now: number): Promise<{ id: string; key: CryptoKey } | null> {
    const signing = set.keys.findLast((key) => key.signsFrom <= now);
    if (!signing) return null;
    signing.privateKey ??= await this.#decrypt(signing.privateJwe);
    return signing.privateKey && { id: signing.id, key: signing.privateKey };
  }

  async #set(realmId: string): Promise<KeySet> {
    return (await this.#sets.get(realmId, () => this.#read(realmId))) as KeySet;
  }

  async #load(realmId: string): Promise<KeySet> {
    const set = await this.#read(realmId);
    this.#sets.set(realmId, set);
    return set;
  }

  async #read(realmId: string): Promise<KeySet> {
    const known = this.#sets.peek(realmId)?.keys ?? [];
    const { d1, standby } = this.#parts;
    const table = this.#table;
    const rows = await standby.read(`${getTableName(table).replaceAll('_', '-')}:${realmId}`, () =>
      primary(d1).db.select().from(table).where(eq(table.realmId, realmId)).orderBy(asc(table.generation)),
    );
    const keys = await Promise.all(
      rows.map(async (row): Promise<SigningKey> => {
        const same = known.find((key) => key.id === row.id);
        if (same) return same;
        const publicJwk = JSON.parse(row.publicJwk) as JWK;
        const publicKey = (await importJWK(publicJwk, this.#algorithm)) as CryptoKey;
        return { ...row, publicJwk, publicKey };
      }),
    );
    return { keys, loadedAt: Date.now() };
  }

  async #insert(realmId: string, generation: number, now: number, signsFrom: number): Promise<string> {
    const { d1, encryptionKeys, rotationDays } = this.#parts;
    const alg = this.#algorithm;
    const pair = await generateKeyPair(alg, { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    const id = await calculateJwkThumbprint(jwk);
    const privateJwe = await seal(encryptionKeys, await exportJWK(pair.privateKey));
    await primary(d1)
      .db.insert(this.#table)
      .values({
        id,
        realmId,
        generation,
        publicJwk: JSON.stringify({ ...jwk, kid: id, alg, use: 'sig' }),
        privateJwe,
        createdAt: now,
        signsFrom,
        rotateAt: signsFrom + rotationDays * DAY,
      })
      .onConflictDoNothing();
    return id;
  }

  async #decrypt(jwe: string): Promise<CryptoKey | null> {
    const jwk = await unseal<JWK>(this.#parts.encryptionKeys, jwe);
    return jwk && ((await importJWK(jwk, this.#algorithm)) as CryptoKey);
  }
}
