import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readLine, verifyChain } from '../../src/lib/audit-chain.ts';
import { createServices } from '../../src/services.ts';
import { endAuditStream, streamAudit } from '../../src/sinks/audit-stream.ts';
import { asAdmin } from '../support/admin.ts';
import { accountOf, register } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { environmentWith } from '../support/event-sink.ts';
import { project } from '../support/projection.ts';

const MINUTE = 60_000;
const NOW = Date.now();
const variables = { AUDIT_STREAM: 'r2', AUDIT: env.AVATARS };
const services = () => createServices(environmentWith(variables));
const standing = () => env.DB.prepare('SELECT * FROM audit_stream').first<any>();
const waiting = async () =>
  (await env.DB.prepare('SELECT count(*) AS n FROM audit_queue').first<any>()).n as number;

async function files() {
  const { objects } = await env.AVATARS.list({ prefix: 'audit/' });
  return Promise.all(
    objects.map(async ({ key }) => ({ key, text: (await (await env.AVATARS.get(key))?.text()) ?? '' })),
  );
}
/** All lines that there are, in the order of their numbers, as the command reads them. */
async function lines() {
  const all = (await files()).flatMap(({ text }) => text.split('\n').filter(Boolean));
  const read = all.map((line) => ({ ...(readLine(line) as any), entry: JSON.parse(line).entry }));
  return read.sort((a, b) => a.seq - b.seq);
}
async function act(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  await env.DB.prepare(
    `INSERT INTO audit (id, realm_id, at, actor, action, target, details)
     SELECT value, 'default', ?, 'usr_admin', 'user_changed', 'usr_1', '{"reason":"Ünïcode \\"quoted\\" , \\"seq\\":1","10":2,"9":1}'
     FROM json_each(?)`,
  )
    .bind(NOW, JSON.stringify(ids))
    .run();
  return ids;
}

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await env.DB.batch([
    env.DB.prepare('DELETE FROM audit_queue'),
    env.DB.prepare('DELETE FROM audit_files'),
    env.DB.prepare(`UPDATE audit_stream SET is_on = 0, seq = 0, hash = '${'0'.repeat(64)}', leased_until = 0, attempts = 0,
      retry_at = 0, failing_since = NULL, error = NULL`),
  ]);
  for (const { key } of await files()) await env.AVATARS.delete(key);
  await streamAudit(services().auditStream, NOW, PLENTY);
});

