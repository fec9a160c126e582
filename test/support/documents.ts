import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DIALECT_NAMES, type DialectName } from '../../src/lib/dialect-names.ts';

/** What the document of an older service promises. */
export interface Promises {
  /** As in `GET /users/{id}`. */
  endpoints: string[];
  features: FeatureLine[];
}

export interface FeatureLine {
  /** In our own few words; empty while nobody has written them. */
  says: string;
  /** Of the line in the document (SHA-256, its first 12 hex digits). */
  digest: string;
}

/** What the documents name in passing and the services themselves do not answer. */
export const NOT_OURS: Record<string, string> = {
  'POST /api/chat': 'what the product of that service does: it asks for a quota before it does it',
  'GET /static/google-icon.png': 'a picture of the product',
  'GET /static/github-icon.png': 'a picture of the product',
};

interface Line {
  text: string;
  /** Of how many spaces. */
  indent: number;
  /** From the highest down. */
  headings: string[];
  /** Of the fence around it; null in prose. */
  language: string | null;
}

const METHOD = '(GET|POST|PUT|PATCH|DELETE)';
const DECLARED = new RegExp(`^${METHOD} (/\\S*)$`);
const BULLET = new RegExp(`^- \`${METHOD} (/[^\`]*)\``);
const CURL = new RegExp(`^curl (?:-X ${METHOD} )?["']?https?://[^/"'\\s]+(/[^"'\\s]*)`);
/** Where code sends a browser or takes a picture from. */
const CODE_LINK = /(?:location\.href = '|src=")(\/[^'"]+)['"]/g;
const FETCH = /fetch\('([^']+)'(?:, \{(.*?)\n\s*\})?\)/gs;
const MENTION = /(?:https?:\/\/(?:localhost(?::\d+)?|yourdomain\.com)|\bat `)(\/[\w/-]+)/g;
const SIMILAR = /^Similar endpoints .* with `(\/\w+)` prefix/;
const PREFIX = /\(`(\/[\w/]+)`\)$/;
const FEATURE_SECTION =
  /features$|tier system|^authentication flow|security (implementation|level)|rate limiting|error handling|logging$|monitoring|email templates|^integration with/i;

/** Every endpoint that a document names, in all the ways that documents have, in its order. */
export function endpointsOf(document: string): string[] {
  const declared = new Set<string>();
  const mentioned = new Set<string>();
  const lines = linesOf(document);
  const prefixes: string[] = [];
  for (const { text, headings, language } of lines) {
    const prefix = PREFIX.exec(headings.at(-1) ?? '')?.[1] ?? '';
    if (prefix && prefixes.at(-1) !== prefix) prefixes.push(prefix);
    const found =
      language === 'http' ? DECLARED.exec(text) : language === null ? BULLET.exec(text) : CURL.exec(text);
    if (found) declared.add(endpoint(found[1] ?? 'GET', found[2] as string, prefix));
    if (language !== null) continue;
    const row = tableRow(text);
    if (row) declared.add(endpoint(...row, prefix));
    for (const [, path] of text.matchAll(MENTION)) mentioned.add(`GET ${path}`);
    const similar = SIMILAR.exec(text)?.[1];
    const like = prefixes.findLast((other) => other !== similar);
    for (const one of similar ? [...declared] : []) {
      const [method, path = ''] = one.split(' ');
      if (like && path.startsWith(`${like}/`)) declared.add(`${method} ${similar}${path.slice(like.length)}`);
    }
  }
  for (const code of codeOf(lines)) {
    for (const [, path, options] of code.matchAll(FETCH)) {
      mentioned.add(`${/method: '(\w+)'/.exec(options ?? '')?.[1] ?? 'GET'} ${path}`);
    }
    for (const [, path] of code.matchAll(CODE_LINK)) mentioned.add(`GET ${path}`);
  }
  const known = [...declared];
  const further = [...mentioned].filter((one) => !known.some((other) => fits(one, other)));
  return [...known, ...further].filter((one) => !Object.hasOwn(NOT_OURS, one));
}

/** Every line that promises a feature, in the order of the document. */
export function featuresOf(document: string): string[] {
  const found: string[] = [];
  // How far the last promise is indented: what stands below it is a detail of it.
  let depth = Number.POSITIVE_INFINITY;
  for (const { text, indent, headings, language } of linesOf(document)) {
    if (language !== null || text === '') continue;
    const line = /^- (?!\[ \])(.*)$/.exec(text)?.[1];
    if (line === undefined || /^\*\*[^*]+\*\*$/.test(line)) depth = Number.POSITIVE_INFINITY;
    else if (indent <= depth && headings.some((heading) => FEATURE_SECTION.test(heading))) {
      found.push(line);
      depth = indent;
    }
  }
  return found;
}

function linesOf(document: string): Line[] {
  let headings: string[] = [];
  let language: string | null = null;
  return document.split('\n').map((line) => {
    const text = line.trim();
    const fence = /^```(\w*)$/.exec(text);
    if (fence) language = language === null ? (fence[1] as string) : null;
    const heading = language === null && /^(#+) (?:[^\w]+ ?)?(.*)$/.exec(text);
    if (heading) {
      const [, { length: level } = '', title = ''] = heading;
      headings = Array.from({ length: level }, (_, i) => (i === level - 1 ? title : (headings[i] ?? '')));
    }
    return { text, indent: line.search(/\S|$/), headings, language };
  });
}

