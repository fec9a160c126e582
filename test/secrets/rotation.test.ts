import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Account } from '../../src/account/object.ts';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { deriveKeyring } from '../../src/crypto/keys.ts';
import { unseal } from '../../src/crypto/sealed.ts';
import { SEALED_COLUMNS } from '../../src/secrets/sealed-columns.ts';
import { createServices } from '../../src/services.ts';
import { asAdmin } from '../support/admin.ts';
import {
  accountOf,
  call,
  createApiKey,
  createRealm,
  expectProblem,
  INTERNAL,
  register,
  registerVerified,
} from '../support/api.ts';
import { Browser, pick } from '../support/browser.ts';
import { withApp } from '../support/factors.ts';

const OLD = env.AUTH_SECRET;
const NEW = 'bmV3LXNlY3JldC1vZi10aGUtcm90YXRpb24tdGVzdHM';
const OTHER = 'YW5vdGhlci1zZWNyZXQtdGhhdC1uZXZlci13YXMtc2V0';
const CLIENT = { ip: '10.0.0.1', country: null, city: null, userAgent: null };

/** The Worker with other secrets. */
function withSecrets(AUTH_SECRET: string, ...previous: string[]) {
  const variables = { AUTH_SECRET, AUTH_SECRET_PREVIOUS: previous.join(', ') };
  const bindings = { ...env, ...variables } as unknown as Bindings;
  const keys = deriveKeyring({ AUTH_SECRET, AUTH_SECRET_PREVIOUS: previous }, 'provider-tokens');
  const services = createServices(bindings);
  const app = createApp(services, bindings);
  const request = (path: string, init: RequestInit = {}) =>
    app.request(`https://auth.test${path}`, init, bindings);
  return { bindings, services, request, keys };
}

const rotated = withSecrets(NEW, OTHER, OLD);
const alone = withSecrets(NEW);

async function reencryptAll(worker: typeof rotated) {
  const total = { examined: 0, reencrypted: 0, unreadable: 0 };
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const answer = await worker.request('/v1/admin/secrets/re-encrypt', {
      method: 'POST',
      headers: { ...INTERNAL, 'content-type': 'application/json' },
      body: JSON.stringify({ cursor }),
    });
    const body: any = await answer.json();
    expect(answer.status, JSON.stringify(body)).toBe(200);
    total.examined += body.examined;
    total.reencrypted += body.reencrypted;
    total.unreadable += body.unreadable;
    cursor = body.next_cursor;
  }
  return total;
}

