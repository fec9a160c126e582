import { createExecutionContext, createScheduledController, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hearCounts, takeCounts } from '../../src/lib/metrics.ts';
import { call, createRealm, INTERNAL, register } from '../support/api.ts';
import { loadWorker } from '../support/worker.ts';

const PASSWORD = 'three lighthouses at dusk';
const OPENMETRICS = { accept: 'application/openmetrics-text; version=1.0.0' };

const counting = { ...env, METRICS_ENABLED: 'true' } as any;
let worker: Awaited<ReturnType<typeof loadWorker>>['default'];
const metricsObject = (): any => (env.METRICS as any).get(env.METRICS.idFromName('all'));

const ask = (path: string, init: RequestInit = {}) =>
  worker.fetch(new Request(`https://auth.test${path}`, init) as any, counting, createExecutionContext());
const scrape = async (headers: Record<string, string> = {}) => {
  const response = await ask('/metrics', { headers: { ...INTERNAL, ...headers } });
  return { response, text: await response.text() };
};
// Its types are those of a stub, which is none here.
const inMetrics = runInDurableObject as any;
/** The value of a series, 0 where there is none yet. */
const seriesOf = (text: string, series: string) =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1) ?? 0,
  );

beforeAll(async () => {
  worker = (await loadWorker()).default;
});
afterAll(() => hearCounts(null));

