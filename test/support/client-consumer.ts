import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../../src/cli/root.ts';

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** A project of somebody who has installed `@latchkey/client` as it is published. */
export class ClientConsumer {
  readonly folder = mkdtempSync(join(tmpdir(), 'latchkey-consumer-'));
  /** The packed package, as `npm publish` would send it. */
  readonly tarball: string;

  constructor() {
    execFileSync(process.execPath, [join(ROOT, 'src/cli/build-client.ts')]);
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', this.folder], {
      cwd: join(ROOT, 'generated/client'),
      encoding: 'utf8',
    });
    const [{ filename }] = JSON.parse(packed);
    this.tarball = join(this.folder, filename);
    const installed = join(this.folder, 'node_modules/@latchkey/client');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', this.tarball, '--strip-components=1', '-C', installed]);
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    // Nothing else of this project: what the package does not declare is not there.
    for (const name of [
      ...Object.keys(dependencies),
      'openapi-typescript-helpers',
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
  check(file: string, compilerOptions: object): { complaints: string; seconds: number } {
    const options = {
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      target: 'es2022',
      types: [],
      ...compilerOptions,
    };
    this.write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: [file] }));
    const started = performance.now();
    try {
      execFileSync(process.execPath, [TSC, '-p', this.folder], { encoding: 'utf8' });
      return { complaints: '', seconds: (performance.now() - started) / 1000 };
    } catch (error) {
      return {
        complaints: (error as { stdout: string }).stdout,
        seconds: (performance.now() - started) / 1000,
      };
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
