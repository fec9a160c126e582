import { createRequire } from 'node:module';
import { Marked, type Tokens } from 'marked';
import { anchors, type Guide, textOf } from './guide.ts';
import { targetOf } from './links.ts';

/** What is used of highlight.js, untyped: its types bring those of the DOM along, which differ from the Workers'. */
interface Highlighter {
  getLanguage(name: string): object | undefined;
  highlight(code: string, options: { language: string }): { value: string };
}

const hljs: Highlighter = createRequire(import.meta.url)('highlight.js/lib/common');

/** The text of a guide as HTML: headings with GitHub's anchors, code in colours by classes, links to where guides are served. */
export function bodyOf(guide: Guide): string {
  const anchor = anchors();
  const marked = new Marked({
    renderer: {
      heading({ depth, tokens }) {
        const id = anchor(textOf(tokens));
        return `<h${depth} id="${id}"><a href="#${id}">${this.parser.parseInline(tokens)}</a></h${depth}>\n`;
      },
      code({ text, lang = '' }) {
        const [language = ''] = lang.split(' ');
        // A block may scroll, so that the keyboard has to reach it.
        return `<pre tabindex="0"><code>${highlighted(text, language)}</code></pre>\n`;
      },
      table(token) {
        return `<div class="table" tabindex="0">${tableOf(token, (tokens) => this.parser.parseInline(tokens))}</div>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const address = addressOf(guide, href);
        // Files of the repository are not served.
        return address === undefined ? text : `<a href="${escapeHtml(address)}">${text}</a>`;
      },
      image({ href, text }) {
        return `<img src="${escapeHtml(addressOf(guide, href) ?? href)}" alt="${escapeHtml(text)}" loading="lazy">`;
      },
    },
  });
  return marked.parse(guide.markdown, { async: false });
}

/** Where what a guide links to is served, if it is. */
function addressOf(guide: Guide, href: string): string | undefined {
  const target = targetOf(guide.path, href);
  if (target.kind === 'web') return target.url;
  if (target.kind === 'picture') return `/docs/pictures/${target.file}`;
  if (target.kind === 'file') return undefined;
  const path = target.name === guide.name ? '' : `/docs/guides/${target.name}`;
  return target.anchor === undefined ? path : `${path}#${target.anchor}`;
}

function highlighted(text: string, language: string): string {
  return hljs.getLanguage(language) ? hljs.highlight(text, { language }).value : escapeHtml(text);
}

function tableOf(
  { header, rows }: Tokens.Table,
  inline: (tokens: Tokens.TableCell['tokens']) => string,
): string {
  const head = header.map(({ tokens }) => `<th scope="col">${inline(tokens)}</th>`).join('');
  const body = rows.map(
    (cells) => `<tr>${cells.map(({ tokens }) => `<td>${inline(tokens)}</td>`).join('')}</tr>`,
  );
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

/** Text as it stands in HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
