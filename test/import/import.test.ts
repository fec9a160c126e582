import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import bcrypt from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { call, expectProblem, INTERNAL, login, register, registerVerified } from '../support/api.ts';
import { importRows as importFile, ndjson, rowCounts, someUser } from '../support/import.ts';
import { activityOf, project } from '../support/projection.ts';

const password = 'a password of the old system';

async function hashOf(userId: string): Promise<string | null> {
  const found = await env.DB.prepare('SELECT hash FROM passwords WHERE user_id = ?').bind(userId).first();
  return (found?.hash as string) ?? null;
}

describe('imported users', () => {
  const salt = 'pepper';
  const sha256 = createHash('sha256').update(`${password}${salt}`).digest('hex');

  it('sign in with their old passwords, whose hashes are replaced', async () => {
    const [first, second] = [someUser(), someUser()];
    const answer = await importFile(
      ndjson([
        { ...first, password_hash: bcrypt.hashSync(password, 4) },
        { ...second, password_hash: `${salt}:${sha256}` },
      ]),
      { mapping: { hash: { algorithm: 'sha256', order: 'password_salt', separator: ':' } } },
    );
    expect(answer.body).toMatchObject({ imported: 2, skipped: 0, failed: 0, repeated: 0, errors: [] });
    for (const { email } of [first, second]) {
      expect((await login(email, 'another password')).status).toBe(401);
      const signedIn = await login(email, password);
      expect(signedIn.status).toBe(200);
      const { id } = signedIn.body.user;
      await project(id);
      expect(await hashOf(id)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect((await login(email, password)).status).toBe(200);
    }
  });

  it('are what their rows say', async () => {
    const email = `${crypto.randomUUID()}@Example.com`;
    const username = `u${crypto.randomUUID().slice(0, 8)}`;
    const row = {
      external_id: 17,
      email: ` ${email} `,
      email_verified: 't',
      username,
      name: 'Ada, "the" Countess',
      given_name: 'Ada',
      family_name: 'Lovelace',
      picture: 'https://example.com/a.png',
      bio: 'two\nlines',
      phone_number: '+44 20 7183 8750',
      phone_number_verified: 0,
      country: 'gb',
      locale: 'EN-gb',
      role: 'admin',
      plan: 'pro',
      status: 'active',
      preferences: { theme: 'dark', other: [1] },
      created_at: '2021-03-04 05:06:07.123456+02',
      last_login_at: 1_700_000_000,
      last_login_ip: '192.0.2.7',
      last_login_user_agent: 'Old/1.0',
      sign_ins: [{ at: '2022-01-01T00:00:00Z', ip: '2001:db8::1', country: 'de' }],
    };
    await importFile(ndjson([row]));
    const found = await call('GET', `/v1/users/by-email/${email.toLowerCase()}`, { headers: INTERNAL });
    expect(found.body).toMatchObject({
      email: email.toLowerCase(),
      email_verified: true,
      username,
      name: 'Ada, "the" Countess',
      bio: 'two\nlines',
      phone_number: '+442071838750',
      phone_number_verified: false,
      country: 'GB',
      locale: 'en-GB',
      role: 'admin',
      plan: 'pro',
      status: 'active',
      created_at: '2021-03-04T03:06:07.123Z',
      last_login_at: '2023-11-14T22:13:20.000Z',
    });
    const { id } = found.body;
    const data = await env.DB.prepare('SELECT data FROM preferences WHERE user_id = ?')
      .bind(id)
      .first('data');
    expect(JSON.parse(data as string)).toEqual({ theme: 'dark', other: [1] });
    const { results } = await env.DB.prepare('SELECT * FROM activity WHERE user_id = ? ORDER BY seq')
      .bind(id)
      .all();
    expect(results).toMatchObject([
      {
        seq: -2,
        type: 'signed_in',
        at: Date.UTC(2022, 0),
        ip: '2001:db8::1',
        country: 'DE',
        user_agent: null,
      },
      { seq: -1, type: 'signed_in', at: 1_700_000_000_000, ip: '192.0.2.7', user_agent: 'Old/1.0' },
    ]);
    const mark = await env.DB.prepare('SELECT external_id FROM imported_users WHERE user_id = ?')
      .bind(id)
      .first();
    expect(mark).toEqual({ external_id: '17' });
  });

  it('have their past before what happens now, in pages too, and take it with them', async () => {
    const user = { ...someUser(), email_verified: true, password_hash: bcrypt.hashSync(password, 4) };
    const sign_ins = [1, 2, 3].map((day) => ({ at: Date.now() - day * 86_400_000 }));
    await importFile(ndjson([{ ...user, sign_ins, external_id: user.email }]));
    const { body } = await login(user.email, password);
    const { access_token: token } = body;
    expect(await activityOf(body.user.id)).toEqual(['signed_in', 'signed_in', 'signed_in', 'signed_in']);
    const times: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await call('GET', `/v1/me/activity?limit=2${cursor && `&cursor=${cursor}`}`, { token });
      times.push(...page.body.data.map(({ at }: { at: string }) => at));
      cursor = page.body.next_cursor;
      if (!cursor) break;
    }
    expect(times).toHaveLength(4);
    expect(times).toEqual([...times].sort().reverse());
    const held = await call('GET', '/v1/me/export', { token });
    expect(held.body.external_id).toBe(user.email);
    const gone = await call('DELETE', '/v1/me', { token, body: { password } });
    expect(gone.status).toBe(204);
    for (const table of ['imported_users', 'activity']) {
      const left = await env.DB.prepare(`SELECT * FROM ${table} WHERE user_id = ?`).bind(body.user.id).all();
      expect(left.results.filter(({ type }) => type !== 'account_deleted')).toEqual([]);
    }
  });

  it('come by the names of another system', async () => {
    const user = someUser();
    const text = `id,username,email,password_hash,salt,is_active,is_admin,tier,profile_image,last_login\r
9,"u${user.email.slice(0, 12)}",${user.email},${sha256},${salt},1,0,Pro,a.png,2024-05-17 09:30:00\r\n`;
    const mapping = {
      columns: {
        id: 'external_id',
        salt: 'password_salt',
        is_active: 'status',
        is_admin: 'role',
        tier: 'plan',
        profile_image: null,
        last_login: 'last_login_at',
      },
      values: { status: { 1: 'active', 0: 'suspended' }, role: { 1: 'admin', 0: 'user' } },
      hash: { algorithm: 'sha256', order: 'password_salt' },
    };
    const answer = await importFile(`\ufeff${text}`, { mapping, type: 'text/csv; charset=utf-8' });
    expect(answer.body.errors).toEqual([]);
    const { status, body } = await login(user.email, password);
    expect(status).toBe(200);
    expect(body.user).toMatchObject({ role: 'user', plan: 'pro', status: 'active' });
  });
});

