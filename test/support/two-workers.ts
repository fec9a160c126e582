import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { experimental_readRawConfig as readRawConfig } from 'wrangler';
import { applyMigrations, query, spawnWrangler } from '../../src/cli/d1.ts';
import { ROOT } from '../../src/cli/root.ts';

/** The bootstrap key of the Latchkey that is started here. */
export const INTERNAL_API_KEY = 'cnBjLXRlc3RzLW9ubHktbm90LWZvci1hbnkgdXNl';

/** The realm of one of the bindings. */
const REALM = "INSERT INTO realms (id, name, created_at, updated_at) VALUES ('other', 'Other', 0, 0)";

/** Latchkey and a consumer that is bound to it, in one `wrangler dev`; the consumer answers. */
export class TwoWorkers {
  readonly origin: string;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(origin: string, child: ChildProcess, directory: string) {
    this.origin = origin;
    this.#child = child;
    this.#directory = directory;
  }

  static async start(consumer: string): Promise<TwoWorkers> {
    const directory = mkdtempSync(join(tmpdir(), 'latchkey-rpc-'));
    const state = join(directory, 'state');
    await applyMigrations({ 'persist-to': state });
    await query(REALM, { 'persist-to': state });
    const child = spawnWrangler(
      [
        'dev',
        ...['-c', consumer, '-c', writeConfig(directory)],
        ...['--ip', '127.0.0.1', '--port', '0', '--inspector-port', '0', '--persist-to', state],
        '--show-interactive-dev-session=false',
      ],
      ['ignore', 'pipe', 'pipe', 'ipc'],
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    const port = await new Promise<number>((resolve, reject) => {
      child.on('exit', () => reject(new Error(`wrangler dev has ended:\n${output}`)));
      child.on('message', (message) => {
        const { event, port: found } = JSON.parse(String(message));
        if (event === 'DEV_SERVER_READY') resolve(found);
      });
    });
    return new TwoWorkers(`http://127.0.0.1:${port}`, child, directory);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** The project's configuration, with what a deployment would set. */
function writeConfig(directory: string): string {
  const { rawConfig: config } = readRawConfig({ config: join(ROOT, 'wrangler.toml') });
  delete config.assets;
  config.main = join(ROOT, 'src/worker.ts');
  config.alias = Object.fromEntries(
    Object.entries((config.alias ?? {}) as Record<string, string>).map(([name, path]) => [
      name,
      join(ROOT, path),
    ]),
  );
  config.vars = {
    ENVIRONMENT: 'development',
    ORIGIN: 'http://localhost:8787',
    AUTH_SECRET: 'cnBjIGhhcyBhIHNlY3JldCBvZiBpdHMgb3duLCB0b28',
    INTERNAL_API_KEY,
  };
  const path = join(directory, 'wrangler.json');
  writeFileSync(path, JSON.stringify(config));
  return path;
}
