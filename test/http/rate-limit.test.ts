import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createServices } from '../../src/services.ts';
import { call, expectProblem } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { basic, createClient, type MadeClient } from '../support/oauth-client.ts';

/** A sign-in that costs no hash: the body is refused after the limit has counted. */
const attempt = (ip: string) => call('POST', '/v1/auth/login', { body: {}, ip });
const limiterOf = (client: string) => env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(`sign_in:${client}`));

describe('the limit of sign-in', () => {
  it('takes a hundred requests a minute of one address, exactly, in parallel too', async () => {
    advance(0);
    const answers = await Promise.all(Array.from({ length: 130 }, () => attempt('192.0.2.1')));
    expect(answers.filter((answer) => answer.status === 422)).toHaveLength(100);
    const refused = answers.find((answer) => answer.status === 429);
    if (!refused) throw new Error('none was refused');
    expectProblem(refused, 429, 'rate_limited');
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(refused.headers.get('ratelimit')).toBe('"sign_in";r=0;t=60');
    expect(refused.headers.get('ratelimit-policy')).toBe('"sign_in";q=100;w=60');
    expect((await attempt('192.0.2.2')).status).toBe(422);
  });

  it('says how many are left', async () => {
    const answer = await attempt('192.0.2.3');
    expect(answer.headers.get('ratelimit')).toBe('"sign_in";r=99;t=60');
    expect((await attempt('192.0.2.3')).headers.get('ratelimit')).toMatch(/r=98/);
  });

  it('never lets more than a hundred through in any sixty seconds', async () => {
    advance(0);
    const ip = '192.0.2.4';
    for (let n = 0; n < 60; n += 1) await attempt(ip);
    advance(30_000);
    for (let n = 0; n < 40; n += 1) expect((await attempt(ip)).status).toBe(422);
    const refused = await attempt(ip);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('30');
    advance(30_000);
    const answers = await Promise.all(Array.from({ length: 80 }, () => attempt(ip)));
    expect(answers.filter((answer) => answer.status === 422)).toHaveLength(60);
  });

  it('counts IPv6 clients by their /64, and IPv4 in IPv6 form as IPv4', async () => {
    const left = (answer: { headers: Headers }) => answer.headers.get('ratelimit')?.split(';')[1];
    expect(left(await attempt('2001:db8:1:2::1'))).toBe('r=99');
    expect(left(await attempt('2001:db8:1:2:ffff:ffff:ffff:ffff'))).toBe('r=98');
    expect(left(await attempt('2001:0DB8:0001:0002::'))).toBe('r=97');
    expect(left(await attempt('2001:db8:1:3::1'))).toBe('r=99');
    expect(left(await attempt('192.0.2.5'))).toBe('r=99');
    expect(left(await attempt('::ffff:192.0.2.5'))).toBe('r=98');
  });

  it('counts IPv6 clients by their /48 too, which has four times as many', async () => {
    advance(0);
    const clients = Array.from({ length: 5 }, (_, n) => `2001:db8:48:${n}::1`);
    const answers = await Promise.all(clients.flatMap((ip) => Array.from({ length: 90 }, () => attempt(ip))));
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(400);
    expectProblem(await attempt('2001:db8:48:ffff::1'), 429, 'rate_limited');
    expect((await attempt('2001:db8:49::1')).status).toBe(422);
  });

  it('survives the eviction of its object, and forgets a client that has gone', async () => {
    advance(0);
    const ip = '192.0.2.6';
    await attempt(ip);
    await evictDurableObject(limiterOf(ip));
    expect((await attempt(ip)).headers.get('ratelimit')).toMatch(/r=98/);
    await runDurableObjectAlarm(limiterOf(ip));
    expect((await attempt(ip)).headers.get('ratelimit')).toMatch(/r=97/);
    advance(120_000);
    await runDurableObjectAlarm(limiterOf(ip));
    const kept = await runInDurableObject(limiterOf(ip), (_, { storage }) => [...storage.kv.list()]);
    expect(kept).toEqual([]);
  });

  it('is configurable, and counts every endpoint that takes a secret', async () => {
    const bindings = { ...env, RATE_LIMIT_SIGN_IN: '3' } as never;
    const app = createApp(createServices(bindings), bindings);
    const send = (method: string, path: string) =>
      app.request(
        `https://auth.test${path}`,
        {
          method,
          ...(method !== 'GET' && { body: '{}' }),
          headers: { 'content-type': 'application/json', 'cf-connecting-ip': '192.0.2.7' },
        },
        bindings,
      );
    expect((await send('POST', '/v1/auth/login')).status).toBe(422);
    expect((await send('POST', '/v1/auth/register')).status).toBe(422);
    expect((await send('PUT', '/v1/me/password')).status).toBe(401);
    expect((await send('POST', '/v1/auth/login')).status).toBe(429);
    expect((await send('POST', '/v1/auth/register')).status).toBe(429);
    for (const [method, path] of [
      ['PUT', '/v1/me/password'],
      ['PUT', '/v1/me/email'],
      ['DELETE', '/v1/me'],
      ['POST', '/v1/auth/password/forgot'],
      ['POST', '/v1/auth/password/reset'],
      ['POST', '/v1/auth/email/verify'],
      ['POST', '/v1/auth/email/resend'],
      ['POST', '/v1/auth/email/undo'],
      ['POST', '/v1/auth/otp/send'],
      ['POST', '/v1/auth/otp/verify'],
      ['GET', '/v1/oauth/google/login'],
      ['GET', '/v1/oauth/google/callback'],
      ['POST', '/v1/oauth/google/callback'],
      ['POST', '/v1/oauth/token'],
    ] as const) {
      expect((await send(method, path)).status, path).toBe(429);
    }
  });
});

