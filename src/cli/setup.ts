import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Unstable_RawConfig as WranglerConfig } from 'wrangler';
import { VARIABLES } from '../config/variables.ts';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { makeResources, queuesOf } from './cloudflare.ts';
import { DEPLOYED, runCommand, UsageError, type ValuesOf } from './command.ts';
import { applyMigrations, literal, query } from './d1.ts';
import { deploymentFiles, deploymentOf, writeDeployment } from './deployment.ts';
import { addToDeployment, appendSecrets, setVariables } from './deployment-file.ts';
import { patiently } from './progress.ts';
import { Questions } from './questions.ts';
import { deployAndWatch } from './release.ts';
import { ROOT } from './root.ts';
import { chooseOperator, chooseVariables, type DeploymentVariables } from './setup-answers.ts';
import { chooseSecrets, type DeploymentSecrets } from './setup-secrets.ts';
import { provideStripeWebhook } from './stripe-webhook.ts';

// `npm run setup`: from nothing to production. Each step looks what is there already, so that it can be stopped anywhere, and
// run again: as it is with another answer, or when the version is another.

const OPTIONS = {
  origin: { type: 'string', value: 'URL', about: 'where users will reach it, such as https://auth.acme.dev' },
  'mail-provider': {
    type: 'string',
    value: 'NAME',
    about: 'who delivers mail: resend, sendgrid, smtp or cloudflare',
  },
  'mail-from': {
    type: 'string',
    value: 'ADDRESS',
    about: "the sender of mails; accounts@ your address's domain unless said",
  },
  name: { type: 'string', value: 'TEXT', about: 'what your product is called on pages and in mails' },
  operator: { type: 'string', value: 'EMAIL', about: 'the first owner, who signs in at /admin' },
  var: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    about: 'another variable, such as RESOURCES=images,videos',
  },
  yes: { type: 'boolean', about: 'ask nothing: what is not said stays as it is' },
  'dry-run': { type: 'boolean', about: 'say what would be done and how it is undone, and do nothing' },
  dns: { type: 'string', value: 'IP', about: 'ask this name server about the mail, as npm run doctor does' },
  env: { ...DEPLOYED.env, about: 'another deployment, of deployment.NAME.toml, such as staging' },
} as const;

type Values = ValuesOf<typeof OPTIONS>;

/** A step: what it does, how to undo it, and the doing, which finds what is there already. */
interface Step {
  does: string;
  undo: string;
  run(): Promise<void>;
}

async function setup(values: Values, positionals: string[]): Promise<void> {
  if (positionals.length > 0) throw new UsageError('It takes no arguments.');
  const { env } = values;
  const asking = values.yes || values['dry-run'] ? null : new Questions();
  try {
    const chosen = await chooseVariables(values, asking);
    const name =
      values.name ?? (await asking?.ask({ text: 'What your product is called (empty: as it is)' })) ?? '';
    const operator = await chooseOperator(values.operator, asking);
    const write = writing(env, chosen);
    if (values['dry-run']) {
      const config = await deploymentOf(env, chosen.own);
      return show([write, ...stepsOf(values, config, { given: {}, made: {}, kept: [] }, name, operator)]);
    }
    await run(write);
    const config = await writeDeployment(env);
    const secrets = await chooseSecrets(config, env, asking);
    const steps = stepsOf(values, config, secrets, name, operator);
    if (asking) {
      show(steps);
      const answer = await asking.ask({ text: '\nGo on? (yes or no)', fallback: 'yes' });
      if (!/^y(es)?$/i.test(answer)) return console.log('Nothing was done but what is written above.');
    }
    asking?.close();
    for (const [index, step] of steps.entries()) {
      console.log(`\n[${index + 1}/${steps.length}] ${step.does}`);
      await run(step);
    }
    console.log(`\nLatchkey is at ${config.vars?.ORIGIN}: users at /login, operators at /admin.`);
  } finally {
    asking?.close();
  }
}

