import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { readGuides } from '../../src/cli/guides/guide.ts';
import { ROOT } from '../../src/cli/root.ts';
import { blocksOf } from '../support/guides/blocks.ts';

// The workflows that guides show, by GitHub's own parser of them.

const workflows = readGuides()
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'yaml');

const folder = mkdtempSync(join(tmpdir(), 'latchkey-workflows-'));
let parser: typeof import('@actions/workflow-parser');

beforeAll(async () => {
  // The package imports JSON in a way that Node refuses.
  const outfile = join(folder, 'parser.mjs');
  const entry = join(ROOT, 'node_modules/@actions/workflow-parser/dist/index.js');
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
  });
  parser = await import(outfile);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What GitHub would say of a workflow. */
async function problemsOf(content: string): Promise<string[]> {
  const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = parser;
  const { context, value } = parseWorkflow({ name: 'deploy.yml', content }, new NoOperationTraceWriter());
  const template = value && (await convertWorkflowTemplate(context, value));
  const errors = [...context.errors.getErrors(), ...(template?.errors ?? [])];
  return errors.map((error) => ('message' in error ? error.message : error.Message));
}

it('there are some', () => expect(workflows).not.toEqual([]));

it.each(workflows)('$at is taken by GitHub, and runs scripts that there are', async ({ text }) => {
  expect(await problemsOf(text)).toEqual([]);
  const scripts = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name);
  expect(scripts.length).toBeGreaterThan(0);
  for (const name of scripts) expect(Object.keys(packageJson.scripts)).toContain(name);
  // What a workflow names by a secret stands in no line that a shell runs.
  expect(text).not.toMatch(/run:.*\$\{\{/);
});

it.each([
  ['runs-on', 'run-on'],
  ['secrets.AUTH_SECRET', 'secretz.AUTH_SECRET'],
  ['      - run: npm ci', '      - runs: npm ci'],
])('sees what is wrong: %s as %s', async (right, wrong) => {
  const [{ text } = { text: '' }] = workflows;
  expect(await problemsOf(text.replace(right, wrong))).not.toEqual([]);
});
