import { cleanProfile } from './colour-profile.ts';
import {
  concatenate,
  hasText,
  type ImageProblem,
  nameAt,
  type Picture,
  problemOfSize,
  viewOf,
} from './container.ts';

type Chunk = { name: string; data: Uint8Array };
type Size = { width: number; height: number };

/** The flags of VP8X that matter here (RFC 9649, 2.7); those of Exif and XMP do not survive. */
const flags = { profile: 0x20, alpha: 0x10, animation: 0x02 };

/**
 * Reads a WebP picture (RFC 9649, 2): the simple lossy and lossless formats, and the extended one without
 * animation. The bitstream stays, with its alpha plane and colour profile; Exif, XMP, unknown chunks and
 * whatever follows the RIFF container go, and VP8X is written anew to say so.
 */
export function readWebp(bytes: Uint8Array): Picture | ImageProblem {
  const chunks = chunksOf(bytes);
  if (!chunks?.[0]) return 'malformed';
  const extended = chunks[0].name === 'VP8X' ? chunks[0].data : null;
  const animated = ((extended?.[0] ?? 0) & flags.animation) !== 0;
  if (animated || chunks.some(({ name }) => name === 'ANIM' || name === 'ANMF')) return 'animated';

  const at = extended ? chunks.findIndex(({ name }) => name === 'VP8 ' || name === 'VP8L') : 0;
  const image = chunks[at];
  const size = image && sizeOf(image);
  if (!size) return 'malformed';
  const problem = problemOfSize(size.width, size.height);
  if (problem) return problem;
  if (!extended) return { ...size, clean: riffOf([image]) };

  if (extended.length !== 10 || !hasCanvas(extended, size)) return 'malformed';
  const before = chunks.slice(0, at);
  const [told = 0] = extended;
  const iccp = told & flags.profile ? before.find(({ name }) => name === 'ICCP') : undefined;
  const cleaned = iccp && cleanProfile(iccp.data);
  const profile = cleaned ? { name: 'ICCP', data: cleaned } : undefined;
  const alpha = image.name === 'VP8 ' ? before.find(({ name }) => name === 'ALPH') : undefined;
  const header = concatenate([
    Uint8Array.of((told & flags.alpha) | (profile ? flags.profile : 0), 0, 0, 0),
    extended.subarray(4),
  ]);
  const kept = [{ name: 'VP8X', data: header }, profile, alpha, image];
  return { ...size, clean: riffOf(kept.filter((chunk) => chunk !== undefined)) };
}

/** The chunks that fill the RIFF container (2.3, 2.4), or null if they do not. */
function chunksOf(bytes: Uint8Array): Chunk[] | null {
  const view = viewOf(bytes);
  const end = 8 + view.getUint32(4, true);
  if (end > bytes.length) return null;
  const chunks: Chunk[] = [];
  let at = 12;
  while (at + 8 <= end) {
    const length = view.getUint32(at + 4, true);
    chunks.push({ name: nameAt(bytes, at), data: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return at === end ? chunks : null;
}

/** The dimensions in the header of a bitstream, or null if decoders refuse it. */
function sizeOf({ name, data }: Chunk): Size | null {
  const view = viewOf(data);
  if (name === 'VP8 ' && data.length > 10) {
    // A key frame that is shown, of a known version, whose first partition is there (RFC 6386, 9.1).
    const tag = view.getUint16(0, true) | ((data[2] ?? 0) << 16);
    const shown = (tag & 1) === 0 && ((tag >> 1) & 7) <= 3 && ((tag >> 4) & 1) === 1;
    if (!shown || tag >> 5 >= data.length || !hasText(data, 3, '\x9d\x01\x2a')) return null;
    return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
  }
  if (name === 'VP8L' && data.length > 5 && data[0] === 0x2f) {
    // Fourteen bits less one for each side, one for alpha, and three for the version (RFC 9649, 3.4).
    const fields = view.getUint32(1, true);
    return fields >>> 29 === 0
      ? { width: (fields & 0x3fff) + 1, height: ((fields >> 14) & 0x3fff) + 1 }
      : null;
  }
  return null;
}

/** Whether the canvas of VP8X, in three bytes less one for each side, is that of the bitstream. */
function hasCanvas(extended: Uint8Array, { width, height }: Size): boolean {
  const view = viewOf(extended);
  return view.getUint32(3, true) >>> 8 === width - 1 && view.getUint32(6, true) >>> 8 === height - 1;
}

function riffOf(chunks: readonly Chunk[]): Uint8Array {
  const body = concatenate(
    chunks.flatMap(({ name, data }) => [headerOf(name, data.length), data, new Uint8Array(data.length % 2)]),
  );
  return concatenate([headerOf('RIFF', body.length + 4), new TextEncoder().encode('WEBP'), body]);
}

/** A name and a length, little-endian. */
function headerOf(name: string, length: number): Uint8Array {
  const header = new Uint8Array(8);
  header.set(new TextEncoder().encode(name));
  viewOf(header).setUint32(4, length, true);
  return header;
}
