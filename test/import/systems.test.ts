import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { verifyPassword } from '../../src/crypto/password-hash.ts';
import { JsonReader } from '../../src/import/json.ts';
import { SOURCE_NAMES } from '../../src/import/service-mappings.ts';
import { createRealm, login } from '../support/api.ts';
import { importRows, ndjson, someUser } from '../support/import.ts';
import { FIREBASE_HASH, HASHES, KEYCLOAK, SYSTEM_PASSWORD as password } from '../support/system-hashes.ts';

/** bcrypt of the same password, as Auth0, Supabase and Clerk have it. */
const bcrypt = HASHES.djangoBcrypt.slice('bcrypt$'.length);

const email = () => someUser().email;
/** A user of each system, as its export has them. */
const EXPORTS: [system: string, row: (email: string) => Record<string, unknown>][] = [
  [
    'firebase',
    (address) => ({
      localId: '7',
      email: address,
      emailVerified: true,
      passwordHash: FIREBASE_HASH,
      displayName: 'Özlem Kaya',
      phoneNumber: '+4915123456789',
      lastSignedInAt: '1700000000000',
      createdAt: '1600000000000',
      disabled: false,
      providerUserInfo: [{ providerId: 'google.com', rawId: `g-${address}`, email: address }],
    }),
  ],
  [
    'auth0',
    (address) => ({
      user_id: '7',
      email: address,
      email_verified: true,
      nickname: 'ozlem',
      name: 'Özlem Kaya',
      passwordHash: bcrypt,
      created_at: '2024-01-01T10:00:00.000Z',
      logins_count: 3,
      identities: [{ provider: 'google-oauth2', user_id: `a-${address}`, isSocial: true }],
    }),
  ],
  [
    'supabase',
    (address) => ({
      instance_id: '00000000-0000-0000-0000-000000000000',
      id: '7',
      aud: 'authenticated',
      email: address,
      encrypted_password: bcrypt,
      email_confirmed_at: '2024-01-01 10:00:00.123456+00',
      raw_user_meta_data: '{"full_name":"Özlem Kaya"}',
      raw_app_meta_data: '{"provider":"email","providers":["email"]}',
      created_at: '2024-01-01 10:00:00.123456+00',
    }),
  ],
  [
    'clerk',
    (address) => ({
      id: '7',
      first_name: 'Özlem',
      last_name: 'Kaya',
      primary_email_address: address,
      verified_email_addresses: `${address}|other@example.com`,
      unverified_email_addresses: '',
      totp_secret: '',
      password_digest: bcrypt,
      password_hasher: 'bcrypt',
    }),
  ],
  [
    'better-auth',
    (address) => ({
      id: '7',
      name: 'Özlem Kaya',
      email: address,
      emailVerified: 1,
      createdAt: '2024-01-01T10:00:00.000Z',
      accounts: [{ providerId: 'credential', accountId: '7', password: HASHES['better-auth'] }],
    }),
  ],
  [
    'keycloak',
    (address) => ({
      id: '7',
      firstName: 'Özlem',
      lastName: 'Kaya',
      email: address,
      emailVerified: true,
      enabled: true,
      createdTimestamp: 1_700_000_000_000,
      credentials: [{ type: 'password', ...KEYCLOAK.argon2 }],
      federatedIdentities: [{ identityProvider: 'google', userId: `k-${address}`, userName: address }],
    }),
  ],
  [
    'lucia',
    (address) => ({
      id: '7',
      email: address,
      email_verified: true,
      name: 'Özlem Kaya',
      hashed_password: HASHES.lucia2,
    }),
  ],
  [
    'django',
    (address) => ({
      model: 'auth.user',
      pk: 7,
      fields: {
        email: address,
        first_name: 'Özlem',
        last_name: 'Kaya',
        password: HASHES.djangoBcryptSha256,
        is_superuser: false,
        is_active: true,
        groups: [],
        date_joined: '2024-01-01T10:00:00Z',
      },
    }),
  ],
  [
    'werkzeug',
    (address) => ({ id: 7, email: address, name: 'Özlem Kaya', password: HASHES.werkzeug, active: true }),
  ],
];

