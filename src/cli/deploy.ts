import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { DEPLOYED, helpOf, showErrors } from './command.ts';
import { applyMigrations, runWrangler, spawnWrangler } from './d1.ts';
import { checkDeployment, deploymentFiles, writeDeployment } from './deployment.ts';

// `npm run deploy`: the database, its migrations, then the Worker. Flags are those of `wrangler deploy`.

const OPTIONS = {
  env: { ...DEPLOYED.env, about: 'another deployment, of deployment.NAME.toml, such as staging' },
  help: { type: 'boolean', short: 'h', about: 'show this' },
} as const;
const COMMAND = {
  name: 'deploy',
  usage: ['[options] [flags of wrangler deploy]'],
  about:
    'Makes the database if there is none, applies its migrations and deploys the Worker, as deployment.toml says.',
  options: OPTIONS,
};

async function deploy(args: string[]): Promise<void> {
  const { values, tokens } = parseArgs({ args, strict: false, tokens: true, options: OPTIONS });
  if (values.help) return console.log(helpOf(COMMAND));
  const env = values.env as string | undefined;
  // What is not ours is wrangler's.
  const named = tokens.find((token) => token.kind === 'option' && token.name === 'env');
  const own = named?.kind === 'option' ? { at: named.index, length: named.inlineValue ? 1 : 2 } : null;
  const flags = own ? args.toSpliced(own.at, own.length) : args;
  const { merged } = deploymentFiles(env);
  const config = await writeDeployment(env);
  checkDeployment(config, env);
  if (!flags.includes('--dry-run')) {
    for (const { binding, database_name } of config.d1_databases ?? []) {
      await createDatabase(database_name ?? binding, merged);
    }
    // Before the code that needs them: migrations are such that the code before them goes on.
    await applyMigrations({ remote: true, env });
  }
  // Makes the bucket of avatars too, if it is not there.
  const child = spawnWrangler(['deploy', '--config', merged, ...flags], 'inherit');
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
}

/** Makes a database of that name unless the account has it. Throws with what wrangler says when it cannot. */
async function createDatabase(name: string, config: string): Promise<void> {
  const list = await runWrangler(['d1', 'list', '--json', '--config', config]);
  if (list.code !== 0) {
    const remedy = 'Sign in with `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.';
    throw new Error(
      `The databases of the account cannot be listed. ${remedy}\n${list.output}${list.problem}`,
    );
  }
  if ((JSON.parse(list.output) as { name: string }[]).some((database) => database.name === name)) return;
  const made = await runWrangler(['d1', 'create', name, '--config', config]);
  if (made.code !== 0)
    throw new Error(`The database "${name}" cannot be made:\n${made.output}${made.problem}`);
  console.log(`Made the database "${name}".`);
}

await showErrors(() => deploy(process.argv.slice(2)));
