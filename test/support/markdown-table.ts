/** A table of Markdown; the first line is its heading. */
export function table([heading = [], ...lines]: string[][]): string {
  return [heading, heading.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}