describe('what is counted', () => {
  const login = (password: string, identifier: string) =>
    ask('/v1/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ identifier, password }),
    });

  it('are requests by pattern, refusals by code, sign-ins by outcome and method, decisions by reason', async () => {
    const { user, access_token: token, refresh_token: refreshToken } = await register();
    takeCounts();
    const before = (await scrape()).text;
    expect((await login(PASSWORD, user.email)).status).toBe(200);
    expect((await login('a wrong password', user.email)).status).toBe(401);
    // Whoever renews a session signs in no more: many who do must not hide that nobody else can.
    const refresh = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const renewed = JSON.stringify({ refresh_token: refreshToken });
    expect((await ask('/v1/auth/refresh', { ...refresh, body: renewed })).status).toBe(200);
    expect((await ask(`/v1/users/${user.id}`, { headers: INTERNAL })).status).toBe(200);
    expect((await ask('/nothing-that-exists')).status).toBe(404);
    expect((await ask('/nothing-that-exists', { method: 'PROPFIND' })).status).toBeGreaterThanOrEqual(404);
    for (const resource of ['messages', 'messages']) {
      const body = JSON.stringify({ token, resource, quantity: resource === 'messages' ? 1 : 2 });
      await ask('/v1/authorize', {
        method: 'POST',
        headers: { ...INTERNAL, 'content-type': 'application/json' },
        body,
      });
    }
    const body = JSON.stringify({ token: 'not-a-token', resource: 'messages' });
    await ask('/v1/authorize', {
      method: 'POST',
      headers: { ...INTERNAL, 'content-type': 'application/json' },
      body,
    });
    const { text } = await scrape();
    const grown = (series: string) => seriesOf(text, series) - seriesOf(before, series);
    expect(grown('latchkey_requests_total{method="POST",route="/v1/auth/login",status="200"}')).toBe(1);
    expect(grown('latchkey_requests_total{method="POST",route="/v1/auth/login",status="401"}')).toBe(1);
    expect(grown('latchkey_requests_total{method="GET",route="/v1/users/:id",status="200"}')).toBe(1);
    expect(grown('latchkey_requests_total{method="GET",route="none",status="404"}')).toBe(1);
    expect(text).toMatch(/latchkey_requests_total\{method="other",route="none"/);
    expect(grown('latchkey_errors_total{code="invalid_credentials"}')).toBe(1);
    expect(grown('latchkey_sign_ins_total{outcome="success",method="pwd"}')).toBe(1);
    expect(grown('latchkey_sign_ins_total{outcome="failure",method="pwd"}')).toBe(1);
    expect(grown('latchkey_decisions_total{allowed="true",reason="none"}')).toBe(2);
    expect(grown('latchkey_decisions_total{allowed="false",reason="invalid_token"}')).toBe(1);
    // Never what a client has written.
    expect(text).not.toContain(user.email);
    expect(text).not.toContain(user.id);
    expect(text).not.toContain('nothing-that-exists');
    expect(text).not.toContain('PROPFIND');
  });

  it('is told by one call ten seconds after the first, also by an isolate that nobody asks for metrics', async () => {
    const { text: before } = await scrape();
    const series = 'latchkey_requests_total{method="GET",route="/health",status="200"}';
    for (let n = 0; n < 3; n += 1) await ask('/health');
    await vi.waitFor(
      async () => {
        const { counts } = await metricsObject().read();
        const found = counts.find(([key]: [string]) => key.includes('/health'));
        expect(found?.[1]).toBe(seriesOf(before, series) + 3);
      },
      { timeout: 60_000, interval: 500 },
    );
  });

  it('is kept when the object is ended', async () => {
    await scrape();
    await inMetrics(metricsObject(), (instance: any) => instance.alarm());
    const { counts } = await metricsObject().read();
    await inMetrics(metricsObject(), (_: any, { storage }: any) => {
      expect([...storage.kv.get('totals')].length).toBe(counts.length);
    });
  });

  it('is never less than it was told, though the object is ended at once', async () => {
    const object = (env.METRICS as any).get(env.METRICS.idFromName('told'));
    await object.add([['lost_counts', 7]], null);
    expect((await object.read()).counts).toEqual([['lost_counts', 7]]);
    await inMetrics(object, (_: any, { storage }: any) => {
      expect([...storage.kv.get('totals')]).toEqual([['lost_counts', 7]]);
    });
  });

  it('is bounded: what comes beyond is counted as lost', async () => {
    const object = (env.METRICS as any).get(env.METRICS.idFromName('bounded'));
    const series = (from: number, n: number) =>
      Array.from({ length: n }, (_, index) => [`errors\u001fcode_${from + index}`, 1]);
    await object.add(series(0, 5_000), null);
    await object.add([...series(0, 1), ...series(5_000, 7)], null);
    const { counts } = await object.read();
    expect(counts).toHaveLength(5_001);
    expect(new Map(counts).get('lost_counts')).toBe(7);
    expect(new Map(counts).get('errors\u001fcode_0')).toBe(2);
  });

  it('has what waits, when cron ran, and which parts answer', async () => {
    const now = Date.now();
    await env.DB.prepare(
      `INSERT INTO outbox (id, realm_id, channel, template, recipient, data, status, next_attempt_at, created_at) VALUES
       ('msg_m1', 'default', 'mail', 'welcome', 'a@example.com', '{"a":1}', 'pending', ?1, ?1),
       ('msg_m2', 'default', 'mail', 'welcome', 'a@example.com', '{"a":1}', 'dead', ?1, ?1)`,
    )
      .bind(now - 90_000)
      .run();
    const { text } = await scrape();
    expect(seriesOf(text, 'latchkey_outbox_pending{database="DB"}')).toBeGreaterThanOrEqual(1);
    expect(seriesOf(text, 'latchkey_outbox_overdue_seconds{database="DB"}')).toBeGreaterThanOrEqual(90);
    expect(seriesOf(text, 'latchkey_outbox_dead_letters{database="DB"}')).toBeGreaterThanOrEqual(1);
    expect(seriesOf(text, 'latchkey_billing_events_failed{database="DB_2"}')).toBe(0);
    expect(seriesOf(text, 'latchkey_overage_overdue_seconds{database="DB_2"}')).toBe(0);
    for (const part of ['DB', 'DB_2', 'metrics']) {
      expect(seriesOf(text, `latchkey_part_up{part="${part}"}`)).toBe(1);
    }
    await env.DB.prepare("DELETE FROM outbox WHERE id IN ('msg_m1', 'msg_m2')").run();
    await worker.scheduled(createScheduledController({ cron: '41 * * * *' }) as any, counting);
    const ran = seriesOf((await scrape()).text, 'latchkey_cron_last_run_timestamp_seconds');
    expect(Math.abs(ran - Date.now() / 1000)).toBeLessThan(60);
  });

  it('says which database does not answer, and all else', async () => {
    const away = {
      ...counting,
      DB_2: {
        ...env.DB_2,
        withSession: () => ({
          prepare: () => ({ first: async () => Promise.reject(new Error('D1_ERROR: away')) }),
        }),
        prepare() {},
        batch() {},
      },
    };
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const { createServices } = await import('../../src/services.ts');
    const text = (await createServices(away).metrics?.text('prometheus', Date.now())) as string;
    expect(seriesOf(text, 'latchkey_part_up{part="DB_2"}')).toBe(0);
    expect(seriesOf(text, 'latchkey_part_up{part="DB"}')).toBe(1);
    expect(text).not.toContain('latchkey_outbox_pending{database="DB_2"}');
  });
});

