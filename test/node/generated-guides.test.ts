import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { readGuides } from '../../src/cli/guides/guide.ts';
import { ROOT } from '../../src/cli/root.ts';
import { generatedParts, partsIn, withParts } from '../support/guides/generated.ts';
import { readOperations } from '../support/guides/openapi.ts';

const texts = readGuides().map(({ path }) => [path, readFileSync(join(ROOT, path), 'utf8')] as const);
let parts: Map<string, string>;

beforeAll(async () => {
  parts = generatedParts(await readOperations());
});

it('each generated part stands in one guide', () => {
  expect(texts.flatMap(([, text]) => partsIn(text)).sort()).toEqual([...parts.keys()].sort());
});

// With --update, which is `npm run docs`, the file is written.
it.each(texts.filter(([, text]) => partsIn(text).length > 0))(
  '%s has what its sources say (else: npm run docs)',
  async (path, text) => {
    await expect(withParts(text, parts)).toMatchFileSnapshot(join(ROOT, path));
  },
);
