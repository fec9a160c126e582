import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en as english } from '../../src/languages/en/pages.ts';
import * as messages from '../../src/languages/messages.ts';
import { LANGUAGES } from '../../src/lib/language.ts';

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
