import { FIRST_ENTRY } from '../directory/state.ts';

/** How far the rows of two tables have come: the last number of each. */
export interface Reached {
  uses: number;
  tokens: number;
}

/** What the directory was told, in one record of the object's storage. */
export interface ToldRecord {
  /** Up to where uses are summed up. */
  folded: Reached;
  /** Up to where the directory has these sums: what lies between is on its way, and goes again as it is when that fails. */
  sent: Reached;
  /** Entries of the activity log. */
  activity: number;
  /** The standing of the account, as JSON; null while nobody knows what the directory has: before the first, or on its way. */
  standing: string | null;
  /** Of what was said last of the standing: what was said earlier never replaces it. */
  version: number;
  /** Added to what numbers the sums: earlier versions have numbered them otherwise. */
  base: number;
  /** Rows of the ledger that webhooks were told of; not there where nobody wants to hear of any. */
  credits?: number | undefined;
}

const NOTHING: ToldRecord = {
  folded: { uses: 0, tokens: 0 },
  sent: { uses: 0, tokens: 0 },
  activity: 0,
  standing: null,
  version: 0,
  base: 0,
};

/** The cursor over what an object has told the directory. */
export class Told {
  readonly #kv: SyncKvStorage;
  readonly #hasFirstEntry: () => boolean;
  #record: ToldRecord | undefined;

  /** `hasFirstEntry`: the directory has the first entry of the log though nobody has told it. */
  constructor(kv: SyncKvStorage, hasFirstEntry: () => boolean) {
    this.#kv = kv;
    this.#hasFirstEntry = hasFirstEntry;
  }

  get(): ToldRecord {
    this.#record ??= this.#kv.get<ToldRecord>('told') ?? {
      ...NOTHING,
      activity: this.#hasFirstEntry() ? FIRST_ENTRY : 0,
    };
    return this.#record;
  }

  put(change: Partial<ToldRecord>): void {
    this.#record = { ...this.get(), ...change };
    this.#kv.put('told', this.#record);
  }

  /** Reads it again: what was written last was undone. */
  reload(): void {
    this.#record = undefined;
  }
}
