import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { inject, onTestFinished } from 'vitest';
import type { SinkEvent } from '../../src/sinks/events.ts';
import { accountOf } from './api.ts';
import type { SinkBatch, SinkPlan } from './peers/event-sink.ts';
import './peers/ports.ts';
import { setObjectVariables } from './worker.ts';

const TOKEN = 'om_test_token';
let channels = 0;

const control = (path: string) => `http://127.0.0.1:${inject('peers').mailbox}/event-sinks${path}`;

/** The HTTPS server that takes CloudEvents, at a path of its own. */
export function eventServer() {
  channels += 1;
  const channel = `/${crypto.randomUUID()}/${channels}`;
  const query = `?channel=${encodeURIComponent(channel)}`;
  const tell = async (path: string, body: unknown) => {
    await fetch(control(path + query), { method: 'PUT', body: JSON.stringify(body) });
  };
  const batches = async (): Promise<SinkBatch[]> => (await fetch(control(query))).json();
  return {
    variables: {
      EVENT_SINK: 'cloudevents',
      CLOUDEVENTS_URL: `https://127.0.0.1:${inject('peers').eventSink.trusted}${channel}`,
      CLOUDEVENTS_TOKEN: TOKEN,
    },
    /** How it behaves from now on. */
    plan: (plan: SinkPlan) => tell('', plan),
    /** Answers what hangs, with a failure. */
    release: () => tell('/release', null),
    /** All that came. */
    batches,
    /** The events that it has taken, in the order in which they came, doubles included. */
    async taken(): Promise<SinkEvent[]> {
      return (await batches()).filter(({ taken }) => taken).flatMap(({ events }) => events);
    },
  };
}

/** Switches a sink on for all objects that are made until the test is over. */
export function withEventSink(variables: Record<string, unknown>): void {
  setObjectVariables(variables);
  onTestFinished(() => setObjectVariables(null));
}

/** The environment with other variables. */
export const environmentWith = (variables: Record<string, unknown>) => ({ ...env, ...variables }) as any;

/** Each event once, where it came first. */
export function firsts(events: SinkEvent[]): SinkEvent[] {
  return [...new Map(events.toReversed().map((one) => [one.id, one])).values()].reverse();
}

/** Runs the alarm of a user's object. */
export const wakeUp = (userId: string) => runDurableObjectAlarm(accountOf(userId));

/** The ids of all events that the object's tables have. */
export function eventIds(userId: string, realm = 'default'): Promise<string[]> {
  return runInDurableObject(accountOf(userId), (_, { storage: { sql } }) =>
    ['activity', 'uses', 'token_uses', 'credit_transactions'].flatMap((table) => {
      if (sql.exec('SELECT 1 FROM sqlite_schema WHERE name = ?', table).toArray().length === 0) return [];
      const events = table === 'uses' ? 'WHERE resource IS NOT NULL' : '';
      return sql
        .exec<{ seq: number }>(`SELECT seq FROM ${table} ${events} ORDER BY seq`)
        .toArray()
        .map(({ seq }) => `${realm}.${userId}.${table}.${seq}`);
    }),
  );
}

/** A binding of the local platform, which takes all and keeps nothing: what goes in is noted, and goes in. */
export function notedBinding(binding: 'EVENT_PIPELINE' | 'EVENT_DATASET', method: string) {
  const real = (env as any)[binding];
  const given: unknown[] = [];
  const stand = {
    [method]: async (value: unknown) => {
      given.push(structuredClone(value));
      return real[method](value);
    },
  };
  return { given, variables: { [binding]: stand } };
}
