import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, fchmodSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unstable_getVarsForDev as getVarsForDev, unstable_readConfig as readConfig } from 'wrangler';
import { parseWorkerConfig } from '../worker-config.ts';
import { applyMigrations, ROOT, runCommand, spawnWrangler } from './d1.ts';
import { SHARED } from './deployment.ts';

// `npm start`: from a clean checkout to a running server. Flags are those of `wrangler dev`.

const FLAGS = { config: SHARED, ip: '127.0.0.1', port: '8787', 'show-interactive-dev-session': 'false' };

async function start(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      config: { type: 'string', short: 'c', multiple: true },
      port: { type: 'string' },
      'persist-to': { type: 'string' },
      var: { type: 'string', multiple: true },
    },
  });
  const port = values.port ?? FLAGS.port;
  const given = { ...fromFiles(), ...fromFlags(values.var?.map(String) ?? []) };
  const defaults = defaultsBeside(given, String(port));
  const variables: Record<string, unknown> = { ...defaults, ...given };
  const made = missingSecrets(variables);
  const { ORIGIN } = parseWorkerConfig({ ...variables, ...made });
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
    ORIGIN,
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

/** Adds secrets to `.dev.vars`, which only its owner can read from then on. */
function keepSecrets(secrets: Record<string, string>): void {
  const names = Object.keys(secrets);
  if (names.length === 0) return;
  const path = join(ROOT, '.dev.vars');
  const file = openSync(path, 'a', 0o600);
  fchmodSync(file, 0o600);
  const lineEnd = /[^\n]$/.test(readFileSync(path, 'utf8')) ? '\n' : '';
  writeSync(file, lineEnd + names.map((name) => `${name}=${secrets[name]}\n`).join(''));
  closeSync(file);
  console.log(`Made for development, in .dev.vars: ${names.join(', ')}`);
}

async function serve(args: string[], origin: string, flags: string): Promise<void> {
  const child = spawnWrangler(['dev', ...args], ['inherit', 'inherit', 'inherit', 'ipc']);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // wrangler's launcher dies of SIGHUP and leaves the server behind.
    process.on(signal, () => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  }
  child.on('message', (message) => {
    const { event, ip, port } = JSON.parse(String(message));
    if (event !== 'DEV_SERVER_READY') return;
    void greet(`http://${ip}:${port}`, origin, flags);
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

async function greet(address: string, origin: string, flags: string): Promise<void> {
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

Make yourself its owner:

  npm run admin:create -- you@example.com${flags}

Try this first:

  curl ${origin}/v1/auth/register -H 'Content-Type: application/json' \\
    -d '{"email":"somebody@example.com","password":"correct horse battery"}'
`);
}

await runCommand(() => start(process.argv.slice(2)));
