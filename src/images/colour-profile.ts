import { constants, deflateSync, inflateSync } from 'node:zlib';
import { concatenate, hasText, viewOf } from './container.ts';

/** Bytes that a colour profile may have, unpacked. Those of printers, the largest in use, have about half. */
export const maximumProfile = 1024 * 1024;

const headerLength = 128;
/** The name that a profile gets in a PNG picture: it tells nobody anything. */
const profileName = new TextEncoder().encode('icc\0\0');

/**
 * A colour profile (ICC.1) without whatever follows it, or null: it is not one, is cut off, or is heavier than
 * {@link maximumProfile}. A picture is shown without it then.
 */
export function cleanProfile(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length < headerLength + 4 || !hasText(bytes, 36, 'acsp')) return null;
  const length = viewOf(bytes).getUint32(0);
  const fits = length >= headerLength + 4 && length <= bytes.length && length <= maximumProfile;
  return fits ? bytes.subarray(0, length) : null;
}

/** The body of an iCCP chunk (PNG, 11.3.2.3) with nothing but its profile, or null. */
export function cleanIccp(data: Uint8Array): Uint8Array | null {
  const name = data.indexOf(0);
  if (name < 1 || name > 79 || data[name + 1] !== 0) return null;
  const profile = cleanProfile(inflated(data.subarray(name + 2)) ?? new Uint8Array());
  if (!profile) return null;
  return concatenate([profileName, deflateSync(profile, { level: constants.Z_BEST_COMPRESSION })]);
}

/** What a zlib stream unpacks to, or null when it is damaged or unpacks to more than a profile may weigh. */
function inflated(stream: Uint8Array): Uint8Array | null {
  try {
    return inflateSync(stream, { maxOutputLength: maximumProfile });
  } catch {
    return null;
  }
}