/** Does a step. Throws with what to do then. */
async function run({ run: act, undo }: Step): Promise<void> {
  try {
    await act();
    console.log(`      To undo: ${undo}`);
  } catch (error) {
    throw new Error(
      `\n${(error as Error).message}\n\nMend that, and run this again: what is done already is not done twice.`,
    );
  }
}

function show(steps: Step[]): void {
  console.log('\nWhat is to be done:\n');
  for (const { does, undo } of steps) console.log(`  - ${does}\n    To undo: ${undo}`);
}

function writing(env: string | undefined, { changed, added }: DeploymentVariables): Step {
  const { own } = deploymentFiles(env);
  const written = [...Object.keys(changed), ...(added ? ['a binding'] : [])].join(', ');
  return {
    does: written ? `Write ${written} into ${own}.` : `Leave ${own} as it is.`,
    undo: `edit ${own}, or delete it. It is yours: git ignores it.`,
    run: async () => {
      if (!written) return console.log(`${own} stays as it is.`);
      await setVariables(env, changed);
      if (added) addToDeployment(env, added);
      console.log(`Wrote ${written} into ${own}.`);
    },
  };
}

function stepsOf(
  values: Values,
  config: WranglerConfig,
  secrets: DeploymentSecrets,
  name: string,
  operator: string,
): Step[] {
  const { env } = values;
  const { merged } = deploymentFiles(env);
  return [
    makingResources(config, merged),
    migrating(env),
    ...(secrets.given.STRIPE_SECRET_KEY ? [subscribingToStripe(config, env, secrets)] : []),
    deploying(config, env, secrets),
    ...(name ? [naming(env, name)] : []),
    ...(operator ? [makingOperator(values, operator)] : []),
    {
      does: 'Look whether all is well: npm run doctor.',
      undo: 'nothing, it only looks.',
      run: () => script('doctor', [...target(env), ...(values.dns ? ['--dns', values.dns] : [])]),
    },
  ];
}

function makingResources(config: WranglerConfig, merged: string): Step {
  const databases = (config.d1_databases ?? []).map(({ binding, database_name: name = binding }) => name);
  const queues = queuesOf(config);
  const named = [
    ...databases.map((one) => `the database ${one}`),
    ...queues.map((one) => `the queue ${one}`),
  ];
  const undoing = [
    ...databases.map((one) => `npx wrangler d1 delete ${one}`),
    ...queues.map((one) => `npx wrangler queues delete ${one}`),
  ];
  return {
    does: `Make ${named.join(', ')}, where there is none.`,
    undo: undoing.join(' and '),
    run: async () => {
      const made = await patiently('Asking Cloudflare', makeResources(config, merged));
      console.log(made.length === 0 ? 'All were there.' : `Made ${made.join(', ')}.`);
    },
  };
}

function migrating(env: string | undefined): Step {
  return {
    does: 'Bring the database up to date.',
    undo: 'not needed: tables that nothing uses do no harm. npx wrangler d1 time-travel restore goes back in time.',
    run: async () => {
      const names = await patiently('Applying migrations', applyMigrations({ remote: true, env }));
      console.log(`${names.join(', ')}: the newest migration is applied.`);
    },
  };
}

function subscribingToStripe(
  config: WranglerConfig,
  env: string | undefined,
  secrets: DeploymentSecrets,
): Step {
  const { given, made, kept } = secrets;
  const { ORIGIN: origin = '', STRIPE_API_URL: apiUrl = VARIABLES.STRIPE_API_URL.default as string } =
    config.vars as Record<string, string>;
  return {
    does: `Have Stripe send its events to ${origin}/v1/billing/webhook.`,
    undo: "delete the endpoint in Stripe's dashboard, under Webhooks.",
    run: async () => {
      const known = 'STRIPE_WEBHOOK_SECRET' in given || kept.includes('STRIPE_WEBHOOK_SECRET');
      const secretKey = given.STRIPE_SECRET_KEY as string;
      const { id, what, secret } = await provideStripeWebhook({ secretKey, apiUrl, origin }, known);
      console.log(`The webhook ${id}: ${what}.`);
      if (secret === undefined) return;
      given.STRIPE_WEBHOOK_SECRET = secret;
      made.STRIPE_WEBHOOK_SECRET = secret;
      // Before anything else can fail: Stripe does not show it again by its API.
      appendSecrets(deploymentFiles(env).secrets, { STRIPE_WEBHOOK_SECRET: secret });
    },
  };
}

