import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');

const DEFINITION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let|enum) (\w+)/gm;

/** What each name that is exported stands for: the files that define it. What is exported again is not defined. */
function definitions(): Map<string, Set<string>> {
  const files = new Map<string, Set<string>>();
  // The client package is another program, with words of its own; what a language has is named as its file is.
  const sources = globSync('**/*.{ts,tsx}', { cwd: SRC }).filter(
    (file) => !/^(client|languages\/\w+)\//.test(file),
  );
  for (const file of sources) {
    for (const [, name = ''] of readFileSync(join(SRC, file), 'utf8').matchAll(DEFINITION)) {
      files.set(name, (files.get(name) ?? new Set()).add(file));
    }
  }
  return files;
}

it('no exported name stands for two things', () => {
  const defined = definitions();
  expect(defined.size).toBeGreaterThan(500);
  const twice = [...defined].filter(([, files]) => files.size > 1);
  expect(twice.map(([name, files]) => `${name}: ${[...files].sort().join(', ')}`)).toEqual([]);
});
