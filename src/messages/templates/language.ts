import { mails } from '../../languages/mails.ts';
import { LANGUAGES, type Language } from '../../lib/language.ts';
import { localized } from '../../lib/localized.ts';
import type { Catalogue, Phrases } from './catalogue.ts';

/** A reader's language: its texts, and how dates are written where the reader lives. */
export interface Tongue {
  language: Language;
  catalogue: Catalogue;
  phrases: Omit<Phrases, 'brand'>;
}

/** The language that suits a BCP 47 tag best: its own, or English. */
export function tongueFor(locale: string | null): Tongue {
  const { language, region } = parse(locale);
  // The rest of the tag is ignored: it may ask for other calendars and digits.
  const tag = region ? `${language}-${region}` : language;
  const unit = (name: 'day' | 'hour' | 'minute') => {
    const options = { style: 'unit', unit: name, unitDisplay: 'long' } as const;
    return (count: number) => localized(Intl.NumberFormat, tag, options).format(count);
  };
  const moment = {
    timeZone: 'UTC',
    timeZoneName: 'short',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    // The reader already has to convert from UTC; a 12-hour clock would be a second conversion.
    hourCycle: 'h23',
  } as const;
  return {
    language,
    catalogue: mails[language],
    phrases: {
      days: unit('day'),
      hours: unit('hour'),
      minutes: unit('minute'),
      percent: (count) => localized(Intl.NumberFormat, tag, { style: 'percent' }).format(count / 100),
      time: (at) => localized(Intl.DateTimeFormat, tag, moment).format(new Date(at)),
    },
  };
}

function parse(tag: string | null): { language: Language; region: string | undefined } {
  const fallback = { language: 'en' as const, region: undefined };
  try {
    const { language, region } = new Intl.Locale(tag ?? 'en');
    const known = LANGUAGES.find((each) => each === language);
    return known ? { language: known, region } : fallback;
  } catch {
    // An invalid tag says nothing about the reader.
    return fallback;
  }
}
