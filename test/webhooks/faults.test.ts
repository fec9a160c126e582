import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { deriveKeyring } from '../../src/crypto/keys.ts';
import { RunBudget } from '../../src/lib/run-budget.ts';
import { MINUTE } from '../../src/lib/time.ts';
import { Outbox } from '../../src/messages/outbox.ts';
import { resolvesToPublic } from '../../src/webhooks/address.ts';
import { Webhooks } from '../../src/webhooks/channel.ts';
import { asAdmin } from '../support/admin.ts';
import { accountOf, call, INTERNAL, PASSWORD, register, registerVerified } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { advance } from '../support/clock.ts';
import { crashingD1 } from '../support/crashing-d1.ts';
import { takeD1Away } from '../support/d1-away.ts';
import { project, withBatch } from '../support/projection.ts';
import { deliverDue, realmOfItsOwn, webhook } from '../support/webhooks.ts';

/** An outbox that delivers by another database, or with other rules. */
function outboxOn(d1: D1Database, other: Partial<ConstructorParameters<typeof Webhooks>[0]> = {}): Outbox {
  const config = parseConfig(env as unknown as Record<string, unknown>);
  return new Outbox({
    d1,
    webhooks: new Webhooks({
      keys: deriveKeyring(config, 'webhooks'),
      mayBeLocal: true,
      resolve: async () => [],
      origin: 'https://auth.test',
      ...other,
    }),
    deliveriesPerCall: 8,
    mail: { perCall: 1, sendAll: async () => [] },
    texts: null,
    from: 'a@latchkey.test',
    origin: 'https://auth.test',
  });
}

const typesOf = (events: any[]) => events.map(({ type }) => type);

describe('nothing is lost and nothing told twice', () => {
  it('when the batch of an object is written and its answer is lost, and when D1 is away', async () => {
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm, { events: ['session.created', 'session.revoked', 'credits.changed'] });
    const { user, access_token: token } = await register({}, { realm });
    await withBatch(
      user.id,
      async (real, all) => {
        await real.batch(all);
        throw new Error('the answer is lost');
      },
      (object) => object.alarm(),
    );
    await call('POST', '/v1/auth/logout', { realm, token, body: {} });
    await call('POST', '/v1/credits/add', {
      realm,
      headers: INTERNAL,
      body: { user_id: user.id, amount: 5, reference: 'a' },
    });
    const giveBack = takeD1Away('failing');
    await project(user.id);
    giveBack();
    await evictDurableObject(accountOf(user.id));
    await project(user.id);
    await abortAllDurableObjects();
    await project(user.id);
    while ((await deliverDue()) > 0);
    expect(typesOf(await hook.events())).toEqual(['session.created', 'session.revoked', 'credits.changed']);
    expect(await hook.posts()).toHaveLength(3);
  });

  it('wherever the delivery stops: each event gets there, under one id', async () => {
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm, { events: ['user.created'] });
    let crashes = 0;
    for (const isDone of [false, true]) {
      for (let left = 1; left <= 4; left += 1) {
        await register({}, { realm });
        const fuse = { left, isDone };
        await outboxOn(crashingD1(env.DB, fuse))
          .drain(PLENTY, 'webhooks')
          .catch(() => {
            crashes += 1;
          });
        // The lease of who has died ends.
        advance(2 * MINUTE);
      }
    }
    expect(crashes).toBeGreaterThan(4);
    while ((await deliverDue()) > 0);
    expect(await hook.events()).toHaveLength(8);
    expect((await hook.deliveries()).map(({ status }) => status)).toEqual(Array(8).fill('delivered'));
  });

  it('when a user goes: what they did before is told, and their deletion last', async () => {
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm);
    const { user, access_token: token } = await registerVerified({}, { realm });
    await project(user.id);
    await call('DELETE', '/v1/me', { realm, token, body: { password: PASSWORD } });
    while ((await deliverDue()) > 0);
    expect(typesOf(await hook.events())).toEqual(['user.created', 'session.created', 'user.deleted']);
  });
});

