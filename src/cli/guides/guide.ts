import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';
import { ROOT } from '../root.ts';

/** Where the guides are, from the root of the repository. */
export const GUIDES = 'src/docs/guides';

/** The sections of the guides, in order. */
export const SECTIONS = [
  'Get started',
  'Recipes',
  'Concepts',
  'Guides',
  'Operate',
  'Move in',
  'Reference',
  'Inside',
  'How to add',
  'Older services',
] as const;

export type Section = (typeof SECTIONS)[number];

/** A Markdown document of the repository. */
export interface Document {
  /** From the root of the repository. */
  path: string;
  /** Without front matter. */
  markdown: string;
  tokens: Token[];
}

/** A document below src/docs/guides with what its front matter says. */
export interface Guide extends Document {
  name: string;
  title: string;
  section: Section;
  /** Where it stands in its section. */
  order: number;
  /** One sentence. */
  summary: string;
  /** The guide whose commands come before those of this one. */
  continues?: string;
}

/** A heading with the anchor that GitHub gives it. */
export interface Heading {
  depth: number;
  text: string;
  anchor: string;
}

/** All guides, by section and order. Throws when front matter is not complete. */
export function readGuides(root = ROOT): Guide[] {
  const guides = readdirSync(join(root, GUIDES))
    .filter((file) => file.endsWith('.md'))
    .map((file) => parseGuide(`${GUIDES}/${file}`, readFileSync(join(root, GUIDES, file), 'utf8')));
  const rank = ({ section, order }: Guide) => SECTIONS.indexOf(section) * 1000 + order;
  return guides.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** A document without front matter, such as the README. */
export function readDocument(path: string, root = ROOT): Document {
  const markdown = readFileSync(join(root, path), 'utf8');
  return { path, markdown, tokens: lexer(markdown) };
}

/** A guide of the text of its file. Throws when front matter is not complete. */
export function parseGuide(path: string, text: string): Guide {
  const [, head, markdown = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(text) ?? [];
  if (head === undefined) throw new Error(`${path} does not begin with front matter.`);
  const fields = Object.fromEntries(
    head
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [, name, value] = /^(\w+): +(\S.*)$/.exec(line) ?? [];
        if (!name) throw new Error(`${path}: this is no line of front matter: ${line}`);
        return [name, value as string];
      }),
  );
  const { title, section, order, summary, continues, ...others } = fields;
  const unknown = Object.keys(others);
  if (unknown.length > 0) throw new Error(`${path}: front matter has no field ${unknown.join(', ')}.`);
  if (!title || !summary) throw new Error(`${path}: front matter needs a title and a summary.`);
  if (!isSection(section)) throw new Error(`${path}: section must be one of ${SECTIONS.join(', ')}.`);
  if (!/^\d{1,3}$/.test(order ?? '')) throw new Error(`${path}: order must be a number below 1000.`);
  return {
    path,
    name: basename(path, '.md'),
    title,
    section,
    order: Number(order),
    summary,
    ...(continues && { continues }),
    markdown,
    tokens: lexer(markdown),
  };
}

function isSection(name: string | undefined): name is Section {
  return SECTIONS.includes(name as Section);
}

/** All tokens of a document, nested ones too, in order of the text. */
export function tokensOf({ tokens }: Document): Token[] {
  const all: Token[] = [];
  walkTokens(tokens, (token) => {
    all.push(token);
  });
  return all;
}

/** The headings of a document in order, with the anchors that GitHub gives them. */
export function headingsOf(document: Document): Heading[] {
  const anchor = anchors();
  return tokensOf(document)
    .filter((token): token is Tokens.Heading => token.type === 'heading')
    .map(({ depth, tokens }) => ({ depth, text: textOf(tokens), anchor: anchor(textOf(tokens)) }));
}

/** Makes anchors as GitHub does, for the headings of one document in order: the same text again gets a number. */
export function anchors(): (text: string) => string {
  const seen = new Map<string, number>();
  return (text) => {
    const plain = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(plain) ?? 0;
    seen.set(plain, times + 1);
    return times === 0 ? plain : `${plain}-${times}`;
  };
}

/** What tokens say, without their markup. */
export function textOf(tokens: Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === 'html') return '';
      if (token.type === 'br') return ' ';
      if (token.type === 'table') return cellsOf(token as Tokens.Table).join(' ');
      if (token.type === 'list')
        return (token as Tokens.List).items.map(({ tokens }) => textOf(tokens)).join(' ');
      if ('tokens' in token && token.tokens) return textOf(token.tokens);
      return 'text' in token ? unescapeHtml(token.text) : '';
    })
    .join('');
}

function cellsOf({ header, rows }: Tokens.Table): string[] {
  return [header, ...rows].flat().map(({ tokens }) => textOf(tokens));
}

/** Text tokens may hold entities as they were written. */
function unescapeHtml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
