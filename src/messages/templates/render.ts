import type { Letter } from './catalogue.ts';
import { html } from './html.tsx';
import { tongueFor } from './language.ts';
import type { Brand, MailData, MailTemplate } from './mail-data.ts';
import { plainText } from './plain-text.ts';
import { isolated, oneLine, ownLink, plainCode, strangersText } from './safe-text.ts';

const NAME = 60;

/** The data of any mail: the union of all templates. */
interface AnyData {
  name?: string | null;
  place?: string | null;
  device?: string | null;
  inviter?: string | null;
  organization?: string | null;
  at?: string;
  link?: string;
  code?: string;
  email_masked?: string;
  resource?: string | null;
  provider?: string;
  host?: string;
  about?: string | null;
}

/**
 * Writes a mail in the language that suits a BCP 47 tag best, English if none does. Throws a `TypeError` for a link
 * to another origin than the brand's, or a code of unexpected form, and a `RangeError` for an invalid time.
 */
export function render<T extends MailTemplate>(
  template: T,
  locale: string | null,
  brand: Brand,
  data: MailData[T],
): { subject: string; html: string; text: string } {
  const { language, catalogue, phrases } = tongueFor(locale);
  const { host } = new URL(brand.origin);
  const brandName = isolated(oneLine(brand.name, NAME) || host);
  const safe = safeData(data, brand.origin);
  const letter: Letter & { button?: string } = catalogue.letters[template](safe, {
    ...phrases,
    brand: brandName,
  });
  const { name, at, place, device, code, link }: AnyData = safe;
  const { facts, label, buttonFails } = catalogue;
  const known: [string, string | null | undefined][] = [
    [facts.at, at && phrases.time(at)],
    [at ? facts.place : facts.requestedFrom, place],
    [facts.device, device],
  ];
  const content = {
    ...letter,
    // One line again: the catalogue's subject becomes a header field.
    subject: oneLine(letter.subject, 140),
    language,
    brand: brandName,
    color: brand.color,
    greeting: catalogue.greeting(name ?? null),
    code: code ?? null,
    facts: known.filter((fact): fact is [string, string] => Boolean(fact[1])),
    action: letter.button && link ? { label: letter.button, link, buttonFails } : null,
    label,
    footer: catalogue.footer(brandName, host),
  };
  return { subject: content.subject, html: html(content), text: plainText(content) };
}

/** E.164. */
const PHONE = /^\+[1-9]\d{6,14}$/;

/** The data with every string made safe to show, also of what lies within it, so that no template has to do it. */
function safeData<T extends AnyData>(data: T, origin: string): T {
  const safe: AnyData = Object.fromEntries(
    Object.entries(data).map(([field, value]) => [
      field,
      typeof value === 'object' && value !== null ? safeData(value, origin) : value,
    ]),
  );
  for (const field of ['name', 'about', 'place', 'device', 'inviter', 'organization'] as const) {
    const given = safe[field];
    // A number that is written as we store numbers is one of ours, and no stranger's text.
    const line = given && (field === 'about' && PHONE.test(given) ? given : strangersText(given, NAME));
    if (field in safe) safe[field] = line ? isolated(line) : null;
  }
  for (const field of ['email_masked', 'resource', 'provider', 'host'] as const) {
    const given = safe[field];
    if (given != null) safe[field] = isolated(oneLine(given, NAME));
  }
  if (safe.link !== undefined) safe.link = ownLink(safe.link, origin);
  if (safe.code !== undefined) safe.code = plainCode(safe.code);
  return safe as T;
}