describe('after AUTH_SECRET was changed', () => {
  it('sessions go on by the tokens that they have, and get tokens of the new one', async () => {
    const { user, refresh_token: old } = await register();
    const realm = { id: 'default', refreshGraceSeconds: 30 };
    await runInDurableObject(accountOf(user.id), async (_, state) => {
      const objectOf = ({ bindings }: typeof rotated) => new Account(state, bindings);
      expect(await objectOf(rotated).checkToken(old, 'default')).toMatchObject({
        state: { userId: user.id },
      });
      const refreshed: any = await objectOf(rotated).refresh(old, realm, CLIENT);
      expect(await objectOf(rotated).refresh(old, realm, CLIENT)).toMatchObject({
        refreshToken: refreshed.refreshToken,
      });
      // What is made is of the new one alone.
      const next: any = await objectOf(alone).refresh(refreshed.refreshToken, realm, CLIENT);
      expect(next.refreshToken).toMatch(/^lkr\./);
      expect(await objectOf(alone).refresh(old, realm, CLIENT)).toMatchObject({
        reason: 'invalid_token',
      });
      expect(await objectOf(alone).checkToken(next.refreshToken, 'default')).toHaveProperty('sessionId');
    });
  });

  it('signing keys, the tokens of providers and the secrets of apps stay readable, and are when the old one is gone', async () => {
    await createRealm('rotating');
    const before = await createServices(env as never).signingKeys.current('rotating');
    const browser = new Browser();
    await browser.signIn('google', 'user01@gmail.example');
    expect((await rotated.services.signingKeys.current('rotating')).id).toBe(before.id);
    const tokens = async ({ keys }: typeof rotated) => {
      const row = await env.DB.prepare(
        "SELECT tokens FROM identities WHERE provider = 'google'",
      ).first<any>();
      return unseal<any>(keys, row.tokens);
    };
    const app = await withApp();
    const secret = async (AUTH_SECRET: string, ...AUTH_SECRET_PREVIOUS: string[]) => {
      const row = await env.DB.prepare('SELECT secret FROM factors WHERE id = ?').bind(app.id).first<any>();
      return unseal<any>(deriveKeyring({ AUTH_SECRET, AUTH_SECRET_PREVIOUS }, 'factors'), row.secret);
    };
    expect(await tokens(rotated)).toHaveProperty('accessToken');
    expect(await tokens(alone)).toBeNull();
    expect(await secret(NEW, OLD)).toHaveProperty('secret');
    expect(await secret(NEW)).toBeNull();

    const first = await reencryptAll(rotated);
    expect(first).toMatchObject({ reencrypted: first.examined, unreadable: 0 });
    expect(first.examined).toBeGreaterThan(1);
    expect(await reencryptAll(rotated)).toEqual({ ...first, reencrypted: 0 });
    const fresh = withSecrets(NEW);
    expect((await fresh.services.signingKeys.current('rotating')).id).toBe(before.id);
    expect(await tokens(alone)).toHaveProperty('accessToken');
    expect(await secret(NEW)).toHaveProperty('secret');
    const log = (await asAdmin('GET', '/audit')).body.data;
    expect(log.map(({ action }: any) => action)).toContain('secrets_reencrypted');
  });

  it('who is under way comes back: with a cookie, with a ticket, with an app’s code', async () => {
    const browser = new Browser();
    const back = await pick('google', await browser.begin('google'), 'user02@gmail.example');
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await rotated.request(back.url.pathname + back.url.search, {
      headers: { cookie, accept: 'text/html' },
    });
    expect(answer.headers.get('location')).toBe('https://auth.test/account');
    expect(
      await (await rotated.request(back.url.pathname + back.url.search, { headers: { cookie } })).status,
    ).toBe(303);

    const { access_token: token } = await registerVerified();
    const body = { redirect_to: 'https://auth.test/account', code_challenge: 'c'.repeat(43) };
    const ticket = (await call('POST', '/v1/me/identities/google', { token, body })).body.url;
    expect((await rotated.request(ticket.slice('https://auth.test'.length))).status).toBe(302);
    expect((await alone.request(ticket.slice('https://auth.test'.length))).status).toBe(400);
  });

  it('the keys of RS256 sign on', async () => {
    const { id } = await createServices(env as unknown as Bindings).signingKeys.current('default', 'RS256');
    expect((await rotated.services.signingKeys.current('default', 'RS256')).id).toBe(id);
  });

  it('clients know their users by the names that they had', async () => {
    const { user } = await register();
    const nameBy = ({ services }: Pick<typeof rotated, 'services'>) =>
      services.subjects.of('default', 'app.example.com', user.id);
    const name = await nameBy({ services: createServices(env as unknown as Bindings) });
    expect(await nameBy(rotated)).toBe(name);
    await expect(nameBy(withSecrets(OTHER))).rejects.toThrow('service_unavailable');
  });

  it('the secrets of apps are read on', async () => {
    expect((await withApp()).recoveryCodes).toHaveLength(10);
  });

  it('no column but those that are re-encrypted, or gone in ten minutes, holds sealed values', async () => {
    const made = await asAdmin('POST', '/webhooks', { body: { url: 'https://hooks.example.com/' } });
    onTestFinished(async () => void (await asAdmin('DELETE', `/webhooks/${made.body.id}`)));
    const hook = { url: 'https://hooks.example.com/', on_failure: 'allow' };
    await asAdmin('PUT', '/hooks/send.sms', { body: hook });
    onTestFinished(async () => void (await asAdmin('DELETE', '/hooks/send.sms')));
    const tables = await env.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    ).all<{ name: string }>();
    const sealed = new Set<string>();
    for (const { name } of tables.results) {
      const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all();
      for (const row of results) {
        for (const [column, value] of Object.entries(row)) {
          if (/^ey[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/.test(String(value))) sealed.add(`${name}.${column}`);
        }
      }
    }
    const known = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`);
    expect([...sealed].sort()).toEqual([...known, 'oauth_flows.outcome'].sort());
  });
});

describe('re-encryption', () => {
  beforeAll(() => createRealm('another'));
  const path = '/v1/admin/secrets/re-encrypt';

  it('counts what it cannot read, and leaves it as it is', async () => {
    const read = () => env.DB.prepare('SELECT private_jwe FROM signing_keys ORDER BY id').all();
    const before = (await read()).results;
    const { examined, reencrypted, unreadable } = await reencryptAll(withSecrets(OTHER));
    expect({ reencrypted, unreadable }).toEqual({ reencrypted: 0, unreadable: examined });
    expect((await read()).results).toEqual(before);
  });

  it('goes through everything by portions, over the borders of tables', async () => {
    const jwe = (await env.DB.prepare('SELECT tokens FROM identities').first<any>()).tokens;
    const { user } = await register();
    const insert = env.DB.prepare(
      `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
       VALUES (?, 'default', ?, ?, 0, '{}', ?, 1, 1)`,
    );
    await env.DB.batch(Array.from({ length: 250 }, (_, n) => insert.bind(user.id, `p${n}`, `s${n}`, jwe)));
    const counts = SEALED_COLUMNS.map(({ table }) => `(SELECT count(*) FROM ${table})`);
    const counted = await env.DB.prepare(`SELECT ${counts.join(' + ')} AS n`).first<{ n: number }>();
    expect((await reencryptAll(alone)).examined).toBe(counted?.n);
  });

  it('is for owners, and for admins of the realm default', async () => {
    const home = await createApiKey(['admin']);
    expect((await call('POST', path, { headers: home.headers, body: {} })).status).toBe(200);
    const reader = await createApiKey(['users:read']);
    expectProblem(await call('POST', path, { headers: reader.headers, body: {} }), 403, 'insufficient_scope');
    const { headers } = await createApiKey(['admin'], { realm: 'another' });
    expectProblem(
      await call('POST', path, { headers, body: {}, realm: 'another' }),
      403,
      'insufficient_scope',
    );
  });

  it.each([
    'nonsense',
    // In two databases.
    Buffer.from(`[${2 * SEALED_COLUMNS.length}]`).toString('base64url'),
    // Of a key with two columns one is not enough.
    Buffer.from(`[${SEALED_COLUMNS.findIndex(({ key }) => key.length > 1)},"x"]`).toString('base64url'),
  ])('refuses the cursor %s', async (cursor) => {
    expectProblem(
      await asAdmin('POST', '/secrets/re-encrypt', { body: { cursor } }),
      422,
      'validation_failed',
    );
  });
});
