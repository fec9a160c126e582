import { createHash } from 'node:crypto';

/** What the first line has for the hash of the one before. */
export const GENESIS = '0'.repeat(64);

/** Where a chain stands: the number of its last line, and the SHA-256 of that. */
export interface ChainHead {
  seq: number;
  hash: string;
}

/** An entry as a line of the chain: its hash, at the end, is over all that stands before it, the hash of the line before included. */
export function chainLine(head: ChainHead, entry: string): ChainHead & { line: string } {
  const seq = head.seq + 1;
  const begun = `{"seq":${seq},"prev":"${head.hash}","entry":${entry}`;
  const hash = sha256(begun);
  return { seq, hash, line: `${begun},"hash":"${hash}"}` };
}

/** A line as it is found somewhere: what it says of itself, and whether its hash is that of what it says. */
export interface FoundLine extends ChainHead {
  prev: string;
  isWhole: boolean;
}

const LINE = /"seq":(\d+),"prev":"([0-9a-f]{64})","entry":.*(?=,"hash":"([0-9a-f]{64})"\}\s*$)/s;

/** Reads a line, also one that a log has put its own fields before; null for what is none. */
export function readLine(text: string): FoundLine | null {
  const [said, seq, prev = '', hash = ''] = LINE.exec(text) ?? [];
  if (said === undefined) return null;
  return { seq: Number(seq), prev, hash, isWhole: sha256(`{${said}`) === hash };
}

/**
 * Goes along the lines of a chain from a head on, in the order of their numbers; the same line may come twice. Gives where it ends, and
 * the first thing that is wrong, or null.
 */
export function verifyChain(
  lines: Iterable<FoundLine>,
  from: ChainHead = { seq: 0, hash: GENESIS },
): { head: ChainHead; fault: string | null } {
  let head = from;
  const fault = (text: string) => ({ head, fault: text });
  for (const line of lines) {
    const { seq, prev, hash, isWhole } = line;
    if (!isWhole) return fault(`Entry ${seq} was changed: its hash is not that of what it says.`);
    if (seq === head.seq && hash === head.hash) continue;
    if (seq <= head.seq) return fault(`Entry ${seq} is there twice, and not the same.`);
    if (seq > head.seq + 1) {
      const last = seq - 1;
      const first = head.seq + 1;
      return fault(
        first === last ? `Entry ${first} is missing.` : `The entries ${first} to ${last} are missing.`,
      );
    }
    if (prev !== head.hash) return fault(`Entry ${seq} does not follow entry ${head.seq}: one was replaced.`);
    head = { seq, hash };
  }
  return { head, fault: null };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
