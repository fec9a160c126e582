import type { Language } from '../../lib/language.ts';
import type { Letter } from './catalogue.ts';

/** A mail, written in full and safe to show, before it is HTML or plain text. */
export interface MailParts extends Letter {
  language: Language;
  brand: string;
  color: string;
  greeting: string;
  /** To type or to copy. */
  code: string | null;
  /** Label and value. */
  facts: [string, string][];
  action: { label: string; link: string; buttonFails: string } | null;
  footer: string;
  /** A name with a colon, before what it names. */
  label(name: string): string;
}
