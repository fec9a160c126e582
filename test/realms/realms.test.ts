import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { pathOf, splitRealm } from '../../src/http/realm-path.ts';
import { call, createRealm, expectProblem, register } from '../support/api.ts';
import { advance } from '../support/clock.ts';

it('unknown realms are 404, whatever is asked of them', async () => {
  for (const realm of ['nobody', 'NOBODY', '%64efault', 'a'.repeat(41), '-x', "x'--", '%00']) {
    expectProblem(await call('GET', '/v1/health', { realm }), 404, 'realm_not_found');
  }
});

it('the default realm has a long name too, with the same issuer', async () => {
  const answer = await call('GET', '/.well-known/openid-configuration', { realm: 'default' });
  expect(answer.body.issuer).toBe('https://auth.test');
});

it('a realm made a moment ago works at once, and a changed policy within half a minute', async () => {
  advance(0);
  expectProblem(await call('GET', '/v1/health', { realm: 'fresh' }), 404, 'realm_not_found');
  await createRealm('fresh');
  await register({}, { realm: 'fresh' });
  await env.DB.prepare("UPDATE realms SET registration = 'closed' WHERE id = 'fresh'").run();
  advance(30_000);
  const body = { email: 'late@example.com', password: 'three lighthouses at dusk' };
  expectProblem(
    await call('POST', '/v1/auth/register', { body, realm: 'fresh' }),
    403,
    'registration_closed',
  );
});

it('D1 itself refuses a second address or username in a realm, and a policy that makes no sense', async () => {
  const { user } = await register({ username: 'Unique' });
  const insert = (email: string, username: string | null) =>
    env.DB.prepare(
      "INSERT INTO users (id, realm_id, email, username, created_at, updated_at) VALUES (?, 'default', ?, ?, 0, 0)",
    )
      .bind(crypto.randomUUID(), email, username)
      .run();
  await expect(insert(user.email, null)).rejects.toThrow(/UNIQUE/);
  await expect(insert('x@example.com', 'uNIQUE')).rejects.toThrow(/UNIQUE/);
  await expect(createRealm('Upper')).rejects.toThrow(/CHECK/);
  await expect(createRealm('odd', { registration: 'maybe' })).rejects.toThrow(/CHECK/);
  await expect(createRealm('endless', { access_token_seconds: 86_400 })).rejects.toThrow(/CHECK/);
});

describe('splitRealm', () => {
  it.each([
    ['/v1/me', 'default', '/v1/me'],
    ['/realms/acme/v1/me', 'acme', '/v1/me'],
    ['/realms/acme/.well-known/jwks.json', 'acme', '/.well-known/jwks.json'],
    ['/realms/acme/docs', 'default', '/realms/acme/docs'],
    ['/realms/acme/v10/me', 'default', '/realms/acme/v10/me'],
    ['/realms//v1/me', 'default', '/realms//v1/me'],
    ['/realms/a/realms/b/v1/me', 'default', '/realms/a/realms/b/v1/me'],
  ])('%s', (path, realmId, rest) => {
    expect(splitRealm(path)).toEqual({ realmId, path: rest });
  });

  it('finds the path as URL does', () => {
    for (const url of [
      'https://a.b',
      'https://a.b/',
      'http://a.b:1/x?y=/z',
      'https://a.b/x#/y',
      'https://a.b/?x',
      'https://a.b/x?y#z',
      'https://a.b/x#y?z',
    ]) {
      // A Request's URL always has a path.
      const { href, pathname } = new URL(url);
      expect(pathOf(href)).toBe(pathname);
    }
  });
});
