import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en as english } from '../../src/languages/en/pages.ts';
import * as messages from '../../src/languages/messages.ts';
import { plural } from '../../src/languages/plural.ts';
import { LANGUAGES, type Language } from '../../src/lib/language.ts';

const PAGES = join(import.meta.dirname, '../../src/pages');

const sources = readdirSync(PAGES, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => readFileSync(join(PAGES, file), 'utf8'));
/** Its panel for a new entry is given the texts of several pages. */
const frame = readFileSync(join(PAGES, 'admin/frame.tsx'), 'utf8');
/** Stripe sends users back with codes of what was done. */
const checkouts = readFileSync(join(PAGES, '../billing/checkouts.ts'), 'utf8');

const wordsOf = (texts: string[]) => new Set(texts.join('\n').match(/[A-Za-z_]\w*/g));
const allWords = wordsOf([...sources, checkouts]);

/** Records that are read by a key: a status, an error code, a resource. Their entries have no name in the code. */
const BY_KEY = [
  'errors',
  'jurisdictions',
  'fieldErrors',
  'providerErrors',
  'failures',
  'resources',
  'types',
  'actions',
  'actors',
  'statuses',
  'invoiceStatuses',
  'states',
  'channels',
  'registrations',
  'breachedPasswords',
  'anonymousUsers',
  'challenges',
  'mfaModes',
  'clientRegistrations',
  'mfaFactorNames',
  'kinds',
  'scopeNames',
  'kinds',
  'overlaps',
  'themes',
  'usedOf',
  'limits',
  'periods',
  'transactions',
  'columns',
  'sources',
  'roles',
  'pages',
  'strength',
  'reasons',
  'ranges',
];

type Texts = { [name: string]: unknown };

/** The dotted names of all entries. */
function namesOf(texts: Texts = {}): string[] {
  return Object.entries(texts).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? namesOf(value as Texts).map((inner) => `${name}.${inner}`)
      : [name],
  );
}

const catalogues = Object.entries(messages) as unknown as [string, Record<string, Texts>][];

describe.each(catalogues)('%s', (name, texts) => {
  it('are the same in every language', () => {
    expect(Object.keys(texts).toSorted()).toEqual([...LANGUAGES].toSorted());
    const names = namesOf(texts.en).toSorted();
    for (const language of LANGUAGES) expect(namesOf(texts[language]).toSorted()).toEqual(names);
  });

  it('are all used', () => {
    const readers = wordsOf([...sources.filter((source) => source.includes(name)), frame]);
    // The code of what was done can come from any file.
    const wordsFor = (entry: string) => (entry.startsWith('done.') ? allWords : readers);
    const unused = namesOf(texts.en).filter((entry) => {
      const parts = entry.split('.');
      const keyed = parts.findIndex((part) => BY_KEY.includes(part));
      const read = parts.slice(0, keyed === -1 ? parts.length : keyed + 1);
      return !read.every((part) => wordsFor(entry).has(part));
    });
    expect(unused).toEqual([]);
  });
});

it('there are catalogues', () => {
  expect(catalogues.length).toBeGreaterThan(40);
});

it('each text of a language is in a catalogue', () => {
  expect(new Set(catalogues.map(([, texts]) => texts.en))).toEqual(new Set(Object.values(english)));
});

/** A text, or what a function makes of its parameters. */
type Entry = [name: string, text: string | ((...values: unknown[]) => string)];

/** All entries of all catalogues in one language, by dotted name. */
function entriesIn(language: Language): Entry[] {
  const entriesOf = (texts: Texts, path: string): Entry[] =>
    Object.entries(texts).flatMap(([name, value]): Entry[] =>
      typeof value === 'object' && value !== null
        ? entriesOf(value as Texts, `${path}${name}.`)
        : [[path + name, value as Entry[1]]],
    );
  return catalogues.flatMap(([name, texts]) => entriesOf(texts[language] as Texts, `${name}.`));
}

/** What stands for the parameters of a text: numbers that are found again in what it says. */
const MARKS = [7001, 7002, 7003, 7004];

/** What an entry says: a function of many, and of one and of none where it counts. */
function saidBy([name, text]: Entry): string[] {
  if (typeof text === 'string') return [text];
  if (name === 'kitMessages.device') return [text({ program: '7001', system: '7002' })];
  return [7001, 1, 0].map((count) => text(count, ...MARKS.slice(1)));
}

