import { describe, expect, it } from 'vitest';
import { login } from '../support/api.ts';
import { importRows, ndjson, someUser } from '../support/import.ts';
import {
  argon2,
  bcrypt2b,
  byEmail,
  expectToSignIn,
  kept,
  moveIn,
  password,
  unique,
} from '../support/moving.ts';

describe('doztra', () => {
  const ada = (over: Record<string, unknown> = {}) => ({
    id: crypto.randomUUID(),
    email: someUser().email,
    name: 'Ada Lovelace',
    hashed_password: bcrypt2b,
    role: 'user',
    is_active: 't',
    is_verified: 't',
    created_at: '2025-03-04 05:06:07.123456',
    updated_at: '2025-03-05 05:06:07.123456',
    last_login: '2025-10-01 08:00:00',
    oauth_provider: null,
    oauth_user_id: null,
    oauth_access_token: null,
    oauth_refresh_token: null,
    oauth_token_expires_at: null,
    plan: 'PROFESSIONAL',
    subscription_status: 'ACTIVE',
    plan_expires_at: '2099-01-01 00:00:00',
    theme: 'dark',
    notifications: 'f',
    default_model: 'gpt-4',
    ...over,
  });

  it('moves in from CSV', async () => {
    const [first, admin, suspended] = [
      ada(),
      ada({ role: 'admin', plan: 'BASIC', plan_expires_at: null, theme: 'sepia' }),
      ada({ is_active: 'f' }),
    ];
    await moveIn({ service: 'doztra', rows: [first, admin, suspended], type: 'text/csv' });
    const { user } = await expectToSignIn(first.email);
    expect(user).toMatchObject({
      name: 'Ada Lovelace',
      email_verified: true,
      role: 'user',
      plan: 'enterprise',
      created_at: '2025-03-04T05:06:07.123Z',
    });
    expect(await kept(user.id)).toMatchObject({
      external_id: first.id,
      preferences: { theme: 'dark', notifications: { all: false }, default_model: 'gpt-4' },
      plan_expires_at: Date.UTC(2099, 0),
      identities: [],
    });
    const { user: boss } = await expectToSignIn(admin.email);
    expect(boss).toMatchObject({ role: 'admin', plan: 'pro' });
    expect((await kept(boss.id)).preferences).not.toHaveProperty('theme');
    expect((await login(suspended.email, password)).body.code).toBe('account_suspended');
  });

  it('moves in from JSON, without a password too; a plan that is over is over', async () => {
    const subject = unique();
    const google = ada({
      hashed_password: null,
      oauth_provider: 'google',
      oauth_user_id: subject,
      is_active: true,
    });
    const lapsed = ada({ is_active: true, plan: 'basic', plan_expires_at: '2024-01-01T00:00:00' });
    const ended = ada({
      is_active: true,
      plan: 'basic',
      plan_expires_at: null,
      subscription_status: 'expired',
    });
    await moveIn({ service: 'doztra', rows: [google, lapsed, ended] });
    const found = await byEmail(google.email);
    expect(await kept(found.id)).toMatchObject({ identities: [{ provider: 'google', subject }] });
    expect((await login(google.email, password)).status).toBe(401);
    for (const { email } of [lapsed, ended]) {
      const { user } = await expectToSignIn(email);
      expect(user.plan).toBe('free');
      expect((await kept(user.id)).plan_expires_at).toBeNull();
    }
  });
});

