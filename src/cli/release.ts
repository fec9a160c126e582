import type { Unstable_RawConfig as WranglerConfig } from 'wrangler';
import { SECOND } from '../lib/time.ts';
import { deployedVersion, deployWorker, makeResources, rollBack, secretNames } from './cloudflare.ts';
import { applyMigrations } from './d1.ts';
import {
  checkDeployment,
  deploymentFiles,
  isKeptByCloudflare,
  secretProblems,
  writeDeployment,
} from './deployment.ts';
import { becomesWell, illness } from './health.ts';

/** How long a new version may answer badly before it counts as ill (milliseconds). */
export const PATIENCE = 30 * SECOND;

/** What a release goes by. */
export interface Release {
  env?: string;
  /** Of `wrangler deploy`. */
  flags?: string[];
  /** Uploaded with the Worker. */
  secrets?: Record<string, string>;
  patience?: number;
}

/** Makes what is bound, migrates and deploys (`deployAndWatch`). Throws with what is wrong. */
export async function releaseWorker(options: Release): Promise<void> {
  const { env, flags = [], secrets = {} } = options;
  const { merged } = deploymentFiles(env);
  const config = await writeDeployment(env);
  checkDeployment(config, env);
  if (flags.includes('--dry-run')) return deployed(await deployWorker(merged, flags));
  if (!isKeptByCloudflare(env)) await checkSecrets(config, merged, secrets);
  for (const made of await makeResources(config, merged)) console.log(`Made ${made}.`);
  console.log('Bringing the database up to date …');
  // Before the code that needs them: migrations are such that the code before them goes on.
  await applyMigrations({ remote: true, env });
  await deployAndWatch(config, options);
}

/**
 * Deploys the Worker and asks whether all is well. Where it is not, but was before, the version that ran before runs again.
 * Throws with what is wrong.
 */
export async function deployAndWatch(config: WranglerConfig, options: Release): Promise<void> {
  const { env, flags = [], secrets, patience = PATIENCE } = options;
  const { merged } = deploymentFiles(env);
  const origin = config.vars?.ORIGIN;
  // Where its address is known to Cloudflare only, nobody can be asked.
  if (typeof origin !== 'string') return deployed(await deployWorker(merged, flags, secrets));
  const wasWell = (await illness(origin)) === null;
  const before = wasWell ? await deployedVersion(merged) : null;
  const { code, version } = await deployWorker(merged, flags, secrets);
  deployed({ code });
  console.log(`Asking ${origin}/health?deep=1 …`);
  // The new version, also where Cloudflare would still answer by the one before.
  const headers = version && { 'Cloudflare-Workers-Version-Overrides': `${config.name}="${version}"` };
  const wrong = await becomesWell(origin, patience, headers || undefined);
  if (wrong === null) return console.log('All is well.');
  if (before !== null) await takeBack(merged, before, wrong);
  throw new Error(
    `The Worker is deployed, but it is not well: ${wrong.message}.\nThere is no version before it that was. npm run doctor says more.`,
  );
}

/** Throws where the Worker would answer all requests by 500, for the want of a secret. */
async function checkSecrets(
  config: WranglerConfig,
  merged: string,
  given: Record<string, string>,
): Promise<void> {
  const problems = Object.values(secretProblems(config, given, (await secretNames(merged)) ?? []));
  if (problems.length === 0) return;
  throw new Error(
    `The Worker could not serve:\n${problems.map((one) => `  - ${one}`).join('\n')}\n` +
      `\`npm run setup\` asks for secrets, or: npx wrangler secret put NAME --config ${merged}`,
  );
}

function deployed({ code }: { code: number }): void {
  if (code !== 0) throw new Error('wrangler has not deployed: it says why above.');
}

async function takeBack(config: string, before: string, wrong: Error): Promise<never> {
  const ill = `The new version is not well: ${wrong.message}.`;
  try {
    await rollBack(config, before);
  } catch (error) {
    throw new Error(
      `${ill}\nThe version before (${before}) cannot run again: no Worker goes back behind a migration of its Durable Objects. Mend what is wrong and deploy again.\n${(error as Error).message}`,
    );
  }
  throw new Error(
    `${ill}\nThe version before (${before}) runs again. Migrations of the database stay: it goes on with them.`,
  );
}
