import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Unstable_RawConfig as WranglerConfig } from 'wrangler';
import { secretNames } from './cloudflare.ts';
import { runWrangler, spawnWrangler } from './d1.ts';
import { deploymentFiles, isDocumentedSecret, secretProblems } from './deployment.ts';
import { appendSecrets, keptSecrets } from './deployment-file.ts';
import type { Questions } from './questions.ts';

/** The secrets of a deployment, by name. */
export interface DeploymentSecrets {
  /** To be uploaded. */
  given: Record<string, string>;
  /** Those of them that were made here. */
  made: Record<string, string>;
  /** The names of those that the Worker has. */
  kept: string[];
}

/**
 * Settles which secrets are uploaded: what the environment has, what is asked for, and what is made. The Worker keeps what it has.
 * Throws with all that is missing where nobody can be asked.
 */
export async function chooseSecrets(
  config: WranglerConfig,
  env: string | undefined,
  asking: Questions | null,
): Promise<DeploymentSecrets> {
  const { merged, secrets: file } = deploymentFiles(env);
  if (asking && process.stdin.isTTY) await signIn(merged);
  const kept = (await secretNames(merged)) ?? [];
  const isNew = ([name]: [string, unknown]) => !kept.includes(name);
  // Of an earlier run that was stopped.
  const made = Object.fromEntries(Object.entries(keptSecrets(env)).filter(isNew));
  const found = Object.entries(process.env).filter(([name, value]) => isDocumentedSecret(name) && value);
  const given: Record<string, string> = { ...made, ...(Object.fromEntries(found) as Record<string, string>) };
  if (kept.includes('AUTH_SECRET') && given.AUTH_SECRET) {
    // Another one would sign everybody out.
    delete given.AUTH_SECRET;
    console.log('The Worker keeps its AUTH_SECRET. The guide Upgrade says how it is changed.');
  } else if (!kept.includes('AUTH_SECRET') && !given.AUTH_SECRET) {
    made.AUTH_SECRET = given.AUTH_SECRET = randomBytes(32).toString('base64url');
    appendSecrets(file, { AUTH_SECRET: made.AUTH_SECRET });
  }
  for (const [name, problem] of Object.entries(secretProblems(config, given, kept))) {
    if (!asking) continue;
    given[name] = await asking.ask({
      text: problem,
      hidden: true,
      check: (typed) => secretProblems(config, { ...given, [name]: typed }, kept)[name],
    });
  }
  if (asking && !given.STRIPE_SECRET_KEY && !kept.includes('STRIPE_SECRET_KEY')) {
    const key = await asking.ask({ text: "Stripe's secret key, for billing (empty: none)", hidden: true });
    if (key) given.STRIPE_SECRET_KEY = key;
  }
  const problems = Object.values(secretProblems(config, given, kept));
  if (problems.length === 0) return { given, made, kept };
  throw new Error(
    `Secrets are missing:\n${problems.map((one) => `  - ${one}`).join('\n')}\nSet them in the environment, by these names.`,
  );
}

/** Has whoever sits at the terminal sign in to Cloudflare, unless they are. */
async function signIn(config: string): Promise<void> {
  if (process.env.CLOUDFLARE_API_TOKEN) return;
  const { code } = await runWrangler(['whoami', '--json', '--config', config]);
  if (code !== 0) await once(spawnWrangler(['login'], 'inherit'), 'exit');
}
