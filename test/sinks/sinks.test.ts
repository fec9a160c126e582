import { describe, expect, inject, it, vi } from 'vitest';
import { parseChoice } from '../../src/config/provider.ts';
import { RunBudget } from '../../src/lib/run-budget.ts';
import { type SinkEvent, sinkEvent } from '../../src/sinks/events.ts';
import type { EventSink } from '../../src/sinks/port.ts';
import { EVENT_SINKS } from '../../src/sinks/registry.ts';
import { EventSender } from '../../src/sinks/sender.ts';
import { PLENTY } from '../support/budget.ts';
import { environmentWith, eventServer, firsts, notedBinding } from '../support/event-sink.ts';

const events = (count: number, mark = 'use'): SinkEvent[] =>
  Array.from({ length: count }, (_, n) =>
    sinkEvent(
      'latchkey.usage',
      {
        id: `default.usr_1.uses.${n + 1}`,
        source: 'https://auth.test',
        subject: 'usr_1',
        realm: 'default',
        at: n,
      },
      { resource: 'images', quantity: 1, request: 'consume', reference: `${mark}-${n + 1}` },
    ),
  );
const ids = (of: SinkEvent[]) => of.map(({ id }) => id);

const sinkOf = (variables: Record<string, unknown>): EventSink => {
  const environment = environmentWith(variables);
  return parseChoice(EVENT_SINKS, environment).create(environment) as EventSink;
};

interface Harness {
  variables: Record<string, unknown>;
  /** The ids of the events that have arrived, in their order. */
  arrived(): Promise<string[]>;
}

const HARNESSES: Record<string, () => Harness> = {
  cloudevents: () => {
    const server = eventServer();
    return { variables: server.variables, arrived: async () => ids(await server.taken()) };
  },
  pipeline: () => {
    const { given, variables } = notedBinding('EVENT_PIPELINE', 'send');
    return { variables, arrived: async () => (given as SinkEvent[][]).flatMap(ids) };
  },
  analytics_engine: () => {
    const { given, variables } = notedBinding('EVENT_DATASET', 'writeDataPoint');
    return {
      variables,
      arrived: async () => (given as { blobs: string[] }[]).map(({ blobs }) => blobs[2] as string),
    };
  },
};

describe.each(Object.entries(HARNESSES))('the sink %s', (name, harness) => {
  const made = () => {
    const { variables, arrived } = harness();
    const sink = sinkOf({ EVENT_SINK: name, ...variables });
    return { sink, sender: new EventSender(name, sink), arrived };
  };

  it('takes events by calls as large as it says, each once, in their order', async () => {
    const { sink, sender, arrived } = made();
    const many = events(sink.perCall * 3 + 1);
    const budget = new RunBudget(10, Date.now() + 60_000);
    expect(await sender.send(many, budget)).toEqual({ done: many.length, refused: 0, failure: null });
    expect(await arrived()).toEqual(ids(many));
  });

  it('takes every type of event', async () => {
    const { sender, arrived } = made();
    const about = { source: 'https://auth.test', subject: 'usr_1', realm: 'default', at: 0 };
    const all = [
      ...events(1),
      sinkEvent(
        'latchkey.tokens',
        { ...about, id: 't' },
        { model: 'm', input_tokens: 1, output_tokens: 2, total_tokens: 3, request_id: null },
      ),
      sinkEvent(
        'latchkey.credits',
        { ...about, id: 'c' },
        {
          transaction_id: 'txn_1',
          transaction_type: 'used',
          amount: -1,
          balance_after: 9,
          reference: 'r',
          refund_of: null,
          actor: null,
        },
      ),
      sinkEvent(
        'latchkey.activity',
        { ...about, id: 'a' },
        { activity: 'signed_in', session_id: 'ses_1', country: null, actor: null },
      ),
      sinkEvent(
        'latchkey.audit',
        { ...about, id: 'aud_1' },
        { action: 'user_changed', actor: 'usr_2', target: 'usr_1' },
      ),
    ];
    expect(await sender.send(all, PLENTY)).toMatchObject({ done: 5 });
    expect(await arrived()).toEqual(ids(all));
  });

  it('is not asked without calls to spend', async () => {
    const { sender, arrived } = made();
    expect(await sender.send(events(3), { take: () => false })).toEqual({
      done: 0,
      refused: 0,
      failure: null,
    });
    expect(await arrived()).toEqual([]);
  });
});

