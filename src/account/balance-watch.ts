/** What is watched for, and whether the balance was told to be below it. */
interface Watched {
  below: number;
  fallen: boolean;
}

const KEY = 'watch';

/** Knows when a balance comes below what its payer wants to hear of: once for each fall, whatever is used after it. */
export class BalanceWatch {
  readonly #kv: SyncKvStorage;
  #watched: Watched | null | undefined;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /** Watches for a balance below so many credits, or for none any more. */
  set(below: number | null): void {
    if (below !== null) this.#put({ below, fallen: false });
    else if (this.#get()) {
      this.#kv.delete(KEY);
      this.#watched = null;
    }
  }

  /** Whether a balance is below what is watched for, and the one before it was not. */
  hasFallen(balance: number): boolean {
    const watched = this.#get();
    if (!watched) return false;
    const fallen = balance < watched.below;
    if (fallen === watched.fallen) return false;
    this.#put({ ...watched, fallen });
    return fallen;
  }

  /** Reads it again: what was written last was undone. */
  reload(): void {
    this.#watched = undefined;
  }

  #get(): Watched | null {
    if (this.#watched === undefined) this.#watched = this.#kv.get<Watched>(KEY) ?? null;
    return this.#watched;
  }

  #put(watched: Watched): void {
    this.#watched = watched;
    this.#kv.put(KEY, watched);
  }
}

/** Tells the directory that a payer's credits have come below what the payer has set. Telling it twice changes nothing. */
export async function tellFall(d1: D1Database, payerId: string): Promise<void> {
  await d1
    .prepare(
      "UPDATE top_ups SET falls = falls + 1, due_at = min(?2, coalesce(due_at, ?2)) WHERE payer_id = ?1 AND status = 'on'",
    )
    .bind(payerId, Date.now())
    .run();
}
