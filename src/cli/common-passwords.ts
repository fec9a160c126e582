import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** The passwords that are refused for being common, in the form in which they are compared. */
export function commonPasswords(): Set<string> {
  const path = resolve('@zxcvbn-ts/language-common/src/passwords.json');
  const passwords: string[] = JSON.parse(readFileSync(path, 'utf8'));
  const folded = passwords.map((password) => password.normalize('NFKC').toLowerCase());
  // Shorter ones are refused for their length.
  return new Set(folded.filter((password) => [...password].length >= 8));
}