describe('GET /metrics', () => {
  it('answers OpenMetrics to who asks for it, and the format of Prometheus to others', async () => {
    const open = await scrape(OPENMETRICS);
    expect(open.response.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(open.text).toMatch(/^# HELP latchkey_requests .*\n# TYPE latchkey_requests counter\n/);
    expect(open.text.endsWith('# EOF\n')).toBe(true);
    const older = await scrape();
    expect(older.response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(older.text).toContain('# TYPE latchkey_requests_total counter\n');
    expect(older.text).not.toContain('# EOF');
    expect(older.response.headers.get('cache-control')).toBe('no-store');
  });

  it('is for keys of the default realm with the scope, in either header', async () => {
    await createRealm('metered');
    const key = async (scopes: string[], realm = '') => {
      const made = await call('POST', `${realm}/v1/admin/api-keys`, {
        headers: INTERNAL,
        body: { name: 'monitoring', scopes },
      });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      return made.body.key as string;
    };
    const right = await key(['metrics:read']);
    const status = async (headers: Record<string, string>, path = '/metrics') =>
      (await ask(path, { headers })).status;
    expect(await status({ 'x-api-key': right })).toBe(200);
    expect(await status({ authorization: `Bearer ${right}` })).toBe(200);
    expect(await status({})).toBe(401);
    expect(await status({ authorization: 'Bearer nonsense' })).toBe(401);
    expect(await status({ 'x-api-key': await key(['users:read']) })).toBe(403);
    expect(await status({ 'x-api-key': right, origin: 'https://elsewhere.example' })).toBe(403);
    // The numbers are those of all realms.
    const other = await key(['metrics:read', 'admin'], '/realms/metered');
    expect(await status({ 'x-api-key': other })).toBe(401);
    expect(await status({ 'x-api-key': other }, '/realms/metered/metrics')).toBe(404);
    // A bearer token is no key elsewhere.
    expect(await status({ authorization: `Bearer ${await key(['admin'])}` }, '/v1/admin/users')).toBe(401);
    const { access_token: token } = await register();
    expect(await status({ authorization: `Bearer ${token}` })).toBe(401);
  });

  it('is not there where nothing is counted', async () => {
    const answer = await call('GET', '/metrics', { headers: INTERNAL });
    expect(answer.status).toBe(404);
  });
});

describe('a trace', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

  it('that its sender names is in the log and in the problem', async () => {
    const lines: any[] = [];
    vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(JSON.parse(line)));
    const answer = await call('GET', '/v1/me', {
      headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` },
    });
    vi.restoreAllMocks();
    expect(answer.body).toMatchObject({ code: 'authentication_required', trace_id: trace });
    expect(lines.find(({ event }) => event === 'request')).toMatchObject({ trace_id: trace });
  });

  it.each([
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${trace.toUpperCase()}-00f067aa0ba902b7-01`,
  ])('is none where it says %j', async (traceparent) => {
    const answer = await call('GET', '/v1/me', { headers: { traceparent } });
    expect(answer.body).not.toHaveProperty('trace_id');
  });
});
