import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/config/config.ts';
import { DECOY_HASH, hashPassword } from '../../src/crypto/password-hash.ts';
import { decoyFor, decoyLike, refreshDecoys } from '../../src/passwords/decoys.ts';
import { createServices } from '../../src/services.ts';
import { call, createRealm, login, PASSWORD, register } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { tokenTo } from '../support/mail.ts';

const address = () => `${crypto.randomUUID()}@example.com`;
const OTHER = 'four lighthouses at dawn';
const BCRYPT = '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW';
const DJANGO = 'pbkdf2_sha256$260000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=';

describe('a realm that verifies first', () => {
  const send = (email: string, password: string, more = {}) =>
    call('POST', '/v1/auth/register', { body: { email, password, ...more }, realm: 'silent' });
  const enter = async (identifier: string, password: string) => {
    const { status, body, headers } = await login(identifier, password, { realm: 'silent' });
    return [status, body.code, headers.get('retry-after')];
  };
  const prove = async (email: string) => {
    const token = await tokenTo(email, /^Welcome/);
    const answer = await call('POST', '/v1/auth/email/verify', { body: { token }, realm: 'silent' });
    expect(answer.status).toBe(200);
  };

  it('answers who registers and signs in alike, whether the address was known or not', async () => {
    await createRealm('silent', { registration: 'verify_first' });
    const [known, pending, fresh] = [address(), address(), address()];
    const phone_number = '+358401111111';
    await send(known, 'the password of the owner', { username: 'owner', phone_number });
    await prove(known);
    await send(pending, 'the password of another');
    const steps: (string | undefined)[][] = [];
    for (const [n, email] of [known, pending, fresh].entries()) {
      const more = { username: `wanted${n}`, phone_number: `+35840222222${n}` };
      advance(0);
      const seen: unknown[] = [];
      for (const password of [PASSWORD, OTHER, 'five lighthouses at noon']) {
        const answer = await send(email, password, more);
        seen.push([answer.status, answer.body.status]);
        seen.push(await enter(email, password), await enter(email, PASSWORD));
        advance(86_400_000);
      }
      for (const password of ['none of these at all', PASSWORD, OTHER])
        seen.push(await enter(email, password));
      for (const identifier of [more.username, more.phone_number])
        seen.push(await enter(identifier, PASSWORD));
      const again = await send(address(), PASSWORD, { username: more.username });
      seen.push([again.status, again.body.code]);
      // Guesses are counted, also right ones of who only registered.
      for (let tries = 0; tries < 6; tries += 1) seen.push(await enter(email, PASSWORD));
      steps.push(seen as never);
    }
    const [ofKnown, ofPending, ofFresh] = steps;
    expect(ofKnown).toEqual(ofFresh);
    expect(ofPending).toEqual(ofFresh);
    advance(86_400_000);
    expect((await login(known, 'the password of the owner', { realm: 'silent' })).status).toBe(200);
    expect((await login('owner', 'the password of the owner', { realm: 'silent' })).status).toBe(200);
  });

  it('lets the owner in who registers again with their own password', async () => {
    const email = address();
    await send(email, PASSWORD);
    await prove(email);
    await send(email, PASSWORD);
    expect((await enter(email, PASSWORD))[0]).toBe(200);
  });

  it('gives a username to who is first to prove their address, if it is free', async () => {
    const [first, second] = [address(), address()];
    for (const email of [first, second]) await send(email, PASSWORD, { username: 'Wanted' });
    await prove(second);
    await prove(first);
    expect((await login('wanted', PASSWORD, { realm: 'silent' })).body.user.email).toBe(second);
    expect((await login(first, PASSWORD, { realm: 'silent' })).body.user.username).toBeNull();
  });
});

