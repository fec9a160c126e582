import { env } from 'cloudflare:workers';
import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, expectProblem, ORIGIN, registerVerified, type SignedInBody } from '../support/api.ts';
import { Browser, pick } from '../support/browser.ts';
import { ageProofs } from '../support/stale-proof.ts';

const APP = 'com.example.app:/callback';

beforeAll(async () => {
  await env.DB.prepare("UPDATE realms SET redirect_targets = ? WHERE id = 'default'")
    .bind(JSON.stringify([APP]))
    .run();
});

function browserOf(user: SignedInBody): Browser {
  const browser = new Browser();
  browser.cookies.set('__Host-latchkey', user.refresh_token);
  return browser;
}

const post = (browser: Browser, path: string, body: object) =>
  browser.ask(path, {
    method: 'POST',
    headers: { origin: ORIGIN, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });

/** A user who has only an account of Google to sign in with, and whose proof has grown old. */
async function withGoogle(account: string): Promise<{ user: SignedInBody; browser: Browser }> {
  const user = await registerVerified();
  const browser = browserOf(user);
  const { url } = (await (await post(browser, '/v1/me/identities/google', {})).json()) as { url: string };
  await browser.comeBack(await pick('google', new URL(url), account));
  await env.DB.prepare('DELETE FROM passwords WHERE user_id = ?').bind(user.user.id).run();
  await ageProofs(user.user.id, 3_600_000);
  return { user, browser };
}

/** An act that needs a fresh proof, and does nothing with one. */
const tries = (user: SignedInBody) =>
  call('DELETE', '/v1/me/identities/github', { token: user.access_token });

async function prove(browser: Browser, account: string, redirect_to = '/account/security') {
  const asked = await post(browser, '/v1/auth/reauthenticate', { provider: 'google', redirect_to });
  expect(asked.status).toBe(200);
  const { url } = (await asked.json()) as { url: string };
  return browser.comeBack(await pick('google', new URL(url), account));
}

describe('a proof by a linked account, in a browser', () => {
  it('makes the session fresh, the same session', async () => {
    const { user, browser } = await withGoogle('user01@gmail.example');
    expectProblem(await tries(user), 401, 'reauthentication_required');
    const back = await prove(browser, 'user01@gmail.example');
    expect(back.headers.get('location')).toBe(`${ORIGIN}/account/security`);
    expectProblem(await tries(user), 404, 'identity_not_found');
    const { body } = await call('GET', '/v1/me/sessions', { token: user.access_token });
    expect(body.data).toHaveLength(1);
  });

  it('is none by another account of the provider, which is not linked by it either', async () => {
    const { user, browser } = await withGoogle('user02@gmail.example');
    const back = await prove(browser, 'user03@gmail.example');
    expect(back.headers.get('location')).toContain('error=identity_conflict');
    expectProblem(await tries(user), 401, 'reauthentication_required');
    const { body } = await call('GET', '/v1/me/identities', { token: user.access_token });
    expect(body.data).toMatchObject([{ email: 'user02@gmail.example' }]);
  });

  it('is none for a session that has ended meanwhile', async () => {
    const { user, browser } = await withGoogle('user04@gmail.example');
    const asked = await post(browser, '/v1/auth/reauthenticate', { provider: 'google' });
    const { url } = (await asked.json()) as { url: string };
    const answer = await pick('google', new URL(url), 'user04@gmail.example');
    await call('POST', '/v1/auth/logout', { token: user.access_token });
    expect((await browser.comeBack(answer)).headers.get('location')).toContain('error=session_ended');
  });
});

describe('a proof by a linked account, of an app', () => {
  const pkce = () => {
    const verifier = randomBytes(32).toString('base64url');
    return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
  };

  /** What the app completes with, for a flow that began at `path`. */
  async function codeOf(token: string, path: string, body: object, account: string) {
    const { verifier, challenge } = pkce();
    const asked = await call('POST', path, {
      token,
      body: { ...body, redirect_to: APP, code_challenge: challenge },
    });
    expect(asked.status, JSON.stringify(asked.body)).toBe(200);
    const browser = new Browser();
    const page = new URL((await browser.ask(asked.body.url)).headers.get('location') as string);
    const back = await browser.comeBack(await pick('google', page, account));
    const { searchParams } = new URL(back.headers.get('location') as string);
    return { code: searchParams.get('code'), code_verifier: verifier, redirect_to: APP };
  }

  it('is completed under its own token, once', async () => {
    const { user } = await withGoogle('user05@gmail.example');
    const token = user.access_token;
    const path = '/v1/auth/reauthenticate';
    const exchange = await codeOf(token, path, { provider: 'google' }, 'user05@gmail.example');
    expectProblem(await tries(user), 401, 'reauthentication_required');
    const body = { provider: 'google', ...exchange };
    expect((await call('POST', path, { token, body })).status).toBe(204);
    expectProblem(await tries(user), 404, 'identity_not_found');
    expectProblem(await call('POST', path, { token, body }), 400, 'invalid_grant');
  });

  it('links nobody: a stolen token gains no way in by a proof that somebody else gives', async () => {
    const { user } = await withGoogle('user06@gmail.example');
    const token = user.access_token;
    await call('DELETE', '/v1/me/identities/google', { token });
    const path = '/v1/auth/reauthenticate';
    const first = await codeOf(token, path, { provider: 'google' }, 'user07@gmail.example');
    const linked = await call('POST', '/v1/me/identities/google', { token, body: first });
    expectProblem(linked, 400, 'invalid_grant');
    const second = await codeOf(token, path, { provider: 'google' }, 'user07@gmail.example');
    const proved = await call('POST', path, { token, body: { provider: 'google', ...second } });
    expectProblem(proved, 409, 'identity_conflict');
    expectProblem(await tries(user), 401, 'reauthentication_required');
  });
});
