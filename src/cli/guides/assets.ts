import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.ts';
import { type Guide, readGuides } from './guide.ts';
import { PICTURES } from './links.ts';
import { guidePage, indexPage, sectionsOf } from './page.ts';
import { searchIndex } from './search-index.ts';

/** The headers of the guides' pages: as strict as those of all pages, but that browsers may keep them to ask whether they changed. */
export const GUIDE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/**
 * Writes the guides into the directory of static assets: a page each and the front page, their Markdown, pictures, the
 * index of the search, `llms.txt` and `llms-full.txt`.
 */
export function writeGuides(assets: string): void {
  const guides = readGuides();
  const docs = join(assets, 'docs');
  for (const folder of ['guides', 'pictures']) {
    rmSync(join(docs, folder), { recursive: true, force: true });
    mkdirSync(join(docs, folder), { recursive: true });
  }
  // Without a slash at its end the address of the front page is that of a file, not of the folder.
  writeFileSync(join(docs, 'guides.html'), indexPage(guides));
  for (const guide of guides) {
    writeFileSync(join(docs, 'guides', `${guide.name}.html`), guidePage(guide, guides));
    writeFileSync(join(docs, 'guides', `${guide.name}.md`), asMarkdown(guide));
  }
  for (const file of ['guides.css', 'guides.js'])
    copyFileSync(join(ROOT, 'src/docs', file), join(docs, file));
  copyFileSync(join(ROOT, 'src/pages/kit/icon.svg'), join(docs, 'icon.svg'));
  const pictures = join(ROOT, PICTURES);
  for (const file of existsSync(pictures) ? readdirSync(pictures) : []) {
    copyFileSync(join(pictures, file), join(docs, 'pictures', file));
  }
  writeFileSync(join(docs, 'guides.json'), JSON.stringify(searchIndex(guides)));
  writeFileSync(join(assets, 'llms.txt'), llmsText(guides));
  writeFileSync(join(assets, 'llms-full.txt'), guides.map(asMarkdown).join('\n'));
}

function asMarkdown({ title, summary, markdown }: Guide): string {
  return `# ${title}\n\n> ${summary}\n\n${markdown.replaceAll(/^<!-- .* -->\n/gm, '').trim()}\n`;
}

/** The list of guides in the form of llmstxt.org. */
function llmsText(guides: Guide[]): string {
  const sections = sectionsOf(guides).map(([section, ofIt]) => {
    const lines = ofIt.map(({ name, title, summary }) => `- [${title}](/docs/guides/${name}.md): ${summary}`);
    return `## ${section}\n\n${lines.join('\n')}\n`;
  });
  const about =
    'The account backend of a product in one Cloudflare Worker: users, plans, usage and payments.';
  const api = '## API\n\n- [OpenAPI 3.1](/openapi.json): every endpoint, with schemas\n';
  return `# Latchkey\n\n> ${about}\n\n${[...sections, api].join('\n')}`;
}
