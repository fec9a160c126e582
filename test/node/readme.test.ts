import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { withConfigurationTable } from '../../src/cli/config-table.ts';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const all = (pattern: RegExp) => [...readme.matchAll(pattern)].map((match) => match[1] as string);

it('the configuration table is that of the declarations (else: npm run docs:configuration)', () => {
  expect(readme).toBe(withConfigurationTable(readme));
});

it('every npm script that the README names exists', () => {
  const named = [...all(/npm run ([\w:-]+)/g), ...all(/npm (start|test)\b/g)];
  expect(named.length).toBeGreaterThan(0);
  expect(Object.keys(packageJson.scripts)).toEqual(expect.arrayContaining(named));
});

it('every file that the README names exists', () => {
  const paths = [...all(/`((?:src|test|migrations)\/[^\s`*{<]*)`/g), ...all(/\]\((?!\w+:|#)([^)#]+)/g)];
  expect(paths.length).toBeGreaterThan(0);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
