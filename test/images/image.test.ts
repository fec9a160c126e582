import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inspectImage } from '../../src/images/image.ts';
import {
  type ImageName,
  images,
  join,
  jpegSegment,
  partsOf,
  pngChunk,
  riffChunk,
} from '../support/images.ts';

const types = { png: 'image/png', jpeg: 'image/jpeg', webp: 'image/webp' } as const;
const extensions = { png: 'png', jpeg: 'jpg', webp: 'webp' } as const;
type Format = keyof typeof types;

function cleaned(bytes: Uint8Array): Uint8Array {
  const result = inspectImage(bytes);
  if ('problem' in result) throw new Error(result.problem);
  return result.clean;
}

function problemOf(bytes: Uint8Array): string | null {
  const result = inspectImage(bytes);
  return 'problem' in result ? result.problem : null;
}

const layoutOf = (bytes: Uint8Array) =>
  partsOf(bytes)
    .slice(1)
    .map(({ name }) => name.trim())
    .join(' ');

const textOf = (bytes: Uint8Array) => String.fromCharCode(...bytes);

/** A sample with each part of a name replaced. */
function replaced(name: ImageName, part: string, change: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  return join(...partsOf(images[name]).map(({ name, bytes }) => (name === part ? change(bytes) : bytes)));
}

/** A sample with something put before each part of a name. */
const inserted = (name: ImageName, part: string, extra: Uint8Array | string) =>
  replaced(name, part, (bytes) => join(extra, bytes));

/** A WebP sample with other chunks, in a container of the right length. */
function rewrapped(name: ImageName, change: (chunks: Uint8Array[]) => (Uint8Array | string)[]): Uint8Array {
  const chunks = partsOf(images[name]).slice(1);
  return riffChunk('RIFF', join('WEBP', ...change(chunks.map(({ bytes }) => bytes))));
}

describe('keeps what shows the picture, and only that', () => {
  it.each<[ImageName, string]>([
    ['pngRgb', 'IHDR IDAT IEND'],
    ['pngGrey', 'IHDR gAMA IDAT IEND'],
    ['pngBit', 'IHDR gAMA cHRM IDAT IEND'],
    ['png16', 'IHDR gAMA cHRM IDAT IEND'],
    ['pngPalette', 'IHDR gAMA cHRM PLTE tRNS IDAT IEND'],
    ['pngInterlaced', 'IHDR gAMA cHRM IDAT IEND'],
    ['pngAlpha', 'IHDR gAMA cHRM IDAT IEND'],
    ['pngGps', 'IHDR iCCP cHRM IDAT IEND'],
    ['jpegBaseline', 'e0 db db c0 c4 c4 c4 c4 da d9'],
    ['jpegProgressive', 'e0 db db c2 c4 c4 da c4 da c4 da c4 da c4 da c4 da da c4 da c4 da c4 da d9'],
    ['jpegGrey', 'e0 db c0 c4 c4 da d9'],
    ['jpegCmyk', 'ee db db c0 c4 c4 c4 c4 da d9'],
    ['jpegRestart', 'e0 db db c0 c4 c4 c4 c4 dd da d9'],
    ['jpegGps', 'e0 e1 e2 db db c0 c4 c4 c4 c4 da d9'],
    ['jpegMpf', 'e0 db db c0 c4 c4 c4 c4 da d9'],
    ['webpLossy', 'VP8'],
    ['webpLossless', 'VP8L'],
    ['webpAlpha', 'VP8X ALPH VP8'],
    ['webpGps', 'VP8X ICCP VP8'],
  ])('%s: %s', (name, layout) => {
    const bytes = images[name];
    const format = name.replace(/[A-Z0-9].*/, '') as Format;
    const result = inspectImage(bytes);
    const { clean, ...description } = { clean: cleaned(bytes), ...result };
    expect(description).toEqual({
      type: types[format],
      extension: extensions[format],
      width: 17,
      height: 11,
    });
    expect(layoutOf(clean)).toBe(layout);
    expect(inspectImage(clean)).toEqual(result);
    // What is kept is kept to the byte, but for the headers that are written anew.
    const before = partsOf(bytes).map((part) => textOf(part.bytes));
    const changed = partsOf(clean).filter((part) => !before.includes(textOf(part.bytes)));
    expect(
      changed.map((part) => part.name).filter((part) => !['', 'VP8X', 'e1', 'iCCP'].includes(part)),
    ).toEqual([]);
  });

  it.each<ImageName>(['pngGps', 'jpegGps', 'webpGps'])('%s: no place, camera, author or comment', (name) => {
    const secrets = /Secret|GPS|48[.,][58]|2[.,]29|xmp|Exif\0\0II|8BIM/i;
    expect(textOf(images[name])).toMatch(secrets);
    expect(textOf(cleaned(images[name]))).not.toMatch(secrets);
  });

  it('does not write into the bytes it was given, nor share them', () => {
    const within = join('before', images.jpegGps, 'after').subarray(6, -5);
    const clean = cleaned(within);
    expect(clean).toEqual(cleaned(images.jpegGps));
    clean.fill(0);
    expect(within).toEqual(images.jpegGps);
  });
});

