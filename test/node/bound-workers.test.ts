import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { INTERNAL_API_KEY, WranglerDev, writeConfig } from '../support/wrangler-dev.ts';

// What a deployment may bind: a Worker that is asked, and a queue by which events are delivered at once.

/** A Worker of somebody's own: what it does, the address of who registers says. */
const DECIDER = `export default {
  async fetch(request) {
    const { data } = await request.json();
    if (data.email.startsWith('hang')) await new Promise(() => {});
    if (data.email.startsWith('throw')) throw new Error('a bug');
    if (data.email.startsWith('no')) return Response.json({ allow: false, message: 'Not you.' });
    return Response.json({ allow: true, metadata: { seen: request.headers.get('webhook-id').slice(0, 4) } });
  },
};`;

let latchkey: WranglerDev;
let receiver: Server;
const received: { headers: Record<string, string>; body: string }[] = [];

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(204).end();
  });
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  latchkey = await WranglerDev.start((folder) => {
    writeFileSync(join(folder, 'decider.mjs'), DECIDER);
    const decider = join(folder, 'decider.json');
    const config = { name: 'decider', main: 'decider.mjs', compatibility_date: '2026-08-01' };
    writeFileSync(decider, JSON.stringify(config));
    const queue = 'latchkey-deliveries';
    const bound = {
      services: [{ binding: 'HOOK_DECIDER', service: 'decider' }],
      queues: {
        producers: [{ binding: 'DELIVERIES', queue }],
        consumers: [{ queue, max_batch_size: 10, max_batch_timeout: 1 }],
      },
    };
    return [writeConfig(folder, bound), decider];
  });
});

afterAll(async () => {
  await latchkey?.stop();
  receiver.close();
});

async function send(method: string, path: string, body: unknown, key?: string) {
  const response = await fetch(`${latchkey.origin}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(key && { 'x-api-key': key }) },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as any };
}
const register = (name: string) =>
  send('POST', '/v1/auth/register', { email: `${name}@example.com`, password: 'three lighthouses at dusk' });
const set = (on_failure: string) =>
  send(
    'PUT',
    '/v1/admin/hooks/before.registration',
    { binding: 'HOOK_DECIDER', on_failure },
    INTERNAL_API_KEY,
  );

it('events are delivered by the queue, without the cron', async () => {
  const { port } = receiver.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  const made = await send('POST', '/v1/admin/webhooks', { url }, INTERNAL_API_KEY);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  expect((await register('ada')).status).toBe(201);
  await expect
    .poll(() => received.map(({ body }) => JSON.parse(body).type).sort(), { timeout: 60_000 })
    .toEqual(['session.created', 'user.created']);
  for (const { body, headers } of received) new Webhook(made.body.secret).verify(body, headers);
});

it('a bound Worker is asked who may register', async () => {
  expect((await set('refuse')).status).toBe(201);
  expect((await register('yes')).status).toBe(201);
  expect(await register('no')).toMatchObject({
    status: 403,
    body: { code: 'registration_refused', detail: 'Not you.' },
  });
  for (const name of ['throw', 'hang']) {
    expect(await register(name)).toMatchObject({ status: 503, body: { code: 'service_unavailable' } });
  }
  expect((await set('allow')).status).toBe(200);
  for (const name of ['throw', 'hang']) expect((await register(name)).status).toBe(201);
  const unbound = { binding: 'HOOK_NOBODY', on_failure: 'allow' };
  const answer = await send('PUT', '/v1/admin/hooks/before.registration', unbound, INTERNAL_API_KEY);
  expect(answer.status).toBe(422);
});
