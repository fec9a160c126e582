import type { Language } from '../lib/language.ts';
import { localized } from '../lib/localized.ts';

/** A text for each plural form that a language has of its own (CLDR); `other` stands for those that are not named. */
type PluralForms = { one: string; other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** The form of a text that a count asks for: in French, 0 is one as well, and a million is `many`. */
export function plural(language: Language, count: number, forms: PluralForms): string {
  return forms[localized(Intl.PluralRules, language, {}).select(count)] ?? forms.other;
}
