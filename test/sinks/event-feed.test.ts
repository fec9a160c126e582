import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { accountOf, call, INTERNAL, login, PASSWORD, register, registerVerified } from '../support/api.ts';
import { advance } from '../support/clock.ts';
import { eventIds, eventServer, firsts, wakeUp, withEventSink } from '../support/event-sink.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const service = async (path: string, body: object) => {
  const answer = await call('POST', path, { headers: INTERNAL, body });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
};
const use = (user_id: string, reference: string, resource = 'images') =>
  service('/v1/usage', { user_id, resource, quantity: 1, reference });
const addCredits = (user_id: string, reference: string) =>
  service('/v1/credits/add', { user_id, amount: 5, reference });
const alarmOf = (userId: string) =>
  runInDurableObject(accountOf(userId), (_, { storage }) => storage.getAlarm());
const kvOf = (userId: string, key: string) =>
  runInDurableObject(accountOf(userId), (_, { storage }) => storage.kv.get<any>(key));
const sinkRow = () => env.DB.prepare('SELECT * FROM event_sink').first<any>();

/** Lets the object send until it has nothing left, however often it is put off. */
async function sendAll(userId: string): Promise<void> {
  for (let n = 0; n < 50; n += 1) {
    await wakeUp(userId);
    const alarm = await alarmOf(userId);
    if (alarm === null || alarm > Date.now() + 2 * DAY) return;
    advance(Math.max(0, alarm - Date.now()));
  }
  const left = await runInDurableObject(accountOf(userId), (_, { storage }) => [...storage.kv.list()]);
  throw new Error(`it never comes to an end: ${JSON.stringify(left)}`);
}

function started() {
  const server = eventServer();
  withEventSink(server.variables);
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => errors.mockRestore());
  return Object.assign(server, { logged: () => errors.mock.calls.map(String) });
}

