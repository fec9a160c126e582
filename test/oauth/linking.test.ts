import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import {
  call,
  changeDirectory,
  createRealm,
  expectProblem,
  login,
  ORIGIN,
  PASSWORD,
  register,
  registerVerified,
  type SignedInBody,
} from '../support/api.ts';
import { Browser, pick, pickStrict } from '../support/browser.ts';
import { mailTo, tokenTo } from '../support/mail.ts';
import { activityOf } from '../support/projection.ts';

const errorIn = (answer: Response) =>
  new URL(answer.headers.get('location') as string).searchParams.get('error');
const me = async (browser: Browser) => (await (await browser.ask('/v1/me')).json()) as any;
const identitiesOf = async (token: string) => (await call('GET', '/v1/me/identities', { token })).body.data;

/** A browser in which that user is signed in. */
function browserOf(user: SignedInBody): Browser {
  const browser = new Browser();
  browser.cookies.set('__Host-latchkey', user.refresh_token);
  return browser;
}

async function askToLink(browser: Browser, provider: string, body: object = {}): Promise<Response> {
  return browser.ask(`/v1/me/identities/${provider}`, {
    method: 'POST',
    headers: { origin: ORIGIN, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
}

async function link(browser: Browser, account: string, body: object = {}): Promise<Response> {
  const asked = await askToLink(browser, 'google', body);
  const { url } = (await asked.json()) as { url: string };
  return browser.comeBack(await pick('google', new URL(url), account));
}

describe('an address that both sides have proven', () => {
  it('leads to the account that has it, which keeps its password and sessions', async () => {
    const ada = await registerVerified({ email: 'user01@gmail.example', name: 'Countess' });
    const browser = new Browser();
    await browser.signIn('google', 'user01@gmail.example');
    expect(await me(browser)).toMatchObject({ id: ada.user.id, name: 'Countess' });
    expect((await login('user01@gmail.example')).status).toBe(200);
    expect((await call('GET', '/v1/me', { token: ada.access_token })).status).toBe(200);
    expect(await identitiesOf(ada.access_token)).toMatchObject([{ provider: 'google' }]);
    await mailTo('user01@gmail.example', /^Google can now sign in/);
    expect(await activityOf(ada.user.id)).toEqual([
      'registered',
      'identity_linked',
      'signed_in',
      'signed_in',
    ]);
  });

  it('leads there whatever its case', async () => {
    const ada = await registerVerified({ email: 'main.address@github.example' });
    const browser = new Browser();
    await browser.signIn('github', 'user31');
    expect((await me(browser)).id).toBe(ada.user.id);
  });

  it('does not, when the account is linked to another account of the provider', async () => {
    const ada = await registerVerified({ email: 'user02@gmail.example' });
    expect((await link(browserOf(ada), 'user03@gmail.example')).headers.get('location')).toBe(
      'https://auth.test/account/identities',
    );
    const browser = new Browser();
    expect(errorIn(await browser.signIn('google', 'user02@gmail.example'))).toBe('account_exists');
    expect(browser.cookies.has('__Host-latchkey')).toBe(false);
  });
});

describe('an account whose address was never proven', () => {
  it('is taken over by the owner of the address: nothing of who made it remains a way in', async () => {
    const email = 'user04@gmail.example';
    const thief = await register({ email, phone_number: '+4915550001122' });
    await env.DB.prepare('UPDATE users SET phone_number_verified = 1 WHERE id = ?').bind(thief.user.id).run();
    const token = await tokenTo(email, /Welcome/);
    const owner = new Browser();
    await owner.signIn('google', email);
    expect(await me(owner)).toMatchObject({
      id: thief.user.id,
      email_verified: true,
      phone_number_verified: false,
    });
    expectProblem(await login(email), 401, 'invalid_credentials');
    expectProblem(await call('GET', '/v1/me', { token: thief.access_token }), 401, 'session_ended');
    const { refresh_token } = thief;
    expectProblem(await call('POST', '/v1/auth/refresh', { body: { refresh_token } }), 401, 'invalid_token');
    expectProblem(await call('POST', '/v1/auth/email/verify', { body: { token } }), 400, 'invalid_link');
    expect(
      (await env.DB.prepare('SELECT * FROM passwords WHERE user_id = ?').bind(thief.user.id).all()).results,
    ).toEqual([]);
    expect(await activityOf(thief.user.id)).toEqual([
      'registered',
      'identity_linked',
      'signed_in',
      'sign_in_failed',
    ]);
  });

  it('is not, by a provider that has not verified the address', async () => {
    const thief = await register({ email: 'unverified@gmail.example' });
    const browser = new Browser();
    expect(errorIn(await browser.signIn('google', 'unverified@gmail.example'))).toBe(
      'provider_email_unverified',
    );
    expect((await call('GET', '/v1/me', { token: thief.access_token })).status).toBe(200);
  });

  it('stays suspended', async () => {
    const thief = await register({ email: 'user05@gmail.example' });
    await changeDirectory(thief.user.id, { status: 'suspended' });
    const browser = new Browser();
    expect(errorIn(await browser.signIn('google', 'user05@gmail.example'))).toBe('account_suspended');
    expect(
      (await env.DB.prepare('SELECT * FROM identities WHERE user_id = ?').bind(thief.user.id).all()).results,
    ).toEqual([]);
  });
});

describe('two at once', () => {
  it('make one user', async () => {
    const browsers = Array.from({ length: 6 }, () => new Browser());
    const answers = await Promise.all(browsers.map((one) => one.signIn('google', 'user06@gmail.example')));
    expect(answers.map((answer) => answer.headers.get('location'))).toEqual(
      Array(6).fill('https://auth.test/account'),
    );
    const ids = await Promise.all(browsers.map(async (one) => (await me(one)).id));
    expect(new Set(ids).size).toBe(1);
  });

  it('make one user of two providers with one address', async () => {
    const [github, strict] = [new Browser(), new Browser()];
    const [first, second] = [
      await pick('github', await github.begin('github'), 'user34'),
      await pickStrict(await strict.begin('strict'), 'shared'),
    ];
    await Promise.all([github.comeBack(first), strict.comeBack(second)]);
    const shared = await me(github);
    expect(shared.email).toBe('shared@strict.example');
    expect((await me(strict)).id).toBe(shared.id);
  });

  it('take over one account once', async () => {
    const { user } = await register({ email: 'user08@gmail.example' });
    const browsers = Array.from({ length: 4 }, () => new Browser());
    await Promise.all(browsers.map((one) => one.signIn('google', 'user08@gmail.example')));
    for (const browser of browsers) expect((await me(browser)).id).toBe(user.id);
  });
});

describe('a realm', () => {
  it('that is closed lets in whom it knows, and nobody else', async () => {
    await createRealm('broken', { registration: 'closed' });
    const signIn = async () => {
      const browser = new Browser();
      const { headers } = await fetch(await browser.begin('sound', {}, '/realms/broken'), {
        redirect: 'manual',
      });
      return browser.comeBack({ url: new URL(headers.get('location') as string) });
    };
    expect(errorIn(await signIn())).toBe('registration_closed');
    await env.DB.prepare(
      `INSERT INTO users (id, realm_id, email, email_verified, created_at, updated_at)
       VALUES ('usr_00000000000000000000000000', 'broken', 'sound@broken.example', 1, 1, 1)`,
    ).run();
    expect((await signIn()).headers.get('location')).toBe('https://auth.test/realms/broken/account');
  });
});

describe('linking in the browser', () => {
  it('leads back to the page, or where it was asked to; again changes nothing', async () => {
    const ada = await registerVerified();
    const browser = browserOf(ada);
    const first = await link(browser, 'user10@gmail.example', { redirect_to: '/account/security' });
    expect(first.headers.get('location')).toBe('https://auth.test/account/security');
    const again = await link(browser, 'user10@gmail.example');
    expect(again.headers.get('location')).toBe('https://auth.test/account/identities');
    expect(browser.cookies.get('__Host-latchkey')).toBe(ada.refresh_token);
    expect(await activityOf(ada.user.id)).toEqual(['registered', 'identity_linked']);
    const other = new Browser();
    await other.signIn('google', 'user10@gmail.example');
    expect((await me(other)).id).toBe(ada.user.id);
    const mail = await mailTo(ada.user.email, /^Google can now sign in/);
    expect(mail.text).toContain('https://auth.test/forgot-password');
  });

  it('needs no address that is verified there: both accounts are theirs', async () => {
    const browser = browserOf(await registerVerified());
    const asked = (await (await askToLink(browser, 'strict')).json()) as { url: string };
    const answer = await browser.comeBack(await pickStrict(new URL(asked.url), 'nomail-linked'));
    expect(answer.headers.get('location')).toBe('https://auth.test/account/identities');
  });

  it('is refused when the account is linked to somebody else, or another is linked', async () => {
    const [ada, grace] = [await registerVerified(), await registerVerified()];
    await link(browserOf(ada), 'user11@gmail.example');
    const answer = await link(browserOf(grace), 'user11@gmail.example');
    expect(answer.headers.get('location')).toBe(
      'https://auth.test/account/identities?error=identity_conflict&provider=google',
    );
    expect(errorIn(await link(browserOf(ada), 'user12@gmail.example'))).toBe('identity_conflict');
    expect(await identitiesOf(grace.access_token)).toEqual([]);
    expect(await identitiesOf(ada.access_token)).toMatchObject([{ email: 'user11@gmail.example' }]);
  });

  it('is refused in a browser that did not ask, and after the session has ended', async () => {
    const ada = await registerVerified();
    const browser = browserOf(ada);
    const { url } = (await (await askToLink(browser, 'google')).json()) as { url: string };
    const back = await pick('google', new URL(url), 'user13@gmail.example');
    expect(errorIn(await new Browser().comeBack(back))).toBe('oauth_state_invalid');
    await call('POST', '/v1/auth/logout', { token: ada.access_token, body: {} });
    expect(errorIn(await browser.comeBack(back))).toBe('session_ended');
    const grace = await login((await registerVerified()).user.email);
    expect(await identitiesOf(grace.body.access_token)).toEqual([]);
  });

  it('needs an Origin, a verified address, and a provider that is there', async () => {
    const browser = browserOf(await registerVerified());
    const crossSite = await browser.ask('/v1/me/identities/google', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await crossSite.json()).toMatchObject({ code: 'origin_not_allowed' });
    const { access_token: token } = await register();
    expectProblem(
      await call('POST', '/v1/me/identities/google', { token, body: {} }),
      403,
      'email_not_verified',
    );
    expectProblem(await call('DELETE', '/v1/me/identities/google', { token }), 403, 'email_not_verified');
    expect((await askToLink(browser, 'myspace')).status).toBe(404);
  });
});

describe('unlinking', () => {
  const unlink = (token: string, provider: string) =>
    call('DELETE', `/v1/me/identities/${provider}`, { token });

  it('works with a password, and is told in the log', async () => {
    const ada = await registerVerified();
    await link(browserOf(ada), 'user14@gmail.example');
    expect((await unlink(ada.access_token, 'google')).status).toBe(204);
    expectProblem(await unlink(ada.access_token, 'google'), 404, 'identity_not_found');
    expect(await activityOf(ada.user.id)).toEqual(['registered', 'identity_linked', 'identity_unlinked']);
    const other = new Browser();
    await other.signIn('google', 'user14@gmail.example');
    expect((await me(other)).id).not.toBe(ada.user.id);
  });

  it('never takes the last way in, not even two at once', async () => {
    const browser = new Browser();
    await browser.signIn('google', 'user15@gmail.example');
    const headers = {
      origin: ORIGIN,
      cookie: `__Host-latchkey=${browser.cookies.get('__Host-latchkey')}`,
    };
    const away = (provider: string) => call('DELETE', `/v1/me/identities/${provider}`, { headers });
    const refused = await away('google');
    expectProblem(refused, 409, 'last_sign_in_method');
    expect(refused.body.detail).toMatch(/Set a password first/);
    const { url } = (await (await askToLink(browser, 'github')).json()) as { url: string };
    await browser.comeBack(await pick('github', new URL(url), 'user15'));
    const both = await Promise.all([away('google'), away('github')]);
    expect(both.map(({ status }) => status).sort()).toEqual([204, 409]);
  });

  it('is each user’s own', async () => {
    const [ada, grace] = [await registerVerified(), await registerVerified()];
    await link(browserOf(ada), 'user16@gmail.example');
    expectProblem(await unlink(grace.access_token, 'google'), 404, 'identity_not_found');
    expect(await identitiesOf(ada.access_token)).toHaveLength(1);
  });
});

describe('a user without a password', () => {
  async function socialUser(account: string) {
    const browser = new Browser();
    await browser.signIn('google', account);
    const headers = {
      origin: ORIGIN,
      cookie: `__Host-latchkey=${browser.cookies.get('__Host-latchkey')}`,
    };
    return { browser, headers };
  }

  it('is told how to get one where one is asked for', async () => {
    const { headers } = await socialUser('user20@gmail.example');
    const change = await call('PUT', '/v1/me/password', {
      headers,
      body: { current_password: 'x', new_password: 'four lighthouses at dawn' },
    });
    expectProblem(change, 401, 'invalid_credentials');
    expect(change.body.detail).toMatch(/has no password.*forgot/);
    const email = await call('PUT', '/v1/me/email', {
      headers,
      body: { password: 'x', email: 'new@example.com' },
    });
    expectProblem(email, 401, 'invalid_credentials');
    expect(email.body.detail).toMatch(/has no password.*forgot/);
  });

  it('sets one by the link in a mail', async () => {
    const email = 'user21@gmail.example';
    const { browser } = await socialUser(email);
    const { id } = await me(browser);
    await call('POST', '/v1/auth/password/forgot', { body: { email } });
    const token = await tokenTo(email, /password/);
    expect(
      (await call('POST', '/v1/auth/password/reset', { body: { token, password: PASSWORD } })).status,
    ).toBe(204);
    const signedIn = await login(email);
    expect(signedIn.body.user.id).toBe(id);
    expect(
      (await call('DELETE', '/v1/me/identities/google', { token: signedIn.body.access_token })).status,
    ).toBe(204);
  });

  it('takes what the provider said along, and is deleted with it', async () => {
    const { browser, headers } = await socialUser('user22@gmail.example');
    const { id } = await me(browser);
    const { body } = await call('GET', '/v1/me/export', { headers });
    expect(body.identities).toMatchObject([
      {
        provider: 'google',
        email: 'user22@gmail.example',
        profile: { given_name: 'Ada', email: 'user22@gmail.example' },
      },
    ]);
    expect(JSON.stringify(body)).not.toMatch(/google_|(access|refresh|id)_token/);
    expect((await call('DELETE', '/v1/me', { headers, body: {} })).status).toBe(204);
    const left = await env.DB.prepare('SELECT * FROM identities WHERE user_id = ?').bind(id).all();
    expect(left.results).toEqual([]);
    const again = new Browser();
    await again.signIn('google', 'user22@gmail.example');
    expect((await me(again)).id).not.toBe(id);
  });
});
