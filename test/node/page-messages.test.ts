import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../../src/lib/language.ts';

const PAGES = join(import.meta.dirname, '../../src/pages');

const files = readdirSync(PAGES, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.tsx?$/.test(file),
);
const catalogues = files.filter((file) => /(^|[/-])messages\.ts$/.test(file)).sort();
const sources = files
  .filter((file) => !catalogues.includes(file))
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
];

type Texts = { [name: string]: unknown };

async function catalogueIn(file: string): Promise<[name: string, texts: Record<string, Texts>]> {
  const exported: Record<string, unknown> = await import(join(PAGES, file));
  const found = Object.entries(exported).filter(([, value]) => typeof value === 'object');
  expect(found, file).toHaveLength(1);
  return found[0] as [string, Record<string, Texts>];
}

/** The dotted names of all entries. */
function namesOf(texts: Texts = {}): string[] {
  return Object.entries(texts).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? namesOf(value as Texts).map((inner) => `${name}.${inner}`)
      : [name],
  );
}

describe.each(catalogues)('the texts in %s', (file) => {
  it('are the same in every language', async () => {
    const [, texts] = await catalogueIn(file);
    expect(Object.keys(texts).toSorted()).toEqual([...LANGUAGES].toSorted());
    const names = namesOf(texts.en).toSorted();
    for (const language of LANGUAGES) expect(namesOf(texts[language]).toSorted()).toEqual(names);
  });

  it('are all used', async () => {
    const [name, { en }] = await catalogueIn(file);
    const readers = wordsOf([...sources.filter((source) => source.includes(name)), frame]);
    // The code of what was done can come from any file.
    const wordsFor = (entry: string) => (entry.startsWith('done.') ? allWords : readers);
    const unused = namesOf(en).filter((entry) => {
      const parts = entry.split('.');
      const keyed = parts.findIndex((part) => BY_KEY.includes(part));
      const read = parts.slice(0, keyed === -1 ? parts.length : keyed + 1);
      return !read.every((part) => wordsFor(entry).has(part));
    });
    expect(unused).toEqual([]);
  });
});

it('there are catalogues', () => {
  expect(catalogues.length).toBeGreaterThan(20);
});
