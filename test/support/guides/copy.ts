import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ROOT } from '../../../src/cli/root.ts';
import { freePort } from '../free-port.ts';

const STAND_INS = import.meta.dirname;

/** What running the project leaves behind, and what is linked. */
const LEFT_OUT = ['node_modules', '.peers', '.git', '.wrangler', '.dev.vars', '.env'];

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
  #server: ChildProcess[] = [];
  /** The reader's own programs. */
  #beside: ChildProcess[] = [];

  private constructor(port: number, workerPort: number, variables: Record<string, string>) {
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
    // Debian's, which has the packages of Debian.
    this.#command('python3', `exec /usr/bin/python3 "$@"`);
    // The Stripe CLI needs an account at Stripe.
    this.#command('stripe', 'exit 0');
    const given = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
    if (given.length > 0) appendFileSync(join(this.folder, '.dev.vars'), given.join(''));
    const { STRIPE_API_URL: stripe } = variables;
    if (stripe)
      this.#command('stripe', `exec node '${join(STAND_INS, 'stripe-stand-in.ts')}' ${stripe} "$@"`);
  }

  static readonly #all = new Set<Copy>();

  /** A copy with variables of its own; one that has the address of a stand-in of Stripe has its CLI too. */
  static async create(variables: Record<string, string> = {}): Promise<Copy> {
    const copy = new Copy(await freePort(), await freePort(), variables);
    Copy.#all.add(copy);
    return copy;
  }

  /** A copy that is served, for documents that change nothing of it and come from one address. */
  static async createServed(variables: Record<string, string> = {}): Promise<Copy> {
    const copy = await Copy.create({ RATE_LIMIT_SIGN_IN: '10000', ...variables });
    await copy.serve('npm start');
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
      NEXT_TELEMETRY_DISABLED: '1',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      // Where Workers that run on this machine find one another.
      WRANGLER_REGISTRY_PATH: join(this.#own, 'registry'),
      NO_COLOR: '1',
    };
  }

  /** Runs commands that start the server, in place of those that ran before; returns when it answers. */
  async serve(commands: string): Promise<void> {
    await this.#stop();
    const [server, said] = this.#spawn(commands);
    this.#server.push(server);
    await this.#until(server, said, async () => said().includes('Latchkey is ready'));
  }

  /** Runs commands that start the reader's own program beside the server; returns when it answers. */
  async serveBeside(commands: string): Promise<void> {
    const [server, said] = this.#spawn(commands);
    this.#beside.push(server);
    const port = Number(new URL(this.workerOrigin).port);
    // wrangler listens before its Worker can answer, and Stripe's CLI does not listen.
    const answers = /\b(wrangler|stripe listen)\b/.test(commands)
      ? async () => /Ready( on|!)/.test(said())
      : () => isListenedOn(port);
    await this.#until(server, said, answers);
  }

  /** Ends the reader's own programs. */
  async stopBeside(): Promise<void> {
    await Promise.all(this.#beside.splice(0).map((server) => end(server.pid as number)));
  }

  async remove(): Promise<void> {
    Copy.#all.delete(this);
    await this.#stop();
    rmSync(join(this.folder, '..'), { recursive: true, force: true });
  }

  #spawn(commands: string): [server: ChildProcess, said: () => string] {
    const server = spawn('bash', ['-euo', 'pipefail', '-c', `${LIFELINE}\n${commands}`], {
      cwd: this.folder,
      env: this.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk) => (output += chunk));
    return [server, () => output];
  }

  async #until(server: ChildProcess, said: () => string, isReady: () => Promise<boolean>): Promise<void> {
    while (server.exitCode === null && !(await isReady())) await setTimeout(50);
    if (server.exitCode !== null) throw new Error(`The server has ended:\n${said()}`);
  }

  async #stop(): Promise<void> {
    await this.stopBeside();
    await Promise.all(this.#server.splice(0).map((server) => end(server.pid as number)));
  }

  #command(name: string, script: string): void {
    const path = join(this.#own, 'bin', name);
    writeFileSync(path, `#!/usr/bin/env bash\nset -euo pipefail\n${script}\n`);
    chmodSync(path, 0o755);
  }
}

/** Whether somebody listens on a port of this machine, whatever `localhost` is. */
async function isListenedOn(port: number): Promise<boolean> {
  const socket = connect({ port, host: 'localhost' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
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
  ci) exit 0 ;;
  install) ${INSTALL} ;;
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

/** Where `.ci/run` installs Next, which is too big to be a package of this project. */
export const NEXT = join(ROOT, '.peers/next/node_modules');

/**
 * What `npm install PACKAGE…` does where all packages are those of this project; that of the client is unpacked. Next takes no link that leads
 * out of its app, and what stands beside it is copied.
 */
const INSTALL = `shift
    modules='${join(ROOT, 'node_modules')}'
    put='ln -sfn'
    if [[ " $* " == *' next '* ]]; then
      put='cp -RL'
      cp -R '${NEXT}' .
    fi
    link() {
      [[ $put == cp* && -e node_modules/$1 ]] && return
      [[ -e $modules/$1 ]] || { echo "There is no package $1." >&2; exit 1; }
      mkdir -p "node_modules/$(dirname "$1")"
      $put "$modules/$1" "node_modules/$1"
    }
    for package; do
      link .bin
      if [[ $package == *.tgz ]]; then
        own=node_modules/@latchkey/client
        mkdir -p "$own" && tar -xzf "$package" --strip-components=1 -C "$own"
        for name in $(node -p "Object.keys(require('./$own/package.json').dependencies).join(' ')"); do link "$name"; done
      else
        link "$package"
      fi
    done
    exit 0`;

function npx(): string {
  const standIn = join(STAND_INS, 'wrangler-stand-in.ts');
  return `if [[ $1 == wrangler ]]; then shift; exec node '${standIn}' "$PWD" "$@"; fi
exec '${join(whichNpm, '../npx')}' --no-install "$@"`;
}
