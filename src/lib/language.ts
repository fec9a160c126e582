/** A language that people are addressed in. */
export type Language = 'en' | 'de' | 'fr' | 'es';

/** Every language that people are addressed in, the first where no other fits. */
export const LANGUAGES: readonly Language[] = ['en', 'de', 'fr', 'es'];

/** What is made for every language that people are addressed in. */
export function inEachLanguage<Part>(make: (language: Language) => Part): Record<Language, Part> {
  return Object.fromEntries(LANGUAGES.map((language) => [language, make(language)])) as Record<
    Language,
    Part
  >;
}

/** The language that suits a reader best, by BCP 47 tags in order of preference (RFC 4647, 3.4: look-up). */
export function bestLanguage(tags: readonly (string | null | undefined)[]): Language {
  for (const tag of tags) {
    const primary = tag?.trim().split('-')[0]?.toLowerCase();
    const known = LANGUAGES.find((language) => language === primary);
    if (known) return known;
  }
  return LANGUAGES[0] as Language;
}

/**
 * The language that a person who sent an Accept-Language header is to be addressed in, as a BCP 47 tag: the tag wanted most
 * among those that people are addressed in, or else wanted most of all. Undefined where the header names none.
 */
export function wantedLocale(header: string | null | undefined): string | undefined {
  const tags = acceptedLanguages(header ?? undefined).filter(isTag);
  const spoken = tags.find((tag) =>
    LANGUAGES.some((language) => tag.split('-')[0]?.toLowerCase() === language),
  );
  return spoken ?? tags[0];
}

/** Whether a text is a tag that can be kept with a user. */
function isTag(text: string): boolean {
  try {
    return text.length <= 35 && Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

/** The tags of an Accept-Language header, the most wanted first (RFC 9110, 12.5.4). */
export function acceptedLanguages(header: string | undefined): string[] {
  return (header ?? '')
    .slice(0, 500)
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.split(';').map((part) => part.trim());
      const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return { tag, quality: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .filter(({ tag, quality }) => tag !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);
}
