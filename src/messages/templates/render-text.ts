import { tongueFor } from './language.ts';
import type { Brand, TextData, TextTemplate } from './mail-data.ts';
import { oneLine, plainCode } from './safe-text.ts';

/** The characters that one text message holds. One character outside the GSM alphabet would leave room for 70. */
const LIMIT = 160;

/** The GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1) without line breaks and the Greek capitals. */
const GSM =
  '@£$¥èéùìòÇØøÅå_ÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿' +
  'abcdefghijklmnopqrstuvwxyzäöñüà';

/**
 * Writes a text message. Its last line binds the code to the brand's host (origin-bound one-time codes, WICG), so
 * that phones offer to fill the code in there and nowhere else. Throws a `TypeError` for a code of unexpected form.
 */
export function renderText<T extends TextTemplate>(
  template: T,
  locale: string | null,
  brand: Brand,
  data: TextData[T],
): string {
  const { catalogue, phrases } = tongueFor(locale);
  const code = plainCode(data.code);
  const binding = `@${new URL(brand.origin).hostname} #${code}`;
  const valid = gsm(phrases.minutes(data.minutes));
  const name = gsm(brand.name);
  const words = (length: number) => catalogue.texts[template](code, name.slice(0, length).trim(), valid);
  const candidates = [32, 16, 0].map((length) => `${words(length)}\n\n${binding}`);
  // The host is too long to bind the code to it. The user can still type the code.
  return candidates.find((text) => text.length <= LIMIT) ?? words(0);
}

/** The text in one line of GSM letters. Letters with other marks lose the marks; other characters are left out. */
function gsm(text: string): string {
  const letters = [...oneLine(text, LIMIT).normalize('NFC')].flatMap((letter) =>
    GSM.includes(letter) ? letter : [...letter.normalize('NFKD')].filter((part) => GSM.includes(part)),
  );
  return letters.join('').replace(/ +/g, ' ').trim();
}