describe('the stream of audits', () => {
  it('has each entry of both logs once, in a chain, in files by the hour', async () => {
    const { user } = await register({});
    await asAdmin('POST', `/users/${user.id}/verify-email`, { body: {} });
    await project(user.id);
    await streamAudit(services().auditStream, NOW + MINUTE, PLENTY);
    const own = (await lines()).filter(({ entry }) => [entry.user_id, entry.target].includes(user.id));
    expect(own.map(({ entry }) => `${entry.log} ${entry.action ?? entry.type}`).sort()).toEqual([
      'activity email_verified',
      'activity registered',
      'audit user_email_verified',
    ]);
    expect(verifyChain(await lines())).toMatchObject({ fault: null, head: { seq: (await lines()).length } });
    const [file] = await files();
    expect(file?.key).toMatch(/^audit\/DB\/\d{4}-\d\d-\d\dT\d\d\/000000000001-\d{12}\.ndjson$/);
    expect(await waiting()).toBe(0);
    const { seq, hash } = await standing();
    expect(verifyChain(await lines()).head).toEqual({ seq, hash });
    expect(JSON.stringify(await lines())).not.toContain(user.email);
  });

  it('goes on where it was, and writes nothing when there is nothing', async () => {
    await act(3);
    await streamAudit(services().auditStream, NOW + MINUTE, PLENTY);
    await streamAudit(services().auditStream, NOW + 2 * MINUTE, PLENTY);
    expect(await files()).toHaveLength(1);
    await act(2500);
    await streamAudit(services().auditStream, NOW + 3 * MINUTE, PLENTY);
    expect((await files()).map(({ key }) => key.slice(-32))).toEqual([
      expect.stringContaining('000000000001-000000000003'),
      expect.stringContaining('000000000004-000000001003'),
      expect.stringContaining('000000001004-000000002003'),
      expect.stringContaining('000000002004-000000002503'),
    ]);
    expect(verifyChain(await lines())).toMatchObject({ fault: null, head: { seq: 2503 } });
    const named = await env.DB.prepare('SELECT key FROM audit_files ORDER BY first').all<any>();
    expect(named.results.map(({ key }) => key)).toEqual((await files()).map(({ key }) => key));
  });

  it('loses and doubles nothing while the bucket fails', async () => {
    const ids = await act(5);
    const { auditStream } = services();
    const failing = { ...auditStream, sink: () => Promise.reject(new Error('R2 is away')) };
    await streamAudit(failing, NOW + MINUTE, PLENTY);
    expect(await standing()).toMatchObject({
      seq: 0,
      attempts: 1,
      error: 'R2 is away',
      failing_since: NOW + MINUTE,
    });
    expect(await waiting()).toBe(5);
    // It is left alone for a while, and then asked again.
    await streamAudit(auditStream, NOW + MINUTE + 1000, PLENTY);
    expect(await files()).toEqual([]);
    await streamAudit(auditStream, NOW + 10 * MINUTE, PLENTY);
    expect(await standing()).toMatchObject({ seq: 5, attempts: 0, failing_since: null });
    expect((await lines()).map(({ entry }) => entry.id)).toEqual(ids);
  });

  it('loses nothing when D1 fails after a file was written: the same entries have the same hashes again', async () => {
    await act(4);
    const { auditStream } = services();
    const d1 = new Proxy(env.DB, {
      get(target, name) {
        if (name === 'batch') return () => Promise.reject(new Error('D1_ERROR: away'));
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await expect(streamAudit({ ...auditStream, d1 }, NOW + MINUTE, PLENTY)).rejects.toThrow('away');
    expect(await standing()).toMatchObject({ seq: 0 });
    await act(2);
    // Nobody else writes while the lease runs.
    await streamAudit(auditStream, NOW + MINUTE + 1000, PLENTY);
    expect(await files()).toHaveLength(1);
    await streamAudit(auditStream, NOW + 3 * MINUTE, PLENTY);
    expect(await files()).toHaveLength(2);
    expect(await lines()).toHaveLength(10);
    expect(verifyChain(await lines())).toMatchObject({ fault: null, head: { seq: 6 } });
  });

  it('is written by one of several runs at once', async () => {
    await act(50);
    const { auditStream } = services();
    await Promise.all([1, 2, 3, 4].map(() => streamAudit(auditStream, NOW + MINUTE, PLENTY)));
    expect(await files()).toHaveLength(1);
    expect(verifyChain(await lines())).toMatchObject({ fault: null, head: { seq: 50 } });
  });

  it('a run whose lease has passed to another notes nothing', async () => {
    const ids = await act(3);
    const { auditStream } = services();
    let isFirst = true;
    const slow = {
      ...auditStream,
      sink: async (...given: Parameters<NonNullable<typeof auditStream.sink>>) => {
        if (isFirst) {
          isFirst = false;
          await act(1);
          await streamAudit(auditStream, NOW + 5 * MINUTE, PLENTY);
        }
        return auditStream.sink?.(...given) ?? null;
      },
    };
    await streamAudit(slow, NOW + MINUTE, PLENTY);
    expect(await standing()).toMatchObject({ seq: 4 });
    expect(await waiting()).toBe(0);
    expect(verifyChain(await lines())).toMatchObject({ fault: null, head: { seq: 4 } });
    expect(new Set((await lines()).map(({ entry }) => entry.id))).toEqual(
      new Set([...ids, (await lines()).at(-1)?.entry.id]),
    );
  });

  it('has what an object had yet to tell when it was evicted, once', async () => {
    const { user } = await register({});
    await evictDurableObject(accountOf(user.id));
    await project(user.id);
    await project(user.id);
    await streamAudit(services().auditStream, NOW + MINUTE, PLENTY);
    const own = (await lines()).filter(({ entry }) => entry.user_id === user.id);
    expect(own.map(({ entry }) => entry.id)).toEqual([...new Set(own.map(({ entry }) => entry.id))]);
    expect(own.map(({ entry }) => entry.type)).toEqual(['registered']);
  });

  it('keeps nothing where it goes nowhere, and ends by the night', async () => {
    await act(3);
    await endAuditStream({ d1: env.DB, sink: null }, PLENTY);
    expect([await waiting(), (await standing()).is_on]).toEqual([0, 0]);
    await act(3);
    expect(await waiting()).toBe(0);
  });

  it('cannot be had without a bucket, or without a place for the log', () => {
    const made = (more: Record<string, unknown>) => () => createServices(environmentWith(more));
    expect(made({ AUDIT_STREAM: 'r2' })).toThrow('bind a bucket as AUDIT');
    expect(made({ AUDIT_STREAM: 'log' })).toThrow('LOG_SINK');
  });
});
