import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { accountOf, registerVerified } from '../support/api.ts';
import { Browser, pick, pickStrict, type Return } from '../support/browser.ts';
import { advance } from '../support/clock.ts';

const SESSION = '__Host-latchkey';
const APP = 'com.example.app:/callback';
const me = async (browser: Browser) => (await (await browser.ask('/v1/me')).json()) as any;
const locationOf = (answer: Response) => answer.headers.get('location') as string;
const errorIn = (answer: Response) => new URL(locationOf(answer)).searchParams.get('error');
const flows = (browser: Browser) => [...browser.cookies.keys()].filter((name) => name.includes('oauth'));
const sessionsOf = async (browser: Browser) => accountOf((await me(browser)).id).listSessions();

/** The same browser, as it was before an answer that it never got. */
function copyOf(browser: Browser): Browser {
  const copy = new Browser();
  for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
  return copy;
}

beforeAll(async () => {
  await env.DB.prepare('UPDATE realms SET redirect_targets = ?').bind(`["${APP}"]`).run();
});

describe('a state that comes back twice', () => {
  it('at once, as by a double click, signs in once: both answers bring the same session', async () => {
    const browser = new Browser();
    const back = await pick('google', await browser.begin('google'), 'user01@gmail.example');
    const tabs = Array.from({ length: 5 }, () => copyOf(browser));
    const answers = await Promise.all(tabs.map((tab) => tab.comeBack(back)));
    expect(answers.map(locationOf)).toEqual(Array(5).fill('https://auth.test/account'));
    expect(new Set(tabs.map((tab) => tab.cookies.get(SESSION))).size).toBe(1);
    expect(await sessionsOf(tabs[3] as Browser)).toHaveLength(1);
  });

  it.each(['google', 'apple'] as const)('later, from %s, leads on the same way', async (provider) => {
    const browser = new Browser();
    const page = await browser.begin(provider, { redirect_to: '/account/sessions' });
    const back = await pick(provider, page, `user02@${provider === 'google' ? 'gmail' : 'icloud'}.example`);
    expect(locationOf(await browser.comeBack(back))).toBe('https://auth.test/account/sessions');
    const session = browser.cookies.get(SESSION);
    advance(60_000);
    expect(locationOf(await browser.comeBack(back))).toBe('https://auth.test/account/sessions');
    expect(browser.cookies.get(SESSION)).toBe(session);
    expect(await sessionsOf(browser)).toHaveLength(1);
  });

  it('brings the session to who lost the first answer', async () => {
    const browser = new Browser();
    const back = await pick('google', await browser.begin('google'), 'user03@gmail.example');
    const lost = copyOf(browser);
    await lost.comeBack(back);
    expect(locationOf(await browser.comeBack(back))).toBe('https://auth.test/account');
    expect(browser.cookies.get(SESSION)).toBe(lost.cookies.get(SESSION));
  });

  it('signs nobody in again who has signed out since', async () => {
    const browser = new Browser();
    const back = await pick('google', await browser.begin('google'), 'user04@gmail.example');
    await browser.comeBack(back);
    await browser.ask('/v1/auth/logout', { method: 'POST', headers: { origin: 'https://auth.test' } });
    expect(browser.cookies.has(SESSION)).toBe(false);
    expect(errorIn(await browser.comeBack(back))).toBe('oauth_state_invalid');
    expect(browser.cookies.has(SESSION)).toBe(false);
  });

  it('helps nobody else: the browser has to be the one that began', async () => {
    const browser = new Browser();
    const back = await pick('google', await browser.begin('google'), 'user05@gmail.example');
    await browser.comeBack(back);
    const other = new Browser();
    expect(errorIn(await other.comeBack(back))).toBe('oauth_state_invalid');
    expect(other.cookies.has(SESSION)).toBe(false);
  });

  it('gives an app the same code, which works once', async () => {
    const browser = new Browser();
    const page = await browser.begin('google', {
      redirect_to: APP,
      code_challenge: 'c'.repeat(43),
      state: 's',
    });
    const back = await pick('google', page, 'user06@gmail.example');
    const [first, second] = [await browser.comeBack(back), await browser.comeBack(back)];
    expect(locationOf(first)).toMatch(/^com\.example\.app:\/callback\?code=lkc\.usr_\w+\.[\w-]{43}&state=s&/);
    expect(locationOf(second)).toBe(locationOf(first));
    const kept = await env.DB.prepare(
      'SELECT outcome FROM oauth_flows ORDER BY expires_at DESC',
    ).first<any>();
    expect(kept.outcome).not.toContain(new URL(locationOf(first)).searchParams.get('code'));
  });

  it('links once, and both times leads back', async () => {
    const { refresh_token } = await registerVerified();
    const browser = new Browser();
    browser.cookies.set(SESSION, refresh_token);
    const headers = { 'content-type': 'application/json', origin: 'https://auth.test' };
    const begun = await browser.ask('/v1/me/identities/google', { method: 'POST', body: '{}', headers });
    const page = new URL(((await begun.json()) as any).url);
    const back = await pick('google', page, 'user07@gmail.example');
    for (let times = 0; times < 2; times++) {
      expect(locationOf(await browser.comeBack(back))).toBe('https://auth.test/account/identities');
    }
    const { data } = (await (await browser.ask('/v1/me/identities')).json()) as any;
    expect(data).toHaveLength(1);
  });

  it('says the same error again', async () => {
    const browser = new Browser();
    const back = await pickStrict(await browser.begin('strict'), null);
    expect(errorIn(await browser.comeBack(back))).toBe('provider_denied');
    expect(errorIn(await browser.comeBack(back))).toBe('provider_denied');
  });
});

