import { bodyOf, escapeHtml } from './body.ts';
import { type Guide, headingsOf, SECTIONS } from './guide.ts';

/** The front page: all guides by section. */
export function indexPage(guides: Guide[]): string {
  const sections = sectionsOf(guides).map(([section, ofIt]) => {
    const rows = ofIt.map(
      ({ name, title, summary }) =>
        `<li><a href="/docs/guides/${name}">${escapeHtml(title)}</a><p>${escapeHtml(summary)}</p></li>`,
    );
    return `<section><h2>${section}</h2><ul>${rows.join('')}</ul></section>`;
  });
  return frame(
    'Latchkey guides',
    undefined,
    guides,
    `<h1>Guides</h1><div class="sections">${sections.join('')}</div>`,
  );
}

/** The page of a guide, with what comes before and after it. */
export function guidePage(guide: Guide, guides: Guide[]): string {
  const at = guides.indexOf(guide);
  const contents = headingsOf(guide)
    .filter(({ depth }) => depth === 2)
    .map(({ text, anchor }) => `<li><a href="#${anchor}">${escapeHtml(text)}</a></li>`);
  const neighbours = [
    ['prev', 'Before', guides[at - 1]],
    ['next', 'Next', guides[at + 1]],
  ] as const;
  const around = neighbours.map(([rel, label, other]) =>
    other
      ? `<a rel="${rel}" href="/docs/guides/${other.name}"><small>${label}</small> ${escapeHtml(other.title)}</a>`
      : '',
  );
  return frame(
    `${guide.title} · Latchkey guides`,
    guide,
    guides,
    `<p class="crumb">${guide.section}</p><h1>${escapeHtml(guide.title)}</h1><p class="summary">${escapeHtml(guide.summary)}</p>
${contents.length > 1 ? `<nav class="contents" aria-label="On this page"><ul>${contents.join('')}</ul></nav>` : ''}
${bodyOf(guide)}
<nav class="around" aria-label="Neighbouring guides">${around.join('')}</nav>
<p class="source"><a href="/docs/guides/${guide.name}.md">This page as Markdown</a></p>`,
  );
}

/** The sections that have guides, in order. */
export function sectionsOf(guides: Guide[]) {
  return SECTIONS.map(
    (section) => [section, guides.filter((guide) => guide.section === section)] as const,
  ).filter(([, ofIt]) => ofIt.length > 0);
}

function frame(title: string, current: Guide | undefined, guides: Guide[], main: string): string {
  const sections = sectionsOf(guides).map(([section, ofIt]) => {
    const links = ofIt.map(
      (guide) =>
        `<li><a href="/docs/guides/${guide.name}"${guide === current ? ' aria-current="page"' : ''}>${escapeHtml(guide.title)}</a></li>`,
    );
    return `<li><h2>${section}</h2><ul>${links.join('')}</ul></li>`;
  });
  const description = current?.summary ?? 'How to use, run and change Latchkey.';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<meta name="description" content="${escapeHtml(description)}">
<link rel="stylesheet" href="/docs/guides.css">
<link rel="icon" href="/docs/icon.svg" type="image/svg+xml">
${current ? `<link rel="alternate" type="text/markdown" href="/docs/guides/${current.name}.md">` : ''}
<script src="/docs/guides.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header>
<a class="home" href="/docs/guides">Latchkey guides</a>
<form id="search" role="search" hidden>
<input id="query" type="search" aria-label="Search the guides" placeholder="Search" autocomplete="off" aria-controls="found">
</form>
<nav aria-label="Other documents"><a href="/docs">API</a> <a href="/docs/errors">Errors</a></nav>
</header>
<section id="found" aria-label="Found" hidden><p role="status"></p><ol></ol></section>
<div class="columns">
${current ? `<nav class="guides" aria-label="Guides"><ul>${sections.join('')}</ul></nav>` : ''}
<main id="main" tabindex="-1">
${main}
</main>
</div>
</body>
</html>
`;
}