/** The text of each fenced block. */
function codeOf(lines: Line[]): string[] {
  const blocks: string[] = [];
  let wasCode = false;
  for (const { text, language } of lines) {
    if (language !== null) blocks.push(wasCode ? `${blocks.pop()}\n${text}` : text);
    wasCode = language !== null;
  }
  return blocks;
}

/** Method and path of a table's row, whichever stands first. */
function tableRow(text: string): [method: string, path: string] | null {
  if (!text.startsWith('|')) return null;
  const cells = text.split('|').map((cell) => cell.trim());
  const method = cells.find((cell) => new RegExp(`^${METHOD}$`).test(cell));
  const path = cells.find((cell) => /^`\/[^`]*`$/.test(cell))?.slice(1, -1);
  return method && path ? [method, path] : null;
}

function endpoint(method: string, written: string, prefix: string): string {
  const path = written.replace(/\?.*$/, '');
  return `${method} ${path.startsWith(`${prefix}/`) ? '' : prefix}${path}`;
}

/** Whether an endpoint is another, with something in place of its placeholders. */
function fits(one: string, other: string): boolean {
  const pattern = other.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(one);
}

/** Where the documents are: in the directory SEEDS, or beside the repository. */
export const SEEDS = process.env.SEEDS ?? resolve(import.meta.dirname, '../../../shared/seeds');
const EXTRACT = join(import.meta.dirname, '../compat/documents.json');

/** Whether the documents are on this machine. */
export const hasDocuments = DIALECT_NAMES.every((name) => existsSync(join(SEEDS, `${name}.md`)));

/** What the documents say. Throws where they are not. */
export function readDocuments(): Record<DialectName, Promises> {
  const words = existsSync(EXTRACT) ? wordsOf(readExtract()) : new Map<string, string>();
  return each((name) => {
    const document = readFileSync(join(SEEDS, `${name}.md`), 'utf8');
    const features = featuresOf(document).map((line) => {
      const digest = createHash('sha256').update(line).digest('hex').slice(0, 12);
      return { says: words.get(`${name} ${digest}`) ?? '', digest };
    });
    return { endpoints: endpointsOf(document), features };
  });
}

/** The same as it was read where the documents were. */
export function readExtract(): Record<DialectName, Promises> {
  return JSON.parse(readFileSync(EXTRACT, 'utf8'));
}

/** The endpoints of each service: by its document where that is, by the extract elsewhere. */
export function promisedEndpoints(): Record<DialectName, string[]> {
  const promises = hasDocuments ? readDocuments() : readExtract();
  return each((name) => promises[name].endpoints);
}

function wordsOf(extract: Record<DialectName, Promises>): Map<string, string> {
  return new Map(
    DIALECT_NAMES.flatMap((name) =>
      extract[name].features.map(({ says, digest }) => [`${name} ${digest}`, says] as const),
    ),
  );
}

function each<T>(make: (name: DialectName) => T): Record<DialectName, T> {
  return Object.fromEntries(DIALECT_NAMES.map((name) => [name, make(name)])) as Record<DialectName, T>;
}

if (import.meta.main) writeFileSync(EXTRACT, `${JSON.stringify(readDocuments(), null, 2)}\n`);
