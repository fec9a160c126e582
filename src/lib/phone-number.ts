import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import { NUMBERING_PLANS } from '../../generated/numbering-plans.ts';

/** E.164: at most fifteen digits, and no calling code begins with 0. */
const E164 = /^\+[1-9]\d{6,14}$/;
/** The signs that people write between digits. */
const PUNCTUATION = /[\s().\-/\u00ad\u2010-\u2015\u2212]/g;

/**
 * A phone number as the directory keeps it (E.164), or null for what is none. Numbering plans say what of it is dialled at
 * home only: `+49 (0)151 23456789` is +4915123456789. With the calling code of its country, as `49` or `+49`, it may be a
 * national number. A number that no plan has is taken as it is written: plans grow faster than libraries.
 */
export function parsePhoneNumber(typed: string, callingCode?: string): string | null {
  // The prefix of international calls that ITU-T E.123 recommends: no number begins with it.
  const text = typed.normalize('NFKC').trim().replace(/^00/, '+');
  if (text.length > 40 || !/^[+\d(]/.test(text)) return null;
  const [, code] = /^\+?([1-9]\d{0,3})$/.exec(callingCode?.trim() ?? '') ?? [];
  const known = code === undefined ? planned(text) : planned(text, code);
  if (known) return known;
  const digits = text.replace(PUNCTUATION, '');
  const written =
    digits.startsWith('+') || code === undefined ? digits : `+${code}${digits.replace(/^0/, '')}`;
  return E164.test(written) ? written : null;
}

/** The number as its plan has it, when it is one that is possible there. */
function planned(text: string, defaultCallingCode?: string): string | null {
  const found = parsePhoneNumberFromString(
    text,
    { extract: false, ...(defaultCallingCode !== undefined && { defaultCallingCode }) },
    NUMBERING_PLANS,
  );
  if (!found?.isPossible() || found.ext) return null;
  // A second prefix of calls at home, as in "+49 0 (0)30": what is kept is a number that stands for itself.
  return found.number === text ? text : (planned(found.number) ?? found.number);
}
