import { CONTROL } from '../config/databases.ts';
import type { AddressQuota } from '../directory/spent-before.ts';
import { DEFAULT_PLAN, type DirectoryState } from '../directory/state.ts';
import type { AccountState } from './contract.ts';
import type { ActivityLogRow } from './history-contract.ts';
import type { Devices } from './known-devices.ts';
import type { SessionRow } from './session-row.ts';

/** Which tables there are beside it. */
const TABLES = 6;
/** What copies lack that were made before it was there. */
const LATER = ['username', 'factors', 'phone'] as const;

/** What is known of who registers: what the address has used, the device, the first entry of the log and the first session. */
interface Beginning {
  address: AddressQuota;
  devices: Devices;
  entry?: ActivityLogRow;
  session?: SessionRow;
}

type StoredState = AccountState & { beginning?: Beginning };

/** The object's copy of the directory state. Versions only rise: an older row never replaces a newer copy. */
export class AccountStateStore {
  readonly #kv: SyncKvStorage;
  #state: AccountState | undefined;
  #beginning: Beginning | undefined;
  #isHeld = false;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
    this.reload();
  }

  /** Reads the copy again: what was written last was undone. */
  reload(): void {
    const { beginning, ...state } = this.#kv.get<StoredState>('state') ?? {};
    this.#beginning = beginning;
    this.#state = 'userId' in state ? (state as AccountState) : undefined;
  }

  /** What the address of who registered had used before; null where nobody has said so. */
  address(): AddressQuota | null {
    return this.#beginning?.address ?? null;
  }

  /** The device that the user has registered with; null for others. */
  devices(): Devices | null {
    return this.#beginning?.devices ?? null;
  }

  /** The first entry of the log, while there is no other. */
  entry(): ActivityLogRow | null {
    return this.#beginning?.entry ?? null;
  }

  dropEntry(): void {
    if (!this.#state || !this.#beginning?.entry) return;
    const { entry: _, ...rest } = this.#beginning;
    this.#beginning = rest;
    this.#put(this.#state);
  }

  /** The first session, while there is no table of them. */
  session(): SessionRow | null {
    return this.#beginning?.session ?? null;
  }

  keepSession(session: SessionRow): void {
    if (!this.#state || !this.#beginning) throw new Error('nobody has registered');
    this.#beginning = { ...this.#beginning, session };
    this.#put(this.#state);
  }

  dropSession(): void {
    if (!this.#state || !this.#beginning?.session) return;
    const { session: _, ...rest } = this.#beginning;
    this.#beginning = rest;
    this.#put(this.#state);
  }

  /** Does work that changes the copy more than once, and writes it once. */
  writeOnce<Result>(work: () => Result): Result {
    this.#isHeld = true;
    try {
      return work();
    } finally {
      this.#isHeld = false;
      if (this.#state) this.#put(this.#state);
    }
  }

  /** Whether a row is known to be out of date: of a user who was changed since, or deleted. */
  isStale(row: DirectoryState): boolean {
    return this.deleted() !== undefined || row.version < (this.#state?.version ?? 0);
  }

  /** Who was deleted, if it was the user of this object. Kept for good: a replica may show the user for a while. */
  deleted(): { userId: string; realmId: string; database?: string } | undefined {
    return this.#state ? undefined : this.#kv.get('deleted');
  }

  /** Forgets all but that there was such a user. */
  markDeleted(user: { userId: string; realmId: string }): void {
    const { userId, realmId } = user;
    const database = this.database();
    for (const [key] of this.#kv.list()) this.#kv.delete(key);
    this.#kv.put('deleted', { userId, realmId, ...(database !== undefined && { database }) });
    this.#state = undefined;
    this.#beginning = undefined;
  }

  /** When the plan lapses or lapsed that the directory gave last, Unix milliseconds; null for one that does not. */
  planExpiry(): number | null {
    return this.#state?.planExpiresAt ?? null;
  }

  /** As it holds now: a plan that has lapsed is no plan, whether the directory says so already or not. */
  get(): AccountState | undefined {
    const state = this.#state;
    if (!state?.planExpiresAt || Date.now() < state.planExpiresAt) return state;
    return { ...state, plan: DEFAULT_PLAN, planExpiresAt: null, subscribed: false };
  }

  /** Takes over a row that is newer than the copy, or says what the copy lacks; whether it did. */
  adopt(row: DirectoryState, beginning?: Beginning): boolean {
    const known = this.#state;
    if (this.isStale(row)) return false;
    const isWhole = known && LATER.every((field) => known[field] !== undefined);
    if (isWhole && row.version === known.version) return false;
    this.#beginning ??= beginning;
    const bookmark = row.database === known?.database ? (known?.bookmark ?? null) : null;
    const hasFirstEntry = known ? known.hasFirstEntry : row.hasFirstEntry;
    const { hasFirstEntry: _, ...rest } = row;
    this.#put({ ...rest, ...(hasFirstEntry && { hasFirstEntry }), bookmark, tables: TABLES });
    return true;
  }

  /** The binding of the database that has the user's row, or had it; undefined for `DB`, and for who was never there. */
  database(): string | undefined {
    return (this.#state ?? this.deleted())?.database;
  }

  /** The user's realm lives in another database now: no bookmark of the one before is of use there. */
  noteDatabase(database: string): void {
    const known = this.#state;
    if (!known || (known.database ?? CONTROL) === database) return;
    const { database: _, ...rest } = known;
    this.#put({ ...rest, ...(database !== CONTROL && { database }), bookmark: null });
  }

  /** Whether the tables are those of an earlier version. */
  hasOldTables(): boolean {
    return this.#state !== undefined && this.#state.tables !== TABLES;
  }

  /** The tables are those of today. */
  noteTables(): void {
    if (this.#state) this.#put({ ...this.#state, tables: TABLES });
  }

  /** Remembers up to where this user's own writes have come. Bookmarks sort as text. */
  noteBookmark(bookmark: string): void {
    const known = this.#state;
    if (known && (known.bookmark === null || known.bookmark < bookmark)) this.#put({ ...known, bookmark });
  }

  #put(state: AccountState): void {
    this.#state = state;
    if (this.#isHeld) return;
    this.#kv.put<StoredState>('state', {
      ...state,
      ...(this.#beginning && { beginning: this.#beginning }),
    });
  }
}
