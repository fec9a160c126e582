import { closeSync, existsSync, fchmodSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { deploymentFiles, readToml } from './deployment.ts';
import { ROOT } from './root.ts';

/**
 * Sets variables in the file of a deployment, which is made if there is none. Everything else in it stays as it is, also
 * comments. Throws where a value stands in a form that this cannot change.
 */
export async function setVariables(
  env: string | undefined,
  variables: Record<string, string>,
): Promise<void> {
  const { own } = deploymentFiles(env);
  const path = join(ROOT, own);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const after = Object.entries(variables).reduce(
    (text, [name, value]) => withVariable(text, name, value),
    before,
  );
  writeFileSync(path, after);
  const vars = (await readToml(own).catch(() => null))?.vars ?? {};
  const strange = Object.entries(variables).find(([name, value]) => String(vars[name]) !== value);
  if (!strange) return;
  writeFileSync(path, before);
  throw new Error(`${own}: ${strange[0]} stands in a form that cannot be changed here. Set it by hand.`);
}

/** The text of a file with a variable set under `[vars]`. */
export function withVariable(text: string, name: string, value: string): string {
  // A JSON string is a basic string of TOML.
  const line = `${name} = ${JSON.stringify(value)}`;
  const heading = /^\[vars\][^\S\n]*(#.*)?$/m.exec(text);
  if (!heading) return `${text}${text === '' || text.endsWith('\n\n') ? '' : '\n'}[vars]\n${line}\n`;
  const start = heading.index + heading[0].length;
  const length = text.slice(start).search(/\n[^\S\n]*\[/);
  const end = length === -1 ? text.length : start + length;
  const section = text.slice(start, end);
  const present = new RegExp(`^([^\\S\\n]*)${name}[^\\S\\n]*=.*$`, 'm');
  const changed = present.test(section)
    ? section.replace(present, (_, indent) => `${indent}${line}`)
    : `${section.trimEnd()}\n${line}${/\s*$/.exec(section)?.[0] || '\n'}`;
  return `${text.slice(0, start)}${changed}${text.slice(end)}`;
}

/** Adds a binding to the file of a deployment. */
export function addToDeployment(env: string | undefined, toml: string): void {
  const path = join(ROOT, deploymentFiles(env).own);
  writeFileSync(path, `${readFileSync(path, 'utf8').trimEnd()}\n\n${toml}\n`);
}

/** The secrets that were made here and that nobody shows again, from a file beside that of the deployment. */
export function keptSecrets(env: string | undefined): Record<string, string> {
  const path = join(ROOT, deploymentFiles(env).secrets);
  return existsSync(path) ? (parseEnv(readFileSync(path, 'utf8')) as Record<string, string>) : {};
}

/** Adds secrets to a file that only its owner can read. A later one of a name wins. */
export function appendSecrets(name: string, secrets: Record<string, string>): void {
  const path = join(ROOT, name);
  const file = openSync(path, 'a', 0o600);
  fchmodSync(file, 0o600);
  const lineEnd = /[^\n]$/.test(readFileSync(path, 'utf8')) ? '\n' : '';
  const lines = Object.entries(secrets).map(([one, value]) => `${one}=${value}\n`);
  writeSync(file, lineEnd + lines.join(''));
  closeSync(file);
}
