import { eq } from 'drizzle-orm';
import type { Keyring } from '../crypto/keys.ts';
import { maskId, unmaskId } from '../crypto/masked-id.ts';
import { seal, unseal } from '../crypto/sealed.ts';
import { primary } from '../db/client.ts';
import type { Standby } from '../db/standby.ts';
import { ApiError } from '../errors.ts';
import { USER_ID } from '../lib/jurisdiction.ts';
import { Kept } from '../lib/kept.ts';
import { log } from '../lib/log.ts';
import { DAY } from '../lib/time.ts';
import { subjectKeys } from './tables.ts';

const CACHED_REALMS = 1000;
const USER = new RegExp(`^${USER_ID}$`);
/** Codes and refresh tokens name a user behind what they are. */
const NAMING = /^(lk[cr])\.([^.]+)\.(.+)$/;

interface SubjectParts {
  d1: D1Database;
  standby: Standby;
  encryptionKeys: Keyring;
}

/**
 * What users are called where they are not called by their id: pairwise subject identifiers (OpenID Connect Core 1.0, 8.1), made with a
 * key that a realm has from the first on. It is not AUTH_SECRET's, for it has to stay when that is replaced.
 */
export class Subjects {
  readonly #parts: SubjectParts;
  readonly #keys = new Kept<string, Buffer>({ limit: CACHED_REALMS, freshFor: DAY });

  constructor(parts: SubjectParts) {
    this.#parts = parts;
  }

  /** What a user is called in a sector; by their id when there is none (null). Throws `service_unavailable` without the key. */
  async of(realmId: string, sector: string | null, userId: string): Promise<string> {
    return sector === null ? userId : maskId(await this.#key(realmId), sector, userId);
  }

  /** The id of the user that a subject stands for, which whoever asks has from a token of ours; null when it is no user's. */
  async userOf(realmId: string, subject: string): Promise<string | null> {
    if (USER.test(subject)) return subject;
    if (!subject.startsWith('sub-')) return null;
    const id = unmaskId(await this.#key(realmId), subject);
    return id !== null && USER.test(id) ? id : null;
  }

  /** A code or refresh token as a sector may see it: the user that it names is called there as in its other tokens. */
  async masked(realmId: string, sector: string | null, token: string): Promise<string> {
    const [, kind, userId = '', rest] = NAMING.exec(token) ?? [];
    return kind === undefined ? token : `${kind}.${await this.of(realmId, sector, userId)}.${rest}`;
  }

  /** The same code or refresh token as it was made. */
  async unmasked(realmId: string, token: string): Promise<string> {
    const [, kind, subject = '', rest] = NAMING.exec(token) ?? [];
    if (kind === undefined || USER.test(subject)) return token;
    return `${kind}.${await this.userOf(realmId, subject)}.${rest}`;
  }

  async #key(realmId: string): Promise<Buffer> {
    const key = await this.#keys.get(realmId, () => this.#read(realmId));
    if (key) return key;
    log('error', 'subject_key_unreadable', { realm: realmId });
    throw new ApiError('service_unavailable');
  }

  /** Who inserts first wins, and all read what is there: nobody may be called in two ways. Null for one that no secret opens. */
  async #read(realmId: string): Promise<Buffer | null> {
    const { encryptionKeys, standby } = this.#parts;
    const name = `subject-key:${realmId}`;
    const stored = (await standby.read(name, () => this.#row(realmId))) ?? (await this.#make(realmId));
    const text = stored && (await unseal<string>(encryptionKeys, stored.keyJwe));
    return text === null ? null : Buffer.from(text, 'base64url');
  }

  async #make(realmId: string) {
    const text = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
    const keyJwe = await seal(this.#parts.encryptionKeys, text);
    await primary(this.#parts.d1).db.insert(subjectKeys).values({ realmId, keyJwe }).onConflictDoNothing();
    return this.#row(realmId);
  }

  async #row(realmId: string) {
    const where = eq(subjectKeys.realmId, realmId);
    return (await primary(this.#parts.d1).db.select().from(subjectKeys).where(where).get()) ?? null;
  }
}
