import type { Language } from '../lib/language.ts';
import { de } from './messages-de.ts';
import { en } from './messages-en.ts';

/** Everything the pages say in one language. */
export type Messages = typeof en;

export const CATALOGUES: Record<Language, Messages> = { en, de };
