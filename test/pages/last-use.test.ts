import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { asAdmin, registerRole } from '../support/admin.ts';
import { accountOf, call, login } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { OPENING, stateOf } from '../support/object-scene.ts';
import { open, visitor } from '../support/visitor.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** Opens a session of a user by other methods than the password, and gives its id. */
async function openBy(userId: string, methods: string[]): Promise<string> {
  const opened = await accountOf(userId).open(stateOf(userId, { version: 9 }), {
    ...OPENING,
    methods,
  });
  if (!('sessionId' in opened)) throw new Error(JSON.stringify(opened));
  return opened.sessionId;
}

describe('the page of security says when a user has signed in by the password last', () => {
  it('for as long as sessions are remembered, whichever of them are over', async () => {
    const who = await visitor();
    const { id } = who.user.user;
    const page = async () => (await open('/account/security', who)).body;
    expect(await page()).toContain('>just now</time>');
    advance(3 * HOUR);
    expect(await page()).toContain('>3 hours ago</time>');
    const { access_token: token } = (await login(who.user.user.email)).body;
    const usedAt = await accountOf(id).passwordUsedAt();
    expect(Math.abs(Date.now() - (usedAt ?? 0))).toBeLessThan(HOUR / 2);
    expect((await call('POST', '/v1/auth/logout', { token })).status).toBe(204);
    advance(2 * DAY);
    expect(await accountOf(id).passwordUsedAt()).toBe(usedAt);
    expect(await page()).toContain('>2 days ago</time>');
  });

  it('and counts no sign-in by other ways, nor a password that is shown in one, nor who acts as the user', async () => {
    const who = await visitor();
    const { id } = who.user.user;
    const usedAt = await accountOf(id).passwordUsedAt();
    expect(usedAt).not.toBeNull();
    advance(HOUR);
    const admin = await registerRole('admin');
    const acting = await asAdmin('POST', `/users/${id}/impersonate`, {
      token: admin.access_token,
      body: { reason: 'Ticket 3' },
    });
    expect(acting.status).toBeLessThan(300);
    const sessionId = await openBy(id, ['fed']);
    await openBy(id, ['hwk', 'mfa']);
    await accountOf(id).addMethods(sessionId, ['pwd']);
    expect((await accountOf(id).listSessions()).find((row) => row.id === sessionId)?.methods).toBe(
      '["fed","pwd"]',
    );
    expect(await accountOf(id).passwordUsedAt()).toBe(usedAt);
  });

  it('and nothing of who never had one, or is nobody', async () => {
    expect(await accountOf('usr_nobody').passwordUsedAt()).toBeNull();
  });
});

it('the page of linked accounts says when each has signed the user in last', async () => {
  const who = await visitor();
  const { id } = who.user.user;
  const now = Date.now();
  const insert = env.DB.prepare(
    `INSERT INTO identities (user_id, realm_id, provider, subject, email_verified, profile, tokens, created_at, updated_at, last_login_at)
     VALUES (?1, 'default', ?2, ?1, 1, '{}', '', ?3, ?3, ?4)`,
  );
  await insert.bind(id, 'google', now - 9 * DAY, now - 5 * DAY).run();
  const { body } = await open('/account/identities', who);
  expect(body).toMatch(/Last used <time[^>]*>5 days ago<\/time>/);
  expect(body).not.toContain('Not used yet');
  await insert.bind(id, 'github', now, null).run();
  expect((await open('/account/identities', who)).body).toContain('Not used yet');
});