describe('JPEG', () => {
  const exif = (little: boolean, entries: number[][]) => {
    const order = (bytes: number[]) => (little ? bytes.toReversed() : bytes);
    const header = [...order([0, 42]), ...order([0, 0, 0, 8]), ...order([0, entries.length])];
    const directory = entries.map(([tag = 0, type = 0, count = 0, value = 0]) => [
      ...[
        order([tag >> 8, tag & 255]),
        order([0, type]),
        order([0, 0, 0, count]),
        order([0, value]),
        [0, 0],
      ].flat(),
    ]);
    return jpegSegment(0xe1, join('Exif\0\0', little ? 'II' : 'MM', header, directory.flat(), [0, 0, 0, 0]));
  };
  const orientationOf = (segment: Uint8Array) => {
    const kept = partsOf(cleaned(inserted('jpegBaseline', 'c0', segment))).find(({ name }) => name === 'e1');
    if (!kept) return null;
    expect(kept.bytes).toEqual(exif(false, [[0x0112, 3, 1, kept.bytes[29] ?? 0]]));
    return kept.bytes[29];
  };

  it('keeps the orientation of a photo, and no other tag', () => {
    expect(partsOf(cleaned(images.jpegGps)).find(({ name }) => name === 'e1')?.bytes).toEqual(
      exif(false, [[0x0112, 3, 1, 6]]),
    );
    for (const little of [true, false]) {
      for (let value = 2; value <= 8; value++) {
        expect(
          orientationOf(
            exif(little, [
              [0x010f, 2, 4, 65],
              [0x0112, 3, 1, value],
            ]),
          ),
        ).toBe(value);
      }
    }
  });

  it.each<[string, Uint8Array]>([
    ['one', exif(true, [[0x0112, 3, 1, 1]])],
    ['zero', exif(true, [[0x0112, 3, 1, 0]])],
    ['nine', exif(true, [[0x0112, 3, 1, 9]])],
    ['of another type', exif(true, [[0x0112, 2, 1, 6]])],
    ['of two values', exif(true, [[0x0112, 3, 2, 6]])],
    ['beyond the segment', jpegSegment(0xe1, 'Exif\0\0MM\0*\0\0\0\x08\0\x09\x01\x12')],
    ['in a directory beyond the segment', jpegSegment(0xe1, 'Exif\0\0II*\0\xff\xff\xff\xff')],
    ['in no TIFF', jpegSegment(0xe1, 'Exif\0\0')],
  ])('takes no orientation that is %s', (_, segment) => {
    expect(orientationOf(segment)).toBeNull();
  });

  it('drops the thumbnail and the trailing bytes of the segments it keeps', () => {
    const plain = cleaned(images.jpegBaseline);
    const thumbnail = jpegSegment(0xe0, join('JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01Sec'));
    const extension = jpegSegment(0xe0, 'JFXX\0\x13\x01\x01Sec');
    expect(cleaned(replaced('jpegBaseline', 'e0', () => join(thumbnail, extension)))).toEqual(plain);
    const adobe = cleaned(images.jpegCmyk);
    expect(
      cleaned(replaced('jpegCmyk', 'ee', (bytes) => jpegSegment(0xee, join(bytes.slice(4), 'Secret')))),
    ).toEqual(adobe);
  });

  it.each<[string, Uint8Array]>([
    ['a comment', jpegSegment(0xfe, 'Secret')],
    ['an unknown application', jpegSegment(0xe5, 'Secret')],
    ['an APP2 that is no profile', jpegSegment(0xe2, 'FPXR\0Secret')],
    ['an APP14 that is not Adobe', jpegSegment(0xee, 'Secret of no one')],
    ['a DNL', jpegSegment(0xdc, [0, 11])],
    ['fill bytes', Uint8Array.of(0xff, 0xff, 0xff)],
  ])('drops %s, in the header and after the scan', (_, segment) => {
    expect(cleaned(inserted('jpegBaseline', 'c0', segment))).toEqual(cleaned(images.jpegBaseline));
    expect(cleaned(inserted('jpegBaseline', 'd9', segment))).toEqual(cleaned(images.jpegBaseline));
  });

  it('drops a profile that comes after the header', () => {
    const late = inserted('jpegBaseline', 'd9', jpegSegment(0xe2, 'ICC_PROFILE\0\x01\x01Secret'));
    expect(cleaned(late)).toEqual(cleaned(images.jpegBaseline));
  });

  it.each<[string, Uint8Array, string]>([
    ['arithmetic coding', images.jpegArithmetic, 'unsupported'],
    ['twelve bits a sample', replaced('jpegBaseline', 'c0', (bytes) => bytes.with(4, 12)), 'unsupported'],
    [
      'two components',
      replaced('jpegGrey', 'c0', () => jpegSegment(0xc0, '\x08\0\x0b\0\x11\x02\x01\x11\0\x02\x11\0')),
      'unsupported',
    ],
    ['no frame', replaced('jpegBaseline', 'c0', () => join()), 'malformed'],
    ['two frames', replaced('jpegBaseline', 'c0', (bytes) => join(bytes, bytes)), 'malformed'],
    ['no scan', replaced('jpegBaseline', 'da', () => join()), 'malformed'],
    ['an empty scan', replaced('jpegBaseline', 'da', (bytes) => bytes.subarray(0, 14)), 'malformed'],
    [
      'a scan of no component of the frame',
      replaced('jpegGrey', 'da', (bytes) => bytes.with(5, 9)),
      'malformed',
    ],
    [
      'a hundred and one scans',
      replaced('jpegGrey', 'da', (bytes) => join(...Array(101).fill(bytes))),
      'malformed',
    ],
    [
      'a table cut short',
      replaced('jpegGrey', 'db', (bytes) => bytes.with(3, 66).subarray(0, 68)),
      'malformed',
    ],
    ['more codes than a table holds', replaced('jpegGrey', 'c4', (bytes) => bytes.with(6, 3)), 'malformed'],
    [
      'a restart interval of three bytes',
      inserted('jpegGrey', 'da', jpegSegment(0xdd, [0, 0, 1])),
      'malformed',
    ],
    ['junk between segments', inserted('jpegGrey', 'c0', 'junk'), 'malformed'],
    ['a segment without its 0xff', inserted('jpegGrey', 'c0', '\xfe\0\x06junk'), 'malformed'],
    ['a second start', inserted('jpegGrey', 'c0', Uint8Array.of(0xff, 0xd8)), 'malformed'],
    ['a segment of length one', inserted('jpegGrey', 'c0', Uint8Array.of(0xff, 0xfe, 0, 1)), 'malformed'],
    ['no end', images.jpegBaseline.subarray(0, -2), 'malformed'],
    ['height zero', replaced('jpegGrey', 'c0', (bytes) => bytes.with(6, 0)), 'malformed'],
    ['width 4097', replaced('jpegGrey', 'c0', (bytes) => bytes.with(7, 16).with(8, 1)), 'too_many_pixels'],
  ])('refuses %s', (_, bytes, problem) => {
    expect(problemOf(bytes)).toBe(problem);
  });

  it('takes a hundred scans, and 4096 pixels', () => {
    expect(problemOf(replaced('jpegGrey', 'da', (bytes) => join(...Array(100).fill(bytes))))).toBeNull();
    expect(problemOf(replaced('jpegGrey', 'c0', (bytes) => bytes.with(7, 16).with(8, 0)))).toBeNull();
  });
});

