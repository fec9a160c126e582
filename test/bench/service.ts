import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { experimental_readRawConfig } from 'wrangler';
import { cpuOf, descendants, listeningPorts, programOf } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const WRANGLER = join(createRequire(import.meta.url).resolve('wrangler/package.json'), '../bin/wrangler.js');
const READY_SECONDS = 30;
/** Both are on by default, double the cost of a request, and make a call to an object seven times dearer. */
const ENVIRONMENT = { X_LOCAL_OBSERVABILITY: 'false', X_LOCAL_EXPLORER: 'false', WRANGLER_SEND_METRICS: 'false' };

/** The Worker under `wrangler dev`, by itself and with storage of its own. */
export class Service {
  readonly port: number;
  readonly workerd: string;
  readonly #pid: number;
  readonly #stop: () => Promise<void>;

  private constructor(port: number, pid: number, stop: () => Promise<void>) {
    this.port = port;
    this.#pid = pid;
    this.workerd = execFileSync(programOf(pid), ['--version'], { encoding: 'utf8' }).trim();
    this.#stop = stop;
  }

  /** CPU that it has used so far, milliseconds. */
  cpu(): number {
    return cpuOf(this.#pid);
  }

  /** Ends it and forgets its storage. */
  stop(): Promise<void> {
    return this.#stop();
  }

  static async start(): Promise<Service> {
    const directory = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
    let child: ChildProcess | undefined;
    const stop = async () => {
      if (child) await end(child);
      rmSync(directory, { recursive: true, force: true });
    };
    try {
      prepare(directory);
      const port = await freePort();
      child = spawn(
        process.execPath,
        [
          ...[WRANGLER, 'dev', '--config', 'wrangler.json', '--persist-to', 'state', '--log-level', 'error'],
          ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', String(await freePort())],
          '--show-interactive-dev-session=false',
        ],
        // Its standard output would be the Worker's log, a line a request.
        {
          cwd: directory,
          env: { ...process.env, ...ENVIRONMENT },
          stdio: ['ignore', 'ignore', openSync(join(directory, 'errors'), 'w')],
        },
      );
      const inner = await findInner(child, port);
      return new Service(inner.port, inner.pid, stop);
    } catch (error) {
      const told = readdirSync(directory).includes('errors') && readFileSync(join(directory, 'errors'), 'utf8');
      await stop();
      throw told ? new Error(told, { cause: error }) : error;
    }
  }
}

/**
 * Bundles the Worker as `wrangler deploy` would, so that nobody who edits a file meanwhile restarts it, and makes its
 * database.
 */
function prepare(directory: string): void {
  const { rawConfig: config } = experimental_readRawConfig({ config: join(ROOT, 'wrangler.toml') });
  // Assets would add a hop to each request that production has not: there, only unknown paths look for one.
  delete config.assets;
  delete config.triggers;
  config.main = join(import.meta.dirname, 'worker.ts');
  config.vars = {
    ...config.vars,
    AUTH_SECRET: 'Ym9vdGggb24gYSBiZW5jaCwgbm90IGEgc2VjcmV0',
    RATE_LIMIT_SIGN_IN: '100000',
    RATE_LIMIT_GENERAL: '1000000',
  };
  for (const limit of config.ratelimits ?? []) limit.simple.limit = 1_000_000;
  for (const database of config.d1_databases ?? []) {
    database.migrations_dir = join(ROOT, database.migrations_dir ?? 'migrations');
  }
  const write = () => writeFileSync(join(directory, 'wrangler.json'), JSON.stringify(config));
  const wrangler = (...args: string[]) =>
    execFileSync(process.execPath, [WRANGLER, ...args, '--config', 'wrangler.json'], {
      cwd: directory,
      env: { ...process.env, ...ENVIRONMENT },
      stdio: 'pipe',
    });
  write();
  wrangler('deploy', '--dry-run', '--outdir', 'bundle');
  Object.assign(config, { main: 'bundle/worker.js', base_dir: 'bundle', no_bundle: true });
  Object.assign(config, { find_additional_modules: true, rules: [{ type: 'CompiledWasm', globs: ['*.wasm'] }] });
  write();
  wrangler('d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', 'state');
}

/**
 * The workerd that runs the Worker. What listens on the port of `wrangler dev` is another one, a proxy, which stops
 * at about a thousand requests a second.
 */
async function findInner(child: ChildProcess, outer: number): Promise<{ port: number; pid: number }> {
  const deadline = Date.now() + READY_SECONDS * 1000;
  while (Date.now() < deadline && child.exitCode === null) {
    for (const pid of descendants(child.pid as number, 'workerd')) {
      for (const port of listeningPorts(pid)) {
        if (port !== outer && (await isWorker(port))) return { port, pid };
      }
    }
    await sleep(100);
  }
  throw new Error('wrangler dev did not get ready');
}

/** workerd also listens for debuggers. */
async function isWorker(port: number): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${port}/__floor`;
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return (await response.text()) === 'ok\n' && response.ok;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const left = descendants(child.pid, 'workerd');
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([exit, sleep(5000)]);
  // Wrangler ends them; unless it was in the middle of starting one.
  for (const pid of left.filter((pid) => programOf(pid).endsWith('/workerd'))) process.kill(pid, 'SIGKILL');
}

/** A TCP port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
