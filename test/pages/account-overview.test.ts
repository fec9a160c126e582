import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { asAdmin } from '../support/admin.ts';
import { call, INTERNAL, ORIGIN, register, registerVerified } from '../support/api.ts';
import { countingApp } from '../support/counting.ts';
import { cookieOf, expectPage, open, visitor } from '../support/visitor.ts';

describe('the first page of an account', () => {
  it('says what to do next, the most urgent first', async () => {
    const unproven = await register();
    const { body: first } = await open('/account', { cookie: await cookieOf(unproven) });
    expect(first).toContain('Your account needs your attention');
    expect(first).toContain('href="#unverified"');

    const user = await visitor();
    const { body } = await open('/account', user);
    expect(body).toContain('Your account can be better protected');
    expect(body).toContain('<a class="button small" href="/account/security">Add a passkey</a>');
    const id = user.user.user.id;
    const has = (factors: string) =>
      env.DB.prepare(`UPDATE users SET ${factors} WHERE id = ?`).bind(id).run();
    await has('passkey_count = 1');
    expect((await open('/account', user)).body).toContain('>Turn it on</a>');
    await has('totp_count = 1');
    // With an app, yet without codes for the day on which it is lost.
    expect((await open('/account', user)).body).toContain('>Make new ones</a>');
  });

  it('tells what opens the account, and what does not', async () => {
    const user = await visitor({ name: 'Ada Lovelace' });
    const { id } = user.user.user;
    await env.DB.prepare(
      `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at)
       VALUES (?, 'default', 'google', ?, 1, '{}', '', 0, 0)`,
    )
      .bind(id, id)
      .run();
    const { body } = await open('/account', user);
    expect(body).toContain('Ada Lovelace');
    expect(body).toMatch(/<span>Password<\/span><svg/);
    expect(body).toMatch(/<span>Passkeys<\/span><span class="soft">Not set up/);
    expect(body).toMatch(/Linked: (Google|google)/);
  });

  it('has plan, quotas, credits, devices and organizations in brief, with their pages', async () => {
    const user = await visitor();
    const { id } = user.user.user;
    const use = { user_id: id, resource: 'images', quantity: 5 };
    expect((await call('POST', '/v1/usage', { body: use, headers: INTERNAL })).status).toBe(200);
    const add = { user_id: id, amount: 1250, reference: 'gift' };
    expect((await call('POST', '/v1/credits/add', { body: add, headers: INTERNAL })).status).toBe(200);
    const team = await asAdmin('POST', '/organizations', { body: { name: 'Engines', owner: id } });
    expect(team.status, JSON.stringify(team.body)).toBe(201);
    const answer = await open('/account', user, {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
    });
    expectPage(answer);
    expect(answer.body).toContain('<strong>Free</strong>');
    expect(answer.body).toContain('1,250 credits');
    expect(answer.body).toContain('5 of 20');
    expect(answer.body).toContain('This device');
    expect(answer.body).toContain(`<a href="/account/organizations/${team.body.id}">Engines</a>`);
    for (const page of ['security', 'usage', 'billing', 'devices', 'activity', 'organizations', 'profile']) {
      expect(answer.body).toContain(`href="/account/${page}"`);
    }
  });

  it('costs two object calls, that of the session and that of the rest, and four statements', async () => {
    const user = await registerVerified();
    const cookie = await cookieOf(user);
    const { request, take } = countingApp();
    const look = () => request('/account', { headers: { cookie, origin: ORIGIN } });
    // The plans of the realm are kept from then on.
    expect((await look()).status).toBe(200);
    take();
    expect((await look()).status).toBe(200);
    expect(take()).toEqual({ account: 2, rateLimiter: 0, d1Reads: 4, d1Writes: 0 });
  });
});