describe('PNG', () => {
  const header = (fields: Partial<Record<number, number>>, name: ImageName = 'pngRgb') =>
    replaced(name, 'IHDR', (bytes) => {
      const data = bytes.slice(8, -4);
      for (const [at, value] of Object.entries(fields)) data[Number(at)] = value ?? 0;
      return pngChunk('IHDR', data);
    });

  it.each<[string, Uint8Array]>([
    ['an unknown chunk', pngChunk('seCr', 'Secret')],
    ['a chunk longer than its fields', pngChunk('gAMA', 'Secret')],
    ['an animation frame without an animation', pngChunk('fcTL', 'Secret')],
    ['a transparency of another colour type', pngChunk('tRNS', 'Se')],
    ['significant bits of another colour type', pngChunk('sBIT', 'S')],
    ['the size of its dots', pngChunk('pHYs', 'abcdefghi')],
    ['a profile that is none', pngChunk('iCCP', 'name\0\0abc')],
  ])('drops %s, before and after the pixels', (_, chunk) => {
    expect(cleaned(inserted('pngRgb', 'IDAT', chunk))).toEqual(images.pngRgb);
    expect(cleaned(inserted('pngRgb', 'IEND', chunk))).toEqual(images.pngRgb);
  });

  it.each<[string, string]>([
    ['gAMA', 'abcd'],
    ['cHRM', 'abcdefgh'.repeat(4)],
    ['sRGB', '\0'],
    ['sBIT', 'abc'],
    ['cICP', 'abcd'],
    ['tRNS', 'abcdef'],
  ])('keeps %s once, where decoders heed it', (name, data) => {
    const chunk = pngChunk(name, data);
    const once = inserted('pngRgb', 'IDAT', chunk);
    expect(cleaned(once)).toEqual(once);
    expect(cleaned(inserted('pngRgb', 'IDAT', join(chunk, pngChunk(name, data.replace('a', 'z')))))).toEqual(
      once,
    );
    expect(cleaned(inserted('pngRgb', 'IEND', chunk))).toEqual(images.pngRgb);
    if (name === 'tRNS') return;
    const late = replaced('pngRgb', 'IHDR', (bytes) => join(bytes, pngChunk('PLTE', 'abc'), chunk));
    expect(cleaned(late)).toEqual(images.pngRgb);
  });

  it('drops a transparency that comes before its palette, or is longer', () => {
    const without = cleaned(replaced('pngPalette', 'tRNS', () => join()));
    const early = replaced('pngPalette', 'cHRM', (bytes) => join(bytes, pngChunk('tRNS', '\0')));
    expect(layoutOf(cleaned(early))).toBe('IHDR gAMA cHRM PLTE tRNS IDAT IEND');
    expect(cleaned(early)).toEqual(cleaned(images.pngPalette));
    expect(cleaned(replaced('pngPalette', 'tRNS', () => pngChunk('tRNS', 'S'.repeat(257))))).toEqual(without);
  });

  it.each<[string, Uint8Array, string]>([
    ['an animation', images.pngAnimated, 'animated'],
    ['a wrong checksum', replaced('pngRgb', 'IDAT', (bytes) => bytes.with(20, 0).with(21, 0)), 'malformed'],
    [
      'a wrong checksum of a comment',
      inserted('pngRgb', 'IDAT', pngChunk('tEXt', 'a').with(8, 98)),
      'malformed',
    ],
    ['an unknown critical chunk', inserted('pngRgb', 'IDAT', pngChunk('CgBI', '')), 'malformed'],
    ['no header', replaced('pngRgb', 'IHDR', () => join()), 'malformed'],
    ['a chunk before the header', inserted('pngRgb', 'IHDR', pngChunk('gAMA', 'abcd')), 'malformed'],
    ['two headers', replaced('pngRgb', 'IHDR', (bytes) => join(bytes, bytes)), 'malformed'],
    ['no pixels', replaced('pngRgb', 'IDAT', () => join()), 'malformed'],
    ['empty pixels', replaced('pngRgb', 'IDAT', () => pngChunk('IDAT')), 'malformed'],
    [
      'pixels in two places',
      replaced('pngRgb', 'IDAT', (bytes) => join(bytes, pngChunk('tEXt'), bytes)),
      'malformed',
    ],
    ['no palette where one is needed', replaced('pngPalette', 'PLTE', () => join()), 'malformed'],
    ['a palette in grey', inserted('pngGrey', 'IDAT', pngChunk('PLTE', 'abc')), 'malformed'],
    ['a palette of four bytes', replaced('pngPalette', 'PLTE', () => pngChunk('PLTE', 'abcd')), 'malformed'],
    [
      'a palette of 257 colours',
      replaced('pngPalette', 'PLTE', () => pngChunk('PLTE', 'abc'.repeat(257))),
      'malformed',
    ],
    ['two palettes', replaced('pngPalette', 'PLTE', (bytes) => join(bytes, bytes)), 'malformed'],
    ['a palette after the pixels', inserted('pngRgb', 'IEND', pngChunk('PLTE', 'abc')), 'malformed'],
    ['no end', replaced('pngRgb', 'IEND', () => join()), 'malformed'],
    ['an end with content', replaced('pngRgb', 'IEND', () => pngChunk('IEND', 'Secret')), 'malformed'],
    ['colour type 5', header({ 9: 5 }), 'malformed'],
    ['colour type 7', header({ 9: 7 }), 'malformed'],
    ['four bits of true colour', header({ 8: 4 }), 'malformed'],
    ['another compression', header({ 10: 1 }), 'malformed'],
    ['another filter', header({ 11: 1 }), 'malformed'],
    ['another interlace', header({ 12: 2 }), 'malformed'],
    ['width zero', header({ 3: 0 }), 'malformed'],
    ['height 4097', header({ 6: 16, 7: 1 }), 'too_many_pixels'],
    ['width 2^31', header({ 0: 128 }), 'too_many_pixels'],
  ])('refuses %s', (_, bytes, problem) => {
    expect(problemOf(bytes)).toBe(problem);
  });

  it('takes pixels in several chunks, and 4096 pixels', () => {
    const twice = replaced('pngRgb', 'IDAT', (bytes) => join(bytes, pngChunk('IDAT'), bytes));
    expect(cleaned(twice)).toEqual(twice);
    expect(problemOf(header({ 2: 16, 3: 0, 6: 16, 7: 0 }))).toBeNull();
  });
});

