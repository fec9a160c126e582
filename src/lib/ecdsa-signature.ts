/**
 * Reads an ECDSA signature in DER: `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279, 2.2.3). Integers keep the zero byte that
 * marks them positive. Throws for anything else, and for bytes after it.
 *
 * @example
 * readEcdsaSignature(Uint8Array.of(0x30, 6, 2, 1, 7, 2, 1, 9)); // { r: Uint8Array [7], s: Uint8Array [9] }
 */
export function readEcdsaSignature(der: Uint8Array): { r: Uint8Array; s: Uint8Array } {
  const sequence = read(der, SEQUENCE);
  const r = read(sequence.value, INTEGER);
  const s = read(r.rest, INTEGER);
  if (sequence.rest.length || s.rest.length) throw new Error('Bytes after an ECDSA signature');
  return { r: r.value, s: s.value };
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** The value at the start of those bytes, and what follows it. No signature of a known curve is 256 bytes long. */
function read(bytes: Uint8Array, tag: number): { value: Uint8Array; rest: Uint8Array } {
  const [found, first, second] = bytes;
  const [start, length] = first === 0x81 ? [3, second] : [2, first];
  if (found !== tag || length === undefined || length === 0 || (start === 2 && length > 0x7f))
    throw new Error('Not an ECDSA signature');
  const end = start + length;
  if (end > bytes.length) throw new Error('An ECDSA signature that ends early');
  return { value: bytes.subarray(start, end), rest: bytes.subarray(end) };
}