describe('the general limit', () => {
  it('is that of the binding, by the same client', async () => {
    const asked: string[] = [];
    const bindings = {
      ...env,
      GENERAL_RATE_LIMIT: {
        limit: async ({ key }: { key: string }) => {
          asked.push(key);
          return { success: false };
        },
      },
    } as never;
    const app = createApp(createServices(bindings), bindings);
    const headers = { 'cf-connecting-ip': '2001:db8:9:9::1' };
    const send = () => app.request('https://auth.test/v1/me', { headers }, bindings);
    // A tenth of the limit passes unasked, in each minute.
    for (let n = 0; n < 100; n += 1) expect((await send()).status).toBe(401);
    expect(asked).toEqual([]);
    const response = await send();
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ code: 'rate_limited' });
    expect(response.headers.get('retry-after')).toBe('60');
    expect(response.headers.get('ratelimit')).toBe('"general";r=0;t=60');
    expect(response.headers.get('ratelimit-policy')).toBe('"general";q=1000;w=60');
    expect(asked).toEqual(['2001:db8:9:9::/64']);
    advance(60_000);
    expect((await send()).status).toBe(401);
  });

  it('is used up for no public client of the authorization server by a stranger who says to be it', async () => {
    const bindings = {
      ...env,
      GENERAL_RATE_LIMIT: { limit: async ({ key }: { key: string }) => ({ success: !key.includes('cli_') }) },
    } as never;
    const app = createApp(createServices(bindings), bindings);
    const token = (client: MadeClient, n: number) =>
      app.request(
        'https://auth.test/oauth2/token',
        {
          method: 'POST',
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            'cf-connecting-ip': `192.0.2.${n % 200}`,
            ...(client.client_secret && basic(client)),
          },
          body: new URLSearchParams({
            grant_type: 'refresh_token',
            refresh_token: 'none',
            client_id: client.client_id,
          }),
        },
        bindings,
      );
    const last = async (client: MadeClient) => {
      for (let n = 0; n < 100; n += 1) await token(client, n);
      return (await token(client, 100)).status;
    };
    expect(await last(await createClient())).toBe(400);
    expect(await last(await createClient({ token_endpoint_auth_method: 'client_secret_basic' }))).toBe(429);
  });

  it('names its policy on every other answer', async () => {
    const answer = await call('GET', '/health');
    expect(answer.headers.get('ratelimit-policy')).toBe('"general";q=1000;w=60');
  });
});