describe('WebP', () => {
  const patched = (name: ImageName, at: number, value: number) => images[name].with(at, value);
  // VP8X stands at 12, its flags at 20 and its canvas from 24; the data of a first VP8 or VP8L chunk at 20.
  it('clears the flags of what it dropped, and writes the lengths anew', () => {
    const clean = cleaned(images.webpGps);
    expect(images.webpGps[20]).toBe(0x2c);
    expect(clean[20]).toBe(0x20);
    expect(new DataView(clean.buffer).getUint32(4, true)).toBe(clean.length - 8);
    expect(cleaned(patched('webpAlpha', 20, 0xdd))[20]).toBe(0x10);
    expect(cleaned(patched('webpAlpha', 21, 0xff))[21]).toBe(0);
  });

  it('drops a profile that is not flagged, or comes late, and unknown chunks', () => {
    expect(layoutOf(cleaned(patched('webpGps', 20, 0x0c)))).toBe('VP8X VP8');
    const secret = riffChunk('SECR', 'Secret');
    expect(
      cleaned(rewrapped('webpAlpha', ([first = '', ...rest]) => [first, secret, ...rest, secret])),
    ).toEqual(images.webpAlpha);
    const late = rewrapped('webpGps', ([header = '', profile = '', image = '']) => [header, image, profile]);
    expect(layoutOf(cleaned(late))).toBe('VP8X VP8');
    expect(cleaned(rewrapped('webpLossy', ([image = '']) => [image, secret, image]))).toEqual(
      images.webpLossy,
    );
  });

  it('drops an alpha plane from a lossless picture, which has its own', () => {
    const header = riffChunk('VP8X', [0x10, 0, 0, 0, 16, 0, 0, 10, 0, 0]);
    const both = rewrapped('webpLossless', ([image = '']) => [header, riffChunk('ALPH', 'Secret'), image]);
    expect(layoutOf(cleaned(both))).toBe('VP8X VP8L');
  });

  it.each<[string, Uint8Array, string]>([
    ['an animation', images.webpAnimated, 'animated'],
    ['an animation that is not flagged', patched('webpAnimated', 20, 0), 'animated'],
    ['a flag of animation', patched('webpAlpha', 20, 0x12), 'animated'],
    ['a container cut short', images.webpLossy.subarray(0, -2), 'malformed'],
    ['a container that ends within a chunk', patched('webpLossy', 4, 80), 'malformed'],
    ['a container of no chunk', riffChunk('RIFF', 'WEBP'), 'malformed'],
    ['a container that ends within the head of a chunk', riffChunk('RIFF', 'WEBPVP8 \0\0'), 'malformed'],
    ['a container shorter than its name', patched('webpLossy', 4, 0), 'malformed'],
    [
      'a container with junk at its end',
      rewrapped('webpLossy', (chunks) => [...chunks, 'junk']),
      'malformed',
    ],
    [
      'a chunk that is longer than its container',
      rewrapped('webpLossy', ([image = '']) => [join(image).with(5, 1)]),
      'malformed',
    ],
    ['a chunk without its padding', riffChunk('RIFF', 'WEBPVP8 \x01\0\0\0a'), 'malformed'],
    [
      'an unknown first chunk',
      rewrapped('webpLossy', (chunks) => [riffChunk('SECR', ''), ...chunks]),
      'malformed',
    ],
    ['no picture', rewrapped('webpAlpha', ([header = '']) => [header]), 'malformed'],
    [
      'an extended header cut short',
      rewrapped('webpAlpha', ([, ...rest]) => [riffChunk('VP8X', [0, 0]), ...rest]),
      'malformed',
    ],
    ['a canvas of another width', patched('webpAlpha', 24, 17), 'malformed'],
    ['a canvas of another height', patched('webpAlpha', 29, 1), 'malformed'],
    ['no key frame', patched('webpLossy', 20, (images.webpLossy[20] ?? 0) | 1), 'malformed'],
    ['a hidden frame', patched('webpLossy', 20, (images.webpLossy[20] ?? 0) & ~16), 'malformed'],
    ['an unknown version', patched('webpLossy', 20, (images.webpLossy[20] ?? 0) | 8), 'malformed'],
    ['a partition beyond the chunk', patched('webpLossy', 22, 255), 'malformed'],
    ['another start code', patched('webpLossy', 23, 0), 'malformed'],
    [
      'a lossy picture of ten bytes',
      riffChunk('RIFF', join('WEBP', riffChunk('VP8 ', 'abcdefghij'))),
      'malformed',
    ],
    ['another lossless signature', patched('webpLossless', 20, 0x2e), 'malformed'],
    ['another lossless version', patched('webpLossless', 24, 0xe0), 'malformed'],
    [
      'a lossless picture of five bytes',
      riffChunk('RIFF', join('WEBP', riffChunk('VP8L', '/abcd'))),
      'malformed',
    ],
    ['width zero', patched('webpLossy', 26, 0), 'malformed'],
    ['width 4097', patched('webpLossy', 26, 1).with(27, 16), 'too_many_pixels'],
    ['lossless width 4097', patched('webpLossless', 21, 0).with(22, 0x90), 'too_many_pixels'],
  ])('refuses %s', (_, bytes, problem) => {
    expect(problemOf(bytes)).toBe(problem);
  });
});

