import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Unstable_RawConfig as WranglerConfig } from 'wrangler';
import { ConfigError } from '../config/variable.ts';
import { DOCUMENTED_VARIABLES, parseWorkerConfig } from '../worker-config.ts';
import { UsageError } from './command.ts';
import { ROOT } from './root.ts';

// What is a deployment's own stands in `deployment.toml`, in the format of `wrangler.toml`, and git ignores it: so a
// `git pull` never conflicts. wrangler reads one file only. Both are merged into `wrangler.json`, which it prefers: so
// `npx wrangler tail` and its other commands act on the deployment without a flag. A second one, `--env staging`, stands in
// `deployment.staging.toml`, and `--config wrangler.staging.json` means it.

/** What every checkout has. Tests, `npm start` and local databases know nothing else. */
export const SHARED = 'wrangler.toml';
/** The ending of the modules of a bundle that is uploaded: by it wrangler knows them. */
export const MODULES = '.part.mjs';
/** That it does: of itself wrangler uploads an entry without its modules, and says nothing. */
export const MODULES_RULE = { type: 'ESModule' as const, globs: [`**/*${MODULES}`], fallthrough: true };

/**
 * The files of a deployment: what is its own, both as `writeDeployment` merges them, and a copy of the secrets that `npm run
 * setup` has made. Throws for a strange name.
 */
export function deploymentFiles(env?: string): { own: string; merged: string; secrets: string } {
  if (env === undefined) {
    return { own: 'deployment.toml', merged: 'wrangler.json', secrets: 'deployment.secrets' };
  }
  if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(env))
    throw new UsageError('--env: must be lower-case letters, digits and dashes');
  return {
    own: `deployment.${env}.toml`,
    merged: `wrangler.${env}.json`,
    secrets: `deployment.${env}.secrets`,
  };
}

const EXAMPLE = `
  [vars]
  ORIGIN = "https://auth.example.com"
  MAIL_PROVIDER = "resend"
  MAIL_FROM = "accounts@example.com"
`;

/** What wrangler throws for a file that is not TOML. */
interface ParseError {
  text: string;
  location: { line: number };
}

/**
 * Whether Cloudflare builds and deploys a fork by itself (Workers Builds), and keeps what is the deployment's own: it writes the
 * ids of databases into the fork's wrangler.toml, and has all variables as secrets.
 */
export function isKeptByCloudflare(env?: string): boolean {
  return process.env.WORKERS_CI !== undefined && !existsSync(join(ROOT, deploymentFiles(env).own));
}

/** Writes the configuration of a deployment for wrangler, and returns it. Throws when there is no file of its own. */
export async function writeDeployment(env?: string): Promise<WranglerConfig> {
  const { own: ownFile, merged } = deploymentFiles(env);
  const isKept = isKeptByCloudflare(env);
  if (!isKept && !existsSync(join(ROOT, ownFile))) {
    throw new Error(
      `Write ${ownFile}: what is your deployment's own, such as\n${EXAMPLE}\nor let \`npm run setup\` ask for it.`,
    );
  }
  const config = await deploymentOf(env, isKept ? {} : await readToml(ownFile));
  const heading = `// Made from ${SHARED} and ${ownFile} by npm run deploy. Edits are lost.\n`;
  writeFileSync(join(ROOT, merged), `${heading}${JSON.stringify(config, null, 2)}\n`);
  return config;
}

/** The configuration of a deployment: what is its own, over what every checkout has. */
export async function deploymentOf(env: string | undefined, own: WranglerConfig): Promise<WranglerConfig> {
  const shared = await readToml(SHARED);
  const named = env === undefined ? shared : merge(shared, namesOf(shared, env));
  return withDerived(merge(named, own) as WranglerConfig);
}

/** A file of the project in the format of `wrangler.toml`. Throws with the line where it is not TOML. */
export async function readToml(name: string): Promise<WranglerConfig> {
  // A second to load, which commands on a local database need not wait for.
  const { experimental_readRawConfig: readRawConfig } = await import('wrangler');
  try {
    return readRawConfig({ config: join(ROOT, name) }).rawConfig as WranglerConfig;
  } catch (error) {
    const { text, location } = error as Partial<ParseError>;
    throw location ? new Error(`${name}, line ${location.line}: ${text}`) : error;
  }
}

/** The address of a deployment, as its file says. Throws when it says none. */
export async function deployedOrigin(env?: string): Promise<string> {
  const { ORIGIN } = (await writeDeployment(env)).vars ?? {};
  if (typeof ORIGIN === 'string') return ORIGIN;
  throw new Error(`${deploymentFiles(env).own} sets no ORIGIN in [vars].`);
}

/** A second deployment shares no Worker, database or bucket with the first, even if its file names none. */
function namesOf(shared: WranglerConfig, env: string) {
  const { name, d1_databases = [], r2_buckets = [], ratelimits = [], queues } = shared;
  const queue = <Bound extends { queue?: string }>(bound: Bound) => ({
    ...bound,
    queue: `${bound.queue}-${env}`,
  });
  // Counters are told apart by a number of the whole account.
  const number = createHash('sha256').update(env).digest().readUInt32BE() % 1_000_000;
  return {
    name: `${name}-${env}`,
    d1_databases: d1_databases.map(({ binding, database_name }) => ({
      binding,
      database_name: `${database_name}-${env}`,
    })),
    r2_buckets: r2_buckets.map(({ binding, bucket_name }) => ({
      binding,
      bucket_name: `${bucket_name}-${env}`,
    })),
    ratelimits: ratelimits.map(({ name: binding, namespace_id }) => ({
      name: binding,
      namespace_id: String(Number(namespace_id) * 1_000_000 + number),
    })),
    ...(queues && {
      queues: { producers: queues.producers?.map(queue), consumers: queues.consumers?.map(queue) },
    }),
  };
}

