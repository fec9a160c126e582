import { type Refusal, refused } from '../errors.ts';
import type { ChosenOrganization, HeardMembership } from './contract.ts';

/** Which organization each session has chosen, and the one that the next begins with. */
interface Chosen {
  last: string | null;
  sessions: [sessionId: string, organizationId: string][];
}

const KEY = 'chosen_organizations';
const PREFIX = 'organization:';
/** Sessions whose choice is kept: as many as a user can have. */
const MOST = 100;
const NOBODY: Chosen = { last: null, sessions: [] };

/**
 * In which organization each session goes on, and as what: for the tokens of the session. Whether the user may do something there
 * is for the object of the organization to say. Every method is synchronous.
 */
export class ChosenOrganizations {
  readonly #kv: SyncKvStorage;
  #chosen: Chosen | undefined;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /** That of a session; null where the user is alone. */
  of(sessionId: string): ChosenOrganization | null {
    const found = this.#all().sessions.find(([id]) => id === sessionId);
    return found ? this.standing(found[1]) : null;
  }

  /**
   * Chooses one that has been heard of for a session, and for those to come; null for none. Refuses with `not_a_member` where
   * something newer has been heard since whoever asks has looked.
   */
  choose(sessionId: string, organizationId: string | null): ChosenOrganization | Refusal | null {
    const standing = organizationId && this.standing(organizationId);
    if (organizationId !== null && !standing) return refused('not_a_member');
    this.#put(organizationId, sessionId);
    return standing || null;
  }

  /** A session has begun: it goes on where the user has chosen to be last. */
  begin(sessionId: string): void {
    const { last } = this.#all();
    if (last !== null && this.standing(last)) this.#put(last, sessionId);
  }

  /**
   * Takes over what the user is in an organization; what is older changes nothing. Whoever has left has it chosen nowhere, also one who
   * is in it again: true where nothing of the membership before may hold.
   */
  hear(organizationId: string, { role, version, joinedAt }: HeardMembership): boolean {
    const known = this.#heard(organizationId);
    const heard = { role, version, ...(joinedAt !== undefined && { joinedAt }) };
    if (known && known.version >= version) {
      const isFuller = known.version === version && known.joinedAt === undefined && joinedAt !== undefined;
      if (isFuller) this.#kv.put<HeardMembership>(PREFIX + organizationId, heard);
      return known.role === null;
    }
    this.#kv.put<HeardMembership>(PREFIX + organizationId, heard);
    // It may never be heard that a member was out: who comes back at once is heard of once.
    const isAnother = joinedAt !== undefined && known?.joinedAt !== undefined && known.joinedAt !== joinedAt;
    if (role !== null && !isAnother) return false;
    const { last, sessions } = this.#all();
    const rest = sessions.filter(([, id]) => id !== organizationId);
    if (last === organizationId || rest.length < sessions.length) {
      this.#write({ last: last === organizationId ? null : last, sessions: rest });
    }
    return true;
  }

  /** What is heard from now on is news, whatever was known: it was of another state of the directory. */
  forgetVersions(): void {
    for (const [key, heard] of [...this.#kv.list<HeardMembership>({ prefix: PREFIX })]) {
      this.#kv.put<HeardMembership>(key, { ...heard, version: -1 });
    }
  }

  /** Forgets all of a user who is no more. */
  forget(): void {
    for (const [key] of [...this.#kv.list({ prefix: PREFIX })]) this.#kv.delete(key);
    this.#kv.delete(KEY);
    this.reload();
  }

  /** Reads it again: what was written last was undone. */
  reload(): void {
    this.#chosen = undefined;
  }

  /** What the user is in an organization; null where they are not in it. */
  standing(id: string): ChosenOrganization | null {
    const role = this.#heard(id)?.role ?? null;
    return role === null ? null : { id, role };
  }

  #put(organizationId: string | null, sessionId: string): void {
    const others = this.#all().sessions.filter(([id]) => id !== sessionId);
    const own: Chosen['sessions'] = organizationId === null ? [] : [[sessionId, organizationId]];
    this.#write({ last: organizationId, sessions: [...own, ...others].slice(0, MOST) });
  }

  #write(chosen: Chosen): void {
    this.#kv.put(KEY, chosen);
    this.#chosen = chosen;
  }

  #heard(organizationId: string): HeardMembership | undefined {
    return this.#kv.get<HeardMembership>(PREFIX + organizationId);
  }

  #all(): Chosen {
    this.#chosen ??= this.#kv.get<Chosen>(KEY) ?? NOBODY;
    return this.#chosen;
  }
}
