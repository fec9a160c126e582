/** RFC 8628, 6.1: letters of one case without vowels, so that none looks like a digit and none make a word. */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;
const PATTERN = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);
/** Bytes from here on would make some letters likelier than others. */
const FAIR = 256 - (256 % ALPHABET.length);

/** A new user code: 34 bits, of which one is good for minutes and nobody may try many. */
export function newUserCode(): string {
  let code = '';
  while (code.length < LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(2 * LENGTH))) {
      if (byte < FAIR && code.length < LENGTH) code += ALPHABET[byte % ALPHABET.length];
    }
  }
  return code;
}

/** A user code as people read and type it: `WDJB-MJHT`. */
export function shownUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`;
}

/** The user code that somebody has typed, with whatever case and dashes; null when it is none. */
export function typedUserCode(text: string): string | null {
  const code = text
    .slice(0, 100)
    .toUpperCase()
    .replace(/[\s\p{P}]/gu, '');
  return PATTERN.test(code) ? code : null;
}
