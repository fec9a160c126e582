import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCUMENTED_VARIABLES } from '../worker-config.ts';

const SECTION = /(<!-- configuration:start -->\n).*(<!-- configuration:end -->)/s;

/** The README with the table of all variables and secrets between its markers. Throws when it has no markers. */
export function withConfigurationTable(readme: string): string {
  if (!SECTION.test(readme)) throw new Error('README.md has no configuration markers.');
  return readme.replace(SECTION, (_, start, end) => `${start}\n${table()}\n\n${end}`);
}

function table(): string {
  const rows = DOCUMENTED_VARIABLES.map(({ name, unlessSet, doc }) => [`\`${name}\``, unlessSet, doc]);
  const lines = [['Variable', 'Default', 'Meaning'], ['---', '---', '---'], ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

if (import.meta.main) {
  const path = join(import.meta.dirname, '../../README.md');
  writeFileSync(path, withConfigurationTable(readFileSync(path, 'utf8')));
}