function deploying(
  config: WranglerConfig,
  env: string | undefined,
  { given, made }: DeploymentSecrets,
): Step {
  const { merged, secrets: file } = deploymentFiles(env);
  const buckets = (config.r2_buckets ?? []).map(({ bucket_name }) => bucket_name);
  return {
    does: `Deploy the Worker ${config.name} with its secrets in one upload, make ${buckets.map((one) => `the bucket ${one}`).join(', ')} where there is none, and ask /health?deep=1.`,
    undo: [
      `npx wrangler rollback --config ${merged}, or npx wrangler delete --config ${merged}`,
      ...buckets.map((one) => `npx wrangler r2 bucket delete ${one}`),
    ].join(' and '),
    run: async () => {
      const names = Object.keys(given);
      console.log(names.length === 0 ? 'All secrets are there.' : `Secrets: ${names.join(', ')}.`);
      await deployAndWatch(config, { env, secrets: given });
      if (Object.keys(made).length === 0) return;
      console.log(
        `${Object.keys(made).join(' and ')} stand in ${file}, which only you can read, and Cloudflare does not show them again: keep them in a password manager, then delete that file.`,
      );
    },
  };
}

function naming(env: string | undefined, name: string): Step {
  return {
    does: `Call the realm ${DEFAULT_REALM} "${name}" on pages and in mails.`,
    undo: `npm run realm -- update ${DEFAULT_REALM} --name OTHER ${target(env).join(' ')}`,
    run: async () => {
      const [[realm] = []] = await query(`SELECT name FROM realms WHERE id = ${literal(DEFAULT_REALM)}`, {
        remote: true,
        env,
      });
      if (realm?.name === name) return console.log('It is called so already.');
      await script('realm', ['update', DEFAULT_REALM, '--name', name, ...target(env)]);
    },
  };
}

function makingOperator({ env, yes }: Values, operator: string): Step {
  return {
    does: `Make ${operator} an owner.`,
    undo: 'suspend or delete the user on /admin/users.',
    run: async () => {
      const [[user] = []] = await query(
        `SELECT role FROM users WHERE realm_id = ${literal(DEFAULT_REALM)} AND email = ${literal(operator)}`,
        { remote: true, env },
      );
      if (user?.role === 'owner') return console.log(`${operator} is owner already.`);
      // What runs by itself shows its output to more than one.
      await script('admin', [operator, ...target(env), ...(yes ? ['--without-password'] : [])]);
    },
  };
}

/** Options by which a command finds the deployment. */
function target(env: string | undefined): string[] {
  return env === undefined ? ['--remote'] : ['--env', env];
}

/** Runs another command of Latchkey, whose output is shown. Throws when it fails. */
async function script(name: string, args: string[]): Promise<void> {
  const argv = [join(ROOT, 'src/cli', `${name}.ts`), ...args];
  const child = spawn(process.execPath, argv, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('It has not come to its end: see above.');
}

await runCommand({
  name: 'setup',
  usage: ['[options]'],
  about: `Takes Latchkey from nothing to production, and does no harm when it is run again: asks what it must, makes the database and what
else is bound, deploys the Worker with its secrets, makes the first operator and Stripe's webhook, and looks whether all is well.`,
  options: OPTIONS,
  notes: `Secrets are taken from the environment by their names (AUTH_SECRET, STRIPE_SECRET_KEY …), or asked for. AUTH_SECRET is made
where the Worker has none. With CLOUDFLARE_API_TOKEN and --yes it runs by itself.`,
  run: setup,
});
