import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROVIDER_VARIABLES } from '../env-providers.ts';
import { VARIABLES } from '../env-variables.ts';
import { QUOTA_VARIABLES } from '../lib/quota-variables.ts';

const SECTION = /(<!-- configuration:start -->\n).*(<!-- configuration:end -->)/s;

/** The README with the table of all variables and secrets between its markers. Throws when it has no markers. */
export function withConfigurationTable(readme: string): string {
  if (!SECTION.test(readme)) throw new Error('README.md has no configuration markers.');
  return readme.replace(SECTION, (_, start, end) => `${start}\n${table()}\n\n${end}`);
}

function table(): string {
  const rows = Object.entries(VARIABLES).map(([name, { doc, ...declaration }]) => {
    const without = 'optional' in declaration ? 'unset' : 'required';
    const value = 'default' in declaration ? `\`${declaration.default}\`` : without;
    return [`\`${name}\``, 'secret' in declaration ? `${value}, secret` : value, doc.replaceAll('|', '\\|')];
  });
  const providerRows = PROVIDER_VARIABLES.map(({ name, secret, doc }) => [
    `\`${name}\``,
    secret ? 'unset, secret' : 'unset',
    doc,
  ]);
  rows.push([`\`${QUOTA_VARIABLES.name}\``, 'as in the plan', QUOTA_VARIABLES.doc]);
  const lines = [['Variable', 'Default', 'Meaning'], ['---', '---', '---'], ...rows, ...providerRows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

if (import.meta.main) {
  const path = join(import.meta.dirname, '../../README.md');
  writeFileSync(path, withConfigurationTable(readFileSync(path, 'utf8')));
}
