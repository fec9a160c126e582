import { parseArgs } from 'node:util';
import { SECOND } from '../lib/time.ts';
import { DEPLOYED, helpOf, showErrors, UsageError } from './command.ts';
import { PATIENCE, releaseWorker } from './release.ts';

// `npm run deploy`: the database, its migrations, then the Worker. Flags are those of `wrangler deploy`.

const OPTIONS = {
  env: { ...DEPLOYED.env, about: 'another deployment, of deployment.NAME.toml, such as staging' },
  patience: {
    type: 'string',
    value: 'SECONDS',
    about: `how long the new version may answer badly before it is taken back; ${PATIENCE / SECOND} unless said`,
  },
  help: { type: 'boolean', short: 'h', about: 'show this' },
} as const;
const COMMAND = {
  name: 'deploy',
  usage: ['[options] [flags of wrangler deploy]'],
  about: `Makes the database if there is none, applies its migrations and deploys the Worker, as deployment.toml says. Then it asks
/health?deep=1, and lets the version before run again where the new one is not well.`,
  options: OPTIONS,
};

async function deploy(args: string[]): Promise<void> {
  const { values, tokens } = parseArgs({ args, strict: false, tokens: true, options: OPTIONS });
  if (values.help) return console.log(helpOf(COMMAND));
  // What is not ours is wrangler's.
  const own = tokens.flatMap((token) =>
    token.kind === 'option' && Object.hasOwn(OPTIONS, token.name)
      ? [token.index, ...(token.value === undefined || token.inlineValue ? [] : [token.index + 1])]
      : [],
  );
  const patience = Number(values.patience ?? PATIENCE / SECOND);
  if (!(patience >= 0)) throw new UsageError('--patience: must be a number of seconds');
  await releaseWorker({
    env: values.env as string | undefined,
    flags: args.filter((_, index) => !own.includes(index)),
    patience: patience * SECOND,
  });
}

await showErrors(() => deploy(process.argv.slice(2)));
