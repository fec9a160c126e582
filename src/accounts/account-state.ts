import type { AccountState, DirectoryState } from './port.ts';

/** The object's copy of the directory state. Versions only rise: an older row never replaces a newer copy. */
export class AccountStateStore {
  readonly #kv: SyncKvStorage;
  #state: AccountState | undefined;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
    this.#state = kv.get<AccountState>('state');
  }

  get(): AccountState | undefined {
    return this.#state;
  }

  /** Takes over a row that is new to the object; says `stale` of one that the object knows to be out of date. */
  adopt(row: DirectoryState): 'current' | 'adopted' | 'stale' {
    const known = this.#state;
    if (known && row.version < known.version) return 'stale';
    if (known && row.version === known.version) return 'current';
    this.#put({ ...row, bookmark: known?.bookmark ?? null });
    return 'adopted';
  }

  /** Remembers up to where this user's own writes have come. Bookmarks sort as text. */
  noteBookmark(bookmark: string): void {
    const known = this.#state;
    if (known && (known.bookmark === null || known.bookmark < bookmark)) this.#put({ ...known, bookmark });
  }

  #put(state: AccountState): void {
    this.#state = state;
    this.#kv.put('state', state);
  }
}