describe('users of', () => {
  it.each(EXPORTS)('%s move in with their passwords', async (system, row) => {
    const address = email();
    const { body } = await importRows(ndjson([row(address)]), {
      query: { service: system, source: `${system}-${address}` },
    });
    expect(body).toMatchObject({ imported: 1, failed: 0 });
    const signedIn = await login(address, password);
    expect(signedIn.status).toBe(200);
    expect(signedIn.body.user).toMatchObject({ name: 'Özlem Kaya', status: 'active' });
    expect((await login(address, `${password}!`)).status).toBe(401);
  });

  it('Lucia 3, Django and Werkzeug with their other hashers, too', async () => {
    for (const [service, hash] of [
      ['lucia', HASHES.lucia3],
      ['django', HASHES.django],
      ['django', HASHES.djangoArgon2],
      ['django', HASHES.djangoBcrypt],
      ['django', HASHES.djangoScrypt],
      ['werkzeug', HASHES.werkzeugScrypt],
    ] as const) {
      const address = email();
      const row = { id: address, email: address, password: hash, password_hash: hash };
      const { body } = await importRows(ndjson([row]), { query: { service } });
      expect(body, JSON.stringify(body)).toMatchObject({ imported: 1 });
      expect((await login(address, password)).status).toBe(200);
    }
  });

  it('Keycloak with older hashes, and with an authenticator app', async () => {
    const row = (address: string, credentials: object[]) =>
      ndjson([{ id: address, email: address, enabled: true, credentials }]);
    const hashed = email();
    const older = row(hashed, [{ type: 'password', ...KEYCLOAK.pbkdf2 }]);
    expect((await importRows(older, { query: { service: 'keycloak' } })).body).toMatchObject({ imported: 1 });
    expect((await login(hashed, password)).status).toBe(200);
    const factored = email();
    const credentialData = JSON.stringify({ subType: 'totp', digits: 6, period: 30, algorithm: 'HmacSHA1' });
    const otp = {
      type: 'otp',
      secretData: JSON.stringify({ value: 'FJPXxSQ7sSiZTzDGXwGB' }),
      credentialData,
    };
    const both = row(factored, [otp, { type: 'password', ...KEYCLOAK.argon2 }]);
    expect((await importRows(both, { query: { service: 'keycloak' } })).body).toMatchObject({ imported: 1 });
    expect((await login(factored, password)).body).toMatchObject({ mfa_required: true, methods: ['totp'] });
  });

  it('one whose credentials are none is imported without', async () => {
    const address = email();
    const credentials = [
      { type: 'password', secretData: 'no JSON', credentialData: null },
      { type: 'otp', secretData: '{}', credentialData: '{"subType":"hotp"}' },
    ];
    const { body } = await importRows(
      ndjson([{ id: address, email: address, enabled: false, credentials }]),
      {
        query: { service: 'keycloak' },
      },
    );
    expect(body).toMatchObject({ imported: 1, failed: 0 });
    const user = await env.DB.prepare('SELECT status FROM users WHERE email = ?').bind(address).first();
    expect(user).toEqual({ status: 'suspended' });
  });

  it('a mapping of one’s own goes first', async () => {
    const address = email();
    const row = { id: 1, email: address, active: true, tier: 'pro', nickname: 'Ö.' };
    const mapping = { columns: { tier: 'plan', nickname: 'name' } };
    const query = { service: 'werkzeug', source: address };
    expect((await importRows(ndjson([row]), { query, mapping })).body).toMatchObject({ imported: 1 });
    const user = await env.DB.prepare('SELECT name, plan FROM users WHERE email = ?').bind(address).first();
    expect(user).toEqual({ name: 'Ö.', plan: 'pro' });
  });
});

it('ids are those of their source: all come into one realm', async () => {
  await createRealm('merged');
  const rows = (address: string): Record<string, unknown> => ({
    id: '7',
    email: address,
    first_name: 'Ada',
    last_name: 'Lovelace',
  });
  const only = (address: string) => ({ ...rows(address), first_name: undefined, last_name: undefined });
  for (const source of SOURCE_NAMES) {
    const address = email();
    const known = EXPORTS.find(([name]) => name === source)?.[1](address);
    const plain = ['astro-backend', 'two-user-types'].includes(source) ? rows(address) : only(address);
    const options = { realm: 'merged', query: { service: source } };
    // Providers' accounts and numbers are those of one user in a realm.
    const row = { ...(known ?? plain), identities: undefined, phoneNumber: undefined };
    const { body } = await importRows(ndjson([row]), options);
    expect(body, source).toMatchObject({ imported: 1, failed: 0 });
    // The same id of the same source is one user.
    const again = await importRows(
      ndjson([{ ...row, ...JSON.parse(JSON.stringify(row).replaceAll(address, email())) }]),
      options,
    );
    expect(again.body.errors, source).toMatchObject([{ code: 'external_id_taken' }]);
  }
});

it('reads the array that an object holds, in pieces of any size', () => {
  const text = `{"users": [\n${JSON.stringify({ localId: 'a', users: [1] })},\n${JSON.stringify({ localId: 'b' })}\n]}`;
  for (const size of [1, 7, 1000]) {
    const reader = new JsonReader();
    const records = [];
    for (let at = 0; at < text.length; at += size) records.push(...reader.push(text.slice(at, at + size)));
    records.push(...reader.end());
    expect(records).toEqual([
      { line: 2, values: { localId: 'a', users: [1] } },
      { line: 3, values: { localId: 'b' } },
    ]);
  }
});

it('an imported hash is of the password in whichever form the system hashed it', () => {
  const salted = (text: string) => {
    const bytes = Buffer.from(text);
    const { createHash } = process.getBuiltinModule('node:crypto');
    return `$sha256$o=sp$c2FsdHNhbHQ$${createHash('sha256').update('saltsalt').update(bytes).digest('base64')}`;
  };
  const forms = ['Pa\u0308sse ﬁn', 'Pässe ﬁn', 'Pässe fin'];
  for (const made of forms.slice(1)) expect(verifyPassword(salted(made), forms[0] as string)).toBe(true);
  expect(verifyPassword(salted(forms[0] as string), forms[0] as string)).toBe(true);
  expect(verifyPassword(salted('Passe fin'), forms[0] as string)).toBe(false);
});
