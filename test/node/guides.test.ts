import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { HANDLERS } from '../../src/billing/events.ts';
import { bodyOf } from '../../src/cli/guides/body.ts';
import { type Document, parseGuide, readDocument, readGuides, tokensOf } from '../../src/cli/guides/guide.ts';
import { brokenLinks, PICTURES } from '../../src/cli/guides/links.ts';
import { guidePage, indexPage } from '../../src/cli/guides/page.ts';
import { searchIndex } from '../../src/cli/guides/search-index.ts';
import { ROOT } from '../../src/cli/root.ts';
import { ERROR_HELP } from '../../src/docs/error-help.ts';
import { CATALOGUE } from '../../src/errors.ts';
import { DOCUMENTED_VARIABLES } from '../../src/worker-config.ts';
import { type Block, blocksOf, isIllustration } from '../support/guides/blocks.ts';
import { checkSnippets, checkToml } from '../support/guides/snippets.ts';

const guides = readGuides();
const readme = readDocument('README.md');
const changelog = readDocument('CHANGELOG.md');
const documents: Document[] = [readme, changelog, ...guides];
const blocks = documents.flatMap(blocksOf);

/** What stands in the documents as inline code. */
const quoted = documents.flatMap((document) =>
  tokensOf(document)
    .filter(({ type }) => type === 'codespan')
    .map((token) => ({ path: document.path, text: (token as { text: string }).text })),
);
/** Inline code and blocks that say something of this repository. */
const spoken = [
  ...quoted,
  ...blocks.filter(({ language }) => language === 'bash').map(({ at, text }) => ({ path: at, text })),
];

/** What documents name by a pattern that the repository does not have, as `path: name`. */
function missing(pattern: RegExp, exists: (name: string) => boolean, from = spoken): string[] {
  const named = from.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map(([, name = '']) => ({ path, name })),
  );
  expect(named.length, String(pattern)).toBeGreaterThan(0);
  return named.filter(({ name }) => !exists(name)).map(({ path, name }) => `${path}: ${name}`);
}

describe('the README', () => {
  it('has at most 8 KiB', () => {
    expect(Buffer.byteLength(readFileSync(join(ROOT, 'README.md')))).toBeLessThanOrEqual(8192);
  });
});

describe('the changelog', () => {
  it('has the version of package.json at its top', () => {
    const [, version] = /^## \[(\d[^\]]*)\]/m.exec(changelog.markdown) ?? [];
    expect(version).toBe(packageJson.version);
  });
});

describe('front matter', () => {
  const text = (fields: string) => `---\n${fields}\n---\n\nText\n`;
  const whole = 'title: A\nsection: Guides\norder: 1\nsummary: B.';

  it('is complete, and a title stands there only once', () => {
    expect(parseGuide('a.md', text(whole))).toMatchObject({
      title: 'A',
      section: 'Guides',
      order: 1,
      summary: 'B.',
    });
    expect(new Set(guides.map(({ title }) => title)).size).toBe(guides.length);
    expect(
      guides.filter(({ tokens }) => tokens.some((token) => token.type === 'heading' && token.depth === 1)),
    ).toEqual([]);
  });

  it.each([
    ['no front matter', 'Text'],
    ['no summary', text('title: A\nsection: Guides\norder: 1')],
    ['no such section', text(whole.replace('Guides', 'Guide'))],
    ['an order that is no number', text(whole.replace('1', 'first'))],
    ['an unknown field', text(`${whole}\nauthor: C`)],
  ])('is refused with %s', (_, given) => {
    expect(() => parseGuide('a.md', given)).toThrow(/^a\.md/);
  });
});

describe('links', () => {
  it('lead somewhere, to the heading too', () => {
    expect(brokenLinks(documents, guides)).toEqual([]);
  });

  it('are found to be broken', () => {
    const links =
      '[a](none.md) [b](#none) [c](../pictures/none.png) [d](../../../none.ts) [e](http://example.com)';
    const guide = parseGuide(
      'src/docs/guides/a.md',
      `---\ntitle: A\nsection: Guides\norder: 1\nsummary: B.\n---\n\n## One\n\n${links} [f](#one) [g](a.md#one)\n`,
    );
    expect(brokenLinks([guide], [guide])).toHaveLength(5);
  });

  it('of pictures have a text, and each picture is used', () => {
    const pictures = documents.flatMap(tokensOf).filter(({ type }) => type === 'image') as {
      href: string;
      text: string;
    }[];
    expect(pictures.filter(({ text }) => text.length < 10)).toEqual([]);
    expect(existsSync(join(ROOT, PICTURES))).toBe(true);
  });
});

