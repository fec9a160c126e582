import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { call, createRealm, expectProblem } from '../support/api.ts';
import { Browser, pick, pickStrict, type Return } from '../support/browser.ts';
import { BROKEN_TOKENS, PROVIDER_FAULTS } from '../support/peers/ports.ts';

beforeAll(async () => {
  await createRealm('broken');
  await createRealm('failing');
});

const me = async (browser: Browser) => (await (await browser.ask('/v1/me')).json()) as any;
const errorIn = (answer: Response) =>
  new URL(answer.headers.get('location') as string).searchParams.get('error');
const countUsers = async () =>
  (await env.DB.prepare('SELECT COUNT(*) AS n FROM users').first<{ n: number }>())?.n;

describe('a strict OpenID provider', () => {
  it('signs in, with the profile from its userinfo endpoint', async () => {
    const browser = new Browser();
    const page = await browser.begin('strict');
    expect(Object.fromEntries(page.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'latchkey',
      redirect_uri: 'https://auth.test/v1/oauth/strict/callback',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const back = await pickStrict(page, 'grace');
    expect(back.url.searchParams.get('iss')).toBe(page.origin);
    expect((await browser.comeBack(back)).headers.get('location')).toBe('https://auth.test/account');
    expect(await me(browser)).toMatchObject({
      email: 'grace@strict.example',
      email_verified: true,
      name: 'Name of grace',
      locale: 'fi-FI',
    });
  });

  it('can be denied: the page, or the problem, says so', async () => {
    const browser = new Browser();
    const back = await pickStrict(await browser.begin('strict', { redirect_to: '/account/sessions' }), null);
    const answer = await browser.comeBack(back);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(
      'https://auth.test/login?error=provider_denied&provider=strict&redirect_to=https%3A%2F%2Fauth.test%2Faccount%2Fsessions',
    );
    expect(browser.cookies.has('__Host-latchkey')).toBe(false);
    const problem = await denied(await browser.begin('strict'), browser);
    expectProblem(problem, 403, 'provider_denied');
    expect(problem.body.detail).toMatch(/Try again/);
  });

  async function denied(page: URL, browser: Browser) {
    const { url } = await pickStrict(page, null);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return call('GET', url.pathname + url.search, { headers: { cookie } });
  }

  it('has to name itself in its answer (RFC 9207)', async () => {
    const [grace, evil, none] = [new Browser(), new Browser(), new Browser()];
    for (const browser of [evil, none]) {
      const { url } = await pickStrict(await browser.begin('strict'), 'grace');
      if (browser === evil) url.searchParams.set('iss', 'https://evil.test');
      else url.searchParams.delete('iss');
      expect(errorIn(await browser.comeBack({ url }))).toBe('provider_rejected');
    }
    const { url } = await pickStrict(await grace.begin('strict'), 'grace');
    expect((await grace.comeBack({ url })).headers.get('location')).toBe('https://auth.test/account');
  });

  it('gives no address, or one that it has not verified: nobody is made, and nothing is told', async () => {
    const before = await countUsers();
    for (const [name, code] of [
      ['nomail', 'email_missing'],
      ['unverified-grace', 'provider_email_unverified'],
      // Nobody has this one: the answer is the same.
      ['unverified-nobody', 'provider_email_unverified'],
    ] as const) {
      const browser = new Browser();
      const back = await pickStrict(await browser.begin('strict'), name);
      expect(errorIn(await browser.comeBack(back))).toBe(code);
    }
    expect(await countUsers()).toBe(before);
  });
});

describe('a code', () => {
  it('works once', async () => {
    const browser = new Browser();
    const back = await pickStrict(await browser.begin('strict'), 'joan');
    expect((await browser.comeBack(back)).headers.get('location')).toBe('https://auth.test/account');
    // In a sign-in of its own the provider is asked, and says that it was used.
    const other = new Browser();
    const state = (await other.begin('strict')).searchParams.get('state') as string;
    back.url.searchParams.set('state', state);
    expect(errorIn(await other.comeBack(back))).toBe('oauth_state_invalid');
  });

  it('of GitHub, which reports errors with status 200, too', async () => {
    const browser = new Browser();
    const back = await pick('github', await browser.begin('github'), 'user05');
    back.url.searchParams.set('code', 'another');
    expect(errorIn(await browser.comeBack(back))).toBe('oauth_state_invalid');
  });
});

describe('a token of a broken provider', () => {
  const signIn = async (provider: string) => {
    const browser = new Browser();
    const page = await browser.begin(provider, {}, '/realms/broken');
    const { headers } = await fetch(page, { redirect: 'manual' });
    return browser.comeBack({ url: new URL(headers.get('location') as string) });
  };

  it('is taken when nothing is wrong with it', async () => {
    const answer = await signIn('sound');
    expect(answer.headers.get('location')).toBe('https://auth.test/realms/broken/account');
  });

  /** Why each is refused, as the log says. */
  const REASONS: Record<(typeof BROKEN_TOKENS)[number], string> = {
    'wrong-aud': 'ID token: ERR_JWT_CLAIM_VALIDATION_FAILED',
    'many-aud': 'ID token: azp',
    'wrong-azp': 'ID token: azp',
    'wrong-iss': 'ID token: iss',
    'wrong-nonce': 'ID token: nonce',
    'no-nonce': 'ID token: nonce',
    'no-sub': 'ID token: ERR_JWT_CLAIM_VALIDATION_FAILED',
    'no-exp': 'ID token: ERR_JWT_CLAIM_VALIDATION_FAILED',
    expired: 'ID token: ERR_JWT_EXPIRED',
    'alg-none': 'ID token: ERR_JOSE_ALG_NOT_ALLOWED',
    'alg-hs256': 'ID token: ERR_JOSE_ALG_NOT_ALLOWED',
    'wrong-key': 'ID token: ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    'unknown-key': 'ID token: ERR_JWKS_NO_MATCHING_KEY',
    changed: 'ID token: ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    'no-token': "Missing or invalid field 'id_token'",
  };

  it.each(BROKEN_TOKENS)('is refused: %s', async (provider) => {
    const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const before = await countUsers();
    const answer = await signIn(provider);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(
      `https://auth.test/realms/broken/login?error=provider_rejected&provider=${provider}&redirect_to=https%3A%2F%2Fauth.test%2Frealms%2Fbroken%2Faccount`,
    );
    expect(answer.headers.getSetCookie().join()).not.toMatch(/__Host-latchkey(-broken)?=/);
    expect(await countUsers()).toBe(before);
    const [line] = log.mock.calls.flat();
    const reason = REASONS[provider];
    expect(JSON.parse(line)).toMatchObject({
      event: 'provider_failed',
      provider,
      code: 'provider_rejected',
      reason,
    });
    expect(line).not.toMatch(/ey[\w-]{10,}/);
    log.mockRestore();
  });
});

it.each(PROVIDER_FAULTS)('a provider that fails (%s) is said to be unavailable', async (fault) => {
  const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
  const browser = new Browser();
  const login = await browser.ask(`/realms/failing/v1/oauth/${fault}/login`);
  if (fault === 'wrong-issuer') {
    expect(errorIn(login)).toBe('provider_unavailable');
  } else {
    const page = new URL(login.headers.get('location') as string);
    const back: Return = { url: new URL(page.searchParams.get('redirect_uri') as string) };
    back.url.search = String(
      new URLSearchParams({ code: 'x', state: page.searchParams.get('state') as string }),
    );
    const started = Date.now();
    expect(errorIn(await browser.comeBack(back))).toBe('provider_unavailable');
    expect(Date.now() - started).toBeLessThan(7000);
  }
  const direct = await call('GET', `/v1/oauth/${fault}/callback?error=server_error&state=x`, {
    realm: 'failing',
  });
  expectProblem(direct, 400, 'oauth_state_invalid');
  log.mockRestore();
  errors.mockRestore();
});

describe('GitHub with several addresses', () => {
  it.each([
    ['user31', 'main.address@github.example'],
    ['user32', 'provider_email_unverified'],
    ['user33', 'email_missing'],
  ])('%s: takes the primary verified one, or none: %s', async (login, outcome) => {
    const browser = new Browser();
    const answer = await browser.signIn('github', login);
    if (outcome.includes('@')) expect((await me(browser)).email).toBe(outcome);
    else expect(errorIn(answer)).toBe(outcome);
  });
});

describe('Microsoft', () => {
  it('proves no address by a tenant that anybody can run', async () => {
    const [ada, mallory] = [new Browser(), new Browser()];
    await ada.signIn('google', 'user01@gmail.example');
    const answer = await mallory.signIn('microsoft', 'user01@gmail.example');
    expect(errorIn(answer)).toBe('provider_email_unverified');
    expect((await mallory.ask('/v1/me')).status).toBe(401);
  });
});