describe('an address', () => {
  for (const [what, url] of [
    ['this machine', 'https://127.0.0.1/x'],
    ['this machine by its name', 'https://localhost/x'],
    ['a private network', 'https://192.168.0.10/x'],
    ['the metadata of a cloud', 'http://169.254.169.254/latest/meta-data'],
    ['a name of a cloud', 'https://metadata.google.internal/x'],
    ['plain http', 'http://hooks.example.com/x'],
    ['a number that browsers take for an address', 'https://2130706433/x'],
    ['an address of IPv6', 'https://[::1]/x'],
  ] as const) {
    it(`${what} gets nothing in production, though it was taken once`, async () => {
      const realm = await realmOfItsOwn();
      const hook = await webhook(realm, { events: ['user.created'] });
      await env.DB.prepare('UPDATE webhook_endpoints SET url = ? WHERE id = ?').bind(url, hook.id).run();
      await register({}, { realm });
      await outboxOn(env.DB, { mayBeLocal: false }).drain(PLENTY, 'webhooks');
      expect(await hook.deliveries()).toMatchObject([
        { status: 'pending', last_error: 'the address is not of the public Internet' },
      ]);
      expect(await hook.posts()).toEqual([]);
    });
  }

  it('with a name that resolves to this machine or a private network gets nothing', async () => {
    for (const [index, addresses] of [
      ['127.0.0.1'],
      ['93.184.216.34', '10.0.0.1'],
      ['169.254.169.254'],
      ['100.64.0.1'],
      ['::1'],
      ['fd00::1'],
      ['::ffff:127.0.0.1'],
      ['0.0.0.0'],
    ].entries()) {
      const name = `inner-${index}.example.com`;
      expect([addresses, await resolvesToPublic(name, async () => addresses, 0)]).toEqual([addresses, false]);
    }
    const good = async () => ['93.184.216.34', '2606:2800:220:1::1'];
    expect(await resolvesToPublic('outer.example.com', good, 0)).toBe(true);
    const realm = await realmOfItsOwn();
    const hook = await webhook(realm, { events: ['user.created'] });
    await env.DB.prepare("UPDATE webhook_endpoints SET url = 'https://rebound.example.com/' WHERE id = ?")
      .bind(hook.id)
      .run();
    await register({}, { realm });
    await outboxOn(env.DB, { mayBeLocal: false, resolve: async () => ['127.0.0.1'] }).drain(
      PLENTY,
      'webhooks',
    );
    expect(await hook.deliveries()).toMatchObject([
      { last_error: 'the address is not of the public Internet' },
    ]);
  });

  it('of another kind is refused when it is given', async () => {
    const realm = await realmOfItsOwn();
    for (const url of [
      'ftp://example.com/',
      'http://example.com/',
      'https://user:pass@example.com/',
      'https://10.0.0.1/',
    ]) {
      const answer = await asAdmin('POST', '/webhooks', { realm, body: { url } });
      expect([url, answer.status]).toEqual([url, 422]);
    }
  });
});

it('many events drain within the budget of runs, and no endpoint waits for another', async () => {
  const realm = await realmOfItsOwn();
  const hooks = [await webhook(realm), await webhook(realm), await webhook(realm)];
  const [slow] = hooks as [(typeof hooks)[0]];
  await slow.plan({ always: { status: 500 } });
  const EVENTS = 400;
  await env.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     INSERT INTO events (id, realm_id, seq, user_id, type, at, data)
     SELECT 'evt_many_' || i || '_' || ?2, ?2, ?3 + i, NULL, 'realm.updated', ?3, '{}' FROM n`,
  )
    .bind(EVENTS, realm, Date.now())
    .run();
  const CALLS = 250;
  let runs = 0;
  let calls = 0;
  for (let tried = 1; tried > 0; runs += 1) {
    const budget = new RunBudget(CALLS, Date.now() + MINUTE);
    const counting = {
      take: (wanted: number) => {
        const taken = budget.take(wanted);
        if (taken) calls += wanted;
        return taken;
      },
    };
    const before = calls;
    tried = await outboxOn(env.DB).drain(counting, 'webhooks');
    expect(calls - before).toBeLessThanOrEqual(CALLS);
  }
  const [failed, ...taken] = await Promise.all(hooks.map((hook) => hook.events()));
  expect(failed).toEqual([]);
  expect(taken.map((events) => events.length)).toEqual([EVENTS, EVENTS]);
  // What fails is left alone after a round, and takes no part of the runs.
  expect((await slow.posts()).length).toBeLessThan(10);
  // An eighth of a call for a delivery, and its part of the six statements of a round.
  expect(calls / (2 * EVENTS)).toBeLessThan(0.25);
  console.log(`DRAINED ${2 * EVENTS} deliveries in ${runs} runs of ${CALLS} calls: ${calls}`);
});
