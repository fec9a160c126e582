import { type ExecFileException, execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { checkDeployment } from '../../src/cli/deployment.ts';
import { ROOT } from '../../src/cli/root.ts';
import { DOCUMENTED_VARIABLES } from '../../src/worker-config.ts';
import { Project } from '../support/cli-project.ts';
import { CloudflareApi } from '../support/peers/cloudflare.ts';

// wrangler is the real one; Cloudflare is a stand-in, for nothing real can be deployed to without an account.

const OWN = `
name = "acme-auth"

[vars]
ORIGIN = "https://auth.acme.dev"
MAIL_PROVIDER = "resend"
MAIL_FROM = "accounts@acme.dev"
GOOGLE_CLIENT_ID = "acme"
RATE_LIMIT_GENERAL = "50"

[[send_email]]
name = "EMAIL"
`;

/** Milliseconds. A deployment starts wrangler four times, which takes long on a machine that does much else. */
const PATIENCE = 300_000;

let project: Project;
let api: CloudflareApi;
let wranglerToml: string;

vi.setConfig({ testTimeout: PATIENCE });

beforeAll(async () => {
  project = await Project.create();
  api = await CloudflareApi.start();
  wranglerToml = read('wrangler.toml');
});

afterAll(() => {
  api.stop();
  project.remove();
});

const read = (name: string) => readFileSync(join(project.folder, name), 'utf8');

/** Runs a script of the project with nobody at the terminal, signed in to the stand-in by variables. */
function run(script: string, args: string[], { input = '', variables = api.variables } = {}) {
  return new Promise<{ code: unknown; output: string }>((resolve) => {
    // Nobody is signed in to Cloudflare in another home.
    const env = { ...process.env, NODE_ENV: undefined, HOME: project.folder, ...variables };
    const options = { cwd: project.folder, env };
    const child = execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) =>
      resolve({ code: (error as ExecFileException | null)?.code ?? 0, output: stdout + stderr }),
    );
    child.stdin?.end(input);
  });
}

/** Every secret that the settings need. */
const SECRETS = {
  AUTH_SECRET: 'YSBzZWNyZXQgb2YgdGhlIGRlcGxveW1lbnQ',
  RESEND_API_KEY: 're_key',
  GOOGLE_CLIENT_SECRET: 'google',
};

const deploy = (...flags: string[]) => run('src/cli/deploy.ts', flags);
const wrangler = (args: string[], input = '') =>
  run('node_modules/wrangler/bin/wrangler.js', args, { input });

