import { createHash } from 'node:crypto';

/**
 * A ribbon filter (Dillinger and Walzer, *Ribbon filter: practically smaller than Bloom and Xor*, 2021): whether a text is one of a
 * set. Of those of the set it says so of all; of others of one in 256. It takes little more than a byte a text.
 */
export interface RibbonFilter {
  /** With which the set could be placed. */
  seed: number;
  /** The length of the longest text of the set, in UTF-16 units: no longer one can be of it. */
  longest: number;
  /** One byte a slot, in base64. */
  slots: string;
}

/** How many slots a text may have a share in. */
export const RIBBON_WIDTH = 64;

/** What a text asks of the slots: those that `mask` names from `start` on, its first bit always, make `sum` by XOR. */
export function ribbonOf(
  text: string,
  slots: number,
  seed: number,
): { start: number; mask: bigint; sum: number } {
  const digest = createHash('sha256').update(`${seed}:${text}`).digest();
  return {
    start: digest.readUInt32LE(0) % (slots - RIBBON_WIDTH + 1),
    mask: digest.readBigUInt64LE(4) | 1n,
    sum: digest.readUInt8(12),
  };
}

/** Whether a text is of the set of a filter, or takes its place by chance. */
export function isProbablyIn(filter: RibbonFilter, text: string): boolean {
  if (text.length > filter.longest) return false;
  const slots = Buffer.from(filter.slots, 'base64');
  const { start, mask, sum } = ribbonOf(text, slots.length, filter.seed);
  let found = 0;
  for (let at = 0; at < RIBBON_WIDTH; at += 1) {
    if ((mask >> BigInt(at)) & 1n) found ^= slots.readUInt8(start + at);
  }
  return found === sum;
}