/** Throws an Error that names everything in the deployment's file with which the Worker would not serve. Shows no value. */
export function checkDeployment(config: WranglerConfig, env?: string): void {
  if (isKeptByCloudflare(env)) return;
  const problems = deploymentProblems(config);
  if (problems.length === 0) return;
  throw new Error(
    `${deploymentFiles(env).own} is not ready:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
  );
}

/** Everything with which the Worker would not serve, but for secrets. Each begins with the name of a variable. */
export function deploymentProblems(config: WranglerConfig): string[] {
  const { vars = {} } = config;
  const problems = problemsOf(config).filter((problem) => !isSecret(problem.split(' ', 1)[0] as string));
  if (vars.ENVIRONMENT === 'development') problems.push('ENVIRONMENT is development, which trusts localhost');
  if (URL.parse(String(vars.ORIGIN))?.protocol === 'http:') problems.push('ORIGIN must be https');
  for (const [name, value] of Object.entries(vars)) {
    if (isSecret(name)) {
      problems.push(`${name} is a secret: run \`npx wrangler secret put ${name}\` instead`);
    } else if (PLACEHOLDER.test(String(value))) {
      problems.push(`${name} is an example: say what is yours`);
    }
  }
  return problems;
}

/** What stands in examples for a value: the domains of RFC 2606, and words in capitals, brackets or dots. */
const PLACEHOLDER =
  /(^|[/.@])example(\.(com|net|org))?([:/]|$)|\.example$|^(<.*>|\[.*\]|changeme|xxx+|todo|.*(…|\.\.\.))$|\byour[-_ ]/i;

/**
 * What the Worker would refuse. Of secrets, those whose values are given; others are known to Cloudflare only, and those of
 * the names `kept` are there.
 */
function problemsOf(
  config: WranglerConfig,
  given: Record<string, string> = {},
  kept: string[] = [],
): string[] {
  const { vars = {}, send_email = [], analytics_engine_datasets = [], pipelines = [] } = config;
  const bindings = [...send_email, ...analytics_engine_datasets, ...pipelines];
  const environment = { ...vars, ...Object.fromEntries(bindings.map((one) => [nameOf(one), one])), ...given };
  try {
    parseWorkerConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.filter((problem) => !kept.includes(problem.split(' ', 1)[0] as string));
  }
}

/**
 * What is wrong with the secrets of a deployment: by name, of those that it needs and has not, and of those that are given and
 * cannot be. `kept` are the names of those that the Worker has.
 */
export function secretProblems(
  config: WranglerConfig,
  given: Record<string, string>,
  kept: string[],
): Record<string, string> {
  const problems = problemsOf(
    config,
    given,
    kept.filter((name) => !(name in given)),
  );
  const byName = problems.map((problem) => [problem.split(' ', 1)[0] as string, problem] as const);
  return Object.fromEntries(byName.filter(([name]) => isSecret(name)));
}

const SECRETS = DOCUMENTED_VARIABLES.filter(({ secret }) => secret).map(({ name }) => name);
/** A secret of a sign-in provider, by what the names of all providers' end in, and the realm that it may be for. */
const PROVIDER_SECRET = new RegExp(
  `_(${[...new Set(SECRETS.map((name) => name.split('_').slice(-2).join('_')))].join('|')})(__[A-Z0-9_]+)?$`,
);

/** Whether a name is that of a secret that Latchkey has, for one realm or all. */
export function isDocumentedSecret(name: string): boolean {
  return SECRETS.includes(name.split('__', 1)[0] as string);
}

/** Whether a variable is a secret. */
export function isSecret(name: string): boolean {
  return SECRETS.includes(name) || PROVIDER_SECRET.test(name);
}

/** With what follows from the variables: the route of the origin, and the general limit, which the binding keeps. */
function withDerived(config: WranglerConfig): WranglerConfig {
  const { ORIGIN, RATE_LIMIT_GENERAL } = config.vars ?? {};
  const host = URL.parse(String(ORIGIN))?.host;
  if (host && !host.endsWith('.workers.dev') && !config.routes && !config.route) {
    config.routes = [{ pattern: host, custom_domain: true }];
  }
  if (RATE_LIMIT_GENERAL !== undefined) {
    for (const { name, simple } of config.ratelimits ?? []) {
      if (name === 'GENERAL_RATE_LIMIT') simple.limit = Number(RATE_LIMIT_GENERAL);
    }
  }
  // First, and beside what a fork has.
  config.rules = [MODULES_RULE, ...(config.rules ?? [])];
  return config;
}

/** The one over the other. Of tables in lists, those of the same name are one; any other list is replaced. */
function merge(under: unknown, over: unknown): unknown {
  if (Array.isArray(under) && Array.isArray(over) && [...under, ...over].every((item) => nameOf(item))) {
    const names = [...new Set([...under, ...over].map(nameOf))];
    const named = (list: unknown[], name: unknown) => list.find((item) => nameOf(item) === name);
    return names.map((name) => merge(named(under, name), named(over, name)));
  }
  if (!isTable(under) || !isTable(over)) return over ?? under;
  const keys = [...new Set([...Object.keys(under), ...Object.keys(over)])];
  return Object.fromEntries(keys.map((key) => [key, merge(under[key], over[key])]));
}

function nameOf(item: unknown): unknown {
  return isTable(item) ? (item.binding ?? item.name) : undefined;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
