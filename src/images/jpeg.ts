import { concatenate, type ImageProblem, type Picture, problemOfSize, viewOf } from './container.ts';
import { type ApplicationSegment, keptSegments } from './jpeg-application.ts';

type Frame = { width: number; height: number; components: Set<number> };

/** Encoders write about ten. A small file of thousands would keep a viewer busy for minutes. */
const maximumScans = 100;

const startOfImage = Uint8Array.of(0xff, 0xd8);
const endOfImage = Uint8Array.of(0xff, 0xd9);

/**
 * Reads a JPEG picture (ITU-T T.81, annex B) of the kinds that browsers show: baseline, extended and progressive,
 * with eight bits a sample. The frame, its tables and its scans stay, and the application segments that
 * {@link keptSegments} chooses. All that follows the first EOI goes: the video of a motion photo, the further
 * pictures of MPF, another format.
 */
export function readJpeg(bytes: Uint8Array): Picture | ImageProblem {
  const view = viewOf(bytes);
  const application: ApplicationSegment[] = [];
  const kept: Uint8Array[] = [];
  let frame: Frame | null = null;
  let scans = 0;
  for (let at = startOfImage.length; ; ) {
    if (bytes[at] !== 0xff) return 'malformed';
    // A marker may be filled up with further 0xff (B.1.1.2).
    while (bytes[at] === 0xff) at++;
    const marker = bytes[at++] ?? 0;
    if (marker === 0xd9 && frame && scans > 0) {
      const clean = concatenate([startOfImage, ...keptSegments(application), ...kept, endOfImage]);
      return { width: frame.width, height: frame.height, clean };
    }
    const kind = kindOf(marker);
    if (kind === 'unsupported' || kind === 'malformed') return kind;

    const end = at + 2 <= bytes.length ? at + view.getUint16(at) : 0;
    if (end < at + 2 || end > bytes.length) return 'malformed';
    const body = bytes.subarray(at + 2, end);
    const segment = bytes.subarray(at - 2, end);
    at = end;
    if (kind === 'application') {
      // Decoders heed those of the header only, which ends at the first scan.
      if (scans === 0) application.push({ marker, body });
      continue;
    }
    kept.push(segment);
    if (kind === 'table') {
      if (!isTable(marker, body)) return 'malformed';
    } else if (kind === 'frame') {
      const read: Frame | ImageProblem = frame ? 'malformed' : readFrame(body);
      if (typeof read === 'string') return read;
      frame = read;
    } else {
      const endOfScan = at + entropyLength(bytes.subarray(at));
      if (!frame || !isScan(body, frame) || endOfScan === at || ++scans > maximumScans) return 'malformed';
      kept.push(bytes.subarray(at, endOfScan));
      at = endOfScan;
    }
  }
}

/** What the segment of a marker is to us (T.81, table B.1). */
function kindOf(marker: number): 'frame' | 'scan' | 'table' | 'application' | 'unsupported' | 'malformed' {
  if (marker >= 0xc0 && marker <= 0xc2) return 'frame';
  if (marker === 0xda) return 'scan';
  if (marker === 0xc4 || marker === 0xdb || marker === 0xdd) return 'table';
  // DNL repeats the height of the frame, which may not be zero here.
  if ((marker >= 0xe0 && marker <= 0xef) || marker === 0xfe || marker === 0xdc) return 'application';
  // Lossless, hierarchical and arithmetic coding.
  if ((marker > 0xc2 && marker <= 0xcf && marker !== 0xc8) || marker === 0xde || marker === 0xdf) {
    return 'unsupported';
  }
  return 'malformed';
}

/** The frame header (B.2.2). */
function readFrame(body: Uint8Array): Frame | ImageProblem {
  const count = body[5] ?? 0;
  if (body.length < 6 || body.length !== 6 + 3 * count) return 'malformed';
  // Grey, colour, or CMYK.
  if (body[0] !== 8 || ![1, 3, 4].includes(count)) return 'unsupported';
  const view = viewOf(body);
  const [height, width] = [view.getUint16(1), view.getUint16(3)];
  const components = new Set(body.filter((_, index) => index >= 6 && index % 3 === 0));
  if (components.size !== count) return 'malformed';
  return problemOfSize(width, height) ?? { width, height, components };
}

/** Whether a scan header (B.2.3) names components of the frame, each once. */
function isScan(body: Uint8Array, frame: Frame): boolean {
  const count = body[0] ?? 0;
  const named = new Set(body.filter((_, index) => index % 2 === 1 && index <= 2 * count));
  const whole = count > 0 && body.length === 4 + 2 * count && named.size === count;
  return whole && [...named].every((component) => frame.components.has(component));
}

/** Whether the tables of a DQT (B.2.4.1), DHT (B.2.4.2) or DRI (B.2.4.4) segment fill it exactly. */
function isTable(marker: number, body: Uint8Array): boolean {
  if (marker === 0xdd) return body.length === 2;
  let at = 0;
  while (at < body.length) {
    if (marker === 0xdb) at += (body[at] ?? 0) >> 4 ? 129 : 65;
    else at += body.subarray(at + 1, at + 17).reduce((length, codes) => length + codes, 17);
  }
  return at === body.length;
}

/** The length of entropy-coded data: up to the next marker that neither stuffs nor restarts (B.1.1.5). */
function entropyLength(bytes: Uint8Array): number {
  for (let at = 0; ; ) {
    const marker = bytes.indexOf(0xff, at);
    if (marker === -1) return bytes.length;
    at = marker + 1;
    while (bytes[at] === 0xff) at++;
    const second = bytes[at];
    if (second === undefined) return bytes.length;
    if (second !== 0 && (second < 0xd0 || second > 0xd7)) return marker;
    at++;
  }
}
