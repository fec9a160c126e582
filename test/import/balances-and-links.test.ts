import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { accountOf, call, INTERNAL, registerVerified } from '../support/api.ts';
import { Browser } from '../support/browser.ts';
import { importRows, ndjson, someUser } from '../support/import.ts';
import { bcrypt2y, byEmail, expectToSignIn, kept, moveIn, sha256, unique } from '../support/moving.ts';

describe('auth-service', () => {
  const ada = (over: Record<string, unknown> = {}) => ({
    id: Math.floor(Math.random() * 1e9),
    username: `ada-${unique()}`,
    email: someUser().email,
    hashed_password: bcrypt2y,
    is_admin: false,
    is_verified: true,
    auth_type: 'password',
    google_id: null,
    created_at: '2025-02-26T11:30:00.5+00:00',
    balance: '120.00',
    ...over,
  });
  const balanceOf = async (userId: string) =>
    (await call('GET', `/v1/credits/balance?user_id=${userId}`, { headers: INTERNAL })).body.balance;

  it('moves in, with balances that are entered once', async () => {
    const [first, poor, google] = [
      ada(),
      ada({ balance: 0, is_admin: 't' }),
      ada({ google_id: unique(), username: 'a+b', hashed_password: '' }),
    ];
    const query = { service: 'auth-service', import_id: crypto.randomUUID() };
    const rows = ndjson([first, poor, google]);
    for (const imported of [3, 0])
      expect((await importRows(rows, { query })).body).toMatchObject({ imported, failed: 0 });

    const { user } = await expectToSignIn(first.email);
    expect(user).toMatchObject({
      username: first.username,
      role: 'user',
      created_at: '2025-02-26T11:30:00.500Z',
    });
    expect((await expectToSignIn(poor.email)).user.role).toBe('admin');
    const { id, username } = await byEmail(google.email);
    expect(username).toBeNull();
    expect(await kept(id)).toMatchObject({
      external_id: String(google.id),
      identities: [{ provider: 'google', subject: google.google_id }],
    });

    // Who never came has it, too; asking at once enters it once.
    for (const userId of [user.id, id]) {
      expect(await Promise.all([balanceOf(userId), balanceOf(userId)])).toEqual([120, 120]);
      await evictDurableObject(accountOf(userId));
      const { body } = await call('GET', `/v1/credits/transactions?user_id=${userId}`, { headers: INTERNAL });
      expect(body.data).toMatchObject([{ type: 'grant', amount: 120, balance_after: 120, expires_at: null }]);
    }
    const use = { user_id: user.id, amount: 20, reference: unique() };
    expect((await call('POST', '/v1/credits/use', { body: use, headers: INTERNAL })).body.balance).toBe(100);
    const ledger = await call('GET', `/v1/credits/transactions?user_id=${user.id}`, { headers: INTERNAL });
    expect(ledger.body.data.map(({ type, amount }: any) => [type, amount])).toEqual([
      ['used', -20],
      ['grant', 120],
    ]);
    expect(await balanceOf((await byEmail(poor.email)).id)).toBe(0);
  });

  it.each(['120.50', -1, '1e3', 1e13])('refuses a balance of %s', async (balance) => {
    const { body } = await importRows(ndjson([ada({ balance })]), { query: { service: 'auth-service' } });
    expect(body).toMatchObject({ imported: 0, errors: [{ line: 1, column: 'opening_credits' }] });
  });
});

