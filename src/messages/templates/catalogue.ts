import type { MailData, MailTemplate } from './mail-data.ts';

/** What a mail says, in the order in which it is read. HTML and plain text are made from it. */
export interface Letter {
  subject: string;
  /** What a list of mails shows after the subject. */
  preview: string;
  title: string;
  /** Paragraphs before the facts (when, where, which device) and the code. */
  opening: string[];
  /** Paragraphs between the facts and the button. */
  advice: string[];
  closing: string[];
}

/** A mail with a link has a name for it. */
export type LetterFor<T extends MailTemplate> = MailData[T] extends { link: string }
  ? Letter & { button: string }
  : Letter;

/** What every sentence may use: the brand, and quantities and times in the reader's language. */
export interface Phrases {
  brand: string;
  days(count: number): string;
  hours(count: number): string;
  minutes(count: number): string;
  percent(count: number): string;
  /** From RFC 3339; in UTC, and says so. */
  time(at: string): string;
}

/** The whole text of mails and text messages in one language. Each string in the data is one safe line. */
export interface Catalogue {
  greeting(name: string | null): string;
  /** Labels: for an event that happened, and for one that was only requested. */
  facts: { at: string; place: string; requestedFrom: string; device: string };
  /** What stands before something that it names, with a colon. */
  label(name: string): string;
  /** Above the address, for readers who cannot use the button. */
  buttonFails: string;
  footer(brand: string, host: string): string;
  letters: { [T in MailTemplate]: (data: MailData[T], phrases: Phrases) => LetterFor<T> };
  /** Text messages, in letters of the GSM alphabet. A brand without such letters is empty. */
  texts: { one_time_code(code: string, brand: string, valid: string): string };
}
