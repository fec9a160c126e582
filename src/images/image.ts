import { hasText, type ImageProblem, type Picture } from './container.ts';
import { readJpeg } from './jpeg.ts';
import { readPng } from './png.ts';
import { readWebp } from './webp.ts';

/** A picture that may be stored and served. */
export type InspectedImage = Picture & (typeof formats)[number]['names'];

const formats = [
  {
    names: { type: 'image/png', extension: 'png' },
    recognises: (bytes: Uint8Array) => hasText(bytes, 0, '\x89PNG\r\n\x1a\n'),
    read: readPng,
  },
  {
    names: { type: 'image/jpeg', extension: 'jpg' },
    recognises: (bytes: Uint8Array) => hasText(bytes, 0, '\xff\xd8\xff'),
    read: readJpeg,
  },
  {
    names: { type: 'image/webp', extension: 'webp' },
    recognises: (bytes: Uint8Array) => hasText(bytes, 0, 'RIFF') && hasText(bytes, 8, 'WEBP'),
    read: readWebp,
  },
] as const;

/**
 * Recognises a PNG, JPEG or WebP picture by its bytes, walks its container to the end, and gives the same
 * picture without metadata (place, camera, author, comments, thumbnails) and without anything that follows it;
 * a colour profile stays when it is one and not too heavy.
 * What it gives, it accepts and leaves as it is.
 *
 * The dimensions are those stored: a JPEG whose Exif orientation is 5 to 8 is shown with its sides swapped.
 * Pixel data is not decompressed: that it fills the picture is not known, only that its container is whole.
 */
export function inspectImage(bytes: Uint8Array): InspectedImage | { problem: ImageProblem } {
  const format = formats.find(({ recognises }) => recognises(bytes));
  if (!format) return { problem: 'unsupported' };
  const picture = format.read(bytes);
  return typeof picture === 'string' ? { problem: picture } : { ...format.names, ...picture };
}
