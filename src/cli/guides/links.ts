import { existsSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import type { Tokens } from 'marked';
import { ROOT } from '../root.ts';
import { type Document, GUIDES, type Guide, headingsOf, tokensOf } from './guide.ts';

/** Where the pictures are, from the root of the repository. */
export const PICTURES = 'src/docs/pictures';

/** What a link or picture of a document leads to. */
export type Target =
  | { kind: 'web'; url: string }
  | { kind: 'guide'; name: string; anchor: string | undefined }
  | { kind: 'picture'; file: string }
  | { kind: 'file'; path: string };

/** What `href` means in a document at `path`; an anchor alone means the document itself. */
export function targetOf(path: string, href: string): Target {
  if (/^[a-z]+:/.test(href)) return { kind: 'web', url: href };
  const [file = '', anchor] = href.split('#');
  const target = file === '' ? path : posix.join(posix.dirname(path), decodeURI(file));
  if (target.startsWith(`${GUIDES}/`) && target.endsWith('.md')) {
    return { kind: 'guide', name: basename(target, '.md'), anchor };
  }
  if (target.startsWith(`${PICTURES}/`)) return { kind: 'picture', file: basename(target) };
  return { kind: 'file', path: target };
}

/** The links and pictures of documents that lead nowhere, each as `path: href`. */
export function brokenLinks(documents: Document[], guides: Guide[], root = ROOT): string[] {
  const anchors = new Map(
    guides.map((guide) => [guide.name, new Set(headingsOf(guide).map(({ anchor }) => anchor))]),
  );
  return documents.flatMap((document) =>
    linksOf(document)
      .filter((href) => {
        const target = targetOf(document.path, href);
        if (target.kind === 'web') return !/^(https:\/\/|http:\/\/localhost\b|mailto:)/.test(target.url);
        if (target.kind === 'picture') return !existsSync(join(root, PICTURES, target.file));
        if (target.kind === 'guide') {
          const there = anchors.get(target.name);
          return !there || (target.anchor !== undefined && !there.has(target.anchor));
        }
        const [, anchor] = href.split('#');
        if (anchor === undefined) return !existsSync(join(root, target.path));
        return (
          target.path !== document.path || !headingsOf(document).some((heading) => heading.anchor === anchor)
        );
      })
      .map((href) => `${document.path}: ${href}`),
  );
}

/** The addresses of links and pictures as they are written. */
function linksOf(document: Document): string[] {
  return tokensOf(document)
    .filter((token): token is Tokens.Link | Tokens.Image => token.type === 'link' || token.type === 'image')
    .map(({ href }) => href);
}