describe('a file', () => {
  it.each([
    ['text/csv', (email: string) => `email,name\r\n${email},Ada\r\n`],
    ['application/x-ndjson', (email: string) => ndjson([{ email, name: 'Ada' }])],
  ])('of %s may begin with the bytes of a byte order mark', async (type, text) => {
    const { email } = someUser();
    const bytes = new Uint8Array([0xef, 0xbb, 0xbf, ...new TextEncoder().encode(text(email))]);
    const { body } = await importFile(bytes, { type });
    expect(body, JSON.stringify(body)).toMatchObject({ imported: 1, failed: 0 });
    const user = await env.DB.prepare('SELECT name FROM users WHERE email = ?').bind(email).first();
    expect(user).toEqual({ name: 'Ada' });
  });

  it('is tried without a trace', async () => {
    const existing = await register();
    const before = await rowCounts();
    const rows = [someUser(), { email: 'no address' }, { email: existing.user.email }, someUser()];
    const { body } = await importFile(ndjson(rows), { query: { dry_run: 'true' } });
    expect(body).toMatchObject({ dry_run: true, imported: 2, skipped: 1, failed: 1, repeated: 0 });
    expect(await rowCounts()).toEqual(before);
  });

  it('has each bad row reported by line and column, and the others imported', async () => {
    const good = [someUser(), someUser()];
    const secret = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const lines = [
      JSON.stringify(good[0]),
      '',
      JSON.stringify({ ...someUser(), password_hash: secret, country: 'Utopia' }),
      JSON.stringify({ ...someUser(), password_hash: secret }),
      JSON.stringify({ ...someUser(), password: secret }),
      `{"email": "${secret}`,
      JSON.stringify({ ...someUser(), phone_number_verified: true }),
      JSON.stringify(good[1]),
    ];
    const answer = await importFile(lines.join('\r\n'));
    expect(answer.body).toMatchObject({ imported: 2, failed: 5 });
    expect(answer.body.errors).toMatchObject([
      { row: 2, line: 3, column: 'country' },
      { row: 3, line: 4, column: 'password_hash', code: 'unknown_hash' },
      { row: 4, line: 5, column: 'password', code: 'unknown_column' },
      { row: 5, line: 6, column: null, code: 'invalid_json' },
      { row: 6, line: 7, column: 'phone_number_verified' },
    ]);
    expect(JSON.stringify(answer.body)).not.toContain(secret);
  });

  it('names nobody twice', async () => {
    const { email } = someUser();
    const other = someUser();
    const name = `u${crypto.randomUUID().slice(0, 8)}`;
    const { body } = await importFile(
      ndjson([
        { email, username: name, external_id: 'x1' },
        { email: email.toUpperCase() },
        { ...someUser(), username: name.toUpperCase() },
        { ...someUser(), external_id: 'x1' },
        { ...other, phone_number: '+442071838751', phone_number_verified: true },
        { ...someUser(), phone_number: '+442071838751' },
        { ...someUser(), phone_number: '+442071838751', phone_number_verified: true },
      ]),
    );
    expect(body).toMatchObject({ imported: 3, failed: 4 });
    expect(body.errors).toMatchObject([
      { row: 2, column: 'email', code: 'duplicate_in_file', message: 'Row 1 of the file says the same' },
      { row: 3, column: 'username', code: 'duplicate_in_file' },
      { row: 4, column: 'external_id', code: 'duplicate_in_file' },
      { row: 7, column: 'phone_number', code: 'duplicate_in_file' },
    ]);
    const next = await importFile(
      ndjson([{ email }, { ...someUser(), username: name }, { ...someUser(), external_id: 'x1' }]),
      { query: { import_id: body.import_id, first_row: '8' } },
    );
    expect(next.body.errors).toMatchObject([
      {
        row: 8,
        line: 1,
        column: 'email',
        code: 'duplicate_in_file',
        message: 'Row 1 of the file says the same',
      },
      { row: 9, column: 'username', code: 'duplicate_in_file' },
      { row: 10, column: 'external_id', code: 'duplicate_in_file' },
    ]);
  });

  it('never changes who is already there', async () => {
    const { user } = await registerVerified({ username: `u${crypto.randomUUID().slice(0, 8)}` });
    const row = { email: user.email, role: 'admin', password_hash: bcrypt.hashSync(password, 4) };
    const skipped = await importFile(ndjson([row, { ...someUser(), username: user.username }]));
    expect(skipped.body).toMatchObject({ imported: 0, skipped: 1, failed: 1 });
    expect(skipped.body.errors).toMatchObject([{ row: 2, column: 'username', code: 'username_taken' }]);
    const refused = await importFile(ndjson([row]), { query: { on_existing: 'error' } });
    expect(refused.body).toMatchObject({ skipped: 0, failed: 1, errors: [{ line: 1, code: 'user_exists' }] });
    const after = await login(user.email);
    expect(after.body.user.role).toBe('user');
  });
});

