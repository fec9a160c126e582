import type { Content } from './content.ts';

/** Quoted twice in an answer, a line still has fewer than 80 columns. */
const COLUMNS = 72;

/** The plain text of a mail: what the HTML says, for reading as it is. */
export function plainText(content: Content): string {
  const { title, greeting, opening, code, facts, advice, action, closing, footer } = content;
  const blocks = [
    ...[title, greeting, ...opening].map(wrap),
    code && `    ${code}`,
    facts.map(([label, value]) => wrap(`${label}: ${value}`)).join('\n'),
    ...advice.map(wrap),
    action && `${wrap(`${action.label}:`)}\n${action.link}`,
    ...closing.map(wrap),
    // The line by which mail programs know a signature (RFC 3676, 4.3).
    `-- \n${wrap(footer)}`,
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

function wrap(paragraph: string): string {
  const lines: string[] = [];
  let line = '';
  // No-break spaces hold: only plain ones are places to break.
  for (const word of paragraph.split(' ')) {
    if (line && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, line].join('\n');
}
