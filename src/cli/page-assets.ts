import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { transformSync } from 'esbuild';
import { ICON_NAMES } from '../pages/kit/icon-names.ts';

const KIT = join(import.meta.dirname, '../pages/kit');

/** The files that pages load, by what the Worker calls their addresses. */
const FILES = {
  STYLESHEET: 'style.css',
  ICON: 'icon.svg',
  KIT: 'kit.js',
  PASSKEYS: 'passkeys.js',
  CHALLENGE: 'challenge.js',
  AWAITING: 'awaiting.js',
};

/**
 * Writes what the pages load, under names that tell their content, so that browsers may keep them for good; and what the Worker
 * puts into pages itself: their addresses, icons and the marks of providers. Gives the address of the site's picture.
 */
export function writePageAssets(generated: string): string {
  const folder = join(generated, 'assets/pages');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const address = (name: string) => {
    const content = contentOf(name);
    const [stem, extension] = name.split('.');
    const named = `${stem}.${createHash('sha256').update(content).digest('hex').slice(0, 12)}.${extension}`;
    writeFileSync(join(folder, named), content);
    return `/pages/${named}`;
  };
  const addresses = Object.entries(FILES).map(([constant, name]) => [constant, address(name)] as const);
  const constants = addresses.map(
    ([constant, at]) => `/** The address of the pages' \`${FILES[constant as keyof typeof FILES]}\`. */
export const ${constant} = '${at}';\n`,
  );
  writeFileSync(join(generated, 'page-assets.ts'), constants.join('\n'));
  writeFileSync(
    join(generated, 'icons.ts'),
    `/** What is drawn in icons of 24 units, by Lucide (ISC). */
export const ICONS = ${JSON.stringify(icons())};

/** The marks of providers, in their own colours, of 24 units. */
export const MARKS: Record<string, string | undefined> = ${JSON.stringify(marks())};
`,
  );
  return Object.fromEntries(addresses).ICON ?? '';
}

/** A file as it is sent. The stylesheet is made of its parts, in the order of their names, without comments. */
function contentOf(name: string): string {
  if (name !== 'style.css') return readFileSync(join(KIT, name), 'utf8');
  const parts = readdirSync(join(KIT, 'style')).sort();
  const whole = parts.map((part) => readFileSync(join(KIT, 'style', part), 'utf8')).join('\n');
  return transformSync(whole, { loader: 'css', minify: true, target: 'chrome120' }).code;
}

function icons(): Record<string, string> {
  const folder = join(createRequire(import.meta.url).resolve('lucide-static/package.json'), '../icons');
  return Object.fromEntries(ICON_NAMES.map((name) => [name, drawn(join(folder, `${name}.svg`))]));
}

function marks(): Record<string, string> {
  const folder = join(KIT, 'marks');
  return Object.fromEntries(
    readdirSync(folder).map((file) => [basename(file, '.svg'), drawn(join(folder, file))]),
  );
}

/** What stands inside of an SVG file. */
function drawn(file: string): string {
  const [, inner = ''] = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(readFileSync(file, 'utf8')) ?? [];
  return inner.replace(/>\s+</g, '><').replaceAll(' />', '/>').trim();
}
