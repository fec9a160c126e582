/** Why a picture is refused. */
export type ImageProblem = 'unsupported' | 'malformed' | 'too_many_pixels' | 'animated';

/** What the reader of one format found: the stored dimensions, and the same picture without its metadata. */
export type Picture = { width: number; height: number; clean: Uint8Array };

/** The longest side. It bounds what a viewer has to allocate, however small the file is. */
const maximumSide = 4096;

/** The problem with a picture of these dimensions, if there is one. */
export function problemOfSize(width: number, height: number): ImageProblem | null {
  if (width === 0 || height === 0) return 'malformed';
  return width > maximumSide || height > maximumSide ? 'too_many_pixels' : null;
}

/** A view for reading the integers of these bytes, which may be a part of a larger buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether these characters, each a byte, stand at an offset. */
export function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** The four-character name of a chunk. */
export function nameAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** One array of all these bytes, sharing no memory with them. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
