import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { GUIDE_HEADERS } from '../../src/cli/guides/assets.ts';
import { type Document, GUIDES, readDocument, readGuides } from '../../src/cli/guides/guide.ts';
import { blocksOf, isCommand, isIllustration, needsOwnCopy } from '../support/guides/blocks.ts';
import { Copy } from '../support/guides/copy.ts';
import { RECIPES_IN_BROWSER, runDocument } from '../support/guides/script.ts';

// Every command of the README and the guides, from their own text and in order.

/** A document and those that continue it, as one script. */
const scripts = chains([readDocument('README.md'), ...readGuides()])
  .map((chain) => ({ path: chain.map(({ path }) => path).join(', '), blocks: chain.flatMap(blocksOf) }))
  .filter(({ blocks }) => blocks.some((block) => isCommand(block) || needsOwnCopy([block])))
  // Those that need a browser too, test/browser/recipes.test.ts runs.
  .filter(({ path }) => !RECIPES_IN_BROWSER.some((name) => path === `${GUIDES}/${name}.md`));
/** What a guide needs that not every machine has; where a run counts it has to be there. */
const NEEDED: Record<string, string> = { python: '/usr/lib/python3/dist-packages/httpx' };
const isPossible = (path: string) => {
  const needed = NEEDED[basename(path, '.md')];
  return needed === undefined || process.env.CI !== undefined || existsSync(needed);
};
const [own, shared] = [true, false].map((alone) =>
  scripts.filter(({ path, blocks }) => isPossible(path) && needsOwnCopy(blocks) === alone),
);

/** Decides nothing, but that what hangs ends some day: documents wait for one another. */
const TIMEOUT = 1_800_000;
let sharedCopy: Promise<Copy> | undefined;
/** Documents that share a server follow one another. */
let turn: Promise<unknown> = Promise.resolve();

afterAll(() => Copy.removeAll());

it('there are documents with commands', () => {
  expect(scripts.map(({ path }) => path)).toContain('README.md');
  expect(
    scripts.flatMap(({ blocks }) => blocks).filter((block) => !isIllustration(block)).length,
  ).toBeGreaterThan(50);
});

it.concurrent.each(own ?? [])(
  '$path does what it says, in a copy of its own',
  async ({ blocks }) => {
    const copy = await Copy.create();
    await runDocument(blocks, copy);
    await copy.remove();
  },
  TIMEOUT,
);

it.concurrent.each(shared ?? [])(
  '$path does what it says',
  async ({ blocks }) => {
    sharedCopy ??= Copy.createServed();
    const copy = await sharedCopy;
    const run = turn
      .catch(() => {})
      .then(() => runDocument(blocks, copy))
      .finally(() => copy.stopBeside());
    turn = run;
    await run;
  },
  TIMEOUT,
);

it.concurrent(
  'the guides are served as files, strictly, and nothing else is',
  async () => {
    sharedCopy ??= Copy.createServed();
    const { origin } = await sharedCopy;
    const ask = (path: string, method = 'GET') => fetch(`${origin}${path}`, { method, redirect: 'manual' });
    const served = {
      '/docs/guides': 'text/html; charset=utf-8',
      '/docs/guides/errors': 'text/html; charset=utf-8',
      '/docs/guides/errors.md': 'text/markdown; charset=utf-8',
      '/docs/guides.json': 'application/json',
      '/docs/pictures/account.webp': 'image/webp',
      '/llms.txt': 'text/plain; charset=utf-8',
      '/llms-full.txt': 'text/plain; charset=utf-8',
    };
    for (const [path, type] of Object.entries(served)) {
      const answer = await ask(path);
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get('content-type'), path).toBe(type);
      expect(answer.headers.get('etag'), path).toBeTruthy();
      const headers = Object.entries(GUIDE_HEADERS).map(([name]) => [name, answer.headers.get(name)]);
      expect(Object.fromEntries(headers), path).toEqual(GUIDE_HEADERS);
      expect(await (await ask(path, 'HEAD')).text(), path).toBe('');
    }
    for (const path of ['/docs/guides/', '/docs/guides.html']) {
      expect((await ask(path)).headers.get('location'), path).toBe('/docs/guides');
    }
    expect((await ask('/docs/guides', 'POST')).status).toBe(405);
    for (const path of ['/docs/guides/none', '/docs/guides/none.md', '/docs/none']) {
      const answer = await ask(path);
      expect(answer.status, path).toBe(404);
      expect(answer.headers.get('content-type'), path).toBe('application/problem+json');
    }
    for (const path of ['/docs', '/redoc', '/docs/errors']) {
      expect(await (await ask(path)).text(), path).toContain('href="/docs/guides"');
    }
  },
  TIMEOUT,
);

/** Documents, each that continues another after it. Throws when there is no such other. */
function chains(documents: (Document & { continues?: string })[]): Document[][] {
  const found: Document[][] = [];
  for (const document of documents) {
    const { path, continues } = document;
    if (continues === undefined) {
      found.push([document]);
      continue;
    }
    const chain = found.find((others) => others.at(-1)?.path === `${GUIDES}/${continues}.md`);
    if (!chain)
      throw new Error(`${path}: no document before it is ${continues}, or another one continues that.`);
    chain.push(document);
  }
  return found;
}