/** Which parameters a text has of its function. */
const marksIn = (text: string) => MARKS.filter((mark) => text.includes(String(mark)));

/** What other languages have in common with English: names, units and words of both. */
const SHARED: Record<Exclude<Language, 'en'>, string[]> = {
  de: [
    ...['Apps', 'Name', 'Admin', 'Domain', 'Domains', 'Passkey', 'Passkeys', 'Mails', 'Hooks', 'Webhooks'],
    ...['Status', 'Logo', 'FedRAMP', 'Cloudflare Turnstile', 'Code', '.', '7001: ', 'Videos', 'Tokens'],
  ],
  fr: [
    ...['Invitations', 'Action', 'Hooks', 'Active', 'Message', 'Messages', 'Administration', 'Webhooks'],
    ...['Logo', 'FedRAMP', 'Cloudflare Turnstile', 'Sessions (7001)', 'Code', '.', 'Menu', 'Date', 'Images'],
  ],
  es: [
    'Plan',
    '7002 tokens',
    'Hooks',
    'Webhooks',
    'No',
    'FedRAMP',
    'Cloudflare Turnstile',
    '.',
    'Error',
    '7001: ',
    'Tokens',
  ],
};

describe.each(LANGUAGES)('in %s', (language) => {
  const entries = entriesIn(language);
  const inEnglish = new Map(entriesIn('en'));

  it('no text is empty', () => {
    const empty = entries.filter((entry) => saidBy(entry).some((text) => text.trim() === ''));
    // A message that is gone has no status.
    expect(empty.map(([name]) => name)).toEqual(['mailMessages.statuses.void']);
  });

  it('texts say all that they are given, whatever the number', () => {
    const lacking = entries.filter((entry) => {
      const [name] = entry;
      const wanted = marksIn(saidBy([name, inEnglish.get(name) ?? ''])[0] ?? '');
      return marksIn(saidBy(entry)[0] ?? '').join() !== wanted.join();
    });
    expect(lacking.map(([name]) => name)).toEqual([]);
    const broken = entries.flatMap(saidBy).filter((text) => /undefined|NaN|\[object/.test(text));
    expect(broken).toEqual([]);
  });

  it.skipIf(language === 'en')('texts are translated, but for what languages share', () => {
    const same = entries.flatMap((entry) => {
      const [name] = entry;
      const [text = ''] = saidBy(entry);
      return text !== '' && text === saidBy([name, inEnglish.get(name) ?? ''])[0] ? [text] : [];
    });
    expect([...new Set(same)].toSorted()).toEqual(SHARED[language as keyof typeof SHARED]?.toSorted());
  });

  it('punctuation is that of the language', () => {
    const texts = entries.flatMap(saidBy);
    expect(texts.filter((text) => /\p{L}'\p{L}/u.test(text))).toEqual([]);
    // In French a narrow no-break space stands before marks of two parts, and within quotes.
    const loose = /[^\u202f][;?!»]|[^\u202f]:(?=\s|$)|«[^\u202f]/;
    if (language === 'fr') expect(texts.filter((text) => loose.test(text))).toEqual([]);
    // In Spanish what ends with a mark begins with one.
    const marks = (text: string, of: RegExp) => text.match(of)?.length ?? 0;
    const unpaired = (text: string) => marks(text, /[?!]/g) !== marks(text, /[¿¡]/g);
    if (language === 'es') expect(texts.filter(unpaired)).toEqual([]);
  });
});

describe('plural', () => {
  const forms = { one: 'one', many: 'many', other: 'other' };

  it.each([
    ['en', 0, 'other'],
    ['en', 1, 'one'],
    ['en', 1.5, 'other'],
    ['de', 0, 'other'],
    ['de', 1, 'one'],
    ['fr', 0, 'one'],
    ['fr', 1.5, 'one'],
    ['fr', 2, 'other'],
    ['fr', 1_000_000, 'many'],
    ['es', 0, 'other'],
    ['es', 1, 'one'],
    ['es', 2_000_000, 'many'],
  ] as const)('in %s, %d is %s', (language, count, form) => {
    expect(plural(language, count, forms)).toBe(form);
  });

  it('is `other` for a form that a language does not name', () => {
    expect(plural('fr', 1_000_000, { one: 'one', other: 'other' })).toBe('other');
  });
});
