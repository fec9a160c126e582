import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import { ROOT } from '../../../src/cli/root.ts';
import type { Block } from './blocks.ts';

/** What the compiler says of blocks of TypeScript, each a file beside a folder `latchkey`; nothing when all are right. */
export async function checkSnippets(blocks: Block[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-snippets-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const said = await Promise.all([
      compile(
        join(folder, 'worker'),
        blocks.filter(({ words }) => !words.has('browser')),
        {
          types: ['@cloudflare/workers-types', 'node'],
        },
      ),
      compile(
        join(folder, 'browser'),
        blocks.filter(({ words }) => words.has('browser')),
        {
          types: [],
          lib: ['es2024', 'dom'],
          jsxImportSource: 'react',
        },
      ),
    ]);
    return said.join('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compile(folder: string, blocks: Block[], options: object): Promise<string> {
  if (blocks.length === 0) return '';
  mkdirSync(folder);
  symlinkSync(ROOT, join(folder, 'latchkey'));
  const files = blocks.map(({ at, language, text }) => {
    const name = `${at.replaceAll(/[^\w]+/g, '-')}.${language}`;
    writeFileSync(join(folder, name), text);
    return name;
  });
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    // Each block is a module, also one that imports nothing.
    compilerOptions: {
      moduleDetection: 'force',
      noUnusedLocals: false,
      // The client package, which is built when it is to be published.
      paths: {
        '@latchkey/client': [join(ROOT, 'src/client/client.ts')],
        '@latchkey/client/*': [join(ROOT, 'src/client/*.ts')],
      },
      ...options,
    },
    // Not what the project includes.
    include: [],
    files,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder], {
    encoding: 'utf8',
  }).catch((error) => error);
  return stdout;
}

/** What wrangler complains of in a part of its configuration. */
export function checkToml(text: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-toml-'));
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    const path = join(folder, 'wrangler.toml');
    const rest = Object.entries({ name: 'consumer', main: 'index.ts', compatibility_date: '2026-08-01' })
      .filter(([key]) => !new RegExp(`^${key} *=`, 'm').test(text))
      .map(([key, value]) => `${key} = "${value}"`);
    writeFileSync(path, `${rest.join('\n')}\n${text}\n`);
    writeFileSync(join(folder, 'index.ts'), '');
    readConfig({ config: path });
    return warned.mock.calls.map((call) => call.join(' '));
  } catch (error) {
    return [String(error)];
  } finally {
    warned.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  }
}
