import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Project } from '../support/cli-project.ts';
import { PATIENCE } from '../support/patience.ts';

const PASSWORD = 'three lighthouses at dusk';

let running: Project;
let project: string;
let origin: string;
let state: string[];

beforeAll(async () => {
  running = await Project.create();
  await running.start();
  ({ folder: project, origin, state } = running);
});

afterAll(() => running.remove());

const cli = (command: string, ...args: string[]) => running.cli(command, args);
const call = (method: string, path: string, body?: unknown, token?: string) =>
  running.call(method, path, body, token);
const login = (identifier: string, password = PASSWORD) =>
  call('POST', '/v1/auth/login', { identifier, password });
const mayAdminister = async (token: string) =>
  (await call('GET', '/v1/admin/api-keys', undefined, token)).status === 200;

describe('admin:create', () => {
  it('makes an owner, with a password that is shown once', async () => {
    const made = await cli('admin', "Own'er@Example.com", ...state);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const [, password = ''] = /^ {2}Password: (\S{23})$/m.exec(made.stdout) ?? [];
    const { status, body } = await login("own'er@example.com", password);
    expect(status).toBe(200);
    expect(body.user).toMatchObject({ role: 'owner', email_verified: true });
    expect(await mayAdminister(body.access_token)).toBe(true);
  });

  it('takes a password and a lesser role', async () => {
    const made = await cli(
      'admin',
      'second@example.com',
      '--password',
      PASSWORD,
      '--role',
      'admin',
      ...state,
    );
    expect(made.stdout).not.toContain(PASSWORD);
    const { body } = await login('second@example.com');
    expect(body.user.role).toBe('admin');
    expect(await mayAdminister(body.access_token)).toBe(true);
  });

  it('promotes a user from the next sign-in on, once the address is proved', async () => {
    const email = 'third@example.com';
    const { body: before } = await call('POST', '/v1/auth/register', { email, password: PASSWORD });
    const refused = await cli('admin', email, ...state);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/never proved the address/);
    const { body: mailbox } = await call('GET', '/dev/mailbox.json');
    const { text } = mailbox.data.find((mail: any) => mail.recipient === email);
    const [, token] = /token=([\w.-]+)/.exec(text) ?? [];
    expect((await call('POST', '/v1/auth/email/verify', { token })).status).toBeLessThan(300);

    const promoted = await cli('admin', email, ...state);
    expect(promoted.stdout).toMatch(/is owner .* from the next sign-in on/);
    expect(await mayAdminister(before.access_token)).toBe(false);
    const { body: after } = await login(email);
    expect(after.user.role).toBe('owner');
    expect(await mayAdminister(after.access_token)).toBe(true);
    // A refresh asks the object alone, which knows by now.
    const { body: refreshed } = await call('POST', '/v1/auth/refresh', {
      refresh_token: before.refresh_token,
    });
    expect(await mayAdminister(refreshed.access_token)).toBe(true);
  });

  it.each([
    ['what is no address', ['nobody'], /"nobody": Must be an e-mail address/],
    ['a common password', ['x@example.com', '--password', 'password1'], /too common/],
    ['an unknown role', ['x@example.com', '--role', 'user'], /--role: must be owner or admin/],
    ['an unknown realm', ['x@example.com', '--realm', "a'b", '--role', 'admin'], /no realm "a'b"/],
    ['an owner of another realm', ['x@example.com', '--realm', 'acme'], /say --role admin/],
    ['a password for who has one', ['second@example.com', '--password', PASSWORD], /leave out --password/],
    ['a step down', ['third@example.com', '--role', 'admin'], /is already owner/],
    ['nobody', [], /^Say one e-mail address/],
  ])('refuses %s', async (_, args, message) => {
    const { code, stdout, stderr } = await cli('admin', ...args, ...state);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});

describe('users:import', () => {
  const salt = 'pepper';
  const sha256 = createHash('sha256').update(`${PASSWORD}${salt}`).digest('hex');
  const hash = bcrypt.hashSync(PASSWORD, 4);
  const MAPPING = {
    columns: { id: 'external_id', salt: 'password_salt', is_admin: 'role', profile_image: null },
    values: { role: { 1: 'admin', 0: 'user' } },
    hash: { algorithm: 'sha256', order: 'password_salt' },
  };
  const HEADER = 'id,email,password_hash,salt,is_admin,profile_image,bio';
  const row = (n: number, email = `moved${n}@example.com`) =>
    `${n},${email},${n % 2 ? `${sha256},${salt}` : `${hash},`},0,a.png,"Two\r\n""lines"""`;

  const write = (name: string, text: string | Buffer) => running.write(name, text);
  const file = (name: string, rows: string[]) => write(name, `\ufeff${[HEADER, ...rows].join('\r\n')}\r\n`);
  const run = (path: string, ...args: string[]) =>
    cli('import', path, '--url', origin, '--mapping', join(project, 'mapping.json'), ...args);

  beforeAll(() => {
    write('mapping.json', JSON.stringify(MAPPING));
  });

  describe('Firebase’s hashes', () => {
    // Of its own example project, and a hash by npm's `firebase-scrypt`.
    const parameters = {
      algorithm: 'SCRYPT',
      base64_signer_key:
        'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
      base64_salt_separator: 'Bw==',
      rounds: 8,
      mem_cost: 14,
    };
    const shown = `hash_config {\n${Object.entries(parameters)
      .map(([name, value]) => `  ${name}: ${value},\n`)
      .join('')}}\n`;
    const users = (email: string, passwordHash?: string) =>
      write(
        `${email}.json`,
        JSON.stringify({ users: [{ localId: email, email, salt: '42xEC+ixf3L2lw==', passwordHash }] }),
      );
    const made = 'cqBNOiXzVxiR8BL8vcgs1cjW6DMdI63svVOWBhHi7ZrfO+32ubl4/SX76SYwf5lNFwHkp3wlSHtzSoqsN4o6Zg==';
    const move = (path: string, ...args: string[]) =>
      cli('import', path, '--url', origin, '--from', 'firebase', ...args);

    it.each([
      ['what the console shows', shown, made],
      ['JSON', JSON.stringify(parameters), made],
      // As some of its tools write.
      ['URL-safe base64', shown, made.replaceAll('+', '-').replaceAll('/', '_')],
    ])('move in by --hash-parameters: %s', async (name, text, hash) => {
      const email = `fire-${name.replaceAll(/\W/g, '')}@example.com`.toLowerCase();
      const moved = await move(users(email, hash), '--hash-parameters', write('parameters.txt', text));
      expect(moved, moved.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Imported 1,/) });
      expect((await login(email)).status).toBe(200);
      expect((await login(email, `${PASSWORD}!`)).status).toBe(401);
    });

    it('need them, and whole ones; who has no password does not', async () => {
      const path = users('fire-needs@example.com', made);
      const missing = await move(path);
      expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('--hash-parameters FILE') });
      const part = write('part.txt', shown.replace(/ *rounds.*\n/, ''));
      const wrong = await move(path, '--hash-parameters', part);
      expect(wrong).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('part.txt needs base64_signer_key'),
      });
      expect(wrong.stderr).not.toContain(parameters.base64_signer_key);
      expect((await login('fire-needs@example.com')).status).toBe(401);
      expect((await move(users('fire-none@example.com'))).stdout).toMatch(/^Imported 1,/);
    });
  });

  it('is killed in the middle, goes on, and moves everybody once', async () => {
    const path = file(
      'users.csv',
      Array.from({ length: 400 }, (_, n) => row(n)),
    );
    const dry = await run(path, '--dry-run');
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Would import 400, skipped 0 /) });
    expect((await login('moved0@example.com')).status).toBe(401);

    const args = ['src/cli/import.ts', path, '--url', origin, '--mapping', join(project, 'mapping.json')];
    const killed = spawn(process.execPath, [...args, '--rows', '10'], { cwd: project });
    let progress = '';
    killed.stderr.on('data', (chunk) => (progress += chunk));
    await vi.waitUntil(() => progress.includes('of 400 rows'), PATIENCE);
    killed.kill('SIGKILL');
    await once(killed, 'exit');

    const rest = await run(path, '--rows', '100');
    expect(rest.code, rest.stderr).toBe(0);
    const [, done = ''] = /Going on after row (\d+)/.exec(rest.stderr) ?? [];
    expect(Number(done)).toBeGreaterThanOrEqual(40);
    expect(Number(done)).toBeLessThan(400);
    expect(rest.stdout).toMatch(new RegExp(`^Imported ${400 - Number(done)}, skipped 0 .* refused 0.`));
    for (const n of [0, 1, 398, 399]) expect((await login(`moved${n}@example.com`)).status).toBe(200);
    const again = await run(path);
    expect(again.stdout).toMatch(/^Imported 0, skipped 0 .* refused 0\.$/m);
  });

  it('names the lines of bad rows, in a dry run too, and never what stands there', async () => {
    const secret = 'f'.repeat(63);
    const path = file('bad.csv', [
      row(1001),
      row(1002, 'no address'),
      `1003,secret@example.com,${secret},${salt},0,,`,
      '1004,too,few',
      row(1005, 'MOVED1001@example.com'),
      row(1006),
    ]);
    const errors = join(project, 'errors.ndjson');
    for (const flags of [['--dry-run', '--rows', '1'], []]) {
      const { code, stdout, stderr } = await run(path, '--errors', errors, ...flags);
      expect(code).toBe(1);
      expect(stdout).toMatch(/mport(ed)? 2, skipped 0 .* refused 4\./);
      expect(stderr).toMatch(/^line 4, email: /m);
      expect(stderr).toMatch(/^line 6, password_hash: /m);
      expect(stderr).toMatch(/^line 7: Has 3 fields instead of 7$/m);
      expect(stderr).toMatch(/^line 8, email: (Row 1|Line 2) of the file says the same$/m);
      const told = readFileSync(errors, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).line);
      expect(told).toEqual([4, 6, 7, 8]);
      expect(stdout + stderr + readFileSync(errors, 'utf8')).not.toContain(secret);
    }
  });

  it('takes NDJSON, and bytes of other encodings for what they are', async () => {
    const good = JSON.stringify({ email: 'nd@example.com', password_hash: hash });
    const path = write(
      'users.jsonl',
      Buffer.from(`${good}\n{"email":"nd2@example.com","name":"J\xfcrgen"}\n`, 'latin1'),
    );
    const { code, stdout, stderr } = await run(path);
    expect(stderr).toMatch(/^line 2, name: Is not UTF-8$/m);
    expect(stdout).toMatch(/^Imported 1, /m);
    expect(code).toBe(1);
    expect((await login('nd@example.com')).status).toBe(200);
  });

  it('goes on when the service fails for a moment', async () => {
    let calls = 0;
    const flaky = createServer((request, response) => {
      calls += 1;
      if (calls % 2 === 1)
        return response.writeHead(calls % 4 === 1 ? 503 : 429, { 'Retry-After': '0' }).end();
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', async () => {
        const answer = await fetch(`${origin}${request.url}`, {
          method: request.method,
          headers: {
            'x-api-key': String(request.headers['x-api-key']),
            ...(request.headers['content-type'] && { 'content-type': request.headers['content-type'] }),
          },
          body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
        });
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => flaky.once('listening', resolve));
    const path = file('flaky.csv', [row(2001), row(2002)]);
    const { port } = flaky.address() as AddressInfo;
    const { stdout } = await run(path, '--url', `http://127.0.0.1:${port}`);
    flaky.close();
    expect(stdout).toMatch(/^Imported 2, /m);
  });

  it.each([
    ['a heading with strange columns', 'a.csv', 'email,shoe_size\na@b.de,3\n', [], /unknown: shoe_size\./],
    ['CSV that is none', 'b.csv', `${HEADER}\n1,"a"b\n`, [], /Line 2, character 6: something follows/],
    ['an empty file', 'c.csv', `${HEADER}\n`, [], /has no rows/],
    ['an unknown format', 'd.txt', 'x', [], /CSV, NDJSON or JSON/],
    ['an unknown realm', 'e.csv', `${HEADER}\n${row(1)}\n`, ['--realm', 'nowhere'], /no such realm/],
    ['a strange policy', 'f.csv', 'x', ['--on-existing', 'overwrite'], /--on-existing: /],
  ])('refuses %s', async (_, name, text, flags, message) => {
    const { code, stdout, stderr } = await run(write(name, text), ...flags);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});
