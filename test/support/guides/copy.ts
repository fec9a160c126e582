import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ROOT } from '../../../src/cli/root.ts';
import { freePort } from '../free-port.ts';

/** What running the project leaves behind, and what is linked. */
const LEFT_OUT = ['node_modules', '.git', '.wrangler', '.dev.vars', '.env'];

/** Ends the server and all that it has started when the process that holds the pipe's other end is gone. */
const LIFELINE = '(cat <&3 >/dev/null; kill -KILL -- -$$) & exec 3<&-';

const OF_VITEST = /^(VITEST\w*|NODE_ENV|TEST|DEV|PROD|SSR|MODE|BASE_URL)$/;

/** A fresh copy of the repository, in which commands of a document run as they stand. */
export class Copy {
  readonly folder: string;
  readonly origin: string;
  /** Where the reader's own Worker answers. */
  readonly workerOrigin: string;
  /** Where the harness keeps what is not the reader's. */
  readonly #own: string;
  #servers: ChildProcess[] = [];

  private constructor(port: number, workerPort: number) {
    const place = mkdtempSync(join(tmpdir(), 'latchkey-docs-'));
    this.folder = join(place, 'latchkey');
    this.#own = join(place, 'harness');
    mkdirSync(join(this.#own, 'bin'), { recursive: true });
    for (const name of readdirSync(ROOT)) {
      if (!LEFT_OUT.includes(name)) cpSync(join(ROOT, name), join(this.folder, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
    this.origin = `http://localhost:${port}`;
    this.workerOrigin = `http://localhost:${workerPort}`;
    this.#command('npm', npm(port));
    this.#command('npx', npx());
    // The Stripe CLI needs an account at Stripe.
    this.#command('stripe', 'exit 0');
  }

  static readonly #all = new Set<Copy>();

  static async create(): Promise<Copy> {
    const copy = new Copy(await freePort(), await freePort());
    Copy.#all.add(copy);
    return copy;
  }

  /** Removes the copies that are left. */
  static async removeAll(): Promise<void> {
    await Promise.all([...Copy.#all].map((copy) => copy.remove()));
  }

  /** The folder for what the harness writes. */
  get own(): string {
    return this.#own;
  }

  /** The environment of a reader's shell in the copy. */
  get env(): NodeJS.ProcessEnv {
    // Not what Vitest tells those that it runs.
    const env = Object.entries(process.env).filter(([name]) => !OF_VITEST.test(name));
    return {
      ...Object.fromEntries(env),
      PATH: `${join(this.#own, 'bin')}:${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      // Where Workers that run on this machine find one another.
      WRANGLER_REGISTRY_PATH: join(this.#own, 'registry'),
      NO_COLOR: '1',
    };
  }

  /** Runs commands that start the server, in place of those that ran before; returns when it answers. */
  async serve(commands: string): Promise<void> {
    await this.#stop();
    await this.#spawn(commands, 'Latchkey is ready');
  }

  /** Runs commands that start the reader's own Worker beside the server; returns when it answers. */
  async serveBeside(commands: string): Promise<void> {
    await this.#spawn(commands, 'Ready on');
  }

  async remove(): Promise<void> {
    Copy.#all.delete(this);
    await this.#stop();
    rmSync(join(this.folder, '..'), { recursive: true, force: true });
  }

  async #spawn(commands: string, ready: string): Promise<void> {
    const server = spawn('bash', ['-euo', 'pipefail', '-c', `${LIFELINE}\n${commands}`], {
      cwd: this.folder,
      env: this.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#servers.push(server);
    let output = '';
    for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk) => (output += chunk));
    while (!output.includes(ready) && server.exitCode === null) await setTimeout(50);
    if (server.exitCode !== null) throw new Error(`The server has ended:\n${output}`);
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => end(server.pid as number)));
  }

  #command(name: string, script: string): void {
    const path = join(this.#own, 'bin', name);
    writeFileSync(path, `#!/usr/bin/env bash\nset -euo pipefail\n${script}\n`);
    chmodSync(path, 0o755);
  }
}

/** Ends a process group. */
async function end(group: number): Promise<void> {
  const kill = (signal: NodeJS.Signals | 0) => {
    try {
      return process.kill(-group, signal);
    } catch {
      return false;
    }
  };
  kill('SIGTERM');
  for (let tries = 0; kill(0) && tries < 100; tries += 1) await setTimeout(50);
  kill('SIGKILL');
}

const whichNpm = execFileSync('bash', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();

/** `npm` of a reader, but that packages are there, the port is a free one, and nothing leaves this machine. */
function npm(port: number): string {
  return `case "$1" in
  ci|install) exit 0 ;;
  start) set -- start -- --port ${port} --inspector-port 0 "\${@:3}" ;;
  run)
    args=()
    for arg in "$@"; do [[ $arg == --remote ]] || args+=("$arg"); done
    set -- "\${args[@]}"
    if [[ $2 == deploy ]]; then set -- run deploy -- --dry-run "\${@:4}"; fi
    if [[ $2 == setup ]]; then set -- run setup -- --dry-run "\${@:4}"; fi ;;
esac
exec '${whichNpm}' "$@"`;
}

function npx(): string {
  const standIn = join(import.meta.dirname, 'wrangler-stand-in.ts');
  return `if [[ $1 == wrangler ]]; then shift; exec node '${standIn}' "$PWD" "$@"; fi
exec '${join(whichNpm, '../npx')}' --no-install "$@"`;
}
