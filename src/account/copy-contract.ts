/** A value of a cell, as JSON has it: bytes are in Base64. */
export type CopiedValue = string | number | null | { bytes: string };

/**
 * A line of the copy of an account: its tables first, then their rows, in the end what is kept by keys. Whoever has all of them has the
 * whole account, as it was at one moment.
 */
export type CopyLine =
  | { account: string; tables: { name: string; made: string[]; last: number | null }[] }
  | { account: string; table: string; columns: string[]; rows: CopiedValue[][] }
  | { account: string; values: Record<string, unknown>; sums: Record<string, TableSum> };

/** By what a table is known to be whole: its rows, and the sum of their hashes, which no order changes. */
export interface TableSum {
  rows: number;
  hash: number;
}

/** Lines that are put back, in order; those of one account may come in several parts. */
export interface CopyPart {
  /** The backup that they are of. */
  backupId: string;
  lines: CopyLine[];
  /** Whether sessions go on. */
  withSessions: boolean;
  /** Up to where the directory has the log of the user; null where it has nothing. */
  toldActivity: number | null;
  /** The binding of the database that has the user: the account may have been copied before or after their realm moved. */
  database: string;
  /** When the object looks the user up in the directory, Unix milliseconds. */
  reconcileAt: number;
}

/** What became of a part: with `used`, for somebody has used the account already, and `broken`, for it is no copy, nothing was changed. */
export type CopyOutcome =
  | { result: 'part' | 'used' | 'broken' }
  /** That was the last, and all of it is there: how many rows. */
  | { result: 'whole'; rows: number };

/** What is asked of account objects to copy accounts and to put them back. */
export interface CopyObject {
  /** The whole account, as lines of JSON compressed by gzip; nothing of one that nobody has used. */
  copy(): Promise<ReadableStream<Uint8Array>>;
  /** Puts lines back into an account that nobody has used. Doing it twice comes to the same. */
  putBack(part: CopyPart): Promise<CopyOutcome>;
}
