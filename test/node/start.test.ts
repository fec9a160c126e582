import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { applyMigrations, query, runWrangler, wranglerPlace } from '../../src/cli/d1.ts';
import { Project } from '../support/cli-project.ts';
import { PATIENCE } from '../support/patience.ts';

let project: Project;
let devVars: string;
/** A database beside that of `npm start`, which has to make its own. */
let state: string[];

beforeAll(async () => {
  project = await Project.create();
  devVars = join(project.folder, '.dev.vars');
  const database = join(project.folder, 'other');
  state = ['--persist-to', database];
  await applyMigrations({ 'persist-to': database });
});

afterAll(() => {
  if (running().length > 0) process.kill(-(project.server?.pid as number), 'SIGKILL');
  project.remove();
});

const cli = (command: string, ...args: string[]) => project.cli(command, args);

async function stop(): Promise<void> {
  expect(running()).toContain('workerd');
  project.server?.kill('SIGTERM');
  await vi.waitFor(() => expect(project.server?.exitCode).toBe(143), PATIENCE);
  await vi.waitFor(() => expect(running()).toEqual([]), PATIENCE);
}

/** The processes that live in the server's group. */
function running(): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [, name = '', status, group] = /\((.*)\) (\S) \d+ (\d+)/.exec(stat) ?? [];
      return Number(group) === project.server?.pid && status !== 'Z' ? [name] : [];
    } catch {
      return [];
    }
  });
}

async function runCron(): Promise<void> {
  const { body } = await project.call('GET', '/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&format=json');
  expect(body.outcome).toBe('ok');
}

it('a local database is migrated as wrangler does it, which has nothing left to do; one that cannot be is as it was', async () => {
  const target = { 'persist-to': state[1] as string };
  const names = async () =>
    (await query('SELECT name FROM d1_migrations ORDER BY id', target))[0]?.map(({ name }) => name);
  const all = readdirSync('migrations').sort();
  expect(await names()).toEqual(all);
  const { output } = await runWrangler(['d1', 'migrations', 'list', 'DB', ...(await wranglerPlace(target))]);
  expect(output).toContain('No migrations to apply');
  const last = all.at(-1) as string;
  await query(`DELETE FROM d1_migrations WHERE name = '${last}'`, target);
  // Its tables and columns are there already.
  await expect(applyMigrations(target)).rejects.toThrow('The migrations of DB could not be applied:');
  expect(await names()).toEqual(all.slice(0, -1));
  await query(`INSERT INTO d1_migrations (name) VALUES ('${last}')`, target);
  expect(await applyMigrations(target)).toEqual(['DB']);
});

it('npm start names a weak secret, never its value, and starts nothing', async () => {
  const text = `AUTH_SECRET=${'weak-secret-'.repeat(3)}\n`;
  writeFileSync(devVars, text);
  const { code, stdout, stderr } = await cli('start', ...project.flags);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/not configured:\n {2}- AUTH_SECRET is too regular/);
  expect(stderr).not.toContain('weak-secret');
  expect(readFileSync(devVars, 'utf8')).toBe(text);
  rmSync(devVars);
});

it.each([
  // Its own default, every country, is for texts that go nowhere.
  [
    'a provider of texts',
    'SMS_PROVIDER=twilio\nTWILIO_ACCOUNT_SID=AC1\nTWILIO_AUTH_TOKEN=t\nTWILIO_FROM=+15005550006',
    '  - SMS_CALLING_CODES is missing (SMS_PROVIDER is twilio)\n',
  ],
  [
    'production',
    'ENVIRONMENT=production',
    '  - MAIL_PROVIDER is dev, which delivers nothing: choose one for production\n',
  ],
])('npm start adds no default of its own to %s in .dev.vars', async (_, lines, problem) => {
  writeFileSync(devVars, `AUTH_SECRET=Ym9vdGggb24gYSBiZW5jaCwgbm90IGEgc2VjcmV0\n${lines}\n`);
  const { code, stderr } = await cli('start', ...project.flags);
  rmSync(devVars);
  expect(code).toBe(1);
  expect(stderr).toBe(`Latchkey is not configured:\n${problem}`);
});

it('a database that was never migrated: the message says what to do', async () => {
  const { code, stderr } = await cli('realm', 'list', '--persist-to', join(project.folder, 'empty'));
  expect(code).toBe(1);
  expect(stderr).toMatch(/has not been migrated: run `npm start`/);
});

