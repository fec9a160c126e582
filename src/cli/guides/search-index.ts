import { anchors, type Guide, textOf } from './guide.ts';

/** A part of a guide that a search can find: what stands below one heading. */
export interface SearchEntry {
  /** Of the guide. */
  title: string;
  /** Of the part; empty for what stands above the first. */
  heading: string;
  url: string;
  text: string;
}

/** What the search of the guides looks through, in order of the guides. */
export function searchIndex(guides: Guide[]): SearchEntry[] {
  return guides.flatMap((guide) => {
    const anchor = anchors();
    const url = `/docs/guides/${guide.name}`;
    const entries: SearchEntry[] = [{ title: guide.title, heading: '', url, text: guide.summary }];
    for (const token of guide.tokens) {
      if (token.type === 'heading') {
        const heading = textOf(token.tokens ?? []);
        entries.push({ title: guide.title, heading, url: `${url}#${anchor(heading)}`, text: '' });
      } else {
        const entry = entries.at(-1) as SearchEntry;
        entry.text = `${entry.text} ${textOf([token])}`.replaceAll(/\s+/g, ' ').trim();
      }
    }
    return entries;
  });
}
