import { isRefusal, type Refusal, refused } from '../errors.ts';
import type { ChosenOrganization } from './contract.ts';

/** What the object has heard of the user's part in one organization. */
interface Heard {
  /** Null for who is no member any more. */
  role: string | null;
  /** Of the organization: what is older is not news. */
  version: number;
}

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
   * Chooses one for a session, and for those to come; null for none. Refuses with `not_a_member` where something newer has been heard
   * since whoever asks has looked.
   */
  choose(
    sessionId: string,
    choice: { organizationId: string; role: string; version: number } | null,
  ): ChosenOrganization | Refusal | null {
    if (choice === null) {
      this.#put(null, sessionId);
      return null;
    }
    const standing = this.admit(choice);
    if (isRefusal(standing)) return standing;
    this.#put(choice.organizationId, sessionId);
    return standing;
  }

  /** Takes over what the directory says of a member. Refuses with `not_a_member` where something newer has been heard since. */
  admit(choice: { organizationId: string; role: string; version: number }): ChosenOrganization | Refusal {
    const { organizationId, role, version } = choice;
    const heard = this.#heard(organizationId);
    if (!heard || heard.version < version) this.#kv.put<Heard>(PREFIX + organizationId, { role, version });
    return this.standing(organizationId) ?? refused('not_a_member');
  }

  /** A session has begun: it goes on where the user has chosen to be last. */
  begin(sessionId: string): void {
    const { last } = this.#all();
    if (last !== null && this.standing(last)) this.#put(last, sessionId);
  }

  /** Takes over what the user is in an organization; what is older changes nothing. Whoever has left has it chosen nowhere. */
  hear(organizationId: string, heard: Heard): void {
    const known = this.#heard(organizationId);
    if (known && known.version >= heard.version) return;
    this.#kv.put<Heard>(PREFIX + organizationId, heard);
    if (heard.role !== null) return;
    const { last, sessions } = this.#all();
    const rest = sessions.filter(([, id]) => id !== organizationId);
    if (last !== organizationId && rest.length === sessions.length) return;
    this.#write({ last: last === organizationId ? null : last, sessions: rest });
  }

  /** What is heard from now on is news, whatever was known: it was of another state of the directory. */
  forgetVersions(): void {
    for (const [key, heard] of [...this.#kv.list<Heard>({ prefix: PREFIX })]) {
      this.#kv.put<Heard>(key, { ...heard, version: -1 });
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

  #heard(organizationId: string): Heard | undefined {
    return this.#kv.get<Heard>(PREFIX + organizationId);
  }

  #all(): Chosen {
    this.#chosen ??= this.#kv.get<Chosen>(KEY) ?? NOBODY;
    return this.#chosen;
  }
}