describe('what happens to an account', () => {
  it('goes to the sink, each kind as its schema says, in order', async () => {
    const server = started();
    const { user, access_token: token, session_id } = await register();
    await use(user.id, 'use-1');
    await service('/v1/credits/add', { user_id: user.id, amount: 5, reference: 'gift' });
    await service('/v1/authorize', {
      token,
      resource: 'messages',
      quantity: 2,
      credits: 3,
      reference: 'ask',
    });
    await call('POST', '/v1/me/tokens', {
      token,
      body: { model: 'small', input_tokens: 5, output_tokens: 7, request_id: 'tokens-1' },
    });
    await login(user.email, 'a wrong password');
    await wakeUp(user.id);
    const taken = await server.taken();
    expect(taken.map(({ id }) => id).sort()).toEqual((await eventIds(user.id)).sort());
    expect(taken.map(({ time }) => time)).toEqual(taken.map(({ time }) => time).toSorted());
    const about = { specversion: '1.0', source: 'https://auth.test', subject: user.id, realm: 'default' };
    for (const event of taken) expect(event).toMatchObject(about);
    const dataOf = (type: string) => taken.filter((event) => event.type === type).map(({ data }) => data);
    expect(dataOf('latchkey.activity')).toEqual([
      { activity: 'registered', session_id, country: null, actor: null },
      { activity: 'sign_in_failed', session_id: null, country: null, actor: null },
    ]);
    expect(dataOf('latchkey.usage')).toEqual([
      { resource: 'images', quantity: 1, request: 'consume', reference: 'use-1' },
      { resource: 'messages', quantity: 2, request: 'authorize', reference: 'ask' },
    ]);
    expect(dataOf('latchkey.tokens')).toEqual([
      { model: 'small', input_tokens: 5, output_tokens: 7, total_tokens: 12, request_id: 'tokens-1' },
    ]);
    expect(dataOf('latchkey.credits')).toEqual([
      expect.objectContaining({ transaction_type: 'added', amount: 5, balance_after: 5, reference: 'gift' }),
      expect.objectContaining({ transaction_type: 'used', amount: -3, balance_after: 2, reference: 'ask' }),
    ]);
    expect(JSON.stringify(taken)).not.toContain(user.email);
    expect(JSON.stringify(taken)).not.toMatch(/@|user_agent|"ip"|lkr\.|eyJ/);
  });

  it('goes once: what was sent is not sent again, and what is new is, in time', async () => {
    const server = started();
    const { user } = await register();
    await wakeUp(user.id);
    const before = (await server.taken()).length;
    advance(0);
    await addCredits(user.id, 'later');
    expect(await alarmOf(user.id)).toBeLessThanOrEqual(Date.now() + MINUTE);
    advance(MINUTE);
    await wakeUp(user.id);
    expect((await server.taken()).slice(before).map(({ type }) => type)).toEqual(['latchkey.credits']);
    await wakeUp(user.id);
    expect(await server.taken()).toHaveLength(before + 1);
  });

  it('does not wait longer because the object is evicted between any two bookings', async () => {
    started();
    const { user } = await register();
    await sendAll(user.id);
    await addCredits(user.id, 'first');
    const first = await alarmOf(user.id);
    for (let n = 0; n < 3; n += 1) {
      advance(15_000);
      await evictDurableObject(accountOf(user.id));
      await addCredits(user.id, `more-${n}`);
      expect(await alarmOf(user.id)).toBeLessThanOrEqual(first as number);
    }
  });

  it('goes nowhere without a sink, and leaves no trace of one', async () => {
    const { user } = await register();
    await addCredits(user.id, 'gift');
    await wakeUp(user.id);
    expect(await kvOf(user.id, 'fed')).toBeUndefined();
  });

  it('of the last day goes to a sink that is new', async () => {
    const { user } = await register();
    await use(user.id, 'old');
    await wakeUp(user.id);
    advance(2 * DAY);
    await use(user.id, 'young');
    await addCredits(user.id, 'young-too');
    await wakeUp(user.id);
    const server = started();
    await evictDurableObject(accountOf(user.id));
    advance(HOUR);
    await use(user.id, 'youngest');
    await wakeUp(user.id);
    const references = (await server.taken()).map(({ data }) => (data as any).reference);
    expect(references).toEqual(['young', 'young-too', 'youngest']);
  });

  it('that is more than one run sends goes in the next', async () => {
    const server = started();
    const { user } = await register();
    await server.plan({ most: 1 });
    for (let n = 0; n < 20; n += 1) await use(user.id, `use-${n}`);
    await wakeUp(user.id);
    const taken = (await server.taken()).length;
    expect(taken).toBeLessThan(21);
    expect(await alarmOf(user.id)).toBeLessThanOrEqual(Date.now() + 2000);
    await server.plan({});
    await sendAll(user.id);
    expect((await server.taken()).map(({ id }) => id).sort()).toEqual((await eventIds(user.id)).sort());
  });
});

