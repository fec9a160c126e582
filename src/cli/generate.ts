import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

// What the Worker takes from packages but can't import: `npm ci` runs this, and `generated/` is not committed.

const { resolve } = createRequire(import.meta.url);
const generated = join(import.meta.dirname, '../../generated');
const docs = join(generated, 'assets/docs');
mkdirSync(docs, { recursive: true });

for (const asset of [
  'swagger-ui-dist/swagger-ui-bundle.js',
  'swagger-ui-dist/swagger-ui.css',
  'redoc/bundles/redoc.standalone.js',
]) {
  copyFileSync(resolve(asset), join(docs, basename(asset)));
}

const passwords: string[] = JSON.parse(
  readFileSync(resolve('@zxcvbn-ts/language-common/src/passwords.json'), 'utf8'),
);
const folded = passwords.map((password) => password.normalize('NFKC').toLowerCase());
// Shorter ones are refused for their length.
const list = [...new Set(folded)].filter((password) => [...password].length >= 8).sort();
writeFileSync(
  join(generated, 'common-passwords.ts'),
  `/** Common passwords in lower case and order, each between two line ends. */
export const COMMON_PASSWORDS = ${JSON.stringify(`\n${list.join('\n')}\n`)};
`,
);
