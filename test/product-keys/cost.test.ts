import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createServices } from '../../src/services.ts';
import { accountOf, call, INTERNAL } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { countedBindings } from '../support/counted.ts';
import { foundedBy, person } from '../support/organizations.ts';
import { authorizeBy, payingUser, userKey } from '../support/product-keys.ts';
import { countRows, takeRows } from '../support/rows.ts';

const TIMES = 10;

const CAPS = { credits: { day: 900 }, resources: { messages: { day: 90 } } };

async function keyOfUser() {
  const user = await payingUser(1_000);
  const { key } = await userKey(user, { caps: CAPS });
  return { key, alarm: () => runDurableObjectAlarm(accountOf(user.user.id)) };
}

async function keyOfOrganization() {
  const owner = await person();
  const id = await foundedBy(owner);
  const body = { organization_id: id, amount: 1_000, reference: 'start' };
  await call('POST', '/v1/credits/add', { headers: INTERNAL, body });
  await call('PATCH', `/v1/admin/organizations/${id}`, { headers: INTERNAL, body: { plan: 'free' } });
  const made = await call('POST', `/v1/organizations/${id}/api-keys`, {
    token: owner.token,
    body: { name: 'a key', caps: CAPS },
  });
  const object = () => env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id));
  return { key: made.body.key as string, alarm: () => runDurableObjectAlarm(object()) };
}

it.each([
  ['a user', keyOfUser],
  ['an organization', keyOfOrganization],
])('a decision by a key of %s makes one call and no statement', async (_, make) => {
  const { key } = await make();
  const { bindings, counted } = countedBindings();
  const app = createApp(createServices(bindings), bindings);
  const ask = async (more: object) => {
    const response = await app.request(
      'https://auth.test/v1/authorize',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...INTERNAL },
        body: JSON.stringify({ token: key, ...more }),
      },
      bindings,
    );
    expect(await response.json()).toMatchObject({ allowed: true });
  };
  // What an isolate keeps: realms, plans.
  await ask({ resource: 'messages' });
  for (const more of [{}, { resource: 'messages' }, { resource: 'messages', credits: 1, reference: 'b' }]) {
    Object.assign(counted, { statements: 0, objects: 0 });
    await ask(more);
    expect(counted, JSON.stringify(more)).toEqual({ statements: 0, objects: 1 });
  }
});

it('a key that was made up, mistyped or cut off costs nothing; one without a check, as earlier versions made them, is asked for', async () => {
  const { key } = await keyOfUser();
  const { bindings, counted } = countedBindings();
  const app = createApp(createServices(bindings), bindings);
  const ask = async (token: string) => {
    const response = await app.request(
      'https://auth.test/v1/authorize',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...INTERNAL },
        body: JSON.stringify({ token }),
      },
      bindings,
    );
    return ((await response.json()) as { reason: string | null }).reason;
  };
  await ask(key);
  const costs = async (token: string) => {
    Object.assign(counted, { statements: 0, objects: 0 });
    return { reason: await ask(token), ...counted };
  };
  const refused = { reason: 'invalid_token', statements: 0 };
  const turned = (text: string) => `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`;
  const invented = `lku_${'0'.repeat(26)}_${'A'.repeat(49)}`;
  const ofAnother = key.replace(/^lku_.{26}/, `lku_${'0'.repeat(26)}`);
  for (const none of [invented, ofAnother, turned(key), key.slice(0, -1), key.replace('lku_', 'lko_')])
    expect(await costs(none), none).toEqual({ ...refused, objects: 0 });
  expect(await costs(turned(key.slice(0, -6)))).toEqual({ ...refused, objects: 1 });
  expect(await costs(key.slice(0, -6))).toEqual({ reason: null, statements: 0, objects: 1 });
  expect(await costs(key)).toEqual({ reason: null, statements: 0, objects: 1 });
});

// What is told once a minute is spread over ten decisions, as in test/cost. Beside what it is by a token (2.5 and 5.5 of a user, 2.7 and 5.8 of
// a member) there are the sums of the key: so many rows a minute, not each time.
it.each([
  ['a user', keyOfUser, { quota: 2.7, credits: 5.8 }],
  ['an organization', keyOfOrganization, { quota: 2.7, credits: 5.8 }],
])('a decision by a key of %s writes no more rows than it must', async (_, make, expected) => {
  const { key, alarm } = await make();
  const ask = async (more: object = {}) =>
    expect((await authorizeBy(key, more)).body).toMatchObject({ allowed: true });
  await ask({ resource: 'messages', credits: 1, reference: 'warm' });
  await alarm();
  await countRows();
  const spread = async (act: (n: number) => Promise<unknown>, tells = true) => {
    await takeRows();
    for (let n = 0; n < TIMES; n += 1) await act(n);
    if (tells) expect(await alarm()).toBe(true);
    return (await takeRows()).otherRows / TIMES;
  };
  expect({
    look: await spread(() => ask(), false),
    quota: await spread((n) => ask({ resource: 'messages', reference: `q-${n}` })),
    credits: await spread((n) => ask({ resource: 'messages', credits: 1, reference: `c-${n}` })),
  }).toEqual({ look: 0, ...expected });
  // That it was used is written down once an hour.
  advance(3_600_000);
  expect(await spread(() => ask(), false)).toBe(0.1);
});
