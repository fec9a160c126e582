import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { HANDLERS } from '../../src/billing/events.ts';
import { Project } from '../support/cli-project.ts';
import { CloudflareApi } from '../support/peers/cloudflare.ts';
import { NameServer } from '../support/peers/dns.ts';
import { CREDENTIALS } from '../support/peers/ports.ts';
import { startStripe } from '../support/peers/stripe.ts';

// wrangler is the real one; Cloudflare and Stripe are stand-ins.

/** Milliseconds. Each run starts wrangler a dozen times. */
const PATIENCE = 600_000;
const STRIPE_KEY = CREDENTIALS.stripe.secretKey;
const SECRETS = { RESEND_API_KEY: 're_tell_nobody', STRIPE_SECRET_KEY: STRIPE_KEY };

let project: Project;
let api: CloudflareApi;
let names: NameServer;
let stripe: Awaited<ReturnType<typeof startStripe>>;

vi.setConfig({ testTimeout: PATIENCE });

beforeAll(async () => {
  project = await Project.create();
  api = await CloudflareApi.start();
  stripe = await startStripe();
  names = await NameServer.start({
    'acme.dev': ['v=spf1 include:_spf.resend.com ~all'],
    '_dmarc.acme.dev': ['v=DMARC1; p=none'],
  });
});

afterAll(async () => {
  api.stop();
  names.stop();
  await stripe.stop();
  project.remove();
});

const path = (name: string) => join(project.folder, name);
const read = (name: string) => readFileSync(path(name), 'utf8');

/** Starts the command in a group of its own; it is signed in, and what it is told is on its input. */
function start(args: string[], secrets: Record<string, string>): ChildProcess {
  const env = { ...process.env, NODE_ENV: undefined, HOME: project.folder, ...api.variables, ...secrets };
  return spawn(process.execPath, ['src/cli/setup.ts', ...args], { cwd: project.folder, env, detached: true });
}

async function setup(args: string[], { input = '', secrets = {} as Record<string, string> } = {}) {
  const child = start([...args, '--dns', names.address], secrets);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  child.stdin?.end(input);
  const [code] = await once(child, 'close');
  return { code, output };
}

const endpoints = async (): Promise<any[]> => {
  const answer = await fetch(`http://127.0.0.1:${stripe.port}/_test/objects`, {
    method: 'POST',
    body: JSON.stringify({ object: 'webhook_endpoint' }),
  });
  return (await answer.json()) as any[];
};
const rows = (database: string, sql: string) => api.databases.get(database)?.prepare(sql).all();
const OPERATORS = "SELECT email, role FROM users WHERE role = 'owner'";

it('says what it would do and how to undo it, and does nothing', async () => {
  const options = ['--origin', 'auth.acme.dev', '--mail-provider', 'resend', '--operator', 'ada@acme.dev'];
  const { code, output } = await setup(['--dry-run', ...options]);
  expect(code, output).toBe(0);
  for (const text of [
    'Write ORIGIN, MAIL_PROVIDER, MAIL_FROM into deployment.toml.',
    'To undo: npx wrangler d1 delete latchkey',
    'To undo: npx wrangler rollback --config wrangler.json',
    'npx wrangler r2 bucket delete latchkey-avatars',
    'Make ada@acme.dev an owner.',
  ]) {
    expect(output).toContain(text);
  }
  expect(existsSync(path('deployment.toml'))).toBe(false);
  expect(api.requests).toEqual([]);
});

it.each([
  [[], ['ORIGIN is missing', 'MAIL_PROVIDER is dev']],
  [
    ['--origin', 'https://auth.example.com', '--mail-provider', 'resend', '--mail-from', 'a@your-domain.dev'],
    ['ORIGIN is an example', 'MAIL_FROM is an example'],
  ],
  [
    ['--origin', 'https://auth.acme.dev', '--mail-provider', 'smtp', '--var', 'RESEND_API_KEY=x'],
    ['--var: RESEND_API_KEY is a secret'],
  ],
  [['--origin', 'https://auth.acme.dev', '--mail-provider', 'smtp'], ['SMTP_HOST is missing']],
])('makes nothing of what is missing or left from an example: %j', async (options, problems) => {
  const { code, output } = await setup(['--yes', ...options]);
  for (const problem of problems) expect(output).toContain(problem);
  expect(code).toBe(1);
  expect(existsSync(path('deployment.toml'))).toBe(false);
  expect(api.requests).toEqual([]);
});

