import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TABLES } from '../../src/compat/dialects.ts';
import type { Row } from '../../src/compat/engine/row.ts';
import type { DialectName } from '../../src/lib/dialect-names.ts';
import type { Features } from '../compat/features/feature.ts';
import { FEATURES } from '../compat/features.ts';
import { table } from './markdown-table.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The root as guides write it in links. */
const FROM_GUIDES = '../../..';
/** They go through all rows of all tables, and prove no single one. */
const OVER_ALL = ['documents.test.ts', 'fuzz.test.ts', 'engine.test.ts'];

/** The texts of the contract tests of the dialects, by their path. */
const contractTests = readdirSync(join(ROOT, 'test/compat'))
  .filter((file) => file.endsWith('.test.ts') && !OVER_ALL.includes(file))
  .sort()
  .map(
    (file) => [`test/compat/${file}`, codeOf(readFileSync(join(ROOT, 'test/compat', file), 'utf8'))] as const,
  );

/** The files of tests that name a row as its document writes it, in a title or a table. */
export function contractTestsOf(from: string): string[] {
  const literal = from.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const named = new RegExp(`['"\`\\s]${literal}(?![\\w/{-])`);
  return contractTests.filter(([, text]) => named.test(text)).map(([path]) => path);
}

/** The file and the title of a test, as features name it. */
export function testNamed(name: string): { file: string; title: string } {
  const [, file = '', title = ''] = /^(\S+\.test\.ts): (.+)$/.exec(name) ?? [];
  return { file, title };
}

/** What an older service had and which endpoints, each with where it is here: two tables, or one. */
export function featureTables(name: DialectName): string {
  const features = featureLines(FEATURES[name]);
  const endpoints = endpointLines(TABLES[name]);
  return [
    `### Its features\n\n${table([['Its feature', 'Here', 'Proved by'], ...features])}`,
    ...(endpoints.length > 0
      ? [`### Its endpoints\n\n${table([['Its endpoint', 'Here', 'Proved by'], ...endpoints])}`]
      : []),
  ].join('\n\n');
}

function featureLines(features: Features): string[][] {
  return Object.entries(features).map(([says, { where, tests }]) => {
    const links = tests.map((test) => {
      const { file, title } = testNamed(test);
      return `[${title}](${FROM_GUIDES}/${file})`;
    });
    return [says, where, links.join('; ')];
  });
}

/** One line for each operation that the rows of a service come to. */
function endpointLines(rows: readonly Row[]): string[][] {
  return [...Map.groupBy(rows, ({ to }) => to)].map(([to, same]) => {
    const realms = [...new Set(same.flatMap(({ realm }) => realm ?? []))].map((realm) => `\`${realm}\``);
    const files = new Set(same.flatMap(({ from }) => contractTestsOf(from)));
    return [
      same.map(({ from }) => `\`${from}\``).join(', '),
      `\`${to}\`${realms.length > 0 ? ` in ${realms.join(', ')}` : ''}`,
      [...files].map((file) => `[${basename(file, '.test.ts')}](${FROM_GUIDES}/${file})`).join(', '),
    ];
  });
}

/** A source without its comments. */
function codeOf(source: string): string {
  return source.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '');
}
