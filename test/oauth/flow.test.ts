import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { call, changeDirectory, createRealm, expectProblem, registerVerified } from '../support/api.ts';
import { Browser, pick } from '../support/browser.ts';
import { advance } from '../support/clock.ts';
import { text } from '../support/hostile.ts';

const errorIn = (answer: Response) =>
  new URL(answer.headers.get('location') as string).searchParams.get('error');
const me = async (browser: Browser) => (await (await browser.ask('/v1/me')).json()) as any;
const cookieOf = (browser: Browser) =>
  [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
const flows = (browser: Browser) => [...browser.cookies.keys()].filter((name) => name.includes('oauth'));

beforeAll(async () => {
  await env.DB.prepare('UPDATE realms SET redirect_targets = ?')
    .bind('["https://app.example.com","com.example.app:/callback"]')
    .run();
});

describe('the cookie of a sign-in under way', () => {
  it('is for this host, secret, out of reach of scripts, and says nothing', async () => {
    const browser = new Browser();
    const page = await browser.begin('google');
    const [line = ''] = browser.setCookies;
    expect(line).toMatch(/^__Host-latchkey-oauth-[\w-]{16}=ey[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+; /);
    expect(line).toContain('; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax');
    const state = page.searchParams.get('state') as string;
    expect(line).not.toContain(state);
    await browser.begin('apple');
    expect(browser.setCookies[0]).toContain('SameSite=None');
    expect(browser.setCookies[0]).toContain('; HttpOnly; Secure;');
  });

  it('lets two tabs sign in at once', async () => {
    const browser = new Browser();
    const [first, second] = [await browser.begin('google'), await browser.begin('github')];
    expect(flows(browser)).toHaveLength(2);
    await browser.comeBack(await pick('github', second, 'user10'));
    expect((await me(browser)).email).toBe('user10@github.example');
    await browser.comeBack(await pick('google', first, 'user10@gmail.example'));
    expect((await me(browser)).email).toBe('user10@gmail.example');
  });

  it('does not pile up', async () => {
    const browser = new Browser();
    for (let n = 0; n < 12; n += 1) await browser.begin('apple');
    expect(flows(browser).length).toBe(6);
    const answer = await browser.signIn('google', 'user11@gmail.example');
    expect(answer.headers.get('location')).toBe('https://auth.test/account');
  });
});

describe('is refused', () => {
  it('in another browser: nobody is signed in by a link that somebody else has made', async () => {
    const [attacker, victim] = [new Browser(), new Browser()];
    const back = await pick('google', await attacker.begin('google'), 'user12@gmail.example');
    expect(errorIn(await victim.comeBack(back))).toBe('oauth_state_invalid');
    await victim.begin('google');
    expect(errorIn(await victim.comeBack(back))).toBe('oauth_state_invalid');
    expect(victim.cookies.has('__Host-latchkey')).toBe(false);
  });

  it('by a post from elsewhere, though no Origin is asked for', async () => {
    const [attacker, victim] = [new Browser(), new Browser()];
    const back = await pick('apple', await attacker.begin('apple'), 'user12@icloud.example');
    expect(errorIn(await victim.comeBack(back))).toBe('oauth_state_invalid');
  });

  it('after ten minutes', async () => {
    const browser = new Browser();
    const back = await pick('google', await browser.begin('google'), 'user13@gmail.example');
    advance(10 * 60_000);
    expect(errorIn(await browser.comeBack(back))).toBe('oauth_state_invalid');
    const problem = await call('GET', back.url.pathname + back.url.search, {
      headers: { cookie: cookieOf(browser) },
    });
    expectProblem(problem, 400, 'oauth_state_invalid');
    expect(problem.body.detail).toBe('Start again from the sign-in page, in this browser.');
  });

  it('with a state of another sign-in, of another provider, of another realm, or a changed cookie', async () => {
    const browser = new Browser();
    const page = await browser.begin('google');
    const back = await pick('google', page, 'user14@gmail.example');
    const [[name, value] = ['', '']] = [...browser.cookies];
    const refused = async (url: string, cookie = `${name}=${value}`) =>
      expectProblem(await call('GET', url, { headers: { cookie } }), 400, 'oauth_state_invalid');
    const search = back.url.search;
    await refused(`/v1/oauth/github/callback${search}`);
    await refused(`/v1/oauth/google/callback${search}`, `${name}=x`);
    await refused(`/v1/oauth/google/callback${search}`, `${name}=${value.slice(0, -3)}AAA`);
    await refused(`/v1/oauth/google/callback?code=x`);
    await refused('/v1/oauth/google/callback');
    await createRealm('acme');
    expectProblem(
      await call('GET', `/v1/oauth/google/callback${search}`, {
        realm: 'acme',
        headers: { cookie: `${name}=${value}` },
      }),
      400,
      'oauth_state_invalid',
    );
    const other = await new Browser().begin('google');
    back.url.searchParams.set('state', other.searchParams.get('state') as string);
    await refused(`/v1/oauth/google/callback${back.url.search}`);
  });
});

describe('where it leads', () => {
  it.each([
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    'com.evil.app:/callback',
  ])('is never %s', async (target) => {
    const path = `/v1/oauth/google/login?redirect_to=${encodeURIComponent(target)}`;
    expectProblem(await call('GET', path), 400, 'redirect_not_allowed');
    const page = await new Browser().ask(path);
    expect(page.headers.get('location')).toBe(
      'https://auth.test/login?error=redirect_not_allowed&provider=google',
    );
  });

  it('is on the list of the realm', async () => {
    const browser = new Browser();
    const answer = await browser.signIn('google', 'user15@gmail.example', {
      redirect_to: 'https://app.example.com/home?x=1',
    });
    expect(answer.headers.get('location')).toBe('https://app.example.com/home?x=1');
    // A session in a browser is of no use to an app.
    const path = `/v1/oauth/google/login?redirect_to=${encodeURIComponent('com.example.app:/callback')}`;
    expectProblem(await call('GET', path), 422, 'validation_failed');
  });
});

describe('a realm', () => {
  it('has providers of its own', async () => {
    await createRealm('own');
    expect((await call('GET', '/v1/oauth/providers', { realm: 'own' })).body.data).toEqual([]);
    expectProblem(await call('GET', '/v1/oauth/google/login', { realm: 'own' }), 404, 'provider_not_found');
    expectProblem(await call('GET', '/v1/oauth/myspace/login'), 404, 'provider_not_found');
    const page = await new Browser().ask('/v1/oauth/myspace/login');
    expect(page.headers.get('location')).toBe(
      'https://auth.test/login?error=provider_not_found&provider=myspace',
    );
  });
});

it('ends the session that the browser had, and opens a new one', async () => {
  const { user, refresh_token } = await registerVerified();
  const browser = new Browser();
  browser.cookies.set('__Host-latchkey', refresh_token);
  expect((await me(browser)).id).toBe(user.id);
  await browser.signIn('google', 'user16@gmail.example');
  expect((await me(browser)).email).toBe('user16@gmail.example');
  const former = await call('GET', '/v1/me', { headers: { cookie: `__Host-latchkey=${refresh_token}` } });
  expectProblem(former, 401, 'session_ended');
});

it('refuses who is suspended, and does not say so before the provider has said who it is', async () => {
  const browser = new Browser();
  await browser.signIn('google', 'user17@gmail.example');
  const { id } = await me(browser);
  await changeDirectory(id, { status: 'suspended' });
  const again = new Browser();
  expect(errorIn(await again.signIn('google', 'user17@gmail.example'))).toBe('account_suspended');
  expect(again.cookies.has('__Host-latchkey')).toBe(false);
});

it('comes to an end whatever a browser brings back', async () => {
  const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const any = fc.option(
    fc.oneof(
      text,
      fc.constantFrom('', 'access_denied', 'server_error', '{"name":1}', '{"name":{"firstName":[]}}', '[]'),
    ),
    { nil: undefined },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.record({ code: any, error: any, iss: any, user: any, redirect_uri: any }),
      fc.constantFrom('google', 'github', 'apple', 'strict'),
      async (fields, provider) => {
        const browser = new Browser();
        const page = await browser.begin(provider);
        const sent = Object.entries(fields).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value.toWellFormed()]],
        );
        const form = new URLSearchParams([...sent, ['state', page.searchParams.get('state') as string]]);
        const url = new URL(page.searchParams.get('redirect_uri') as string);
        if (provider !== 'apple') url.search = String(form);
        const answer = await browser.comeBack(provider === 'apple' ? { url, form } : { url });
        expect([303, 413, 422]).toContain(answer.status);
        if (answer.status === 303) expect(errorIn(answer)).toMatch(/^(provider_|oauth_state_invalid)/);
        expect(browser.cookies.has('__Host-latchkey')).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
  log.mockRestore();
});
