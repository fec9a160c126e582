import { crc32 } from 'node:zlib';
import { cleanIccp } from './colour-profile.ts';
import { concatenate, type ImageProblem, nameAt, type Picture, problemOfSize, viewOf } from './container.ts';

type Chunk = { name: string; data: Uint8Array; whole: Uint8Array };
type Header = { width: number; height: number; colour: ColourType };
type ColourType = { depths: number[]; palette: 'none' | 'allowed' | 'needed'; sbit: number; trns?: number };

/** The colour types by number (PNG, 11.2.1), with the lengths of their sBIT and tRNS chunks. */
const colourTypes: (ColourType | undefined)[] = [
  { depths: [1, 2, 4, 8, 16], palette: 'none', sbit: 1, trns: 2 },
  undefined,
  { depths: [8, 16], palette: 'allowed', sbit: 3, trns: 6 },
  { depths: [1, 2, 4, 8], palette: 'needed', sbit: 3 },
  { depths: [8, 16], palette: 'none', sbit: 2 },
  undefined,
  { depths: [8, 16], palette: 'allowed', sbit: 4 },
];

/**
 * Reads a PNG picture (W3C PNG, third edition, 5 and 11). A bad checksum, a critical chunk that decoders do not
 * know and a chunk order that they refuse are malformed. An ancillary chunk stays if it tells how the pixels look
 * and stands where decoders heed it; every other one goes. An animated PNG is refused, as an animated WebP is:
 * to keep its first frame only would publish another picture than the one that was chosen.
 */
export function readPng(bytes: Uint8Array): Picture | ImageProblem {
  const chunks = chunksOf(bytes);
  const header = chunks?.[0] && headerOf(chunks[0]);
  if (!chunks || !header) return 'malformed';
  const problem = problemOfSize(header.width, header.height);
  if (problem) return problem;
  if (chunks.some(({ name }) => name === 'acTL')) return 'animated';

  const kept = [bytes.subarray(0, 8)];
  const seen = new Map<string, Chunk>();
  let previous = '';
  for (const chunk of chunks) {
    const critical = /^[A-Z]/.test(chunk.name);
    if (critical && !isInPlace(chunk, previous, seen, header)) return 'malformed';
    const whole = critical || isHeeded(chunk, seen, header) ? cleanChunk(chunk, header) : null;
    if (critical || whole) seen.set(chunk.name, chunk);
    if (whole) kept.push(whole);
    previous = chunk.name;
  }
  return { width: header.width, height: header.height, clean: concatenate(kept) };
}

/** The chunks up to IEND, or null if they do not follow each other there with right checksums (5.3). */
function chunksOf(bytes: Uint8Array): Chunk[] | null {
  const view = viewOf(bytes);
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) return null;
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) return null;
    const name = nameAt(bytes, at + 4);
    chunks.push({ name, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) });
    if (name === 'IEND') return chunks;
    at = end;
  }
  return null;
}

/** What IHDR says (11.2.1), or null if decoders refuse it. */
function headerOf({ name, data }: Chunk): Header | null {
  if (name !== 'IHDR' || data.length !== 13) return null;
  const [depth = 0, type = 0, compression, filter, interlace = 0] = data.subarray(8);
  const colour = colourTypes[type];
  if (!colour?.depths.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1) return null;
  const view = viewOf(data);
  return { width: view.getUint32(0), height: view.getUint32(4), colour };
}

/** Whether a critical chunk is known, whole, and where it belongs (5.6). */
function isInPlace({ name, data }: Chunk, previous: string, seen: Map<string, Chunk>, { colour }: Header) {
  switch (name) {
    case 'IHDR':
      return previous === '';
    case 'PLTE': {
      const whole = data.length > 0 && data.length <= 768 && data.length % 3 === 0;
      return whole && colour.palette !== 'none' && !seen.has('PLTE') && !seen.has('IDAT');
    }
    case 'IDAT':
      if (seen.has('IDAT')) return previous === 'IDAT';
      return data.length > 0 && (colour.palette !== 'needed' || seen.has('PLTE'));
    case 'IEND':
      return data.length === 0 && seen.has('IDAT');
    default:
      return false;
  }
}

/** The chunk as it stays, or null: a profile that is none goes, and a palette that is a mere suggestion. */
function cleanChunk({ name, data, whole }: Chunk, { colour }: Header): Uint8Array | null {
  if (name === 'PLTE' && colour.palette !== 'needed') return null;
  if (name !== 'iCCP') return whole;
  const body = cleanIccp(data);
  return body && chunkOf(name, body);
}

function chunkOf(name: string, data: Uint8Array): Uint8Array {
  const numbers = new Uint8Array(8);
  const checked = concatenate([new TextEncoder().encode(name), data]);
  viewOf(numbers).setUint32(0, data.length);
  viewOf(numbers).setUint32(4, crc32(checked));
  return concatenate([numbers.subarray(0, 4), checked, numbers.subarray(4)]);
}

/**
 * Whether an ancillary chunk changes how the pixels are shown, here. One that is repeated, out of place or of
 * another length than its fields have is ignored by decoders, and so may hide anything.
 */
function isHeeded({ name, data }: Chunk, seen: Map<string, Chunk>, { colour }: Header): boolean {
  if (seen.has(name) || seen.has('IDAT')) return false;
  const palette = seen.get('PLTE');
  switch (name) {
    case 'tRNS':
      if (colour.palette !== 'needed') return data.length === colour.trns;
      return data.length > 0 && data.length <= (palette?.data.length ?? 0) / 3;
    case 'cHRM':
      return data.length === 32 && !palette;
    case 'gAMA':
    case 'cICP':
      return data.length === 4 && !palette;
    case 'sRGB':
      return data.length === 1 && !palette;
    case 'sBIT':
      return data.length === colour.sbit && !palette;
    case 'iCCP':
      return !palette;
    default:
      return false;
  }
}
