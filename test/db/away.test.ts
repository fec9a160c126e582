import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Bindings } from '../../src/config/config.ts';
import { createServices } from '../../src/services.ts';
import { responsesAreOver } from '../support/after-response.ts';
import {
  accountOf,
  call,
  expectProblem,
  INTERNAL,
  login,
  PASSWORD,
  registerVerified,
} from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { type Away, takeD1Away } from '../support/d1-away.ts';
import { activityOf, project } from '../support/projection.ts';

const MINUTE = 60_000;
/** Requests at once, each minute. */
const CROWD = 20;

/** A key of the database's own, which an isolate forgets: the bootstrap key needs none. */
async function serviceKey(): Promise<Record<string, string>> {
  const body = { name: 'service', scopes: ['usage:write'] };
  const made = await call('POST', '/v1/admin/api-keys', { headers: INTERNAL, body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { 'X-API-Key': made.body.key };
}

describe.each<[Away, number]>([
  // What is waited for while D1 hangs: as long as a session is patient, and some time for a machine that is busy.
  ['failing', 2_000],
  ['hanging', 8_000],
])('while D1 is %s for ten minutes', (how, bound) => {
  it('sessions go on and are decided about, sign-ins are told to come again, and nothing is lost', async () => {
    const user = await registerVerified();
    const headers = await serviceKey();
    const { id, email } = user.user;
    const authorize = (token: string, reference: string) =>
      call('POST', '/v1/authorize', {
        headers,
        body: { token, resource: 'images', quantity: 1, reference },
      });
    expect((await authorize(user.access_token, 'before')).body).toMatchObject({ allowed: true });
    await project(id);
    let tokens = { access_token: user.access_token, refresh_token: user.refresh_token };
    const before = await activityOf(id);

    await responsesAreOver();
    const giveBack = takeD1Away(how);
    for (let minute = 1; minute <= 10; minute += 1) {
      advance(MINUTE);
      const body = { refresh_token: tokens.refresh_token };
      const refreshed = await call('POST', '/v1/auth/refresh', { body });
      expect(refreshed.status, JSON.stringify(refreshed.body)).toBe(200);
      tokens = refreshed.body;
      const answers = await Promise.all(
        Array.from({ length: CROWD }, async (_, n) => {
          const checked = await call('GET', '/v1/auth/session', { token: tokens.access_token });
          expect(checked.status, JSON.stringify(checked.body)).toBe(200);
          return n === 0 ? authorize(tokens.access_token, `use-${minute}`) : null;
        }),
      );
      expect(answers[0]?.body, JSON.stringify(answers[0]?.body)).toMatchObject({ allowed: true });
      const started = performance.now();
      for (const identifier of [email, `${crypto.randomUUID()}@example.com`]) {
        const refused = await login(identifier, PASSWORD);
        expectProblem(refused, 503, 'service_unavailable');
        expect(refused.headers.get('retry-after')).toMatch(/^[1-9]/);
      }
      expect(performance.now() - started).toBeLessThan(2 * bound);
    }
    // An isolate that has read nothing while D1 was there.
    const bindings = env as unknown as Bindings;
    const cold = createApp(createServices(bindings), bindings);
    for (const [path, init] of [
      ['/v1/auth/session', { headers: { authorization: `Bearer ${tokens.access_token}` } }],
      [
        '/v1/authorize',
        {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({
            token: tokens.access_token,
            resource: 'images',
            quantity: 1,
            reference: 'cold',
          }),
        },
      ],
      [
        '/v1/auth/refresh',
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ refresh_token: tokens.refresh_token }),
        },
      ],
    ] as [string, RequestInit][]) {
      const answer = await cold.request(`https://auth.test${path}`, init, bindings);
      expect(answer.status, `${path} ${await answer.clone().text()}`).toBe(200);
    }
    giveBack();

    // Nobody told the objects: they have tried all the time, and try again.
    advance(MINUTE);
    await runDurableObjectAlarm(accountOf(id));
    await project(id);
    const used = await env.DB.prepare(
      "SELECT sum(quantity) AS used FROM usage_monthly WHERE user_id = ? AND resource = 'images'",
    )
      .bind(id)
      .first('used');
    expect(used).toBe(12);
    expect((await login(email, PASSWORD)).status).toBe(200);
    expect(await activityOf(id)).toEqual([...before, 'signed_in']);
  });
});
