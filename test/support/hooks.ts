import { expect, onTestFinished } from 'vitest';
import { asAdmin } from './admin.ts';
import { eventServer } from './event-sink.ts';

/** What a hook answers. */
export const saying = (answer: unknown) => ({ status: 200, body: JSON.stringify(answer) });

/** A server that is asked by a realm until the test is over. */
export async function hook(realm: string, name: string, fields: Record<string, unknown> = {}) {
  const server = eventServer();
  const body = { url: server.variables.CLOUDEVENTS_URL, on_failure: 'refuse', ...fields };
  const made = await asAdmin('PUT', `/hooks/${name}`, { realm, body });
  expect([200, 201], JSON.stringify(made.body)).toContain(made.status);
  onTestFinished(async () => {
    await asAdmin('DELETE', `/hooks/${name}`, { realm });
    await server.release();
  });
  const asked = async () =>
    (await server.batches()).map(({ headers, body, events }) => ({ headers, body, question: events as any }));
  return {
    ...server,
    secret: made.body.secret as string,
    publicKeys: made.body.public_keys as string[],
    answers: (answer: unknown) => server.plan({ always: saying(answer) }),
    asked,
  };
}