describe('while the sink is stopped', () => {
  it('nothing is lost for a day, and all of it goes when it is back, in order', async () => {
    const server = started();
    advance(0);
    const { user } = await register();
    await server.plan({ always: { status: 503 } });
    for (let hour = 0; hour < 24; hour += 1) {
      // Of which a day has enough for all of them.
      await use(user.id, `hour-${hour}`, 'messages');
      await addCredits(user.id, `credits-${hour}`);
      await wakeUp(user.id);
      if (hour % 5 === 0) await evictDurableObject(accountOf(user.id));
      if (hour % 7 === 0) await abortAllDurableObjects();
      advance(HOUR);
    }
    expect(await server.taken()).toEqual([]);
    // It is left alone for longer and longer: an hour at most.
    expect((await server.batches()).length).toBeLessThanOrEqual(25);
    expect((await kvOf(user.id, 'fed')).retryAt).toBeLessThanOrEqual(Date.now() + HOUR);
    expect(await sinkRow()).toMatchObject({ failing_since: expect.any(Number), error: 'it answered 503' });
    await server.plan({});
    await sendAll(user.id);
    const taken = await server.taken();
    expect(taken.map(({ id }) => id).sort()).toEqual((await eventIds(user.id)).sort());
    expect(taken.length).toBe(49);
    expect(taken.map(({ time }) => time)).toEqual(taken.map(({ time }) => time).toSorted());
    expect(await sinkRow()).toMatchObject({ failing_since: null, dropped: 0 });
  });

  it('it is left alone for as long as it asks', async () => {
    const server = started();
    advance(0);
    const { user } = await register();
    await server.plan({ next: [{ status: 429, headers: { 'retry-after': '7200' } }] });
    await wakeUp(user.id);
    expect((await kvOf(user.id, 'fed')).retryAt).toBe(Date.now() + 2 * HOUR);
    await use(user.id, 'meanwhile');
    advance(HOUR);
    await wakeUp(user.id);
    expect(await server.batches()).toHaveLength(1);
    expect(await alarmOf(user.id)).toBe(Date.now() + HOUR);
    advance(HOUR);
    await wakeUp(user.id);
    expect(await server.taken()).toHaveLength(2);
  });

  it('no request waits for it, and the directory is told meanwhile', async () => {
    const server = started();
    const { user, access_token: token } = await register();
    await server.plan({ next: ['hang'] });
    let isOver = false;
    const alarm = wakeUp(user.id).then(() => {
      isOver = true;
    });
    await vi.waitFor(async () => expect(await server.batches()).toHaveLength(1));
    expect((await call('GET', '/v1/auth/session', { token })).status).toBe(200);
    await use(user.id, 'meanwhile');
    await addCredits(user.id, 'credits-meanwhile');
    expect((await login(user.email)).status).toBe(200);
    expect(isOver).toBe(false);
    const told = await env.DB.prepare('SELECT type FROM activity WHERE user_id = ?').bind(user.id).all();
    expect(told.results.map(({ type }) => type)).toEqual(['registered']);
    await server.release();
    await alarm;
    // What the directory is to be told of does not wait for the sink to be asked again.
    expect(await alarmOf(user.id)).toBeLessThanOrEqual(Date.now() + 2000);
    await sendAll(user.id);
    expect(
      firsts(await server.taken())
        .map(({ id }) => id)
        .sort(),
    ).toEqual((await eventIds(user.id)).sort());
  });

  it('what is too old to be kept is gone, and counted', async () => {
    const server = started();
    advance(0);
    const { user } = await register();
    await wakeUp(user.id);
    await server.plan({ always: { status: 503 } });
    await use(user.id, 'lost-1');
    await use(user.id, 'lost-2');
    await wakeUp(user.id);
    advance(100 * DAY);
    await use(user.id, 'kept');
    await wakeUp(user.id);
    await server.plan({});
    advance(HOUR);
    await wakeUp(user.id);
    const references = (await server.taken()).flatMap(({ data }) => (data as any).reference ?? []);
    expect(references).toEqual(['kept']);
    await vi.waitFor(async () => expect(await sinkRow()).toMatchObject({ dropped: 2 }));
    expect(server.logged()).toContainEqual(expect.stringMatching(/"events_lost".*"events":2/));
  });
});

describe('of a user who is deleted', () => {
  const gone = async (server: ReturnType<typeof started>) => {
    const { user, access_token: token } = await registerVerified();
    await server.plan({ always: { status: 503 } });
    await use(user.id, 'last');
    await wakeUp(user.id);
    const waiting = await eventIds(user.id);
    expect((await call('DELETE', '/v1/me', { token, body: { password: PASSWORD } })).status).toBe(204);
    return { id: user.id, waiting };
  };

  it('what was not sent goes yet, their deletion last, and nothing is kept then', async () => {
    const server = started();
    const { id, waiting } = await gone(server);
    await wakeUp(id);
    await evictDurableObject(accountOf(id));
    await server.plan({});
    await sendAll(id);
    const taken = firsts(await server.taken());
    expect(taken.map((one) => one.id)).toEqual(expect.arrayContaining(waiting));
    expect(taken.at(-1)).toMatchObject({ data: { activity: 'account_deleted' }, subject: id });
    // They proved who they are before.
    const after = taken.slice(waiting.length).map(({ data }) => (data as { activity: string }).activity);
    expect(after).toEqual(['reauthenticated', 'account_deleted']);
    const keys = await runInDurableObject(accountOf(id), (_, { storage }) =>
      [...storage.kv.list()].map(([key]) => key),
    );
    expect(keys).toEqual(['deleted']);
  });

  it('nothing is kept for more than a week', async () => {
    const server = started();
    const { id } = await gone(server);
    await wakeUp(id);
    advance(8 * DAY);
    await wakeUp(id);
    expect(await server.taken()).toEqual([]);
    const keys = await runInDurableObject(accountOf(id), (_, { storage }) =>
      [...storage.kv.list()].map(([key]) => key),
    );
    expect(keys.filter((key) => key.startsWith('unsent:'))).toEqual([]);
  });
});