describe('CloudEvents by HTTPS', () => {
  const made = (timeoutMs?: number) => {
    const server = eventServer();
    return { server, sender: new EventSender('cloudevents', sinkOf(server.variables), timeoutMs) };
  };

  it('go in the JSON batch format of version 1.0, with the bearer token', async () => {
    const { server, sender } = made();
    await sender.send(events(2), PLENTY);
    const [batch] = await server.batches();
    expect(batch).toMatchObject({
      method: 'POST',
      headers: {
        'content-type': 'application/cloudevents-batch+json; charset=utf-8',
        authorization: 'Bearer om_test_token',
      },
    });
    expect(batch?.events[0]).toEqual({
      specversion: '1.0',
      id: 'default.usr_1.uses.1',
      source: 'https://auth.test',
      type: 'latchkey.usage',
      subject: 'usr_1',
      time: '1970-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      realm: 'default',
      data: { resource: 'images', quantity: 1, request: 'consume', reference: 'use-1' },
    });
  });

  it.each([
    ['a failure of the server', { status: 500 }, 'it answered 500'],
    ['credentials that it refuses', { status: 401 }, 'it answered 401'],
    ['a path that is not there', { status: 404 }, 'it answered 404'],
    [
      'a redirect, which is not followed',
      { status: 307, headers: { location: '/elsewhere' } },
      'it answered 307',
    ],
    ['a connection that is closed', 'drop', /^the connection failed/],
    ['an answer that ends early', 'cut', /^the connection failed/],
  ] as const)('wait after %s, and go again under the same ids', async (_, fault, reason) => {
    const { server, sender } = made();
    await server.plan({ next: [fault] });
    expect(await sender.send(events(3), PLENTY)).toEqual({
      done: 0,
      refused: 0,
      failure: { reason: expect.stringMatching(reason), retryAfter: null },
    });
    expect(await sender.send(events(3), PLENTY)).toMatchObject({ done: 3, failure: null });
    expect(ids(firsts(await server.taken()))).toEqual(ids(events(3)));
    expect(await server.batches()).toHaveLength(2);
  });

  it('wait for as long as Retry-After says, in seconds or until a date', async () => {
    const { server, sender } = made();
    const date = new Date(Date.now() + 120_000).toUTCString();
    await server.plan({
      next: ['90', date, 'soon'].map((value) => ({ status: 429, headers: { 'retry-after': value } })),
    });
    const wait = async () => (await sender.send(events(1), PLENTY)).failure?.retryAfter;
    expect(await wait()).toBe(90_000);
    const untilDate = await wait();
    expect(untilDate).toBeGreaterThan(60_000);
    expect(untilDate).toBeLessThanOrEqual(120_000);
    expect(await wait()).toBeNull();
  });

  it('wait for a server that hangs only so long', async () => {
    const { server, sender } = made(300);
    await server.plan({ next: ['hang'] });
    expect((await sender.send(events(1), PLENTY)).failure?.reason).toBe('no answer within 0.3 seconds');
    await server.release();
  });

  it('go nowhere when the certificate is nobody’s that is trusted', async () => {
    const { server } = made();
    const url = `https://127.0.0.1:${inject('peers').eventSink.untrusted}/`;
    const sender = new EventSender('cloudevents', sinkOf({ ...server.variables, CLOUDEVENTS_URL: url }));
    expect((await sender.send(events(1), PLENTY)).failure?.reason).toMatch(/^the connection failed/);
  });

  it('are sent by fewer when they are too many, and stay so', async () => {
    const { server, sender } = made();
    await server.plan({ most: 30 });
    expect(await sender.send(events(100), PLENTY)).toMatchObject({ done: 100, refused: 0 });
    expect(ids(await server.taken())).toEqual(ids(events(100)));
    const before = (await server.batches()).length;
    await sender.send(events(50), PLENTY);
    const sizes = (await server.batches()).slice(before).map((batch) => batch.events.length);
    expect(sizes).toEqual([25, 25]);
  });

  it.each([1, 37, 100])(
    'leave out one that is refused by itself, the %ith, and say which',
    async (poison) => {
      const { server, sender } = made();
      const error = vi.spyOn(console, 'error').mockImplementation(() => {});
      await server.plan({ refuse: `"use-${poison}"` });
      expect(await sender.send(events(100), PLENTY)).toEqual({ done: 100, refused: 1, failure: null });
      expect(ids(await server.taken())).toEqual(ids(events(100)).toSpliced(poison - 1, 1));
      expect((await server.batches()).length).toBeLessThan(20);
      const line = JSON.parse(error.mock.calls[0]?.[0] as string);
      expect(line).toMatchObject({
        event: 'event_refused',
        id: `default.usr_1.uses.${poison}`,
        reason: 'it answered 400',
      });
      error.mockRestore();
    },
  );

  it('are kept when it refuses whatever comes: that is no fault of theirs', async () => {
    const { server, sender } = made();
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    await server.plan({ always: { status: 400 } });
    expect(await sender.send(events(100), PLENTY)).toEqual({
      done: 5,
      refused: 5,
      failure: { reason: 'it answered 400', retryAfter: null },
    });
    error.mockRestore();
  });
});

describe('the configuration', () => {
  const problems = (variables: Record<string, unknown>) => {
    try {
      parseChoice(EVENT_SINKS, environmentWith(variables));
      return [];
    } catch (error) {
      return (error as { problems: string[] }).problems;
    }
  };

  it('sends nothing anywhere unless told to', () => {
    const { name, create } = parseChoice(EVENT_SINKS, environmentWith({}));
    expect([name, create({})]).toEqual(['none', null]);
  });

  it('names what a sink lacks, and what is wrong', () => {
    expect(problems({ EVENT_SINK: 'kafka' })).toEqual([expect.stringContaining('EVENT_SINK')]);
    expect(problems({ EVENT_SINK: 'cloudevents' })).toEqual([
      'CLOUDEVENTS_URL is missing (EVENT_SINK is cloudevents)',
    ]);
    for (const url of ['http://events.example.com/', 'ftp://events.example.com', 'events']) {
      expect(problems({ EVENT_SINK: 'cloudevents', CLOUDEVENTS_URL: url })).toHaveLength(1);
    }
    expect(
      problems({
        EVENT_SINK: 'cloudevents',
        CLOUDEVENTS_URL: 'https://events.example.com/',
        CLOUDEVENTS_TOKEN: 'a\nb',
      }),
    ).toHaveLength(1);
    expect(problems({ EVENT_SINK: 'pipeline', EVENT_PIPELINE: undefined })).toEqual([
      'EVENT_PIPELINE is missing (EVENT_SINK is pipeline)',
    ]);
    expect(problems({ EVENT_SINK: 'analytics_engine', EVENT_DATASET: undefined })).toEqual([
      'EVENT_DATASET is missing (EVENT_SINK is analytics_engine)',
    ]);
  });
});
