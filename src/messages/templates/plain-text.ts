import type { MailParts } from './content.ts';

/** A line that is quoted twice in an answer still has fewer than 80 columns. */
const COLUMNS = 72;

/** The plain text of a mail, with the same content as the HTML. */
export function plainText(content: MailParts): string {
  const { title, greeting, opening, code, facts, label, advice, action, closing, footer } = content;
  const blocks = [
    ...[title, greeting, ...opening].map(wrap),
    code && `    ${code}`,
    facts.map(([name, value]) => wrap(`${label(name)}${value}`)).join('\n'),
    ...advice.map(wrap),
    action && `${wrap(label(action.label).trimEnd())}\n${action.link}`,
    ...closing.map(wrap),
    // Mail programs recognise a signature by this line (RFC 3676, 4.3).
    `-- \n${wrap(footer)}`,
  ];
  return `${blocks.filter(Boolean).join('\n\n')}\n`;
}

function wrap(paragraph: string): string {
  const lines: string[] = [];
  let line = '';
  // Lines break at plain spaces only, never at no-break spaces.
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