describe('aiezzy', () => {
  const ada = (over: Record<string, unknown> = {}) => ({
    id: Math.floor(Math.random() * 1e9),
    username: `ada.${unique()}`,
    email: someUser().email,
    password_hash: sha256,
    full_name: 'Ada Lovelace',
    is_active: 1,
    is_admin: 0,
    email_verified: 1,
    tier: 'pro',
    profile_image: 'https://images.example/ada.png',
    bio: 'Poetical science',
    preferences: '{"theme": "dark", "language": 7, "voice": "low"}',
    created_at: '2025-09-01 10:00:00.000000',
    updated_at: '2025-09-02 10:00:00.000000',
    last_login: '2025-10-01 12:00:00.000000',
    oauth_accounts: null,
    ...over,
  });
  const linked = (...accounts: [string, string][]) =>
    JSON.stringify(accounts.map(([provider, provider_user_id]) => ({ provider, provider_user_id })));

  it.each(['text/csv', 'application/x-ndjson'])('moves in from %s', async (type) => {
    const [google, github] = [unique(), String(Math.floor(Math.random() * 1e9))];
    const [first, odd] = [
      ada({ oauth_accounts: linked(['google', google], ['github', github]) }),
      ada({
        username: 'a',
        profile_image: '/static/a.png',
        is_active: 0,
        tier: 'enterprise',
        preferences: '{}',
      }),
    ];
    await moveIn({ service: 'aiezzy', rows: [first, odd], type });
    const { user } = await expectToSignIn(first.username);
    expect(user).toMatchObject({
      name: 'Ada Lovelace',
      plan: 'pro',
      role: 'user',
      bio: 'Poetical science',
      picture: 'https://images.example/ada.png',
      email_verified: true,
      created_at: '2025-09-01T10:00:00.000Z',
    });
    expect(await kept(user.id)).toMatchObject({
      external_id: String(first.id),
      preferences: { theme: 'dark', voice: 'low' },
      identities: [
        { provider: 'github', subject: github },
        { provider: 'google', subject: google },
      ],
    });
    expect(await byEmail(odd.email)).toMatchObject({
      username: null,
      picture: null,
      status: 'suspended',
      plan: 'enterprise',
      last_login_at: '2025-10-01T12:00:00.000Z',
    });
  });

  it('keeps the way in by a provider, whatever the address', async () => {
    const account = 'user33@gmail.example';
    await new Browser().signIn('google', account);
    const before = await env.DB.prepare(
      "SELECT user_id, subject FROM identities JOIN users ON users.id = user_id WHERE users.email = ? AND provider = 'google'",
    )
      .bind(account)
      .first<{ user_id: string; subject: string }>();
    await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(before?.user_id).run();

    const moved = ada({ oauth_accounts: linked(['google', `${before?.subject}`]) });
    await moveIn({ service: 'aiezzy', rows: [moved] });
    const browser = new Browser();
    await browser.signIn('google', account);
    expect(await (await browser.ask('/v1/me')).json()).toMatchObject({ email: moved.email });
    const list = await (await browser.ask('/v1/me/identities')).json();
    expect(list).toMatchObject({ data: [{ provider: 'google', email: account }] });
  });

  it('leaves behind what leads into an account whose address was never proven', async () => {
    const subject = unique();
    const squatted = ada({ email_verified: false, oauth_accounts: linked(['google', subject]) });
    await moveIn({ service: 'aiezzy', rows: [squatted] });
    const linkedTo = await env.DB.prepare('SELECT user_id FROM identities WHERE subject = ?')
      .bind(subject)
      .all();
    expect(linkedTo.results).toEqual([]);
  });

  it('never takes an account at a provider from another user', async () => {
    const subject = unique();
    const [first, twice, later] = [1, 2, 3].map(() => ada({ oauth_accounts: linked(['github', subject]) }));
    const query = { service: 'aiezzy' };
    const answer = await importRows(ndjson([first, twice]), { query });
    expect(answer.body).toMatchObject({
      imported: 1,
      errors: [{ row: 2, column: 'identities', code: 'duplicate_in_file' }],
    });
    for (const dry_run of ['true', 'false']) {
      const { body } = await importRows(ndjson([later]), { query: { ...query, dry_run } });
      expect(body).toMatchObject({
        imported: 0,
        errors: [{ line: 1, column: 'identities', code: 'identity_conflict' }],
      });
    }
    const there = await env.DB.prepare('SELECT COUNT(*) AS n FROM users WHERE email = ?')
      .bind(later?.email)
      .first('n');
    expect(there).toBe(0);
    // Another realm has its own users.
    await moveIn({ service: 'aiezzy', rows: [later ?? {}], realm: 'user1' });
  });

  it('brings admins along, unless the mapping leaves that behind', async () => {
    const boss = ada({ is_admin: true });
    await moveIn({ service: 'aiezzy', rows: [boss], mapping: { columns: { is_admin: null } } });
    expect((await byEmail(boss.email)).role).toBe('user');
    const other = ada({ is_admin: true });
    await moveIn({ service: 'aiezzy', rows: [other] });
    expect((await byEmail(other.email)).role).toBe('admin');
  });
});

describe('linked accounts', () => {
  it('of a user who is already there are not taken over', async () => {
    const { user } = await registerVerified();
    const subject = unique();
    await env.DB.prepare(
      `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
       VALUES (?, 'default', 'github', ?, 1, '{}', '', 1, 1)`,
    )
      .bind(user.id, subject)
      .run();
    const rows = [{ ...someUser(), identities: [{ provider: 'GitHub', subject }] }, someUser()];
    const { body } = await importRows(ndjson(rows));
    expect(body).toMatchObject({ imported: 1, errors: [{ row: 1, code: 'identity_conflict' }] });
  });
});
