import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../../src/cli/root.ts';

/** The compilers that the package has types for: the last one in JavaScript, and the newest. */
export const COMPILERS = {
  '5.9': join(ROOT, 'node_modules/@tsd/typescript/typescript/lib/tsc.js'),
  newest: join(ROOT, 'node_modules/typescript/bin/tsc'),
};

/** A project of somebody who has installed `@latchkey/client` as it is published. */
export class ClientConsumer {
  readonly folder = mkdtempSync(join(tmpdir(), 'latchkey-consumer-'));
  /** The package as it is built. */
  readonly built = join(this.folder, 'built');
  /** The packed package, as `npm publish` would send it. */
  readonly tarball: string;

  constructor() {
    execFileSync(process.execPath, [join(ROOT, 'src/cli/build-client.ts'), this.built]);
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', this.folder], {
      cwd: this.built,
      encoding: 'utf8',
    });
    const [{ filename }] = JSON.parse(packed);
    this.tarball = join(this.folder, filename);
    const installed = join(this.folder, 'node_modules/@latchkey/client');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', this.tarball, '--strip-components=1', '-C', installed]);
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    );
    // Nothing else of this project: what the package does not declare is not there.
    for (const name of [
      ...Object.keys(dependencies),
      ...Object.keys(peerDependencies),
      'csstype',
      'openapi-typescript-helpers',
      'react-dom',
      'scheduler',
      '@types/node',
      'undici-types',
    ]) {
      const link = join(this.folder, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), link);
    }
    this.write('package.json', '{ "type": "module", "private": true }');
  }

  /** Writes a file of the project; its path. */
  write(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** Checks types as strictly as can be; gives what the compiler says, nothing when it has no complaint. */
  check(file: string, compilerOptions: object, compiler: keyof typeof COMPILERS = 'newest'): string {
    const options = {
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      target: 'es2022',
      types: [],
      ...compilerOptions,
    };
    this.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: [file] }));
    try {
      execFileSync(process.execPath, [COMPILERS[compiler], '-p', this.folder], { encoding: 'utf8' });
      return '';
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }

  /** How much a project makes TypeScript 5.9 think, which is the same on every machine: types that it has to make out of others. */
  instantiations(): number {
    const told = execFileSync(
      process.execPath,
      [COMPILERS['5.9'], '-p', this.folder, '--extendedDiagnostics'],
      { encoding: 'utf8' },
    );
    return Number(/^Instantiations: +(\d+)/m.exec(told)?.[1]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