describe('a decoy', () => {
  const key = Buffer.from('a key');

  it('is of the same kind and cost, and of no known password', () => {
    for (const hash of [
      BCRYPT,
      DJANGO,
      '$scrypt$ln=14,r=8,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz',
    ]) {
      const decoy = decoyLike(hash) as string;
      expect(decoy).not.toBe(hash);
      expect(decoy.length).toBe(hash.length);
      const settings = (one: string) =>
        one.startsWith('$2') ? one.slice(0, 7) : one.split('$').slice(0, -2).join('$');
      expect(settings(decoy)).toBe(settings(hash));
    }
    expect(decoyLike(hashPassword(PASSWORD))).toBe(DECOY_HASH);
    expect(decoyLike('md5$x$y')).toBeNull();
  });

  it('is the same for an identifier, and of each kind as often as the realm has it', () => {
    const decoys: [string, number][] = [
      [BCRYPT, 300],
      [DJANGO, 100],
      [DECOY_HASH, 600],
    ];
    const chosen = Array.from({ length: 2000 }, (_, n) => decoyFor(decoys, key, `user${n}`));
    expect(chosen).toEqual(chosen.map((_, n) => decoyFor(decoys, key, `user${n}`)));
    const share = (hash: string) => chosen.filter((one) => one === hash).length / chosen.length;
    expect(share(BCRYPT)).toBeCloseTo(0.3, 1);
    expect(share(DJANGO)).toBeCloseTo(0.1, 1);
    expect(share(DECOY_HASH)).toBeCloseTo(0.6, 1);
    expect(decoyFor([], key, 'anybody')).toBe(DECOY_HASH);
  });

  it('is what an identifier that nobody has is verified against, from the minute after an import on', async () => {
    await createRealm('mixed');
    for (let n = 0; n < 4; n += 1) {
      const { user } = await register({}, { realm: 'mixed' });
      // Salted anew: one kind, whatever salt and digest it has.
      const hash = n === 3 ? null : decoyLike(n === 0 ? DJANGO : BCRYPT);
      if (hash)
        await env.DB.prepare('UPDATE passwords SET hash = ? WHERE user_id = ?').bind(hash, user.id).run();
    }
    const now = Date.now();
    await refreshDecoys(env.DB, now, PLENTY);
    const row = () =>
      env.DB.prepare("SELECT decoys FROM realms WHERE id = 'mixed'").first<{ decoys: string }>();
    const decoys = JSON.parse((await row())?.decoys ?? '[]');
    expect(decoys.map(([hash, count]: [string, number]) => [hash.slice(0, 7), count])).toEqual([
      ['$2b$12$', 2],
      ['pbkdf2_', 1],
      ['$argon2', 1],
    ]);
    const real = await env.DB.prepare('SELECT hash FROM passwords').all<{ hash: string }>();
    for (const { hash } of real.results) expect(JSON.stringify(decoys)).not.toContain(hash);

    // Which hash the object is given.
    const given: string[] = [];
    const ACCOUNT = {
      idFromName: (name: string) => env.ACCOUNT.idFromName(name),
      get: () => ({
        signIn: async ({ hash }: { hash: string }) => {
          given.push(hash);
          return { result: 'refused', reason: 'invalid_credentials' };
        },
      }),
    };
    const { credentials, realms } = createServices({ ...env, ACCOUNT } as unknown as Bindings);
    const realm = await realms.get('mixed');
    const client = { ip: '10.0.0.1', country: null, city: null, userAgent: null };
    const names = Array.from({ length: 40 }, (_, n) => `nobody${n}@example.com`);
    for (const identifier of [...names, ...names]) {
      await credentials.login({ identifier, password: PASSWORD }, realm, client).catch(() => null);
    }
    expect(given.slice(0, 40)).toEqual(given.slice(40));
    expect(new Set(given.map((hash) => hash.slice(0, 7)))).toEqual(
      new Set(['$2b$12$', 'pbkdf2_', '$argon2']),
    );

    // Only what was imported since, or a day later, is counted again.
    await env.DB.prepare("UPDATE passwords SET hash = 'x'").run();
    await refreshDecoys(env.DB, now + 1000, PLENTY);
    expect(JSON.parse((await row())?.decoys ?? '[]')).toEqual(decoys);
    await env.DB.prepare("INSERT INTO imports VALUES ('mixed', 'imp_1', 'x', 1, ?, 0, 0)").bind(now).run();
    await refreshDecoys(env.DB, now + 2000, PLENTY);
    expect(JSON.parse((await row())?.decoys ?? '[]')).toEqual([]);
  });
});