it('names secrets that are missing before it makes anything', async () => {
  const { code, output } = await setup(['--yes', '--origin', 'auth.acme.dev', '--mail-provider', 'resend']);
  expect(output).toContain('RESEND_API_KEY is missing');
  expect(code).toBe(1);
  expect(api.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
});

it('asks what it must, makes everything, and looks whether all is well', async () => {
  project.write(
    'deployment.toml',
    `# Ours.\n[vars]\nSTRIPE_API_URL = "http://127.0.0.1:${stripe.port}"\n\n[placement]\nmode = "smart"\n`,
  );
  const answers = [
    'https://auth.example.com', // An example, so it is asked for again.
    'auth.acme.dev/',
    'resend',
    '', // The sender that was proposed.
    'Acme',
    'ada@acme.dev',
    SECRETS.RESEND_API_KEY,
    SECRETS.STRIPE_SECRET_KEY,
    'yes',
  ];
  const { code, output } = await setup([], { input: `${answers.join('\n')}\n` });
  expect(code, output).toBe(0);
  expect(output).toContain('ORIGIN is an example: say what is yours.');
  expect(read('deployment.toml')).toBe(
    `# Ours.\n[vars]\nSTRIPE_API_URL = "http://127.0.0.1:${stripe.port}"\nORIGIN = "https://auth.acme.dev"\n` +
      'MAIL_PROVIDER = "resend"\nMAIL_FROM = "accounts@acme.dev"\n\n[placement]\nmode = "smart"\n',
  );
  // The first version that runs has its secrets.
  const made = parseEnv(read('deployment.secrets'));
  const [endpoint, ...others] = await endpoints();
  expect(others).toEqual([]);
  expect(endpoint.url).toBe('https://auth.acme.dev/v1/billing/webhook');
  expect(endpoint.enabled_events).toEqual(Object.keys(HANDLERS));
  expect(made.STRIPE_WEBHOOK_SECRET).toBe(endpoint.secret);
  expect(Object.fromEntries(api.secrets.get('latchkey') ?? [])).toEqual({ ...SECRETS, ...made });
  expect(api.versions.get('latchkey')).toHaveLength(1);
  expect(api.requests.filter((request) => /^(PUT|PATCH) .*secrets/.test(request))).toEqual([]);
  for (const secret of [...Object.values(SECRETS), ...Object.values(made)])
    expect(output).not.toContain(secret);
  expect(statSync(path('deployment.secrets')).mode & 0o777).toBe(0o600);

  expect([...api.buckets]).toEqual(['latchkey-avatars']);
  expect(rows('latchkey', OPERATORS)).toEqual([{ email: 'ada@acme.dev', role: 'owner' }]);
  expect(rows('latchkey', "SELECT name FROM realms WHERE id = 'default'")).toEqual([{ name: 'Acme' }]);
  expect(output).toContain('Password: ');
  expect(output).toContain('ok     The Worker answers, and all that it is made of.');
  expect(output).toContain('acme.dev says who may send its mail (SPF)');
  expect(output).toContain('Latchkey is at https://auth.acme.dev');
});

it('run again it changes nothing but the version', async () => {
  api.requests.length = 0;
  const [before] = [read('deployment.toml') + read('deployment.secrets')];
  const secrets = { STRIPE_SECRET_KEY: STRIPE_KEY, AUTH_SECRET: 'another-one-that-would-sign-everybody-out' };
  const old = api.secrets.get('latchkey')?.get('AUTH_SECRET');
  const options = ['--yes', '--name', 'Acme', '--operator', 'ada@acme.dev'];
  const { code, output } = await setup(options, { secrets });
  expect(code, output).toBe(0);
  expect(read('deployment.toml') + read('deployment.secrets')).toBe(before);
  expect(api.secrets.get('latchkey')?.get('AUTH_SECRET')).toBe(old);
  expect(output).toContain('ada@acme.dev is owner already.');
  expect(output).toMatch(/The webhook we_\w+: there already\./);
  expect(await endpoints()).toHaveLength(1);
  expect(api.requests.filter((one) => /^POST \/(d1\/database|r2\/buckets|queues)$/.test(one))).toEqual([]);
  expect(rows('latchkey', OPERATORS)).toHaveLength(1);
});

it('stopped while it deploys and run again, it goes on with what it had made, in a deployment of its own', async () => {
  const options = ['--yes', '--env', 'staging', '--origin', 'staging.acme.dev', '--mail-provider', 'resend'];
  const all = [
    ...options,
    '--operator',
    'ada@acme.dev',
    '--var',
    `STRIPE_API_URL=http://127.0.0.1:${stripe.port}`,
  ];
  const child = start(all, SECRETS);
  const stopped = once(child, 'exit');
  api.before = (request) => {
    if (request === 'PUT /workers/scripts/latchkey-staging') process.kill(-(child.pid as number), 'SIGKILL');
  };
  await stopped;
  api.before = () => {};
  // What Cloudflare had not taken yet.
  api.forget('latchkey-staging');
  const made = parseEnv(read('deployment.staging.secrets'));
  api.requests.length = 0;

  const { code, output } = await setup(all, { secrets: SECRETS });
  expect(code, output).toBe(0);
  expect(api.requests).not.toContain('POST /d1/database');
  expect(Object.fromEntries(api.secrets.get('latchkey-staging') ?? [])).toEqual({ ...SECRETS, ...made });
  expect((await endpoints()).map(({ url }) => url).toSorted()).toEqual([
    'https://auth.acme.dev/v1/billing/webhook',
    'https://staging.acme.dev/v1/billing/webhook',
  ]);
  // Nobody's password stands in the output of what runs by itself.
  expect(rows('latchkey-staging', OPERATORS)).toEqual([{ email: 'ada@acme.dev', role: 'owner' }]);
  expect(rows('latchkey-staging', 'SELECT 1 FROM passwords')).toEqual([]);
  expect(output).not.toContain('Password: ');
  expect(output).toContain('They set a password at /forgot-password');
});

it('does not take an endpoint at Stripe for its own whose secret nobody knows', async () => {
  api.secrets.get('latchkey-staging')?.delete('STRIPE_WEBHOOK_SECRET');
  project.write('deployment.staging.secrets', '');
  const { code, output } = await setup(['--yes', '--env', 'staging'], { secrets: SECRETS });
  expect(output).toMatch(
    /Stripe sends events to https:\/\/staging\.acme\.dev\/v1\/billing\/webhook already \(we_/,
  );
  expect(output).toContain('Mend that, and run this again');
  expect(code).toBe(1);
});

it('where nobody answers, says how to run it by itself', async () => {
  const { code, output } = await setup(['--env', 'third']);
  expect(output).toContain('Nobody answers. Run it in a terminal, or say all by options, with --yes.');
  expect(code).toBe(1);
});
