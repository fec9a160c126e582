import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Unstable_RawConfig as WranglerConfig } from 'wrangler';
import { runWrangler, spawnWrangler } from './d1.ts';
import { readToml } from './deployment.ts';

// What a deployment has at Cloudflare, by wrangler's own commands. `config` is the file that says which deployment.

/** Cloudflare's code of a Worker that there is not, and what wrangler says of one that was never deployed. */
const NO_WORKER = /\b10007\b|Worker "\S+" not found|has no deployments/;

/** What wrangler says, parsed. Throws with all that it says when it fails. */
async function ask<T>(what: string, args: string[], config: string): Promise<T> {
  const { code, output, problem } = await runWrangler([...args, '--config', config]);
  if (code === 0) return JSON.parse(output) as T;
  const remedy = 'Sign in with `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.';
  throw new Error(`${what} ${remedy}\n${output}${problem}`);
}

/** The same, or null where there is no such Worker yet. */
async function askWorker<T>(what: string, args: string[], config: string): Promise<T | null> {
  try {
    return await ask<T>(what, args, config);
  } catch (error) {
    if (NO_WORKER.test((error as Error).message)) return null;
    throw error;
  }
}

/**
 * Makes what a deployment binds and the account does not have: databases and queues. wrangler makes buckets itself when it
 * deploys. Returns what was made. Throws with what wrangler says when it cannot.
 */
export async function makeResources(wanted: WranglerConfig, config: string): Promise<string[]> {
  const args = ['d1', 'list', '--json'];
  const list = await ask<{ name: string }[]>('The databases of the account cannot be listed.', args, config);
  const made: string[] = [];
  for (const { binding, database_name: name = binding } of wanted.d1_databases ?? []) {
    if (list.some((database) => database.name === name)) continue;
    await make(['d1', 'create', name], config);
    made.push(`the database "${name}"`);
  }
  for (const name of queuesOf(wanted)) {
    const { code } = await runWrangler(['queues', 'info', name, '--config', config]);
    if (code === 0) continue;
    await make(['queues', 'create', name], config);
    made.push(`the queue "${name}"`);
  }
  return made;
}

/** The queues that a deployment binds, each once. */
export function queuesOf({ queues: { producers = [], consumers = [] } = {} }: WranglerConfig): string[] {
  return [...new Set([...producers, ...consumers].flatMap(({ queue }) => queue ?? []))];
}

async function make(args: string[], config: string): Promise<void> {
  const { code, output, problem } = await runWrangler([...args, '--config', config]);
  if (code !== 0) throw new Error(`\`wrangler ${args.join(' ')}\` failed:\n${output}${problem}`);
}

/** The names of the secrets that a Worker has; null where there is no Worker. */
export async function secretNames(config: string): Promise<string[] | null> {
  const args = ['secret', 'list', '--format', 'json'];
  const found = await askWorker<{ name: string }[]>('The secrets cannot be listed.', args, config);
  return found?.map(({ name }) => name) ?? null;
}

/** The version of the Worker that is deployed; null where there is none. */
export async function deployedVersion(config: string): Promise<string | null> {
  const args = ['deployments', 'status', '--json'];
  const found = await askWorker<{ versions?: { version_id: string; percentage: number }[] } | null>(
    'The version that is deployed cannot be asked for.',
    args,
    config,
  );
  const [first] = (found?.versions ?? []).toSorted((a, b) => b.percentage - a.percentage);
  return first?.version_id ?? null;
}

/**
 * Runs `wrangler deploy`, secrets in the same upload: no version runs without them. Returns its exit code, and the version
 * that it has made.
 */
export async function deployWorker(
  config: string,
  flags: string[],
  secrets: Record<string, string> = {},
): Promise<{ code: number; version: string | null }> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-deploy-'));
  const [report, file] = [join(folder, 'report.ndjson'), join(folder, 'secrets.json')];
  try {
    // JSON: in the other format wrangler expands `$NAME`.
    if (Object.keys(secrets).length > 0) writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
    const uploaded = Object.keys(secrets).length > 0 ? ['--secrets-file', file] : [];
    const { bundleFor } = await import('./bundle-worker.ts');
    const bundled = await bundleFor(await readToml(config), join(folder, 'worker'));
    const args = ['deploy', ...bundled, '--config', config, ...uploaded, ...flags];
    const child = spawnWrangler(args, 'inherit', { WRANGLER_OUTPUT_FILE_PATH: report });
    const [code] = await once(child, 'exit');
    return { code: code ?? 1, version: code === 0 ? versionIn(report) : null };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function versionIn(report: string): string | null {
  const entries = readFileSync(report, 'utf8').trim().split('\n');
  const parsed = entries.map((line) => JSON.parse(line) as { type: string; version_id?: string });
  return parsed.find(({ type }) => type === 'deploy')?.version_id ?? null;
}

/** Lets an earlier version run again. Throws with what Cloudflare says when it does not allow that. */
export async function rollBack(config: string, version: string): Promise<void> {
  const args = ['rollback', version, '--yes', '--message', 'The version after it was not well'];
  const { code, output, problem } = await runWrangler([...args, '--config', config]);
  if (code !== 0) throw new Error(`${output}${problem}`.trim());
}