describe('an import of several requests', () => {
  it('does nothing twice, and says how far it has come', async () => {
    const rows = Array.from({ length: 6 }, () => ({
      ...someUser(),
      last_login_at: 1,
      last_login_ip: '192.0.2.1',
    }));
    const import_id = crypto.randomUUID();
    const send = (first: number, last: number) =>
      importFile(ndjson(rows.slice(first - 1, last)), {
        query: { import_id, first_row: String(first), on_existing: 'error' },
      });
    expect((await call('GET', `/v1/admin/imports/${import_id}`, { headers: INTERNAL })).body.code).toBe(
      'import_not_found',
    );
    expect((await send(1, 3)).body).toMatchObject({ imported: 3, repeated: 0, failed: 0 });
    const after = await rowCounts();
    expect((await send(1, 3)).body).toMatchObject({ imported: 0, repeated: 3, failed: 0 });
    expect(await rowCounts()).toEqual(after);
    expectProblem(await send(5, 6), 409, 'import_out_of_order');
    expect((await send(2, 5)).body).toMatchObject({ imported: 2, repeated: 2, failed: 0 });
    expect((await send(6, 6)).body).toMatchObject({ imported: 1 });
    const progress = await call('GET', `/v1/admin/imports/${import_id}`, { headers: INTERNAL });
    expect(progress.body).toMatchObject({
      id: import_id,
      created_by: 'internal',
      through_row: 6,
      imported: 6,
    });
    const { results } = await env.DB.prepare(`SELECT actor, action, details FROM audit WHERE target = ?`)
      .bind(import_id)
      .all();
    expect(results).toEqual([
      { actor: 'internal', action: 'users_imported', details: '{"on_existing":"error"}' },
    ]);
  });

  it('brings back nobody who was deleted since', async () => {
    const user = someUser();
    const query = { import_id: crypto.randomUUID() };
    await importFile(ndjson([user]), { query });
    await env.DB.prepare('DELETE FROM users WHERE email = ?').bind(user.email).run();
    expect((await importFile(ndjson([user]), { query })).body).toMatchObject({ imported: 0, repeated: 1 });
  });

  it('sent twice at once makes each user once', async () => {
    const rows = Array.from({ length: 20 }, () => someUser());
    const query = { import_id: crypto.randomUUID(), on_existing: 'error' };
    const answers = await Promise.all([1, 2, 3, 4].map(() => importFile(ndjson(rows), { query })));
    for (const { status, body } of answers) {
      if (status === 409) expect(body.code).toBe('import_out_of_order');
      else expect(body.errors).toEqual([]);
    }
    expect(answers.reduce((sum, { body }) => sum + (body.imported ?? 0), 0)).toBe(20);
    const found = await env.DB.prepare('SELECT COUNT(*) AS n FROM imported_users WHERE import_id = ?')
      .bind(query.import_id)
      .first('n');
    expect(found).toBe(20);
  });

  it('takes a thousand rows at once', async () => {
    const hash = bcrypt.hashSync(password, 4);
    const rows = Array.from({ length: 1000 }, () => ({ ...someUser(), password_hash: hash }));
    const { body } = await importFile(ndjson(rows));
    expect(body).toMatchObject({ imported: 1000, failed: 0 });
    const names = rows.map(({ email }) => email);
    const last = await login(names.at(-1) as string, password);
    expect(last.status).toBe(200);
  });
});