it('without deployment.toml says what to write', async () => {
  const { code, output } = await deploy();
  expect(output).toMatch(/^Write deployment\.toml: .*\n {2}\[vars\]\n {2}ORIGIN = "https:/s);
  expect(code).toBe(1);
  expect(api.requests).toEqual([]);
});

it.each([
  [{}, ['ORIGIN is missing', 'MAIL_PROVIDER is dev, which delivers nothing: choose one for production']],
  [
    { ORIGIN: 'https://auth.example.com', ENVIRONMENT: 'development' },
    ['ENVIRONMENT is development, which trusts localhost', 'ORIGIN is an example: say what is yours'],
  ],
  [
    {
      ORIGIN: 'http://localhost:8787',
      MAIL_PROVIDER: 'cloudflare',
      MAIL_FROM: 'accounts@acme.dev',
      SMTP_PORT: 25,
      GITHUB_CLIENT_ID__ACME: 'acme',
      GITHUB_CLIENT_SECRET__ACME: 'tell-nobody',
      RESEND_API_KEY: 'tell-nobody',
    },
    [
      'EMAIL is missing (MAIL_PROVIDER is cloudflare)',
      'ORIGIN must be https',
      'GITHUB_CLIENT_SECRET__ACME is a secret: run `npx wrangler secret put GITHUB_CLIENT_SECRET__ACME` instead',
      'RESEND_API_KEY is a secret: run `npx wrangler secret put RESEND_API_KEY` instead',
    ],
  ],
])('names all that is wrong with the variables, and no value: %j', (vars, problems) => {
  const message = `deployment.toml is not ready:\n${problems.map((one) => `  - ${one}`).join('\n')}`;
  expect(() => checkDeployment({ vars })).toThrow(new Error(message));
});

it('deploys nothing while something is wrong', async () => {
  project.write('deployment.toml', '[vars]\nMAIL_PROVIDER = "resend"\n');
  const { code, output } = await deploy();
  expect(output).toBe(
    'deployment.toml is not ready:\n  - ORIGIN is missing\n  - MAIL_FROM is missing (MAIL_PROVIDER is resend)\n',
  );
  expect(code).toBe(1);
  expect(api.requests).toEqual([]);
});

it('says where deployment.toml is not TOML', async () => {
  project.write('deployment.toml', '[vars]\nORIGIN = https://auth.acme.dev\n');
  const { code, output } = await deploy();
  expect(output).toMatch(/^deployment\.toml, line 2: /);
  expect(code).toBe(1);
});

it('an operator who is not signed in is told how', async () => {
  project.write('deployment.toml', OWN);
  const { code, output } = await run('src/cli/deploy.ts', [], { variables: {} as never });
  expect(output).toMatch(/^The secrets cannot be listed\. Sign in with `npx wrangler login`/);
  expect(code).toBe(1);
});

it('a dry run calls nothing', async () => {
  const { code, output } = await deploy('--dry-run');
  expect(output).toContain('--dry-run: exiting now.');
  expect(code).toBe(0);
  expect(api.requests).toEqual([]);
});

it('a Worker that lacks secrets is not deployed: they are named', async () => {
  const { code, output } = await deploy();
  expect(output).toMatch(
    /^The Worker could not serve:\n {2}- AUTH_SECRET is missing.*\n {2}- RESEND_API_KEY is/,
  );
  expect(code).toBe(1);
  expect(api.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
});

it('secrets can be set before there is a Worker', async () => {
  const { code, output } = await wrangler(['secret', 'bulk'], JSON.stringify(SECRETS));
  expect(code, output).toBe(0);
  expect(Object.fromEntries(api.secrets.get('acme-auth') ?? [])).toEqual(SECRETS);
});

it('the first deployment makes the database and the bucket, and touches no file that git knows', async () => {
  const { code, output } = await deploy();
  expect(code, output).toBe(0);
  const worker = api.workers.get('acme-auth');
  expect(worker.bindings).toEqual(
    expect.arrayContaining([
      { name: 'DB', type: 'd1', id: 'id-of-latchkey' },
      { name: 'AVATARS', type: 'r2_bucket', bucket_name: 'latchkey-avatars' },
      { name: 'EMAIL', type: 'send_email' },
      { name: 'ORIGIN', type: 'plain_text', text: 'https://auth.acme.dev' },
      expect.objectContaining({ name: 'GENERAL_RATE_LIMIT', simple: { limit: 50, period: 60 } }),
    ]),
  );
  expect(output).toMatch(/^All is well\.$/m);
  expect([...api.buckets]).toEqual(['latchkey-avatars']);
  expect(api.domains).toEqual(['auth.acme.dev acme-auth']);
  // The code never meets a database that is older than it.
  expect(api.requests.findLastIndex((request) => request.endsWith('/query'))).toBeLessThan(
    api.requests.lastIndexOf('PUT /workers/scripts/acme-auth'),
  );
  expect(read('wrangler.toml')).toBe(wranglerToml);
  expect(read('deployment.toml')).toBe(OWN);
});

it('the next deployment finds what is there, and what has changed', async () => {
  api.requests.length = 0;
  project.write(
    'deployment.toml',
    OWN.replace('[vars]', 'routes = ["auth.acme.dev/*"]\n[vars]\nCOMPAT = "doztra"'),
  );
  project.write('wrangler.toml', wranglerToml.replace('limit = 1000', 'limit = 2000'));
  const { code, output } = await deploy();
  expect(code, output).toBe(0);
  const made = api.requests.filter((request) => /^POST \/(d1\/database|r2\/buckets)$/.test(request));
  expect(made).toEqual([]);
  expect(api.workers.get('acme-auth').bindings).toContainEqual(expect.objectContaining({ text: 'doztra' }));
});

it('a version that is not well is taken back, and the one before runs again', async () => {
  const [before] = api.deployments.get('acme-auth') ?? [];
  api.isWell = (version) => version === before;
  const { code, output } = await deploy('--patience', '1');
  api.isWell = () => true;
  expect(output).toContain('The new version is not well: durable_objects fails.');
  expect(output).toContain(`The version before (${before}) runs again.`);
  expect(code).toBe(1);
  const [now, taken] = api.deployments.get('acme-auth') ?? [];
  expect(now).toBe(before);
  expect(taken).not.toBe(before);
});

it('one that cannot be taken back, behind a migration of Durable Objects, is told of', async () => {
  const [before] = api.deployments.get('acme-auth') ?? [];
  project.write(
    'wrangler.toml',
    `${wranglerToml}\n[[migrations]]\ntag = "next"\nnew_sqlite_classes = ["Newer"]\n`,
  );
  api.isWell = (version) => version === before;
  const { code, output } = await deploy('--patience=1');
  api.isWell = () => true;
  project.write('wrangler.toml', wranglerToml);
  expect(output).toContain(`The version before (${before}) cannot run again`);
  expect(code).toBe(1);
  expect(api.deployments.get('acme-auth')?.[0]).not.toBe(before);
});

it('one that was not well before is not taken back: it may be what mends', async () => {
  api.isWell = () => false;
  const { code, output } = await deploy('--patience', '1');
  api.isWell = () => true;
  expect(output).toContain('There is no version before it that was.');
  expect(code).toBe(1);
  expect(api.requests.at(-1)).not.toMatch(/deployments$/);
});

it('a second deployment has a Worker, a database, a bucket and counters of its own, and commands find it', async () => {
  const own = OWN.replace('name = "acme-auth"', '').replaceAll('auth.acme.dev', 'staging.acme.dev');
  project.write(
    'wrangler.toml',
    wranglerToml.replaceAll(/^# (?=.*queue|binding = "DELIVERIES"|max_batch)/gm, ''),
  );
  project.write('deployment.staging.toml', own);
  const config = ['--config', 'wrangler.staging.json'];
  await deploy('--env', 'staging', '--dry-run');
  const put = await wrangler(['secret', 'bulk', ...config], JSON.stringify(SECRETS));
  expect(put.code, put.output).toBe(0);
  const { code, output } = await deploy('--env', 'staging');
  expect(code, output).toBe(0);
  const { bindings } = api.workers.get('latchkey-staging');
  expect(bindings).toEqual(
    expect.arrayContaining([
      { name: 'DB', type: 'd1', id: 'id-of-latchkey-staging' },
      { name: 'AVATARS', type: 'r2_bucket', bucket_name: 'latchkey-avatars-staging' },
      { name: 'DELIVERIES', type: 'queue', queue_name: 'latchkey-deliveries-staging' },
    ]),
  );
  expect([...api.queues]).toEqual(['latchkey-deliveries-staging']);
  project.write('wrangler.toml', wranglerToml);
  const limiter = (worker: string) =>
    api.workers.get(worker).bindings.find(({ name }: any) => name === 'GENERAL_RATE_LIMIT').namespace_id;
  expect(limiter('latchkey-staging')).not.toBe(limiter('acme-auth'));
  const made = await run('src/cli/realm.ts', ['create', 'tried', '--env', 'staging']);
  expect(made.code, made.output).toBe(0);
  expect(made.output).toMatch(/^issuer +https:\/\/staging\.acme\.dev\/realms\/tried$/m);
  const idsIn = (name: string) => api.databases.get(name)?.prepare('SELECT id FROM realms').all();
  expect(idsIn('latchkey-staging')).toContainEqual({ id: 'tried' });
  expect(idsIn('latchkey')).not.toContainEqual({ id: 'tried' });
  const strange = await run('src/cli/realm.ts', ['list', '--env', '../x']);
  expect(strange.output).toMatch(/^--env: must be/);
});

it('commands of wrangler and of Latchkey act on the deployment', async () => {
  api.requests.length = 0;
  const put = await wrangler(['secret', 'put', 'AUTH_SECRET'], 'YSBzZWNyZXQgb2YgdGhlIGRlcGxveW1lbnQ');
  expect(put.code, put.output).toBe(0);
  expect(api.requests).toContain('PUT /workers/scripts/acme-auth/secrets');

  // Also from a checkout that has deployed nothing yet.
  rmSync(join(project.folder, 'wrangler.json'));
  const made = await run('src/cli/admin.ts', ['ada@acme.dev', '--remote']);
  expect(made.code, made.output).toBe(0);
  const users = api.databases.get('latchkey')?.prepare('SELECT email, role FROM users').all();
  expect(users).toEqual([{ email: 'ada@acme.dev', role: 'owner' }]);
  expect(existsSync(join(project.folder, 'wrangler.json'))).toBe(true);
});

it('a fork that Cloudflare builds is deployed from its own wrangler.toml: its variables are known there only', async () => {
  api.requests.length = 0;
  const variables = { ...api.variables, WORKERS_CI: '1' };
  const { code, output } = await run('src/cli/deploy.ts', ['--env', 'kept'], { variables });
  expect(code, output).toBe(0);
  const { bindings } = api.workers.get('latchkey-kept');
  expect(bindings).toContainEqual({ name: 'DB', type: 'd1', id: 'id-of-latchkey-kept' });
  expect(bindings.filter(({ type }: { type: string }) => type === 'plain_text')).toEqual([]);
  expect(output).not.toContain('/health');
});

it('the button asks for what there is, and proposes no value that would be taken for a real one', () => {
  const asked = parseEnv(readFileSync(join(ROOT, '.dev.vars.example'), 'utf8'));
  const { bindings } = packageJson.cloudflare;
  expect(Object.keys(bindings)).toEqual(expect.arrayContaining(Object.keys(asked)));
  const known = [...DOCUMENTED_VARIABLES.map(({ name }) => name), 'DB', 'AVATARS'];
  expect(Object.keys(bindings).filter((name) => !known.includes(name))).toEqual([]);
  expect(Object.values(asked).filter(Boolean)).toEqual(['resend']);
});