describe('astro-backend', () => {
  it('moves in', async () => {
    const ada = {
      id: Math.floor(Math.random() * 1e9),
      email: someUser().email,
      username: `ada_${unique()}`,
      password_hash: bcrypt2b,
      role: 'admin',
      is_verified: 1,
      avatar_url: 'https://res.cloudinary.com/x/ada.png',
      first_name: 'Ada',
      last_name: 'Lovelace',
      created_at: '2025-08-01 10:00:00',
      updated_at: '2025-08-01 10:00:00',
    };
    const other = {
      ...ada,
      id: ada.id + 1,
      email: someUser().email,
      username: 'ada@home',
      role: 'user',
      is_verified: 0,
    };
    await moveIn({
      service: 'astro-backend',
      rows: [ada, { ...other, last_name: null, avatar_url: null }],
      type: 'text/csv',
    });
    const { user } = await expectToSignIn(ada.username);
    expect(user).toMatchObject({
      email: ada.email,
      email_verified: true,
      role: 'admin',
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      picture: 'https://res.cloudinary.com/x/ada.png',
      created_at: '2025-08-01T10:00:00.000Z',
    });
    expect((await expectToSignIn(other.email)).user).toMatchObject({
      username: null,
      name: 'Ada',
      family_name: null,
      email_verified: false,
      role: 'user',
    });
  });
});

describe('two-user-types', () => {
  const ada = (over: Record<string, unknown> = {}) => ({
    _id: { $oid: '68e8a7c05f1b2c3d4e5f6a7b' },
    id: unique().slice(0, 7),
    first_name: 'Ada',
    last_name: 'Lovelace',
    email: someUser().email,
    phone: '20 7183 8750',
    country_code: '+44',
    country: 'United Kingdom',
    password: bcrypt2b,
    is_email_verified: true,
    ...over,
  });

  it('moves in, each type of users into a realm of its own', async () => {
    const first = ada();
    await moveIn({ service: 'two-user-types', rows: [first, ada({ phone: '12' })], realm: 'user1' });
    const second = {
      ...first,
      password: argon2,
      country_code: 'IN',
      country: 'India',
      phone: '+919876543210',
    };
    await moveIn({ service: 'two-user-types', rows: [second], realm: 'user2' });
    const { user } = await expectToSignIn(first.email, 'user1');
    expect(user).toMatchObject({
      realm: 'user1',
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      email_verified: true,
      phone_number: '+442071838750',
      phone_number_verified: false,
      country: 'GB',
      created_at: new Date(0x68e8a7c0 * 1000).toISOString(),
    });
    expect((await kept(user.id)).external_id).toBe(first.id);
    const { user: other } = await expectToSignIn(first.email, 'user2');
    expect(other).toMatchObject({ realm: 'user2', country: 'IN', phone_number: '+919876543210' });
  });

  it('takes the dates and numbers of both forms of Extended JSON', async () => {
    const rows = [{ $date: '2025-01-01T00:00:00Z' }, { $date: { $numberLong: '1735689600000' } }].map(
      (created_at) => ({
        ...someUser(),
        created_at,
        external_id: { $numberInt: String(Math.floor(Math.random() * 1e9)) },
      }),
    );
    expect((await importRows(ndjson(rows))).body).toMatchObject({ imported: 2, errors: [] });
    for (const { email } of rows) expect((await byEmail(email)).created_at).toBe('2025-01-01T00:00:00.000Z');
  });
});

describe('a service', () => {
  it('that is none is refused, and whatever comes in its columns is an answer', async () => {
    expect((await importRows(ndjson([{}]), { query: { service: 'another' } })).status).toBe(422);
    const evil: unknown[] = [
      { toString: 1 },
      { $date: { $numberLong: '9'.repeat(40) } },
      [[]],
      '\u0000',
      Number.MAX_VALUE,
      '{',
      -0,
    ];
    const columns = [
      'id',
      'email',
      'username',
      'preferences',
      'oauth_accounts',
      'is_admin',
      'role',
      'phone',
      '_id',
      'balance',
    ];
    for (const service of ['doztra', 'auth-service', 'aiezzy', 'astro-backend', 'two-user-types']) {
      const rows = evil.map((value) => Object.fromEntries(columns.map((column) => [column, value])));
      const { status, body } = await importRows(ndjson(rows), { query: { service } });
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body).toMatchObject({ imported: 0, failed: evil.length });
    }
  });
});
