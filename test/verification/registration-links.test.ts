import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { primary } from '../../src/db/client.ts';
import { hashToken } from '../../src/directory/links.ts';
import { findRegistrationLink, registrationLink } from '../../src/directory/registration-links.ts';
import { asAdmin, registerRole } from '../support/admin.ts';
import { call, createRealm, expectProblem, PASSWORD, register } from '../support/api.ts';
import { tokenTo } from '../support/mail.ts';

const WELCOME = /welcome/i;
const verify = (token: string, realm?: string) =>
  call('POST', '/v1/auth/email/verify', { body: { token }, realm });
const refused = async (token: string, realm?: string) =>
  expectProblem(await verify(token, realm), 400, 'invalid_link');
const registered = async () => {
  const made = await register();
  return { ...made, token: await tokenTo(made.user.email, WELCOME) };
};

describe('the link by which somebody proves the address that they register with', () => {
  it('is stored nowhere', async () => {
    const { user, token } = await registered();
    const { results } = await env.DB.prepare('SELECT 1 FROM one_time_tokens WHERE user_id = ?')
      .bind(user.id)
      .all();
    expect(results).toEqual([]);
    expect((await verify(token)).body).toEqual({ status: 'verified', email: user.email });
    await refused(token);
  });

  it('is of nobody else, for no other address and no longer than it says', async () => {
    const [{ token, user }, other] = await Promise.all([registered(), registered()]);
    const [, end, signed] = token.split('.') as [string, string, string];
    const later = (Number.parseInt(end, 36) + 1).toString(36);
    const flipped = `${signed.startsWith('A') ? 'B' : 'A'}${signed.slice(1)}`;
    for (const forged of [
      `${other.user.id}.${end}.${signed}`,
      `${user.id}.${later}.${signed}`,
      `${user.id}.${end}.${flipped}`,
      `${user.id}.${end}.`,
      `usr_${'0'.repeat(26)}.${end}.${signed}`,
    ]) {
      await refused(forged);
    }
    await createRealm('links');
    await refused(token, 'links');
    expectProblem(
      await call('POST', '/v1/auth/password/reset', { body: { token, password: 'a lantern on the pier' } }),
      400,
      'invalid_link',
    );
    expect((await verify(token)).status).toBe(200);
  });

  it('is over with other credentials, another address, another account', async () => {
    const changed = await registered();
    await env.DB.prepare('UPDATE users SET credential_version = 2 WHERE id = ?').bind(changed.user.id).run();
    await refused(changed.token);

    const moved = await registered();
    const admin = await registerRole('admin');
    const to = `${crypto.randomUUID()}@example.com`;
    const answer = await asAdmin('PATCH', `/users/${moved.user.id}`, {
      token: admin.access_token,
      body: { email: to },
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    await refused(moved.token);

    const gone = await registered();
    const left = await asAdmin('DELETE', `/users/${gone.user.id}`);
    expect(left.status, JSON.stringify(left.body)).toBe(204);
    await refused(gone.token);
    const body2 = { email: gone.user.email, password: PASSWORD };
    expect((await call('POST', '/v1/auth/register', { body: body2 })).status).toBe(201);
    await refused(gone.token);
  });

  it('was made under a secret that was replaced meanwhile', async () => {
    const { user } = await registered();
    const [before, now] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const { url } = registrationLink([before], 'https://auth.test', user, Date.now());
    const token = new URL(url).searchParams.get('token') as string;
    const { db } = primary(env.DB);
    expect((await findRegistrationLink(db, [now, before], token))?.user.id).toBe(user.id);
    expect(await findRegistrationLink(db, [now], token)).toBeNull();
  });

  it('works where it was stored by a version before', async () => {
    const { user } = await registered();
    const token = 'as it was mailed before';
    await env.DB.prepare(
      `INSERT INTO one_time_tokens (user_id, purpose, hash, email, expires_at) VALUES (?, 'verify_email', ?, ?, ?)`,
    )
      .bind(user.id, hashToken(token), user.email, Date.now() + 60_000)
      .run();
    expect((await verify(token)).status).toBe(200);
    await refused(token);
  });
});
