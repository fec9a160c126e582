import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createServices } from '../../src/services.ts';
import {
  type Answer,
  type CallOptions,
  call,
  createRealm,
  expectProblem,
  freshAddress,
  ORIGIN,
  PASSWORD,
  registerVerified,
} from '../support/api.ts';
import { encoded, freshSolution, solved, suspiciousAddress } from '../support/challenge.ts';
import { advance } from '../support/clock.ts';
import { countingApp } from '../support/counting.ts';

const unique = () => `${crypto.randomUUID()}@example.com`;
const HOUR = 3_600_000;

const register = (options: CallOptions, solution?: string, email = unique()) =>
  call('POST', '/v1/auth/register', {
    ...options,
    headers: solution === undefined ? {} : { 'challenge-solution': solution },
    body: { email, password: PASSWORD },
  });
const forgot = (realm: string, email: string, ip = freshAddress()) =>
  call('POST', '/v1/auth/password/forgot', { realm, ip, body: { email } });

function expectChallenge(answer: Answer<any>, type = 'altcha') {
  expectProblem(answer, 403, 'challenge_required');
  expect(answer.body.challenge).toMatchObject({ type });
  return answer.body.challenge;
}

beforeAll(async () => {
  await createRealm('robots', { challenge: 'altcha' });
  await createRealm('other-robots', { challenge: 'altcha' });
  await createRealm('turnstile', { challenge: 'turnstile' });
  await createRealm('trusting', { challenge: 'off' });
});

describe('who is not suspicious', () => {
  it('is asked for nothing, in a realm that wants challenges', async () => {
    expect((await register({ realm: 'robots' })).status).toBe(201);
    expect((await forgot('robots', unique())).status).toBe(202);
    const body = { channel: 'email', to: unique() };
    expect((await call('POST', '/v1/auth/otp/send', { realm: 'robots', body })).status).toBe(202);
  });

  it('costs no call more than where there are none', async () => {
    const { request, take } = countingApp();
    const cost = async (realm: string) => {
      const send = () =>
        request(`/realms/${realm}/v1/auth/password/forgot`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'cf-connecting-ip': freshAddress() },
          body: JSON.stringify({ email: unique() }),
        });
      // The first reads the realm.
      await send();
      take();
      expect((await send()).status).toBe(202);
      return take();
    };
    expect(await cost('robots')).toEqual(await cost('trusting'));
    expect(await cost('robots')).toMatchObject({ account: 0, rateLimiter: 3 });
  });

  it('is nobody in a realm without challenges, however often they come', async () => {
    const ip = await suspiciousAddress('trusting');
    expect((await register({ realm: 'trusting', ip })).status).toBe(201);
  });
});

describe('a client that came too often', () => {
  it('has to solve a challenge to register, to be mailed a link, and to be sent a code', async () => {
    const ip = await suspiciousAddress('robots');
    expectChallenge(await register({ realm: 'robots', ip }));
    expectChallenge(await forgot('robots', unique(), ip));
    for (const body of [
      { channel: 'email', to: unique() },
      { channel: 'sms', to: '+491701234567' },
    ]) {
      expectChallenge(await call('POST', '/v1/auth/otp/send', { realm: 'robots', ip, body }));
    }
    const signIn = { identifier: unique(), password: PASSWORD };
    expectProblem(
      await call('POST', '/v1/auth/login', { realm: 'robots', ip, body: signIn }),
      401,
      'invalid_credentials',
    );
  });

  it('is asked for an hour, and no longer', async () => {
    const ip = await suspiciousAddress('robots');
    advance(HOUR - 10_000);
    expectChallenge(await register({ realm: 'robots', ip }));
    advance(20_000);
    expect((await register({ realm: 'robots', ip })).status).toBe(201);
  });

  it('is remembered until then by its limiter, which forgets the rest, and then goes', async () => {
    const ip = await suspiciousAddress('robots');
    const limiter = env.RATE_LIMITER.get(env.RATE_LIMITER.idFromName(`sign_in:${ip}`));
    advance(10 * 60_000);
    await runDurableObjectAlarm(limiter);
    expectChallenge(await register({ realm: 'robots', ip }));
    advance(2 * HOUR);
    await runDurableObjectAlarm(limiter);
    await runInDurableObject(limiter, (_, state) => {
      expect([...state.storage.kv.list()]).toEqual([]);
    });
  });

  it('is a whole /48 of IPv6 too', async () => {
    const network = `2001:db8:${(Date.now() % 60_000).toString(16)}`;
    for (let n = 0; n < 5; n += 1) await suspiciousAddress('robots', `${network}:${n}::1`);
    expectChallenge(await register({ realm: 'robots', ip: `${network}:99::1` }));
  });
});

describe('an address that was asked about too often', () => {
  it.each([
    ['that a user has', true],
    ['that nobody has', false],
  ])('%s has everybody challenged who asks about it', async (_what, isKnown) => {
    const email = unique();
    if (isKnown) await registerVerified({ email }, { realm: 'robots' });
    for (let n = 0; n < 6; n += 1) expect((await forgot('robots', email)).status).toBe(202);
    expectChallenge(await forgot('robots', ` ${email.toUpperCase()}`));
    expectChallenge(await forgot('robots', email.replace('@', '+another@')));
    expect((await forgot('robots', unique())).status).toBe(202);
    expect((await forgot('other-robots', email)).status).toBe(202);
  });

  it('is one that was sent a code a moment ago', async () => {
    const body = { channel: 'email', to: unique() };
    const send = () => call('POST', '/v1/auth/otp/send', { realm: 'robots', body });
    expect([(await send()).status, (await send()).status]).toEqual([202, 202]);
    expectChallenge(await send());
  });
});