describe('a state that nobody can finish any more', () => {
  const signedIn = async (account: string) => {
    const browser = new Browser();
    await browser.signIn('google', account);
    return browser;
  };

  it('leads whoever is signed in on, to where they wanted if that is known', async () => {
    const browser = await signedIn('user08@gmail.example');
    const page = await browser.begin('google', { redirect_to: '/account/sessions' });
    const back = await pick('google', page, 'user08@gmail.example');
    advance(600_000);
    const session = browser.cookies.get(SESSION);
    expect(locationOf(await browser.comeBack(back))).toBe('https://auth.test/account/sessions');
    for (const name of flows(browser)) browser.cookies.delete(name);
    expect(locationOf(await browser.comeBack(back))).toBe('https://auth.test/account');
    expect(browser.cookies.get(SESSION)).toBe(session);
  });

  it('does so where a provider posts, though browsers send no session along', async () => {
    const browser = await signedIn('user10@gmail.example');
    const back: Return = await pick('apple', await browser.begin('apple'), 'user10@icloud.example');
    advance(600_000);
    const crossSite = copyOf(browser);
    crossSite.cookies.delete(SESSION);
    const login = locationOf(await crossSite.comeBack(back));
    expect(new URL(login).searchParams.get('error')).toBe('oauth_state_invalid');
    expect(locationOf(await browser.ask(login))).toBe('https://auth.test/account');
    expect((await new Browser().ask(login)).status).toBe(200);
  });

  it('says so to who wanted to link an account, and to an app', async () => {
    const { refresh_token } = await registerVerified();
    const browser = new Browser();
    browser.cookies.set(SESSION, refresh_token);
    const headers = { 'content-type': 'application/json', origin: 'https://auth.test' };
    const begun = await browser.ask('/v1/me/identities/google', { method: 'POST', body: '{}', headers });
    const linking = await pick('google', new URL(((await begun.json()) as any).url), 'user11@gmail.example');
    const asked = { redirect_to: APP, code_challenge: 'c'.repeat(43) };
    const forApp = await pick('google', await browser.begin('google', asked), 'user11@gmail.example');
    advance(600_000);
    expect(locationOf(await browser.comeBack(linking))).toBe(
      'https://auth.test/account/identities?error=oauth_state_invalid&provider=google',
    );
    expect(new URL(locationOf(await browser.comeBack(forApp))).searchParams.get('error_description')).toMatch(
      /^oauth_state_invalid: /,
    );
  });
});

describe('several flows at once', () => {
  it('each end where they were to lead; the last one is who is signed in', async () => {
    const browser = new Browser();
    const begin = async (account: string, redirect_to: string) =>
      pick('google', await browser.begin('google', { redirect_to }), account);
    const first = await begin('user12@gmail.example', '/account/sessions');
    const second = await begin('user13@gmail.example', '/account/usage');
    expect(locationOf(await browser.comeBack(first))).toBe('https://auth.test/account/sessions');
    expect(locationOf(await browser.comeBack(second))).toBe('https://auth.test/account/usage');
    expect(locationOf(await browser.comeBack(first))).toBe('https://auth.test/account/sessions');
    expect((await me(browser)).email).toBe('user13@gmail.example');
  });

  it('are six at most: the seventh drops the oldest only', async () => {
    const browser = new Browser();
    const pages: URL[] = [];
    for (let n = 0; n < 7; n += 1) {
      advance(1);
      pages.push(await browser.begin('google'));
      // Browsers need not send cookies in any order.
      const shuffled = [...browser.cookies].reverse();
      browser.cookies.clear();
      for (const [name, value] of shuffled) browser.cookies.set(name, value);
    }
    expect(flows(browser)).toHaveLength(6);
    for (const [n, page] of pages.entries()) {
      const tab = copyOf(browser);
      const answer = await tab.comeBack(await pick('google', page, `user14@gmail.example`));
      expect(errorIn(answer)).toBe(n === 0 ? 'oauth_state_invalid' : null);
    }
  });
});
