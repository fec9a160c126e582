const ASCII = /^\p{ASCII}*$/u;
/** The marks of Latin, Greek and Cyrillic letters. Those of other scripts are vowels, which are no accents. */
const ACCENTS = /[\u0300-\u036f]/g;
/** Letters with a stroke or of two, which Unicode does not take apart. */
const PLAIN: Record<string, string> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ħ: 'h', ı: 'i', ł: 'l', ŋ: 'n', þ: 'th', ŧ: 't' },
  ς: 'σ',
};
const PECULIAR = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'g');

/**
 * Text as searches compare it: without case, accents and what only looks different (NFKC), so that "ozlem" finds "Özlem".
 * Of ASCII it is what SQLite's `lower` gives.
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(ACCENTS, '')
    .replace(PECULIAR, (letter) => PLAIN[letter] as string)
    .normalize('NFC');
}

/** What the column beside a text holds: its folded form, or null where SQLite's `lower` gives that. */
export function foldedColumn(text: string | null): string | null {
  return text === null || ASCII.test(text) ? null : fold(text);
}