it('npm start leads from a clean checkout to a server that keeps its state', async () => {
  writeFileSync(devVars, 'RATE_LIMIT_SIGN_IN=77', { mode: 0o644 });
  const output = await project.start();
  const made = readFileSync(devVars, 'utf8');
  const [, secret, key] =
    /^RATE_LIMIT_SIGN_IN=77\nAUTH_SECRET=([\w-]{43})\nINTERNAL_API_KEY=([\w-]{43})\n$/.exec(made) ?? [];
  expect(secret).toBeDefined();
  expect(key).not.toBe(secret);
  expect(statSync(devVars).mode & 0o777).toBe(0o600);
  expect(output).not.toContain(secret);
  expect(output).not.toContain(key);
  expect(output).not.toContain('ENOTFOUND');
  expect(output).toContain(`npm run admin:create -- you@example.com ${project.state.join(' ')}\n`);
  for (const path of ['/docs', '/redoc', '/openapi.json', '/.well-known/jwks.json', '/health?deep=1']) {
    expect(output).toContain(path);
    expect((await fetch(`${project.origin}${path}`)).status, path).toBe(200);
  }

  const [, url, json = ''] = /curl (\S+) .*-d '(.*)'/s.exec(output) ?? [];
  expect(url).toBe(`${project.origin}/v1/auth/register`);
  const { email, password } = JSON.parse(json);
  const login = { identifier: email, password };
  expect((await project.call('POST', '/v1/auth/register', JSON.parse(json))).status).toBe(201);
  const { body: signedIn } = await project.call('POST', '/v1/auth/login', login);
  const session = await project.call('GET', '/v1/auth/session', undefined, signedIn.access_token);
  expect(session.body.user_id).toBe(signedIn.user.id);
  const { body: pair } = await project.call('POST', '/v1/auth/refresh', {
    refresh_token: signedIn.refresh_token,
  });
  expect((await project.call('POST', '/v1/auth/logout', {}, pair.access_token)).status).toBe(204);
  expect((await project.call('GET', '/v1/auth/session', undefined, pair.access_token)).status).toBe(401);

  // The commands and the running server hold the same database.
  const created = await cli('realm', 'create', 'live', '--registration', 'closed', ...project.state);
  expect(created.stdout).toMatch(/^issuer +http:\/\/localhost:8787\/realms\/live$/m);
  const refused = await project.call('POST', '/realms/live/v1/auth/register', JSON.parse(json));
  expect(refused.body.code).toBe('registration_closed');

  const due = await cli('keys', '--realm', 'default', ...project.state);
  const [, promised = ''] = /^default: key 1 is due.* it signs from (\S+) on/.exec(due.stdout) ?? [];
  await runCron();
  const { stdout } = await cli('keys', ...project.state);
  expect(stdout).toMatch(/^live: has no key yet/m);
  const [, signs = ''] = /^default: key 2 is already published and signs from (\S+) on/m.exec(stdout) ?? [];
  // Triggered by hand, the cron has come up to a minute early.
  expect(Math.abs(Date.parse(promised) - Date.parse(signs))).toBeLessThanOrEqual(60_000);
  await runCron();

  await stop();
  await project.start();
  expect(readFileSync(devVars, 'utf8')).toBe(made);
  expect((await project.call('POST', '/v1/auth/login', login)).status).toBe(200);
  expect((await project.call('GET', '/.well-known/jwks.json')).body.keys).toHaveLength(2);

  const welcome = await vi.waitUntil(async () => {
    const { body } = await project.call('GET', '/dev/mailbox.json');
    return body.data.find((mail: any) => mail.recipient === email);
  }, PATIENCE);
  expect(welcome.text).toContain(`${project.origin}/verify-email?token=`);
  await stop();
});

it('realm: creates one, and changes only what is named', async () => {
  const name = `O'Brien; "x" -- /* [ 100 % \\ é 🗝`;
  const policy = ['--origin', 'https://app.acme.com', '--origin', 'http://localhost:5173', '--name', name];
  const created = await cli(
    'realm',
    'create',
    'acme',
    '--audience',
    'https://api.acme.com',
    ...policy,
    ...state,
  );
  expect(created).toMatchObject({ code: 0, stderr: '' });
  expect(created.stdout).toMatch(
    /^allowed_origins +\["https:\/\/app.acme.com","http:\/\/localhost:5173"\]$/m,
  );
  expect(created.stdout).toContain(` ${name}\n`);

  const updated = await cli(
    'realm',
    'update',
    'acme',
    '--registration',
    'closed',
    '--audience',
    '',
    ...state,
  );
  expect(updated.stdout).toMatch(/^registration +closed$/m);
  expect(updated.stdout).toMatch(/^audience +-$/m);
  for (const line of created.stdout.trim().split('\n')) {
    if (!/^(registration|audience|updated_at) /.test(line)) expect(updated.stdout).toContain(line);
  }
  expect((await cli('realm', 'list', ...state)).stdout).toMatch(
    /acme.*closed.*http:\/\/localhost:\d+\/realms\/acme/,
  );
  const shown = await cli('realm', 'show', 'acme', ...state);
  expect(shown.stdout.trim()).toBe(updated.stdout.split('\n\n')[0]);
  expect(shown.stdout).toMatch(/^created_at +\d{4}-\d\d-\d\dT[\d:.]+Z$/m);
});

