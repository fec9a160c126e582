import { exports } from 'cloudflare:workers';
import { hc } from 'hono/client';
import { expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { ORIGIN, PASSWORD } from '../support/api.ts';

it('a typed client knows paths, bodies and answers', async () => {
  const latchkey = hc<App>(ORIGIN, {
    fetch: ((input: string, init?: RequestInit) => exports.default.fetch(input, init)) as never,
  });
  const answer = await latchkey.v1.auth.register.$post({
    json: { email: 'typed@example.com', password: PASSWORD, locale: 'en' },
  });
  if (answer.status !== 201) throw new Error(String(answer.status));
  const { access_token, user } = await answer.json();
  const me = await latchkey.v1.me.$get({}, { headers: { authorization: `Bearer ${access_token}` } });
  expect((await me.json()).id).toBe(user.id);
  // @ts-expect-error A field that the schema does not have is an error before it is one at run time.
  const refused = await latchkey.v1.auth.login.$post({ json: { identifier: 'x', password: 'y', otp: '1' } });
  expect(refused.status).toBe(422);
});