it('every event arrives at least once under one id, in order, whatever fails', {
  timeout: 240_000,
}, async () => {
  const fault = fc.constantFrom(
    { status: 500 },
    { status: 429, headers: { 'retry-after': '60' } },
    'drop' as const,
    'cut' as const,
  );
  const step = fc.oneof(
    fc.record({ do: fc.constantFrom('use', 'credits', 'fail', 'tokens') }),
    fc.record({ do: fc.constant('alarm' as const) }),
    fc.record({ do: fc.constant('faults' as const), next: fc.array(fault, { minLength: 1, maxLength: 3 }) }),
    fc.record({ do: fc.constant('advance' as const), minutes: fc.constantFrom(1, 20, 300) }),
    fc.record({ do: fc.constantFrom('evict' as const, 'abort' as const, 'abort while sending' as const) }),
  );
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => errors.mockRestore());
  advance(0);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const server = eventServer();
      withEventSink(server.variables);
      const { user, access_token: token } = await register();
      let n = 0;
      for (const one of steps) {
        n += 1;
        if (one.do === 'use') await use(user.id, `use-${n}`);
        else if (one.do === 'credits') await addCredits(user.id, `credits-${n}`);
        else if (one.do === 'fail') await login(user.email, 'a wrong password');
        else if (one.do === 'tokens') {
          const body = { model: 'small', input_tokens: 1, output_tokens: 1, request_id: `tokens-${n}` };
          await call('POST', '/v1/me/tokens', { token, body });
        } else if (one.do === 'alarm') await wakeUp(user.id);
        else if (one.do === 'faults') await server.plan({ next: (one as { next: any[] }).next });
        else if (one.do === 'advance') advance((one as { minutes: number }).minutes * MINUTE);
        else if (one.do === 'evict') {
          // Only what runs can be evicted.
          await accountOf(user.id).listSessions();
          await evictDurableObject(accountOf(user.id));
        } else if (one.do === 'abort') await abortAllDurableObjects();
        else {
          await server.plan({ next: ['hang'] });
          const before = (await server.batches()).length;
          const cut = wakeUp(user.id).catch(() => {});
          await Promise.race([
            cut,
            vi.waitFor(async () => expect((await server.batches()).length).toBeGreaterThan(before)),
          ]);
          await abortAllDurableObjects();
          await cut;
          await server.release();
        }
      }
      await server.plan({});
      advance(2 * HOUR);
      await use(user.id, 'end');
      await sendAll(user.id);
      // Objects of the runs before may wake up, too.
      const taken = firsts(await server.taken()).filter(({ subject }) => subject === user.id);
      expect(taken.map(({ id }) => id).sort()).toEqual((await eventIds(user.id)).sort());
      expect(taken.map(({ time }) => time)).toEqual(taken.map(({ time }) => time).toSorted());
      for (const table of ['activity', 'uses', 'token_uses', 'credit_transactions']) {
        const numbers = taken
          .filter(({ id }) => id.includes(`.${table}.`))
          .map(({ id }) => Number(id.split('.').at(-1)));
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
    }),
    { numRuns: 12 },
  );
});