describe('the documents name what there is', () => {
  it('npm scripts', () => {
    const scripts = Object.keys(packageJson.scripts);
    expect(missing(/npm run ([\w:-]+)/g, (name) => scripts.includes(name))).toEqual([]);
    expect(missing(/npm (start|test)\b/g, (name) => scripts.includes(name))).toEqual([]);
  });

  it('files', () => {
    const made = new Set(blocks.flatMap(filesOf));
    const exists = (path: string) => existsSync(join(ROOT, path)) || made.has(path);
    expect(missing(/(?:^|[\s'"])((?:src|test|migrations)\/[\w./-]*\w)/g, exists)).toEqual([]);
  });

  it('variables', () => {
    const known = [
      ...DOCUMENTED_VARIABLES.flatMap(({ name, doc }) => [
        name,
        ...(doc.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? []),
      ]),
    ];
    // What any provider may have, whatever its id.
    const suffixes = known.flatMap((name) => /^(?:GOOGLE|OIDC_ACME_SSO)(_\w+)$/.exec(name)?.[1] ?? []);
    const sources = ['src/cli', 'test', 'wrangler.toml', 'src/oauth'].map(textBelow).join('\n');
    const isKnown = (name: string) =>
      known.some((variable) => name === variable || name.startsWith(`${variable}__`)) ||
      suffixes.some((suffix) => name.endsWith(suffix)) ||
      /^QUOTA_[A-Z]+_[A-Z]+$/.test(name) ||
      new RegExp(`\\b${name}\\b`).test(sources) ||
      blocks.some(({ text }) => new RegExp(`^\\s*(export )?${name}=`, 'm').test(text));
    expect(missing(/^`?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=|$)/g, isKnown, quoted)).toEqual([]);
  });

  it('error codes', () => {
    const about = quoted.filter(({ text }) => /^[a-z]+(_[a-z]+)+$/.test(text));
    const codes = about.filter(({ text }) => Object.hasOwn(CATALOGUE, text));
    expect(codes.length).toBeGreaterThan(20);
    expect(Object.keys(ERROR_HELP)).toEqual(Object.keys(CATALOGUE));
  });

  it('what npm scripts, files and variables the help for errors names', () => {
    const help = Object.values(ERROR_HELP).map(({ cause, mend }) => ({
      path: 'error-help.ts',
      text: `${cause} ${mend}`,
    }));
    const scripts = Object.keys(packageJson.scripts);
    expect(missing(/npm run ([\w:-]+)/g, (name) => scripts.includes(name), help)).toEqual([]);
    const variables = DOCUMENTED_VARIABLES.map(({ name }) => name);
    expect(missing(/`([A-Z]+(?:_[A-Z]+)+)/g, (name) => variables.includes(name), help)).toEqual([]);
  });

  it('the events of Stripe that are listened to, no more than Stripe lists at once', () => {
    const listed = blocks
      .filter(({ text }) => text.includes('checkout.session.completed'))
      .map(({ text }) => text);
    expect(listed).toHaveLength(1);
    expect(listed[0]?.split(/\s+/).sort()).toEqual(Object.keys(HANDLERS).sort());
    expect(Object.keys(HANDLERS).length).toBeLessThanOrEqual(20);
  });
});

describe('blocks of code', () => {
  it('are run or checked but for a few', () => {
    expect(blocks.filter(isIllustration).map(({ at }) => at).length).toBeLessThanOrEqual(8);
    // Those of other languages, test/node/webhook-receivers.test.ts runs, and HTML test/browser/client-elements.test.ts.
    const compiled = ['bash', 'json', 'ts', 'tsx', 'toml', 'diff'];
    const languages = [...compiled, 'python', 'php', 'java', 'ruby', 'go', 'html'];
    const unchecked = blocks.filter(
      (block) =>
        !isIllustration(block) &&
        !languages.includes(block.language) &&
        // Workflows, test/node/workflows.test.ts checks.
        block.language !== 'yaml' &&
        !block.file &&
        !(block.language === 'text' && block.words.has('answer')),
    );
    expect(unchecked.map(({ at }) => at)).toEqual([]);
  });

  it('of commands act on what is deployed only where that is said', () => {
    const remote = blocks.filter(
      ({ language, words, text }) =>
        language === 'bash' &&
        /--remote\b|wrangler (deploy|secret)|https:\/\/auth\.example\.com/.test(text) &&
        !['deploy', 'named', 'illustration'].some((word) => words.has(word)),
    );
    expect(remote.map(({ at }) => at)).toEqual([]);
  });

  it('of a recipe have at most 15 lines that its reader writes, without imports and lone brackets', () => {
    const long = guides
      .filter(({ section }) => section === 'Recipes')
      .map((guide) => {
        const own = blocksOf(guide).filter(({ file, language }) => file && language !== 'toml');
        const lines = own.flatMap(({ text }) => text.split('\n'));
        const written = lines.filter((line) => /\w/.test(line) && !/^(import|from|<!doctype)\b/.test(line));
        return { name: guide.name, lines: written.length };
      })
      .filter(({ lines }) => lines === 0 || lines > 15);
    expect(long).toEqual([]);
  });

  it('of JSON can be parsed', () => {
    const json = blocks.filter(
      (block) => block.language === 'json' && !block.words.has('answer') && !isIllustration(block),
    );
    for (const { at, text } of json) expect(() => JSON.parse(text), at).not.toThrow();
  });

  it('of TOML are taken by wrangler', () => {
    const toml = blocks.filter((block) => block.language === 'toml' && !isIllustration(block));
    for (const { at, text } of toml) expect(checkToml(text), at).toEqual([]);
  });

  it('of TypeScript have no wrong type', async () => {
    const snippets = blocks.filter(
      (block) => /^tsx?$/.test(block.language) && !isIllustration(block) && !block.file,
    );
    expect(snippets.length).toBeGreaterThan(2);
    expect(await checkSnippets(snippets)).toBe('');
  }, 300_000);
});

describe('a page', () => {
  it('of each guide is linked from the front page, and carries no script, style or handler of its own', () => {
    const front = indexPage(guides);
    for (const guide of guides) {
      expect(front).toContain(`href="/docs/guides/${guide.name}"`);
      const page = guidePage(guide, guides);
      expect(page, guide.path).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
    }
  });

  it('has the links of its guide where they are served', () => {
    const body = (markdown: string) =>
      bodyOf(
        parseGuide(
          'src/docs/guides/a.md',
          `---\ntitle: A\nsection: Guides\norder: 1\nsummary: B.\n---\n${markdown}`,
        ),
      );
    expect(body('[x](b.md#c)')).toContain('<a href="/docs/guides/b#c">x</a>');
    expect(body('[x](../../../test/a.ts)')).toBe('<p>x</p>\n');
    expect(body('![A picture](../pictures/a.png)')).toContain('src="/docs/pictures/a.png" alt="A picture"');
    expect(body('## A `b` & c\n\n## A b & c')).toMatch(/<h2 id="a-b--c">.*<h2 id="a-b--c-1">/s);
    expect(body('```ts\nconst a = "<b>";\n```')).toContain('<span class="hljs-keyword">const</span>');
  });

  it('can be found by what any part of it says', () => {
    const index = searchIndex(guides);
    expect(index.filter(({ heading }) => heading === '')).toHaveLength(guides.length);
    expect(index.find(({ heading }) => heading === 'session_ended')).toMatchObject({
      url: '/docs/guides/errors#session_ended',
      text: expect.stringContaining(ERROR_HELP.session_ended.cause.slice(0, 30)),
    });
  });
});

/** The files that a block makes. */
function filesOf({ language, file, text }: Block): string[] {
  if (file) return [file];
  return language === 'diff'
    ? [...text.matchAll(/^\+\+\+ b\/(\S+)/gm)].map(([, path]) => path as string)
    : [];
}

/** The text of all files below a path. */
function textBelow(path: string): string {
  const whole = join(ROOT, path);
  if (!statSync(whole).isDirectory()) return readFileSync(whole, 'utf8');
  return readdirSync(whole, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(whole, file), 'utf8'))
    .join('\n');
}
