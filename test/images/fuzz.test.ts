import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inspectImage } from '../../src/images/image.ts';
import { images, join, jpegSegment, partsOf, pngChunk, riffChunk } from '../support/images.ts';

// A reader that loops would meet the time limit of the test, and one that is quadratic would too.
const runs = { numRuns: 5_000 };
const samples = Object.values(images);
const sample = fc.constantFrom(...samples);
const pieces = samples.flatMap(partsOf).map(({ bytes }) => bytes);

/** Never throws, and leaves as it is what it gave. */
function holds(bytes: Uint8Array): boolean {
  const copy = bytes.slice();
  const result = inspectImage(bytes);
  expect(bytes).toEqual(copy);
  if ('problem' in result) {
    expect(['unsupported', 'malformed', 'too_many_pixels', 'animated']).toContain(result.problem);
    return false;
  }
  expect(inspectImage(result.clean)).toEqual(result);
  // A header that is written anew may be longer than the one that stood there: 36 bytes of orientation.
  expect(result.clean.length).toBeLessThanOrEqual(bytes.length + 36);
  return true;
}

it('every truncation is refused, but for those that cut what follows the end', () => {
  for (const bytes of samples) {
    const whole = inspectImage(bytes);
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      if (holds(cut)) expect(inspectImage(cut)).toEqual(whole);
    }
  }
});

it('every flip of one bit', () => {
  let accepted = 0;
  for (const bytes of samples) {
    for (let at = 0; at < bytes.length; at++) {
      const bit = 1 << ((at * 7) % 8);
      if (holds(bytes.with(at, (bytes[at] ?? 0) ^ bit))) accepted++;
    }
  }
  expect(accepted).toBeGreaterThan(0);
});

it('flips of several bytes', () => {
  const change = fc.tuple(fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(sample, fc.array(change, { minLength: 1, maxLength: 8 }), (bytes, changes) => {
      const changed = bytes.slice();
      for (const [at, value] of changes) changed[at % changed.length] = value;
      holds(changed);
    }),
    runs,
  );
});

it('splices of two samples, and removed or repeated stretches of one', () => {
  fc.assert(
    fc.property(sample, sample, fc.nat(), fc.nat(), (head, tail, cut, from) => {
      holds(join(head.subarray(0, cut % head.length), tail.subarray(from % tail.length)));
      holds(join(head.subarray(0, cut % head.length), head.subarray(from % head.length)));
    }),
    runs,
  );
});

it('any row of whole parts, with sums and lengths that are right', () => {
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(...pieces.map((piece) => piece.slice(8, -4))),
  );
  const pngNames = [
    'IHDR',
    'PLTE',
    'IDAT',
    'IEND',
    'tRNS',
    'gAMA',
    'iCCP',
    'sBIT',
    'tEXt',
    'eXIf',
    'acTL',
    'zzzz',
  ];
  const webpNames = ['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ICCP', 'EXIF', 'XMP ', 'ANMF', 'zzzz'];
  const piece = fc.constantFrom(...pieces);
  const png = fc.array(
    fc.oneof(
      piece,
      fc.tuple(fc.constantFrom(...pngNames), data).map(([name, data]) => pngChunk(name, data)),
    ),
  );
  const webp = fc.array(
    fc.oneof(
      piece,
      fc.tuple(fc.constantFrom(...webpNames), data).map(([name, data]) => riffChunk(name, data)),
    ),
  );
  const jpeg = fc.array(
    fc.oneof(
      piece,
      fc.tuple(fc.integer({ min: 0xc0, max: 0xfe }), data).map(([marker, data]) => jpegSegment(marker, data)),
    ),
  );
  const start = partsOf(images.pngRgb)
    .slice(0, 2)
    .map(({ bytes }) => bytes);
  fc.assert(
    fc.property(png, webp, jpeg, (png, webp, jpeg) => {
      holds(join(...start, ...png, pngChunk('IEND')));
      holds(riffChunk('RIFF', join('WEBP', ...webp)));
      holds(join('\xff\xd8', ...jpeg, '\xff\xd9'));
    }),
    { numRuns: 3_000 },
  );
});

it('parts of a sample, dropped, repeated and reordered', () => {
  let accepted = 0;
  fc.assert(
    fc.property(sample, fc.array(fc.nat(), { maxLength: 12 }), (bytes, moves) => {
      const parts = partsOf(bytes).map((part) => part.bytes);
      for (const move of moves) {
        const at = 1 + (move % Math.max(1, parts.length - 1));
        const to = 1 + ((move >> 4) % Math.max(1, parts.length - 1));
        parts.splice(to, move & 1, ...parts.slice(at, at + 1));
      }
      const joined = join(...parts);
      if (holds(joined[0] === 0x52 ? riffChunk('RIFF', joined.subarray(8)) : joined)) accepted++;
    }),
    runs,
  );
  expect(accepted).toBeGreaterThan(100);
});

it('random bytes after a signature', () => {
  const signature = fc.constantFrom('\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'RIFF\x20\0\0\0WEBP', '');
  fc.assert(
    fc.property(signature, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
      holds(join(start, rest));
    }),
    runs,
  );
});

it.each<[string, () => Uint8Array]>([
  [
    'chunks that are dropped',
    () => join(images.pngRgb.subarray(0, 33), ...Array(20_000).fill(pngChunk('tEXt'))),
  ],
  [
    'empty pixels',
    () => join(images.pngRgb.subarray(0, -12), ...Array(20_000).fill(pngChunk('IDAT')), pngChunk('IEND')),
  ],
  [
    'comments',
    () => join('\xff\xd8', ...Array(60_000).fill(jpegSegment(0xfe, '')), images.jpegGrey.subarray(2)),
  ],
  ['restarts', () => join(images.jpegGrey.subarray(0, -2), '\xff\xd0'.repeat(120_000), '\xff\xd9')],
  ['fill bytes', () => join(images.jpegGrey.subarray(0, -2), '\xff'.repeat(240_000), '\xff\xd9')],
  [
    'RIFF chunks',
    () =>
      riffChunk(
        'RIFF',
        join('WEBP', images.webpLossy.subarray(12), ...Array(30_000).fill(riffChunk('zzzz', ''))),
      ),
  ],
])('many thousand %s', (_, make) => {
  holds(make());
});
