import type { Language } from '../lib/language.ts';
import type { Catalogue } from '../messages/templates/catalogue.ts';
import { mail as de } from './de/mail.ts';
import { mail as en } from './en/mail.ts';
import { mail as es } from './es/mail.ts';
import { mail as fr } from './fr/mail.ts';

/** What mails and text messages say, by language. It stands apart from the pages: whoever sends mail shows none. */
export const mails: Record<Language, Catalogue> = { en, de, fr, es };
