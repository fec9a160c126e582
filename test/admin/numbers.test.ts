import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { asAdmin } from '../support/admin.ts';
import { call, createRealm, INTERNAL, login, PASSWORD, register } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { project } from '../support/projection.ts';

const DAY = 86_400_000;

/** What the roll-ups say, and what counting rows does. */
async function counted(realm: string) {
  const kept = await env.DB.prepare(
    'SELECT facet, users FROM user_counts WHERE realm_id = ? AND users <> 0 ORDER BY 1',
  )
    .bind(realm)
    .all();
  const real = await env.DB.prepare(
    'SELECT facet, count(*) AS users FROM users WHERE realm_id = ? GROUP BY facet ORDER BY 1',
  )
    .bind(realm)
    .all();
  const { sessions } = (await env.DB.prepare(
    'SELECT coalesce(sum(sessions), 0) AS sessions FROM session_counts WHERE realm_id = ?',
  )
    .bind(realm)
    .first()) as { sessions: number };
  const live = (await env.DB.prepare(
    'SELECT coalesce(sum(value), 0) AS sessions FROM users, json_each(users.sessions) WHERE realm_id = ?',
  )
    .bind(realm)
    .first()) as { sessions: number };
  return { kept: kept.results, real: real.results, sessions, live: live.sessions };
}

it('roll-ups agree with the rows, whatever happens to users and sessions', async () => {
  await createRealm('summed');
  const options = { realm: 'summed' };
  const users = await Promise.all(Array.from({ length: 6 }, () => register({}, options)));
  const [a, b, c, d, e] = users as [any, any, any, any, any];
  await asAdmin('PUT', `/users/${a.user.id}/status`, { ...options, body: { status: 'suspended' } });
  await asAdmin('PUT', `/users/${b.user.id}/role`, { ...options, body: { role: 'admin' } });
  await asAdmin('PUT', `/users/${c.user.id}/plan`, { ...options, body: { plan: 'pro' } });
  await asAdmin('POST', `/users/${d.user.id}/verify-email`, options);
  await login(d.user.email, PASSWORD, options);
  await call('POST', '/v1/auth/logout', { ...options, token: d.access_token });
  for (const { user } of users) await project(user.id);
  await asAdmin('DELETE', `/users/${e.user.id}`, options);
  const { kept, real, sessions, live } = await counted('summed');
  expect(kept).toEqual(real);
  expect(real.length).toBeGreaterThan(3);
  expect(sessions).toBe(live);
  // Six registered, one was suspended, one deleted, one signed in again and out of the first.
  expect(live).toBe(4);
  const { body } = await asAdmin('GET', '/dashboard', options);
  expect(body).toMatchObject({
    total_users: 5,
    verified_users: 1,
    verification_rate: 0.2,
    by_status: { active: 4, suspended: 1 },
    by_role: { user: 4, admin: 1, owner: 0 },
    by_plan: { free: 4, pro: 1 },
    new_users_today: 5,
    sign_ins_today: 7,
    active_users_today: 5,
    active_sessions: 4,
  });
});

describe('GET /v1/admin/dashboard', () => {
  it('shows the newest users, and who uses most', async () => {
    await createRealm('busy');
    const options = { realm: 'busy' };
    const heavy = await register({ name: 'Heavy' }, options);
    advance(1000);
    const light = await register({}, options);
    for (const [user_id, quantity] of [
      [heavy.user.id, 7],
      [light.user.id, 2],
    ]) {
      const used = await call('POST', '/v1/usage', {
        ...options,
        headers: INTERNAL,
        body: { user_id, resource: 'images', quantity },
      });
      expect(used.status, JSON.stringify(used.body)).toBe(200);
      await project(user_id as string);
    }
    const { body } = await asAdmin('GET', '/dashboard', options);
    expect(body.usage_today).toMatchObject({ images: 9, videos: 0 });
    expect(body.recent_users.map(({ id }: { id: string }) => id)).toEqual([light.user.id, heavy.user.id]);
    expect(body.top_users.images).toEqual([
      { user_id: heavy.user.id, email: heavy.user.email, username: null, name: 'Heavy', quantity: 7 },
      { user_id: light.user.id, email: light.user.email, username: null, name: null, quantity: 2 },
    ]);
  });

  it('counts sessions that are over no more', async () => {
    await createRealm('idle');
    const options = { realm: 'idle' };
    const user = await register({}, options);
    await project(user.user.id);
    const sessions = async () => (await asAdmin('GET', '/dashboard', options)).body.active_sessions;
    expect(await sessions()).toBe(1);
    advance(15 * DAY);
    expect(await sessions()).toBe(0);
  });
});

describe('GET /v1/admin/statistics', () => {
  it('has every day, and counts a user once a day however often they come', async () => {
    await createRealm('daily');
    const options = { realm: 'daily' };
    const user = await register({}, options);
    await login(user.user.email, PASSWORD, options);
    await project(user.user.id);
    advance(DAY);
    await login(user.user.email, PASSWORD, options);
    await project(user.user.id);
    await project(user.user.id);
    const { body } = await asAdmin('GET', '/statistics?days=3', options);
    expect(body).toMatchObject({ period_days: 3, total_users: 1, totals: { sign_ups: 1, sign_ins: 3 } });
    expect(body.daily.map(({ date: _, ...day }: { date: string }) => day)).toEqual([
      { sign_ups: 0, sign_ins: 0, active_users: 0 },
      { sign_ups: 1, sign_ins: 2, active_users: 1 },
      { sign_ups: 0, sign_ins: 1, active_users: 1 },
    ]);
    expect(body.daily.at(-1).date).toBe(new Date().toISOString().slice(0, 10));
  });
});
