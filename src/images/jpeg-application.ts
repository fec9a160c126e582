import { cleanProfile } from './colour-profile.ts';
import { concatenate, hasText, viewOf } from './container.ts';

/** An application segment (APPn) or comment: its marker's second byte, and what follows the length. */
export type ApplicationSegment = { marker: number; body: Uint8Array };

const exif = 'Exif\0\0';
const iccName = 'ICC_PROFILE\0';
/** Bytes of a profile that fit into a segment, beside its length, name and numbers. */
const iccPart = 0xffff - 2 - iccName.length - 2;
const orientationTag = 0x0112;
const short = 3;

/**
 * The application segments that change how a JPEG picture looks, each cut down to the fields that do:
 * JFIF without its thumbnail (ITU-T T.871, 10.1), the orientation alone out of Exif (CIPA DC-008, tag 274), the
 * colour profile (ICC.1, annex B) and Adobe's colour transform (ITU-T T.872, 6.5.3). Of those that come twice, the
 * one that decoders heed. XMP, MPF, IPTC, comments and all others go.
 */
export function keptSegments(segments: readonly ApplicationSegment[]): Uint8Array[] {
  const named = (marker: number, name: string, length = name.length) =>
    segments.filter(
      (segment) =>
        segment.marker === marker && segment.body.length >= length && hasText(segment.body, 0, name),
    );
  const jfif = named(0xe0, 'JFIF\0', 14).at(-1);
  const orientation = orientationOf(named(0xe1, exif)[0]?.body ?? new Uint8Array());
  const profile = profileOf(named(0xe2, iccName, iccName.length + 2));
  const adobe = named(0xee, 'Adobe', 12).at(-1);
  const kept: Uint8Array[] = [];
  // The last two bytes are the sides of the thumbnail that follows them.
  if (jfif) kept.push(segmentOf(0xe0, concatenate([jfif.body.subarray(0, 12), Uint8Array.of(0, 0)])));
  if (orientation !== 1) kept.push(segmentOf(0xe1, exifOf(orientation)));
  if (profile) kept.push(...profileSegments(profile));
  if (adobe) kept.push(segmentOf(0xee, adobe.body.subarray(0, 12)));
  return kept;
}

/** The profile that segments hold together, each with its number from 1 on and how many there are; null when they do not. */
function profileOf(segments: readonly ApplicationSegment[]): Uint8Array | null {
  const parts = segments
    .map(({ body }) => body.subarray(iccName.length))
    .sort(([one = 0], [other = 0]) => one - other);
  const isWhole = parts.every(([number, count], at) => number === at + 1 && count === parts.length);
  return isWhole ? cleanProfile(concatenate(parts.map((part) => part.subarray(2)))) : null;
}

function profileSegments(profile: Uint8Array): Uint8Array[] {
  const count = Math.ceil(profile.length / iccPart);
  return Array.from({ length: count }, (_, at) => {
    const numbers = Uint8Array.of(at + 1, count);
    const part = profile.subarray(at * iccPart, (at + 1) * iccPart);
    return segmentOf(0xe2, concatenate([new TextEncoder().encode(iccName), numbers, part]));
  });
}

/** The orientation, from 1 to 8. Where none can be read, the picture is shown as it is stored, which is 1. */
function orientationOf(body: Uint8Array): number {
  const tiff = body.subarray(exif.length);
  const little = hasText(tiff, 0, 'II*\0');
  if (tiff.length < 8 || !(little || hasText(tiff, 0, 'MM\0*'))) return 1;
  const view = viewOf(tiff);
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const count = view.getUint16(directory, little);
  for (let index = 0; index < count; index++) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > tiff.length) return 1;
    if (view.getUint16(entry, little) !== orientationTag) continue;
    const single = view.getUint16(entry + 2, little) === short && view.getUint32(entry + 4, little) === 1;
    const value = view.getUint16(entry + 8, little);
    return single && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** An Exif body that holds an orientation and nothing else. */
function exifOf(orientation: number): Uint8Array {
  const header = [0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8];
  const entry = [0x01, 0x12, 0, short, 0, 0, 0, 1, 0, orientation, 0, 0];
  const noFurtherDirectory = [0, 0, 0, 0];
  return Uint8Array.of(...new TextEncoder().encode(exif), ...header, 0, 1, ...entry, ...noFurtherDirectory);
}

function segmentOf(marker: number, body: Uint8Array): Uint8Array {
  const length = body.length + 2;
  return concatenate([Uint8Array.of(0xff, marker, length >> 8, length & 255), body]);
}
