import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { asAdmin } from '../support/admin.ts';
import { call, createRealm, ORIGIN, PASSWORD, register, registerVerified } from '../support/api.ts';
import { Browser, pick } from '../support/browser.ts';
import { importRows, ndjson, someUser } from '../support/import.ts';
import { tokenTo } from '../support/mail.ts';

/** Users by what they can sign in by, as the API says; rows are counted to see that it is so. */
async function providers(realm?: string): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    `SELECT provider, count(*) AS users FROM (
       SELECT 'password' AS provider, realm_id FROM passwords JOIN users ON id = user_id
       UNION ALL SELECT provider, realm_id FROM identities
     ) WHERE realm_id = ? GROUP BY provider`,
  )
    .bind(realm ?? 'default')
    .all<{ provider: string; users: number }>();
  const real = Object.fromEntries(results.map(({ provider, users }) => [provider, users]));
  const answers = await Promise.all(
    ['/statistics', '/dashboard'].map((path) => asAdmin('GET', path, { realm })),
  );
  for (const { body } of answers) expect(body.by_provider).toEqual(real);
  return real;
}

/** Links an account of Google’s to whoever is signed in. */
async function linkGoogle(refreshToken: string, account: string): Promise<void> {
  const browser = new Browser();
  browser.cookies.set('__Host-latchkey', refreshToken);
  const asked = await browser.ask('/v1/me/identities/google', {
    method: 'POST',
    headers: { origin: ORIGIN, 'content-type': 'application/json', accept: 'application/json' },
    body: '{}',
  });
  const { url } = (await asked.json()) as { url: string };
  await browser.comeBack(await pick('google', new URL(url), account));
}

const idOf = async (browser: Browser) => ((await (await browser.ask('/v1/me')).json()) as any).id as string;
const reset = (token: string, password = 'four lighthouses at dawn') =>
  call('POST', '/v1/auth/password/reset', { body: { token, password } });

describe('users by provider', () => {
  it('follow who registers, links, unlinks and goes', async () => {
    expect(await providers()).toEqual({});
    const ada = await registerVerified();
    await linkGoogle(ada.refresh_token, 'user03@gmail.example');
    expect(await providers()).toEqual({ password: 1, google: 1 });
    const browser = new Browser();
    await browser.signIn('github', 'user31');
    const stranger = await idOf(browser);
    expect(await providers()).toEqual({ password: 1, google: 1, github: 1 });
    // Coming again, or asking for what is there, is nobody new.
    await new Browser().signIn('github', 'user31');
    const again = { email: ada.user.email, password: PASSWORD };
    expect((await call('POST', '/v1/auth/register', { body: again })).status).toBe(409);
    expect(await providers()).toEqual({ password: 1, google: 1, github: 1 });
    const unlinked = await call('DELETE', '/v1/me/identities/google', { token: ada.access_token });
    expect(unlinked.status).toBe(204);
    expect(await providers()).toEqual({ password: 1, github: 1 });
    await linkGoogle(ada.refresh_token, 'user03@gmail.example');
    const gone = await call('DELETE', '/v1/me', { token: ada.access_token, body: { password: PASSWORD } });
    expect(gone.status).toBe(204);
    expect(await providers()).toEqual({ github: 1 });
    await asAdmin('DELETE', `/users/${stranger}`);
    expect(await providers()).toEqual({});
  });

  it('have a password when a link has set the first, not the second', async () => {
    const email = `${crypto.randomUUID()}@example.com`;
    await asAdmin('POST', '/users', { body: { email } });
    expect(await providers()).toEqual({});
    expect((await reset(await tokenTo(email, /account|invit/i))).status).toBe(204);
    expect(await providers()).toEqual({ password: 1 });
    await call('POST', '/v1/auth/password/forgot', { body: { email } });
    expect((await reset(await tokenTo(email, /^Reset your/), 'five lighthouses at noon')).status).toBe(204);
    expect(await providers()).toEqual({ password: 1 });
    const { body } = await asAdmin('GET', `/users?q=${email}`);
    await asAdmin('POST', `/users/${body.data[0].id}/password-reset`);
    expect(await providers()).toEqual({});
    await asAdmin('DELETE', `/users/${body.data[0].id}`);
  });

  it('lose their password to the owner of an address that they never proved', async () => {
    await register({ email: 'user02@gmail.example' });
    expect(await providers()).toEqual({ password: 1 });
    const owner = new Browser();
    await owner.signIn('google', 'user02@gmail.example');
    expect(await providers()).toEqual({ google: 1 });
    await asAdmin('DELETE', `/users/${await idOf(owner)}`);
  });

  it('count when an admin makes or a file brings them, each realm for itself', async () => {
    await createRealm('moved');
    const rows = [{ ...someUser(), password_hash: `$2b$04$${'a'.repeat(53)}` }, someUser()];
    const answer = await importRows(ndjson(rows), { realm: 'moved' });
    expect(answer.body).toMatchObject({ imported: 2 });
    const user = { email: someUser().email, password: PASSWORD };
    expect((await asAdmin('POST', '/users', { realm: 'moved', body: user })).status).toBe(201);
    expect(await providers('moved')).toEqual({ password: 2 });
    expect(await providers()).toEqual({});
    await env.DB.prepare("DELETE FROM users WHERE realm_id = 'moved'").run();
    expect(await providers('moved')).toEqual({});
  });
});