describe('another format under a picture', () => {
  const zip = 'PK\x05\x06'.padEnd(22, '\0');
  const page = '<!doctype html><script>alert(1)</script>';
  it.each(Object.keys(images) as ImageName[])('%s: what follows the end is dropped', (name) => {
    for (const trailer of [page, zip, `\0\0\0\x18ftypmp42${'\0'.repeat(99)}`, textOf(images[name])]) {
      expect(inspectImage(join(images[name], trailer))).toEqual(inspectImage(images[name]));
    }
  });

  it.each<[string, Uint8Array | string]>([
    ['nothing', ''],
    ['one byte', '\x89'],
    ['two bytes of JPEG', '\xff\xd8'],
    ['a part of the PNG signature', '\x89PNG\r\n\x1a'],
    ['a PNG whose line ends were changed', '\x89PNG\n\x1a\n\0\0\0\rIHDR'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['GIF', 'GIF89a\x01\0\x01\0\0\0\0;'],
    ['HTML', page],
    ['HTML before a PNG', join(page, images.pngRgb)],
    ['PDF', '%PDF-1.7\n'],
    ['ZIP', zip],
    ['BMP', `BM${'\0'.repeat(60)}`],
    ['AVIF', '\0\0\0\x1cftypavif'],
    ['HEIC', '\0\0\0\x18ftypheic'],
    ['WAVE', 'RIFF\x24\0\0\0WAVEfmt '],
    ['zeros', '\0'.repeat(4096)],
  ])('%s is unsupported', (_, bytes) => {
    expect(inspectImage(join(bytes))).toEqual({ problem: 'unsupported' });
  });
});

describe('a colour profile', () => {
  const MIB = 1024 * 1024;
  const profile = (length: number, filling = 0) => {
    const bytes = new Uint8Array(length).fill(filling);
    new DataView(bytes.buffer).setUint32(0, length);
    bytes.set(join('acsp'), 36);
    return bytes;
  };
  const iccp = (body: Uint8Array, name = 'Secret') =>
    inserted('pngRgb', 'IDAT', pngChunk('iCCP', join(name, '\0\0', deflateSync(body))));
  const inJpeg = (...bodies: Uint8Array[]) =>
    inserted(
      'jpegBaseline',
      'c0',
      join(
        ...bodies.map((body, at) => jpegSegment(0xe2, join('ICC_PROFILE\0', [at + 1, bodies.length], body))),
      ),
    );
  const inWebp = (body: Uint8Array) =>
    rewrapped('webpAlpha', ([header = join(), ...image]) => [
      riffChunk('VP8X', join([0x30, 0, 0, 0], header.subarray(12))),
      riffChunk('ICCP', body),
      ...image,
    ]);
  const layouts = (body: Uint8Array) =>
    [iccp(body), inJpeg(body), inWebp(body)].map((bytes) => layoutOf(cleaned(bytes)));
  const WITH = ['IHDR iCCP IDAT IEND', 'e0 e2 db db c0 c4 c4 c4 c4 da d9', 'VP8X ICCP ALPH VP8'];
  const WITHOUT = ['IHDR IDAT IEND', 'e0 db db c0 c4 c4 c4 c4 da d9', 'VP8X ALPH VP8'];

  it('stays, under a name that tells nothing, without what follows it', () => {
    const bytes = profile(600);
    expect(layouts(bytes)).toEqual(WITH);
    const more = join(bytes, 'Secret of the makers');
    for (const [at, picture] of [iccp, inJpeg, inWebp].entries()) {
      expect(cleaned(picture(more)), WITH[at]).toEqual(cleaned(picture(bytes)));
    }
    expect(cleaned(iccp(bytes))).toEqual(cleaned(iccp(bytes, 'another')));
    const stream = join('Secret\0\0', deflateSync(bytes), 'Secret after the stream');
    expect(cleaned(inserted('pngRgb', 'IDAT', pngChunk('iCCP', stream)))).toEqual(cleaned(iccp(bytes)));
  });

  it.each<[string, Uint8Array]>([
    ['another kind of file', join('Secret'.repeat(100))],
    ['nothing', new Uint8Array()],
    ['a profile that is cut off', profile(600).subarray(0, 599)],
    ['a profile without tags', profile(131)],
  ])('goes when it is %s', (_, body) => {
    expect(layouts(body)).toEqual(WITHOUT);
  });

  it('goes when it unpacks to more than it may weigh, and costs no memory', () => {
    expect(layoutOf(cleaned(iccp(profile(MIB))))).toBe(WITH[0]);
    expect(layoutOf(cleaned(iccp(profile(MIB + 1))))).toBe(WITHOUT[0]);
    const bomb = iccp(profile(50 * MIB));
    expect(bomb.length).toBeLessThan(MIB / 4);
    expect(cleaned(bomb)).toEqual(images.pngRgb);
    expect(layoutOf(cleaned(inWebp(profile(MIB + 1))))).toBe(WITHOUT[2]);
    const heavy = profile(MIB + 1);
    const parts = Array.from({ length: 17 }, (_, at) => heavy.subarray(at * 65_000, (at + 1) * 65_000));
    expect(layoutOf(cleaned(inJpeg(...parts)))).toBe(WITHOUT[1]);
  });

  it('is put together from the segments of a JPEG by their numbers', () => {
    const bytes = profile(100_000, 7);
    const [one, two] = [bytes.subarray(0, 40_000), bytes.subarray(40_000)];
    const clean = cleaned(inJpeg(one, two));
    expect(
      partsOf(clean)
        .filter(({ name }) => name === 'e2')
        .map((part) => part.bytes.length),
    ).toEqual([65_537, 100_000 - 65_519 + 18]);
    const segment = (number: number, count: number, body: Uint8Array) =>
      jpegSegment(0xe2, join('ICC_PROFILE\0', [number, count], body));
    const swapped = join(segment(2, 2, two), segment(1, 2, one));
    expect(cleaned(inserted('jpegBaseline', 'c0', swapped))).toEqual(clean);
    for (const wrong of [
      segment(1, 2, one),
      join(segment(1, 2, one), segment(1, 2, two)),
      segment(0, 1, bytes.subarray(0, 60_000)),
    ]) {
      expect(layoutOf(cleaned(inserted('jpegBaseline', 'c0', wrong)))).toBe(WITHOUT[1]);
    }
  });
});
