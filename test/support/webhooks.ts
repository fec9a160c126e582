import { env } from 'cloudflare:workers';
import { expect, inject, onTestFinished } from 'vitest';
import { createServices } from '../../src/services.ts';
import { asAdmin } from './admin.ts';
import { PLENTY } from './budget.ts';
import { eventServer } from './event-sink.ts';
import './peers/ports.ts';

let realms = 0;

/** A realm that no other test has. */
export async function realmOfItsOwn(): Promise<string> {
  realms += 1;
  const id = `hooks-${realms}-${crypto.randomUUID().slice(0, 8)}`;
  const made = await asAdmin('POST', '/realms', { body: { id, name: id } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return id;
}

/** A server that takes events, and an endpoint of a realm that leads there until the test is over. */
export async function webhook(realm: string, fields: Record<string, unknown> = {}) {
  const server = eventServer();
  const url = server.variables.CLOUDEVENTS_URL;
  const made = await asAdmin('POST', '/webhooks', { realm, body: { url, ...fields } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const { id, secret, public_keys: publicKeys } = made.body;
  onTestFinished(async () => {
    await asAdmin('DELETE', `/webhooks/${id}`, { realm });
  });
  const posts = async () =>
    (await server.batches()).map((batch) => ({ ...batch, event: batch.events as any }));
  return {
    ...server,
    id: id as string,
    secret: secret as string,
    publicKeys: publicKeys as string[],
    /** All that was posted, whatever became of it. */
    posts,
    /** The events that it has taken, each once, as they are numbered. */
    async events(): Promise<any[]> {
      const taken = (await posts()).filter((post) => post.taken).map(({ event }) => event);
      const each = new Map(taken.map((event) => [event.id, event]));
      return [...each.values()].sort((a, b) => a.sequence - b.sequence);
    },
    /** What operators see of it. */
    get: async () => (await asAdmin('GET', `/webhooks/${id}`, { realm })).body,
    deliveries: async (query = '') =>
      (await asAdmin('GET', `/webhooks/${id}/deliveries${query}`, { realm })).body.data as any[],
    log: async (delivery: string) =>
      (await asAdmin('GET', `/webhooks/${id}/deliveries/${delivery}`, { realm })).body,
  };
}

/** Delivers what is due, as the Cron Trigger does. */
export async function deliverDue(): Promise<number> {
  return createServices(env).outbox.drain(PLENTY, 'webhooks');
}

/** Where nobody listens. */
export const nowhere = () => `https://127.0.0.1:${inject('peers').eventSink.untrusted}/`;
