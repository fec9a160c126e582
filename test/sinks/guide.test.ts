import { expect, it } from 'vitest';
import guide from '../../src/docs/guides/event-sinks.md?raw';
import { type EventType, sinkEvent } from '../../src/sinks/events.ts';
import { call, INTERNAL, register } from '../support/api.ts';
import { eventServer, wakeUp, withEventSink } from '../support/event-sink.ts';

/** The examples of the guide, by type. */
const examples = new Map(
  [...guide.matchAll(/```json\n(.*?)```/gs)]
    .flatMap(([, text = '']) => JSON.parse(text))
    .map((example) => [example.type as EventType, example]),
);

it('the guide shows each type of event as it is sent', async () => {
  const server = eventServer();
  withEventSink(server.variables);
  const { user, access_token: token } = await register();
  const service = (path: string, body: object) => call('POST', path, { headers: INTERNAL, body });
  await service('/v1/credits/add', { user_id: user.id, amount: 5, reference: 'gift' });
  await service('/v1/authorize', { token, resource: 'images', quantity: 1, credits: 1, reference: 'job' });
  await call('POST', '/v1/me/tokens', { token, body: { model: 'm', input_tokens: 1, output_tokens: 1 } });
  await wakeUp(user.id);
  const about = { id: 'aud_1', source: 's', subject: 't', realm: 'default', at: 0 };
  const audit = sinkEvent('latchkey.audit', about, { action: 'user_changed', actor: 'a', target: 't' });
  const sent = new Map([...(await server.taken()), audit].map((event) => [event.type, event]));
  expect([...sent.keys()].sort()).toEqual([...examples.keys()].sort());
  for (const [type, event] of sent) {
    expect(Object.keys(examples.get(type).data), type).toEqual(Object.keys(event.data));
  }
  expect(Object.keys(examples.get('latchkey.usage'))).toEqual(Object.keys(audit));
});