it('realm: adds to a list and takes from it, and says what a new list takes away', async () => {
  const update = async (...args: string[]) => {
    const { stdout, stderr } = await cli('realm', 'update', 'listed', ...args, ...state);
    const targets = /^redirect_targets +(.*)$/m.exec(stdout)?.[1];
    return {
      targets: JSON.parse(targets ?? 'null'),
      said: `${/^Taken out.*$/m.exec(stdout) ?? ''}${stderr}`,
    };
  };
  const [a, b, c] = ['https://a.dev/x', 'https://b.dev/x', 'https://c.dev/x'] as const;
  await cli('realm', 'create', 'listed', '--redirect', a, '--add-redirect', b, ...state);
  expect(await update('--add-redirect', c, '--add-redirect', a)).toEqual({ targets: [b, c, a], said: '' });
  expect(await update('--remove-redirect', b)).toEqual({
    targets: [c, a],
    said: `Taken out of redirect_targets: ${b}`,
  });
  expect((await update('--remove-redirect', b)).said).toContain(`the realm does not have ${b}`);
  expect(await update('--redirect', b)).toEqual({
    targets: [b],
    said: `Taken out of redirect_targets: ${c}, ${a}`,
  });
  expect((await update('--redirect', '')).targets).toEqual([]);
});

it('realm: is deleted with all that it has but users, and leaves its audit log', async () => {
  await cli('realm', 'create', 'gone', ...state);
  await cli('realm', 'update', 'gone', '--name', 'Gone', ...state);
  await cli('admin', 'ops@gone.dev', '--realm', 'gone', '--role', 'admin', ...state);
  const refused = await cli('realm', 'delete', 'gone', ...state);
  expect(refused.stderr).toContain('has users');
  const target = { 'persist-to': state[1] as string };
  await query(['DELETE FROM passwords', "DELETE FROM users WHERE realm_id = 'gone'"], target);
  expect(await cli('realm', 'delete', 'gone', ...state)).toMatchObject({ code: 0, stderr: '' });
  expect((await cli('realm', 'show', 'gone', ...state)).stderr).toMatch(/no realm "gone"/);
  const [actions = [], counts] = await query(
    [
      "SELECT action FROM audit WHERE realm_id = 'gone' ORDER BY id",
      "SELECT 1 FROM user_counts WHERE realm_id = 'gone'",
    ],
    target,
  );
  expect(actions.map(({ action }) => action)).toEqual([
    'realm_created',
    'realm_changed',
    'operator_created',
    'realm_deleted',
  ]);
  expect(counts).toEqual([]);
  expect((await cli('realm', 'delete', 'default', ...state)).stderr).toMatch(/cannot be deleted/);
});

it.each(['admin', 'deploy', 'import', 'keys', 'realm', 'secrets', 'seed', 'start'])(
  '%s says what it takes, on --help and -h, and points there when it is typed wrong',
  async (name) => {
    const { code, stdout, stderr } = await cli(name, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage:\n {2}npm run [a-z:]+ -- .*\n/);
    expect(stdout).toMatch(/^ {2}--help +show this$/m);
    expect((await cli(name, '-h')).stdout).toBe(stdout);
    if (name === 'deploy' || name === 'start') return;
    const wrong = await cli(name, '--nonsense');
    expect(wrong.stderr).toMatch(/'--nonsense'.*\nUsage:\n.*npm run [a-z:]+ -- --help\n$/s);
    expect({ code: wrong.code, stdout: wrong.stdout }).toEqual({ code: 1, stdout: '' });
  },
);

it.each([
  ['an id with capitals', 'realm create Acme', /realm id: must have 1 to 40/],
  ['a realm that exists', 'realm create default', /"default" already exists/],
  ['a realm that does not', 'realm update nobody --name N', /no realm "nobody"/],
  ['keys of a realm that does not', "keys --realm x'OR(1)--", /no realm "x'OR\(1\)--"/],
  ['an update of nothing', 'realm update default', /Nothing to update/],
  ['an origin with a path', 'realm create b --origin https://b.com/', /--origin: must be an origin/],
  ['a plain http origin', 'realm create b --origin http://b.com', /--origin: must be https/],
  ['a script as a redirect', 'realm create b --redirect javascript:a.b', /--redirect: must be an https/],
  ['an unknown policy', 'realm create b --registration maybe', /--registration: .*"verify_first"/],
  ['too long a token', 'realm create b --access-token-seconds 3601', /--access-token-seconds: .*3600/],
  ['too long a grace', 'realm create b --refresh-grace-seconds 601', /--refresh-grace-seconds: .*600/],
  ['a line end in a name', 'realm create b --name a\nb', /--name: /],
  ['an unknown flag', 'realm create b --colour red', /--colour/],
  ['no action', 'realm', /^Say what to do\.\n\nUsage:/],
  ['two ways to say which', 'realm list --remote', /--persist-to names a local database/],
])('refuses %s', async (_, line, message) => {
  const [command = '', ...args] = line.split(' ');
  const { code, stdout, stderr } = await cli(command, ...args, ...state);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n +at /);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});
