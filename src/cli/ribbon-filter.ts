import { RIBBON_WIDTH, type RibbonFilter, ribbonOf } from '../lib/ribbon-filter.ts';

/** Slots for each text: with fewer, hardly any seed places them all. */
const SPARE = 1.05;

/** Makes the filter of a set of texts: Gaussian elimination over the equations that they ask of the slots. */
export function ribbonFilter(texts: ReadonlySet<string>): RibbonFilter {
  const slots = Math.ceil(texts.size * SPARE) + RIBBON_WIDTH;
  const longest = Math.max(0, ...[...texts].map((text) => text.length));
  for (let seed = 0; ; seed += 1) {
    const solved = solve(texts, slots, seed);
    if (solved) return { seed, longest, slots: solved.toString('base64') };
  }
}

function solve(texts: ReadonlySet<string>, slots: number, seed: number): Buffer | null {
  const rows: ({ mask: bigint; sum: number } | undefined)[] = new Array(slots);
  for (const text of texts) {
    let { start, mask, sum } = ribbonOf(text, slots, seed);
    for (let row = rows[start]; row; row = rows[start]) {
      mask ^= row.mask;
      sum ^= row.sum;
      // It follows from the others, or contradicts them.
      if (mask === 0n) break;
      for (; (mask & 1n) === 0n; mask >>= 1n) start += 1;
    }
    if (mask !== 0n) rows[start] = { mask, sum };
    else if (sum !== 0) return null;
  }
  const solved = Buffer.alloc(slots);
  for (let slot = slots - 1; slot >= 0; slot -= 1) {
    const { mask, sum } = rows[slot] ?? { mask: 0n, sum: 0 };
    let value = sum;
    for (let at = 1; mask >> BigInt(at); at += 1) {
      if ((mask >> BigInt(at)) & 1n) value ^= solved.readUInt8(slot + at);
    }
    solved.writeUInt8(value, slot);
  }
  return solved;
}
