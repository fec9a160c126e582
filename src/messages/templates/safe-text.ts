import { localized } from '../../lib/localized.ts';

/**
 * The text as one line of at most so many UTF-16 units: without control characters, without the invisible ones
 * that reorder or hide text, without halves of surrogate pairs; never cut within a character as people see it.
 */
export function oneLine(text: string, limit: number): string {
  const line = text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    // The two joiners stay: emoji, Persian and Indic scripts need them.
    .replace(/(?![\u200c\u200d])[\p{Cf}\p{Cs}]/gu, '')
    .trim();
  if (line.length <= limit) return line;
  let kept = '';
  for (const { segment } of localized(Intl.Segmenter, 'en', { granularity: 'grapheme' }).segment(line)) {
    if (kept.length + segment.length >= limit) break;
    kept += segment;
  }
  // Nobody can read one character with hundreds of marks.
  return kept && `${kept.trimEnd()}…`;
}

/**
 * Text that a stranger may have chosen (a name, a browser's name), as one line; null when nothing of it is
 * visible, or when it looks like a web address, a mail address or a phone number: mail programs would make it a link in our
 * mail.
 */
export function strangersText(text: string, limit: number): string | null {
  const line = oneLine(text, limit);
  return readsLikeAddress(line) || !/[\p{L}\p{N}\p{P}\p{S}]/u.test(line) ? null : line;
}

/** Characters that show nothing between letters: joiners and other format characters, marks, and empty Hangul letters. */
const UNSEEN = /[\p{Cf}\p{M}\u115f\u1160\u3164\uffa0]/gu;

const ADDRESSES = [
  /:\/\/|www\.|\bmailto:|\btel:/iu,
  // A label before a top-level domain, however short.
  /[\p{L}\p{N}_-][.。]\p{L}{2,}/u,
  // An IPv4 address, and its shorter forms where a path or port follows.
  /\d[.。]\d+[.。]\d+[.。]\d|\d[.。]\d+[/:]/u,
  /\[[0-9a-f:]*:[0-9a-f:.]*\]/iu,
  /\S@\S/u,
  /(\d[\s()/-]*){7}/u,
];

/** Whether a program that looks for links would see one, by what is seen of the text and in its compatible letters. */
function readsLikeAddress(line: string): boolean {
  const seen = line.replace(UNSEEN, '').normalize('NFKC').replace(UNSEEN, '');
  return ADDRESSES.some((address) => address.test(seen) || address.test(line));
}

/** Keeps text of a right-to-left script from reordering the sentence that it stands in (Unicode UAX 9, isolates). */
export function isolated(line: string): string {
  const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
  return rightToLeft.test(line) ? `\u2068${line}\u2069` : line;
}

/** The link, if it leads to that origin. Throws a `TypeError` otherwise: our mails lead nowhere else. */
export function ownLink(link: string, origin: string): string {
  const url = URL.canParse(link) ? new URL(link) : null;
  const own = url?.origin === new URL(origin).origin && /^https?:$/.test(url.protocol);
  // The message does not contain the link: it is a secret, and messages are logged.
  if (!url || !own || url.username || url.password) throw new TypeError('a link leads to a foreign origin');
  return url.href;
}

/** The one-time code, if it can stand in a mail and in a text message. Throws otherwise. */
export function plainCode(code: string): string {
  if (!/^[0-9A-Za-z-]{4,16}$/.test(code)) throw new TypeError('a code of unexpected form');
  return code;
}
