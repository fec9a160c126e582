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

/** Latchkey and what is bound to it, or what it is bound to, in one `wrangler dev`. */
export class WranglerDev {
  readonly origin: string;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(origin: string, child: ChildProcess, directory: string) {
    this.origin = origin;
    this.#child = child;
    this.#directory = directory;
  }

  /**
   * Starts Workers by their configurations, which may be written into the folder that is given. The first of them answers. Those of others
   * that have the same `registry`, a folder, can be bound.
   */
  static async start(
    configsIn: (folder: string) => string[] | Promise<string[]>,
    registry?: string,
  ): Promise<WranglerDev> {
    const directory = mkdtempSync(join(tmpdir(), 'latchkey-dev-'));
    const state = join(directory, 'state');
    await applyMigrations({ 'persist-to': state });
    await query(REALM, { 'persist-to': state });
    const configs = await configsIn(directory);
    const child = spawnWrangler(
      [
        'dev',
        ...configs.flatMap((config) => ['-c', config]),
        ...['--ip', '127.0.0.1', '--port', '0', '--inspector-port', '0', '--persist-to', state],
        '--show-interactive-dev-session=false',
      ],
      ['ignore', 'pipe', 'pipe', 'ipc'],
      registry === undefined ? {} : { WRANGLER_REGISTRY_PATH: registry },
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
    return new WranglerDev(`http://127.0.0.1:${port}`, child, directory);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Writes a configuration of the project into a folder, with what a deployment would set; gives its path. */
export function writeConfig(
  folder: string,
  {
    of = 'wrangler.toml',
    root = ROOT,
    name,
    vars = {},
    ...rest
  }: {
    of?: string;
    /** The folder of the project that it is a configuration of. */
    root?: string;
    name?: string;
    vars?: object;
    tail_consumers?: { service: string }[];
    queues?: object;
    services?: object[];
  } = {},
): string {
  const { rawConfig: config } = readRawConfig({ config: join(root, of) });
  Object.assign(config, rest);
  config.name = name ?? config.name;
  delete config.assets;
  config.main = join(root, config.main as string);
  config.alias = Object.fromEntries(
    Object.entries((config.alias ?? {}) as Record<string, string>).map(([name, path]) => [
      name,
      join(root, path),
    ]),
  );
  config.vars = {
    ENVIRONMENT: 'development',
    ORIGIN: 'http://localhost:8787',
    AUTH_SECRET: 'cnBjIGhhcyBhIHNlY3JldCBvZiBpdHMgb3duLCB0b28',
    INTERNAL_API_KEY,
    ...vars,
  };
  const path = join(folder, `${config.name}.json`);
  writeFileSync(path, JSON.stringify(config));
  return path;
}
