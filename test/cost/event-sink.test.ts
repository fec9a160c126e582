import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { notedBinding, withEventSink } from '../support/event-sink.ts';
import { costs } from './operations.ts';

// What waits for the sink is read where it is kept anyway, and the cursor is written once for all that goes in one run.
it('writes one row for each run of the alarm that has something to send, and none in D1', async () => {
  // Its calls are over at once: alarms that come by themselves are.
  const { given, variables } = notedBinding('EVENT_PIPELINE', 'send');
  withEventSink({ EVENT_SINK: 'pipeline', ...variables });
  const before = await env.DB.prepare('SELECT * FROM event_sink').first();
  const counted = await costs();
  const rows = Object.entries(counted).map(([name, { object_rows }]) => [name, object_rows]);
  expect(Object.fromEntries(rows)).toEqual({
    session_check: 0,
    refresh: 1,
    // 0.1 more than without: one row for ten of them in a minute.
    authorize_quota: 2.6,
    authorize_credits: 5.6,
    tokens: 2.7,
    sign_in: 2.5,
    // Three more: each is a user of their own, for whom the alarm comes.
    register: 9,
  });
  expect(await env.DB.prepare('SELECT * FROM event_sink').first()).toEqual(before);
  // Ten of one user in a minute go in one call.
  expect(Math.max(...given.map((events) => (events as object[]).length))).toBeGreaterThanOrEqual(20);
});
