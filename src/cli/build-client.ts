import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helpIfAsked } from './command.ts';
import { ROOT } from './root.ts';

// Makes the package `@latchkey/client` in generated/client, or the folder that is named, ready for `npm pack` and `npm publish`: its
// modules as they are, each with its types, and the types of the OpenAPI document beside them.

helpIfAsked('build:client');

const source = join(ROOT, 'src/client');
const [target = join(ROOT, 'generated/client')] = process.argv.slice(2);
const OF_DOCUMENT = ['openapi.ts', 'keyed-operations.ts'];

const work = mkdtempSync(join(ROOT, 'generated/client-'));
try {
  for (const name of readdirSync(source).filter((one) => one.endsWith('.ts'))) {
    const text = readFileSync(join(source, name), 'utf8');
    writeFileSync(join(work, name), text.replaceAll("'../../generated/", "'./"));
  }
  for (const name of OF_DOCUMENT) cpSync(join(ROOT, 'generated', name), join(work, name));
  writeFileSync(
    join(work, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        module: 'nodenext',
        lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'],
        types: [],
        strict: true,
        declaration: true,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
        outDir: 'out',
      },
      include: ['*.ts'],
    }),
  );
  writeFileSync(join(work, 'package.json'), '{ "type": "module" }');
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', work], {
    stdio: 'inherit',
  });
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  cpSync(join(work, 'out'), target, { recursive: true });
  for (const name of ['package.json', 'README.md']) cpSync(join(source, name), join(target, name));
  cpSync(join(ROOT, 'LICENSE'), join(target, 'LICENSE'));
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(
  'generated/client is @latchkey/client: `npm publish ./generated/client`, or `npm pack ./generated/client` to try it.',
);
