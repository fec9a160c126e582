import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createServices } from '../../src/services.ts';
import { sendAudit } from '../../src/sinks/audit-job.ts';
import { sinkFailure } from '../../src/sinks/store.ts';
import { changeDirectory, ORIGIN } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { environmentWith, eventServer } from '../support/event-sink.ts';
import { visitor } from '../support/visitor.ts';

const NOW = Date.now();

function appWith(variables: Record<string, unknown>) {
  const bindings = environmentWith(variables);
  const services = createServices(bindings);
  const app = createApp(services, bindings);
  const open = (path: string, headers = {}) =>
    app.fetch(new Request(`${ORIGIN}${path}`, { headers }), bindings);
  return { open, feed: services.auditFeed, elsewhere: services.at('DB_2').auditFeed };
}

it('health and the overview say how the sink does, and that it fails makes nothing else fail', async () => {
  const { open, feed } = appWith(eventServer().variables);
  const admin = await visitor();
  await changeDirectory(admin.user.user.id, { role: 'admin' });
  const cookie = { cookie: admin.cookie, accept: 'text/html' };
  await sendAudit(feed, NOW, PLENTY);
  expect(await (await open('/health?deep=1')).json()).toMatchObject({
    status: 'ok',
    parts: { event_sink: 'ok' },
  });
  expect(await (await open('/admin', cookie)).text()).toContain('Events go to cloudevents.');

  await sinkFailure(env.DB, 'it answered 503', NOW).run();
  await env.DB.prepare(
    "INSERT INTO audit (id, realm_id, at, actor, action, target, details) VALUES ('aud_1', 'default', ?, 'a', 'user_changed', 't', '{}')",
  )
    .bind(NOW)
    .run();
  const failed = await open('/health?deep=1');
  expect(failed.status).toBe(200);
  expect(await failed.json()).toMatchObject({ status: 'ok', parts: { event_sink: 'failed' } });
  const page = await (await open('/admin', cookie)).text();
  expect(page).toMatch(/cloudevents has failed since .* \(it answered 503\)/);
  expect(page).toContain('Audit log entries waiting: 1.');
});

it('one that fails for what another database has, fails, and what waits there waits', async () => {
  const { open, feed, elsewhere } = appWith(eventServer().variables);
  const admin = await visitor();
  await changeDirectory(admin.user.user.id, { role: 'admin' });
  for (const one of [feed, elsewhere]) await sendAudit(one, NOW + 7_200_000, PLENTY);
  expect(await (await open('/health?deep=1')).json()).toMatchObject({ parts: { event_sink: 'ok' } });
  await sinkFailure(env.DB_2, 'it hung', NOW).run();
  await env.DB_2.prepare(
    "INSERT INTO audit (id, realm_id, at, actor, action, target, details) VALUES ('aud_2', 'away', ?, 'a', 'user_changed', 't', '{}')",
  )
    .bind(NOW)
    .run();
  expect(await (await open('/health?deep=1')).json()).toMatchObject({ parts: { event_sink: 'failed' } });
  const page = await (await open('/admin', { cookie: admin.cookie, accept: 'text/html' })).text();
  expect(page).toMatch(/cloudevents has failed since .* \(it hung\)/);
  expect(page).toContain('Audit log entries waiting: 1.');
});

it('neither says anything of a sink where there is none', async () => {
  const { open } = appWith({});
  expect(await (await open('/health?deep=1')).json()).toEqual({
    status: 'ok',
    parts: { d1: 'ok', durable_objects: 'ok', r2: 'ok', databases: { DB: 'ok', DB_2: 'ok' } },
  });
});
