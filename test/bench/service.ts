import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { experimental_readRawConfig as readRawConfig, unstable_startWorker as startWorker } from 'wrangler';
import { bundleWorker } from '../../src/cli/bundle-worker.ts';
import { applyMigrations } from '../../src/cli/d1.ts';
import { MODULES, MODULES_RULE } from '../../src/cli/deployment.ts';
import { ROOT } from '../../src/cli/root.ts';
import { cpuOf, descendants, listeningPorts, programOf } from './processes.ts';

// The first two are on by default, double the cost of a request, and make a call to an object seven times dearer.
Object.assign(process.env, {
  X_LOCAL_OBSERVABILITY: 'false',
  X_LOCAL_EXPLORER: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
});

/** By which scenarios act as a service. */
export const API_KEY = 'YmVuY2hlcyBhcmUgc2VydmljZXMgdG9vLCBhcyBpdCB0dXJucyBvdXQ';

const made: string[] = [];
// Also when a signal ends the process, which wrangler then does by itself.
process.once('exit', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

interface ServiceOptions {
  vars?: Record<string, string>;
  /** A `--persist-to`. */
  state?: string | undefined;
  main?: string;
}

/** The Worker as `wrangler dev` runs it, by itself and with storage of its own. */
export class Service {
  readonly port: number;
  /** The version of the runtime. */
  readonly workerd: string;
  /** Where its storage lies: a `--persist-to`. */
  readonly state: string;
  readonly #pid: number;
  readonly #stop: () => Promise<void>;

  private constructor(inner: { port: number; pid: number }, state: string, stop: () => Promise<void>) {
    this.port = inner.port;
    this.state = state;
    this.#pid = inner.pid;
    this.workerd = execFileSync(programOf(inner.pid), ['--version'], { encoding: 'utf8' }).trim();
    this.#stop = stop;
  }

  /** With variables beside those of the bench, storage that has its tables already or its own, and the Worker of a file here. */
  static async start({ vars = {}, state: kept, main = 'worker.ts' }: ServiceOptions = {}): Promise<Service> {
    const directory = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
    made.push(directory);
    const state = kept ?? join(directory, 'state');
    if (kept === undefined) await applyMigrations({ 'persist-to': state });
    const others = descendants(process.pid, 'workerd');
    const worker = await startWorker({
      config: await writeConfig(directory, vars, main),
      dev: {
        // Others may edit the source while this runs.
        watch: false,
        // `wrangler dev` attaches a debugger, and then each line of log costs 0.15 ms more.
        inspector: false,
        persist: state,
        server: { hostname: '127.0.0.1', port: 0 },
        logLevel: 'error',
        // The log has a line for each request.
        structuredLogsHandler: ({ level, message }: { level: string; message: string }) => {
          if (level === 'error') console.error(message);
        },
      },
    });
    const stop = () => worker.dispose();
    try {
      const url = await worker.url;
      // Waits, unlike `ready`, for more than the proxy.
      await (await worker.fetch(`${url}__floor`)).text();
      return new Service(await findInner(Number(url.port), others), state, stop);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  /** CPU that it has used so far, milliseconds. */
  cpu(): number {
    return cpuOf(this.#pid);
  }

  /** Ends it; its storage goes with this process. */
  stop(): Promise<void> {
    return this.#stop();
  }
}

/** The project's configuration with the bench's Worker, and limits that none of its requests reaches. */
async function writeConfig(directory: string, vars: Record<string, string>, main: string): Promise<string> {
  const { rawConfig: config } = readRawConfig({ config: join(ROOT, 'wrangler.toml') });
  // A Worker with assets has a router before it, which in production is part of the platform.
  delete config.assets;
  // As `npm run deploy` does, all of them.
  await bundleWorker(join(import.meta.dirname, main), join(directory, 'worker'), config);
  config.main = join(directory, `worker/worker${MODULES}`);
  config.no_bundle = true;
  config.minify = false;
  config.rules = [MODULES_RULE];
  config.vars = {
    ...config.vars,
    ENVIRONMENT: 'development',
    ORIGIN: 'http://localhost:8787',
    AUTH_SECRET: 'Ym9vdGggb24gYSBiZW5jaCwgbm90IGEgc2VjcmV0',
    INTERNAL_API_KEY: API_KEY,
    RATE_LIMIT_SIGN_IN: '100000',
    RATE_LIMIT_GENERAL: '1000000',
    ...vars,
  };
  config.services = [
    { binding: 'AUTH', service: config.name as string, entrypoint: 'Auth', props: { scopes: ['admin'] } },
  ];
  for (const { simple } of config.ratelimits ?? []) simple.limit = 1_000_000;
  const path = join(directory, 'wrangler.json');
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/**
 * The workerd that runs the Worker. What listens on the port of `wrangler dev` is another one, a proxy, which stops
 * at about a thousand requests a second. `others` are those of services that ran before.
 */
async function findInner(outer: number, others: number[]): Promise<{ port: number; pid: number }> {
  for (const pid of descendants(process.pid, 'workerd')) {
    if (others.includes(pid)) continue;
    for (const port of listeningPorts(pid)) {
      if (port !== outer && (await isWorker(port))) return { port, pid };
    }
  }
  throw new Error('No workerd answers for the Worker.');
}

/** workerd listens for other things, too. */
async function isWorker(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/__floor`, { signal: AbortSignal.timeout(5000) });
    return response.ok && (await response.text()) === 'ok\n';
  } catch {
    return false;
  }
}
