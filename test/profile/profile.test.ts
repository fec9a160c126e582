import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { call, createRealm, expectProblem, register, registerVerified } from '../support/api.ts';

const me = (token: string) => call('GET', '/v1/me', { token });
const patch = (token: string, body: unknown) => call('PATCH', '/v1/me', { token, body });

it('GET /v1/me gives the profile, to the user alone', async () => {
  const user = await register({ name: 'Ada', country: 'GB' });
  const answer = await me(user.access_token);
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual(user.user);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(JSON.stringify(answer.body)).not.toMatch(/hash|version|argon/);
});

it('GET /v1/me refuses a token whose user is gone', async () => {
  const user = await register();
  await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(user.user.id).run();
  expectProblem(await me(user.access_token), 401, 'session_ended');
});

describe('PATCH /v1/me', () => {
  it('changes what is sent, clears what is null, and leaves the rest', async () => {
    const user = await registerVerified({ name: 'Ada', given_name: 'Ada', country: 'GB' });
    const answer = await patch(user.access_token, {
      name: 'Augusta Ada King',
      given_name: null,
      picture: 'https://example.com/ada.png',
      bio: 'Wrote the first program.',
      locale: 'de-ch',
      username: `ada-${crypto.randomUUID().slice(0, 8)}`,
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      name: 'Augusta Ada King',
      given_name: null,
      picture: 'https://example.com/ada.png',
      bio: 'Wrote the first program.',
      locale: 'de-CH',
      country: 'GB',
      email: user.user.email,
    });
    expect((await me(user.access_token)).body).toEqual(answer.body);
  });

  it('changes nothing of an empty patch but the time', async () => {
    const user = await registerVerified({ name: 'Ada' });
    const answer = await patch(user.access_token, {});
    expect(answer.body).toMatchObject({ name: 'Ada', email_verified: true });
  });

  it('needs a verified address', async () => {
    const user = await register();
    expectProblem(await patch(user.access_token, { name: 'X' }), 403, 'email_not_verified');
  });

  it('makes a new phone number unproven, and leaves a proven one that is written again', async () => {
    const user = await registerVerified({ phone_number: '+491511230001' });
    await env.DB.prepare('UPDATE users SET phone_number_verified = 1 WHERE id = ?').bind(user.user.id).run();
    const same = await patch(user.access_token, { phone_number: '+49 1511 230001' });
    expect(same.body).toMatchObject({ phone_number: '+491511230001', phone_number_verified: true });
    const other = await patch(user.access_token, { phone_number: '+491511230002' });
    expect(other.body).toMatchObject({ phone_number: '+491511230002', phone_number_verified: false });
    const none = await patch(user.access_token, { phone_number: null });
    expect(none.body).toMatchObject({ phone_number: null, phone_number_verified: false });
  });

  it('refuses a username that somebody of the realm has, and takes one that another realm has', async () => {
    await createRealm('profiles');
    await register({ username: 'Marie' });
    const user = await registerVerified();
    expectProblem(
      await patch(user.access_token, { username: 'MARIE', name: 'Lost?' }),
      409,
      'username_taken',
    );
    expect((await me(user.access_token)).body.name).toBeNull();
    const abroad = await registerVerified({}, { realm: 'profiles' });
    const answer = await call('PATCH', '/v1/me', {
      token: abroad.access_token,
      body: { username: 'marie' },
      realm: 'profiles',
    });
    expect(answer.status).toBe(200);
  });

  it('refuses what is no profile', async () => {
    const user = await registerVerified();
    const wrong: [unknown, string][] = [
      [{ email: 'new@example.com' }, 'email'],
      [{ role: 'owner' }, 'role'],
      [{ email_verified: true }, 'email_verified'],
      [{ picture: 'http://example.com/a.png' }, 'picture'],
      [{ picture: 'javascript:alert(1)' }, 'picture'],
      [{ bio: 'x'.repeat(2001) }, 'bio'],
      [{ name: 7 }, 'name'],
      [{ country: '' }, 'country'],
    ];
    for (const [body, path] of wrong) {
      const answer = await patch(user.access_token, body);
      expectProblem(answer, 422, 'validation_failed');
      expect(answer.body.errors[0].path).toBe(path);
    }
    for (const body of [null, [], 'x', 7]) {
      expectProblem(await patch(user.access_token, body), 422, 'validation_failed');
    }
  });
});
