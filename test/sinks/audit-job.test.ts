import { env } from 'cloudflare:workers';
import { beforeEach, expect, it, vi } from 'vitest';
import { runCron } from '../../src/cron.ts';
import type { Budget } from '../../src/lib/run-budget.ts';
import { createServices } from '../../src/services.ts';
import { sendAudit } from '../../src/sinks/audit-job.ts';
import { PLENTY } from '../support/budget.ts';
import { countedBindings } from '../support/counted.ts';
import { environmentWith, eventServer, firsts } from '../support/event-sink.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.now();

let written = 0;
/** Writes entries to the audit log, whose ids are in another order than they. */
async function write(count: number, at = NOW): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    written += 1;
    ids.push(`aud_${(written * 7919) % 10_007}_${written}`);
  }
  await env.DB.prepare(
    `INSERT INTO audit (id, realm_id, at, actor, action, target, details)
     SELECT value, 'default', ?, 'usr_admin', 'user_changed', 'usr_1', '{"reason":"mail to someone@example.com"}' FROM json_each(?)`,
  )
    .bind(at, JSON.stringify(ids))
    .run();
  return ids;
}
const row = () => env.DB.prepare('SELECT * FROM event_sink').first<any>();

function started() {
  const server = eventServer();
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const { auditFeed } = createServices(environmentWith(server.variables));
  return { server, run: (now = NOW, budget: Budget = PLENTY) => sendAudit(auditFeed, now, budget) };
}
const idsOf = (events: { id: string }[]) => events.map(({ id }) => id);

beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare('DELETE FROM audit'),
    env.DB.prepare(
      'UPDATE event_sink SET audit_id = NULL, attempts = 0, retry_at = 0, failing_since = NULL, failed_at = 0, dropped = 0',
    ),
  ]);
});

it('sends what is new, in the order in which it was written, and nothing twice', async () => {
  const { server, run } = started();
  await write(3, NOW - 2 * DAY);
  const first = await write(250);
  await run();
  expect(idsOf(await server.taken())).toEqual(first);
  await run();
  const more = await write(2);
  await run();
  expect(idsOf(await server.taken())).toEqual([...first, ...more]);
  const [event] = await server.taken();
  expect(event).toMatchObject({
    type: 'latchkey.audit',
    subject: 'usr_1',
    realm: 'default',
    data: { action: 'user_changed', actor: 'usr_admin', target: 'usr_1' },
  });
  expect(JSON.stringify(event)).not.toContain('@');
});

it('loses nothing while the sink is stopped, and leaves it alone meanwhile', async () => {
  const { server, run } = started();
  const ids = await write(5);
  await server.plan({ always: { status: 503 } });
  for (let minute = 0; minute < 60; minute += 1) await run(NOW + minute * 60_000);
  expect((await server.batches()).length).toBeLessThan(12);
  expect(await row()).toMatchObject({ failing_since: NOW, error: 'it answered 503' });
  await server.plan({});
  const later = await write(1);
  await run(NOW + 3 * HOUR);
  expect(idsOf(await server.taken())).toEqual([...ids, ...later]);
  expect(await row()).toMatchObject({
    failing_since: null,
    attempts: 0,
    retry_at: 0,
    sent_at: NOW + 3 * HOUR,
  });
});

it('leaves out an entry that is refused by itself, and counts it', async () => {
  const { server, run } = started();
  const ids = await write(20);
  await server.plan({ refuse: `"${ids[7]}"` });
  await run();
  await run();
  expect(idsOf(await server.taken())).toEqual(ids.toSpliced(7, 1));
  expect(await row()).toMatchObject({ dropped: 1, failing_since: null });
});

it('sends each entry once in effect, though it runs twice at once', async () => {
  const { server, run } = started();
  const ids = await write(150);
  await Promise.all([run(), run(), run()]);
  await run();
  // Two runs send beside each other: their batches come in any order.
  expect(idsOf(firsts(await server.taken())).toSorted()).toEqual(ids.toSorted());
});

it('goes on when the entry that it had sent last is too old to be kept', async () => {
  const { server, run } = started();
  await write(3);
  await run();
  await env.DB.prepare('DELETE FROM audit').run();
  const ids = await write(2);
  await run();
  expect(idsOf(await server.taken()).slice(3)).toEqual(ids);
});

it('takes its calls from the budget of the run, and none where events go nowhere', async () => {
  await write(900);
  const without = countedBindings({ MAIL_PROVIDER: 'dev' });
  const idle = countedBindings({ MAIL_PROVIDER: 'dev' });
  await runCron(createServices(idle.bindings), '* * * * *', NOW);
  await runCron(createServices(without.bindings), '* * * * *', NOW);
  expect(await row()).toMatchObject({ audit_id: null });
  const server = eventServer();
  const { bindings, counted } = countedBindings({
    MAIL_PROVIDER: 'dev',
    JOB_CALLS: '50',
    ...server.variables,
  });
  const services = createServices(bindings);
  // So few calls are enough for one database a minute: each has its turn.
  let calls = 0;
  for (const [minute] of services.databases.names.entries()) {
    Object.assign(counted, { statements: 0, objects: 0 });
    await runCron(services, '* * * * *', NOW + minute * 60_000);
    const sent = (await server.batches()).length - calls;
    expect(counted.statements + counted.objects + sent).toBeLessThanOrEqual(50);
    calls += sent;
  }
  expect(calls).toBeGreaterThan(0);
});
