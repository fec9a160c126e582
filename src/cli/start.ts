import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unstable_getVarsForDev as getVarsForDev, unstable_readConfig as readConfig } from 'wrangler';
import { DEFAULT_REALM } from '../lib/realm.ts';
import { parseWorkerConfig, type WorkerConfig } from '../worker-config.ts';
import { helpOf, showErrors, UsageError } from './command.ts';
import { applyMigrations, spawnWrangler } from './d1.ts';
import { SHARED } from './deployment.ts';
import { appendSecrets } from './deployment-file.ts';
import { ROOT } from './root.ts';

// `npm start`: from a clean checkout to a running server. Flags are those of `wrangler dev`.

const OPTIONS = {
  port: { type: 'string', value: 'N', about: '8787 unless told otherwise' },
  'persist-to': { type: 'string', value: 'DIR', about: 'keep the local database in DIR' },
  var: {
    type: 'string',
    multiple: true,
    value: 'NAME:VALUE',
    about: 'a variable, which wins over .dev.vars',
  },
} as const;
const COMMAND = {
  name: 'start',
  usage: ['[options] [flags of wrangler dev]'],
  about:
    'Makes missing secrets, migrates the local database and starts the server. Variables stand in .dev.vars.',
  options: OPTIONS,
};

const FLAGS = { config: SHARED, ip: '127.0.0.1', port: '8787', 'show-interactive-dev-session': 'false' };

async function start(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      config: { type: 'string', short: 'c', multiple: true },
      help: { type: 'boolean', short: 'h' },
      env: { type: 'string', short: 'e' },
      ...OPTIONS,
    },
  });
  if (values.help) return console.log(helpOf(COMMAND));
  if (values.env !== undefined) {
    throw new UsageError(
      '--env names a deployment, and this runs on your machine: leave it out, or say --persist-to.',
    );
  }
  const port = values.port ?? FLAGS.port;
  const given = { ...fromFiles(), ...fromFlags(values.var?.map(String) ?? []) };
  const defaults = defaultsBeside(given, String(port));
  const variables: Record<string, unknown> = { ...defaults, ...given };
  const made = missingSecrets(variables);
  const config = parseWorkerConfig({ ...variables, ...made });
  keepSecrets(made);
  const persistTo = values['persist-to'];
  await applyMigrations(typeof persistTo === 'string' ? { 'persist-to': persistTo } : {});

  await serve(
    [
      ...Object.entries(defaults).flatMap(([name, value]) =>
        name in given ? [] : ['--var', `${name}:${value}`],
      ),
      ...Object.entries(FLAGS).flatMap(([name, value]) => (name in values ? [] : [`--${name}=${value}`])),
      ...args,
    ],
    config,
    typeof persistTo === 'string' ? ` --persist-to ${persistTo}` : '',
  );
}

/**
 * What `npm start` sets unless the developer does, for `--var` wins over `.dev.vars`. Texts to anywhere go to the
 * mailbox; but whoever chooses a provider also says where to, and production refuses the mailbox.
 */
function defaultsBeside(given: Record<string, unknown>, port: string): Record<string, string> {
  const { ENVIRONMENT = 'development', SMS_PROVIDER } = given;
  const kept = SMS_PROVIDER === undefined && ENVIRONMENT === 'development';
  return {
    ENVIRONMENT: 'development',
    ORIGIN: `http://localhost:${port}`,
    ...(kept && { SMS_PROVIDER: 'dev', SMS_CALLING_CODES: '*' }),
  };
}

/**
 * What `.dev.vars` or `.env` sets, the bindings for mail, and of `[vars]` in wrangler.toml what `npm start` has no value
 * of its own for.
 */
function fromFiles(): Record<string, unknown> {
  const { configPath, vars, send_email } = readConfig({ config: join(ROOT, SHARED) });
  const { ENVIRONMENT: _environment, ORIGIN: _origin, ...rest } = vars;
  const bindings = Object.entries(getVarsForDev(configPath, undefined, rest, undefined, true));
  return Object.fromEntries([
    ...send_email.map(({ name }: { name: string }) => [name, 'bound']),
    ...bindings.map(([name, { value }]) => [name, value]),
  ]);
}

function fromFlags(flags: string[]): Record<string, string> {
  return Object.fromEntries(
    flags.map((flag) => [flag.slice(0, flag.indexOf(':')), flag.slice(flag.indexOf(':') + 1)]),
  );
}

/** Random values for the secrets that development wants and nobody has set. */
function missingSecrets(given: Record<string, unknown>): Record<string, string> {
  const wanted = ['AUTH_SECRET', ...(given.ENVIRONMENT === 'development' ? ['INTERNAL_API_KEY'] : [])];
  const missing = wanted.filter((name) => given[name] === undefined);
  return Object.fromEntries(missing.map((name) => [name, randomBytes(32).toString('base64url')]));
}

/** Adds secrets to `.dev.vars`. */
function keepSecrets(secrets: Record<string, string>): void {
  const names = Object.keys(secrets);
  if (names.length === 0) return;
  appendSecrets('.dev.vars', secrets);
  console.log(`Made for development, in .dev.vars: ${names.join(', ')}`);
}

async function serve(args: string[], config: WorkerConfig, flags: string): Promise<void> {
  const child = spawnWrangler(['dev', ...args], ['inherit', 'inherit', 'inherit', 'ipc']);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // wrangler's launcher dies of SIGHUP and leaves the server behind.
    process.on(signal, () => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  }
  child.on('message', (message) => {
    const { event, ip, port } = JSON.parse(String(message));
    if (event !== 'DEV_SERVER_READY') return;
    void greet(`http://${ip}:${port}`, config, flags);
    keepTime(`http://${ip}:${port}`);
  });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
}

/** Fires the every-minute Cron Trigger, which `wrangler dev` leaves to us: mails that failed are tried again. */
function keepTime(address: string): void {
  const trigger = `${address}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`;
  setInterval(() => void fetch(trigger).catch(() => {}), 60_000).unref();
}

async function greet(address: string, config: WorkerConfig, flags: string): Promise<void> {
  const origin = config.ORIGIN;
  const answer = await fetch(`${address}/health`).catch(() => null);
  if (!answer?.ok) return console.error(`Latchkey does not answer at ${address}/health: see the log above.`);
  console.log(`
Latchkey is ready. Stop it with Ctrl+C.

  API      ${origin}/v1
  Docs     ${origin}/docs  (ReDoc: /redoc, OpenAPI 3.1: /openapi.json)
  Mailbox  ${origin}/dev/mailbox
  Issuer   ${origin}
  JWKS     ${origin}/.well-known/jwks.json
  Health   ${origin}/health?deep=1

  Mail     ${config.mail.name}
  Texts    ${config.texts.name}
  Sign-in  ${signInOf(config)}
  Stripe   ${config.STRIPE_SECRET_KEY === undefined ? 'not set' : 'set'}

Make yourself its owner:

  npm run admin:create -- you@example.com${flags}

Try this first:

  curl ${origin}/v1/auth/register -H 'Content-Type: application/json' \\
    -d '{"email":"somebody@example.com","password":"correct horse battery"}'
`);
}

/** The providers that users may sign in with, and the realm of those that one realm has. */
function signInOf({ signIn }: WorkerConfig): string {
  const named = signIn.map(({ id, realmId }) => (realmId === DEFAULT_REALM ? id : `${id} (${realmId})`));
  return ['password', 'code', ...named].join(', ');
}

await showErrors(() => start(process.argv.slice(2)));
