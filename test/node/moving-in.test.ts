import { argon2Sync, createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FernetKey } from '../../src/cli/fernet.ts';
import { Project } from '../support/cli-project.ts';

const PASSWORD = 'three lighthouses at dusk';

let project: Project;

beforeAll(async () => {
  project = await Project.create();
  await project.start();
});

afterAll(() => project.remove());

const login = (identifier: string, password = PASSWORD) =>
  project.call('POST', '/v1/auth/login', { identifier, password });

const run = (path: string, args: string[], env?: Record<string, string>) =>
  project.cli('import', [path, '--url', project.origin, ...args], env);

function sha256(): string {
  const salt = randomBytes(32).toString('hex');
  return `${salt}$${createHash('sha256').update(`${PASSWORD}${salt}`).digest('hex')}`;
}

/** As argon2-cffi writes it. */
function argon2(): string {
  const nonce = randomBytes(16);
  const options = { message: PASSWORD, nonce, parallelism: 4, tagLength: 32, memory: 65_536, passes: 3 };
  const [salt, hash] = [nonce, argon2Sync('argon2id', options)].map((bytes) =>
    bytes.toString('base64').replace(/=+$/, ''),
  );
  return `$argon2id$v=19$m=65536,t=3,p=4$${salt}$${hash}`;
}

describe('a JSON array', () => {
  const user = (id: number) => ({
    id,
    username: `moved${id}`,
    email: `moved${id}@example.com`,
    password_hash: sha256(),
    full_name: 'Ada',
    is_active: 1,
    is_admin: 0,
    email_verified: 1,
    tier: 'pro',
    oauth_accounts: JSON.stringify([{ provider: 'google', provider_user_id: `g${id}` }]),
  });

  it('moves in by the name of its service: bad rows by line, the rest once', async () => {
    const rows = [
      user(1),
      { ...user(2), email: 'no address' },
      user(3),
      { ...user(4), oauth_accounts: user(1).oauth_accounts },
    ];
    // As sqlite3 -json writes it.
    const path = project.write('users.json', `[${rows.map((row) => JSON.stringify(row)).join(',\n')}]\n`);
    for (const flags of [['--dry-run', '--rows', '1'], []]) {
      const { code, stdout, stderr } = await run(path, ['--service', 'aiezzy', ...flags]);
      expect({ code, stdout }).toEqual({
        code: 1,
        stdout: expect.stringMatching(/mport(ed)? 2, skipped 0 .* refused 2\./),
      });
      expect(stderr).toMatch(/^line 2, email: /m);
      expect(stderr).toMatch(/^line 4, identities: (Row 1|Line 1) of the file says the same$/m);
    }
    const { status, body } = await login('moved3');
    expect(status).toBe(200);
    expect(body.user).toMatchObject({ name: 'Ada', plan: 'pro', email_verified: true });
    expect((await login('moved1', 'another password')).status).toBe(401);
    const again = await run(path, ['--service', 'aiezzy']);
    expect(again.stdout).toMatch(/^Imported 0, skipped 0 .* refused 0\.$/m);
  });

  it('is refused as a file when it breaks off, and by its columns without a service', async () => {
    const text = JSON.stringify([user(11), user(12)]);
    const broken = await run(project.write('broken.json', text.slice(0, -10)), ['--service', 'aiezzy']);
    expect(broken).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/The record at line 1 has no end/),
    });
    const nameless = await run(project.write('nameless.json', text), []);
    expect(nameless.stderr).toMatch(/^line 1, full_name: There is no such column$/m);
    const wrong = await run(project.write('users.csv', 'id,email,mood\n'), ['--service', 'astro-backend']);
    expect(wrong.stderr).toMatch(/These columns are unknown: mood\./);
    expect((await run(project.write('users.csv', ''), ['--service', 'x'])).stderr).toMatch(/^--from: /m);
    expect((await login('moved11')).status).toBe(401);
  });
});

describe('an encrypted export of MongoDB', () => {
  const [signing, encryption] = [randomBytes(16), randomBytes(16)];
  const ENCRYPTION_KEY = Buffer.concat([signing, encryption]).toString('base64url');
  function encrypt(text: string): string {
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-128-cbc', encryption, iv);
    const signed = Buffer.concat([
      Buffer.from([0x80, ...Buffer.alloc(8)]),
      iv,
      cipher.update(text),
      cipher.final(),
    ]);
    const token = Buffer.concat([signed, createHmac('sha256', signing).update(signed).digest()]);
    return Buffer.from(token.toString('base64url')).toString('base64url');
  }
  const user = (n: number, over: Record<string, unknown> = {}) => ({
    _id: { $oid: `68e8a7c05f1b2c3d4e5f6a${n}` },
    id: `aB3dE${n}`,
    first_name_encrypted: encrypt('J\u00fcrgen'),
    last_name_encrypted: encrypt('Klein'),
    email_encrypted: encrypt(`klein${n}@example.com`),
    email_search_hash: 'c2VhcmNo',
    phone_encrypted: encrypt('030 901820'),
    country_code: '+49',
    country: 'Germany',
    password: bcrypt.hashSync(PASSWORD, 4),
    is_email_verified: true,
    ...over,
  });

  it('is opened with the key of its service', async () => {
    const rows = [
      user(10),
      user(11, { password: argon2() }),
      user(12, { email_encrypted: encrypt('x').slice(4) }),
    ];
    // As mongoexport --pretty writes it: objects one after another, over many lines.
    const path = project.write('User1.json', rows.map((row) => JSON.stringify(row, null, '\t')).join('\n'));
    const args = ['--service', 'two-user-types', '--realm', 'user1'];
    const locked = await run(path, args, { ENCRYPTION_KEY: '' });
    expect(locked).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/set ENCRYPTION_KEY/),
    });

    const { stdout, stderr } = await run(path, args, { ENCRYPTION_KEY });
    expect(stderr).toMatch(/^line 31, email_encrypted: Was not encrypted with this ENCRYPTION_KEY$/m);
    expect(stdout).toMatch(/^Imported 2, /m);
    for (const n of [10, 11]) {
      const identifier = `klein${n}@example.com`;
      const ask = (password: string) =>
        project.call('POST', '/realms/user1/v1/auth/login', { identifier, password });
      expect((await ask('another password')).status).toBe(401);
      const { status, body } = await ask(PASSWORD);
      expect(status).toBe(200);
      expect(body.user).toMatchObject({
        name: 'J\u00fcrgen Klein',
        phone_number: '+4930901820',
        country: 'DE',
      });
    }
  });

  it('is opened as the specification of Fernet says', () => {
    const key = new FernetKey('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=');
    const token =
      'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==';
    expect(key.decrypt(token)).toBe('hello');
    for (const at of [0, 20, 50, 70, 95]) {
      const letter = token[at] === 'A' ? 'B' : 'A';
      expect(key.decrypt(`${token.slice(0, at)}${letter}${token.slice(at + 1)}`)).toBeNull();
    }
    expect(key.decrypt('')).toBeNull();
    expect(() => new FernetKey('short')).toThrow('32 bytes');
  });
});