describe('a solution', () => {
  it('of the challenge that came with the refusal lets the request pass', async () => {
    const ip = await suspiciousAddress('robots');
    const { challenge } = expectChallenge(await register({ realm: 'robots', ip }));
    expect((await register({ realm: 'robots', ip }, await solved(challenge))).status).toBe(201);
  });

  it('works once, also of ten at the same time', async () => {
    const ip = await suspiciousAddress('robots');
    const solution = await freshSolution('robots');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => register({ realm: 'robots', ip }, solution)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(403)]);
    expectChallenge(await register({ realm: 'robots', ip }, solution));
  });

  it('of another realm does not work', async () => {
    const ip = await suspiciousAddress('robots');
    expectChallenge(await register({ realm: 'robots', ip }, await freshSolution('other-robots')));
  });

  it('is too late after ten minutes', async () => {
    const ip = await suspiciousAddress('robots');
    const solution = await freshSolution('robots');
    advance(11 * 60_000);
    expectChallenge(await register({ realm: 'robots', ip }, solution));
  });

  it('of a challenge that was changed, or signed by somebody else, does not work', async () => {
    const ip = await suspiciousAddress('robots');
    const { body } = await call('GET', '/v1/auth/challenge', { realm: 'robots' });
    const { parameters, signature } = body.challenge;
    const easier = [
      { ...parameters, keyPrefix: '0' },
      { ...parameters, cost: 1 },
      { ...parameters, algorithm: 'PBKDF2/SHA-512' },
      { ...parameters, expiresAt: parameters.expiresAt + 86_400 },
      { ...parameters, data: { realm: 'robots', extra: 1 } },
    ];
    for (const changed of easier) {
      const solution = await solved({ parameters: changed, signature });
      expectChallenge(await register({ realm: 'robots', ip }, solution));
    }
    const right = JSON.parse(Buffer.from(await solved(body.challenge), 'base64').toString());
    const { counter, derivedKey } = right.solution;
    for (const wrong of [
      { counter: counter + 1, derivedKey },
      { counter, derivedKey: `00${'f'.repeat(62)}` },
      { counter: -1, derivedKey },
      { counter: 2 ** 32 + counter, derivedKey },
      { counter: 0.5, derivedKey },
    ]) {
      expectChallenge(await register({ realm: 'robots', ip }, encoded({ ...right, solution: wrong })));
    }
    expectChallenge(
      await register(
        { realm: 'robots', ip },
        encoded({ ...right, challenge: { parameters, signature: `${signature}0` } }),
      ),
    );
    expect((await register({ realm: 'robots', ip }, encoded(right))).status).toBe(201);
  });

  it.each([
    ['nothing', ''],
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('{').toString('base64')],
    ['null', encoded(null)],
    ['a list', encoded([])],
    ['parts of other types', encoded({ challenge: { parameters: 1, signature: [] }, solution: 'x' })],
    ['no realm', encoded({ challenge: { parameters: { data: null }, signature: '' }, solution: {} })],
    ['a deep one', Buffer.from('['.repeat(5000)).toString('base64')],
    ['a token of Turnstile', 'good-but-not-asked-for'],
  ])('that is %s does not work', async (_what, solution) => {
    const ip = await suspiciousAddress('robots');
    expectChallenge(await register({ realm: 'robots', ip }, solution));
  });
});

describe('Turnstile', () => {
  it('has its site key in the challenge, and a token that works once', async () => {
    const ip = await suspiciousAddress('turnstile');
    const asked = expectChallenge(await register({ realm: 'turnstile', ip }), 'turnstile');
    expect(asked).toEqual({ type: 'turnstile', site_key: '0x4AAA-site' });
    expect((await call('GET', '/v1/auth/challenge', { realm: 'turnstile' })).body).toEqual(asked);
    const token = `good-${crypto.randomUUID()}`;
    expect((await register({ realm: 'turnstile', ip }, token)).status).toBe(201);
    expectChallenge(await register({ realm: 'turnstile', ip }, token), 'turnstile');
    expectChallenge(await register({ realm: 'turnstile', ip }, 'made up'), 'turnstile');
  });

  it.each(['down', 'hang', 'internal'])(
    'gives way to a proof of work when it answers nothing (%s)',
    async (token) => {
      const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
      const ip = await suspiciousAddress('turnstile');
      const { challenge } = expectChallenge(await register({ realm: 'turnstile', ip }, token));
      expect(errors.mock.calls.map(([line]) => JSON.parse(String(line)).event)).toEqual([
        'turnstile_unavailable',
      ]);
      errors.mockRestore();
      expect((await register({ realm: 'turnstile', ip }, await solved(challenge))).status).toBe(201);
    },
  );

  it('is a proof of work where the operator has set no keys', async () => {
    const bindings = { ...env, TURNSTILE_SECRET_KEY: '' } as never;
    const app = createApp(createServices(bindings), bindings);
    const answer = await app.fetch(new Request(`${ORIGIN}/realms/turnstile/v1/auth/challenge`), bindings);
    expect(await answer.json()).toMatchObject({ type: 'altcha' });
  });
});
