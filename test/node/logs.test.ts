import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogListener, startLogEndpoint, until } from '../support/log-listener.ts';
import { WranglerDev, writeConfig } from '../support/wrangler-dev.ts';

// The names of an older service's document.
const older = new LogListener('tcp');
const [tls, syslog] = [new LogListener('tls'), new LogListener('tcp')];
let endpoint: Awaited<ReturnType<typeof startLogEndpoint>>;
let workers: WranglerDev;

/** Tail Workers of one log, each with a destination of its own. */
const TAILS = ['tls', 'syslog', 'https', 'loki'] as const;

beforeAll(async () => {
  endpoint = await startLogEndpoint();
  for (const listener of [older, tls, syslog]) await listener.start();
  const sinks = {
    tls: { LOG_SINK: `tls://127.0.0.1:${tls.port}` },
    syslog: { LOG_SINK: `syslog://127.0.0.1:${syslog.port}`, SERVICE_NAME: 'accounts' },
    https: { LOG_SINK: `https://127.0.0.1:${endpoint.port}/ingest`, LOG_SINK_TOKEN: 'token-of-the-log' },
    loki: {
      LOG_SINK: `https://127.0.0.1:${endpoint.port}/loki/api/v1/push`,
      LOG_SINK_TOKEN: 'tenant:password',
    },
  };
  workers = await WranglerDev.start((folder) => [
    writeConfig(folder, {
      vars: {
        ENABLE_LOGSTASH: 'True',
        JSON_LOGS: 'True',
        LOG_LEVEL: 'DEBUG',
        SYSLOG_HOST: '127.0.0.1',
        SYSLOG_PORT: String(older.port),
        SERVICE_NAME: 'auth-service',
      },
      tail_consumers: TAILS.map((name) => ({ service: `logs-${name}` })),
    }),
    ...TAILS.map((name) =>
      writeConfig(folder, { of: 'wrangler.logs.toml', name: `logs-${name}`, vars: sinks[name] }),
    ),
  ]);
});

afterAll(async () => {
  await workers?.stop();
  for (const listener of [older, tls, syslog]) await listener.kill();
  await endpoint?.stop();
});

/** Asks for something that is not there; gives the id of the request. */
async function ask(): Promise<string> {
  const response = await fetch(`${workers.origin}/v1/nothing`);
  expect(response.status).toBe(404);
  return response.headers.get('x-request-id') as string;
}

it('sends the log by TCP as JSON, by the names that an older service had for it', async () => {
  const id = await ask();
  await until(() => expect(older.received).toContain(id), ask);
  expect(older.lines.find(({ request_id }) => request_id === id)).toMatchObject({
    '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    service: 'auth-service',
    host: 'localhost',
    level: 'info',
    event: 'request',
    status: 404,
    code: 'not_found',
  });
});

it('keeps lines while the listener is away, and sends them when it is back, each once', async () => {
  await older.kill();
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.push(await ask());
  // It has tried by then.
  await new Promise((done) => setTimeout(done, 1_500));
  await older.start();
  await ask();
  await until(() => expect(older.received).toContain(ids.at(-1)), ask);
  const those = older.lines.map(({ request_id }) => request_id).filter((id) => ids.includes(id));
  expect(those).toEqual(ids);
});

it('delays no request while nobody takes the log', async () => {
  await older.kill();
  await Promise.all(Array.from({ length: 50 }, ask));
  await older.start();
});

describe('a Tail Worker sends the log', () => {
  it('over TLS', async () => {
    const id = await ask();
    await until(() => expect(tls.received).toContain(id), ask);
    const [line] = tls.lines.filter(({ request_id }) => request_id === id);
    expect(line).toMatchObject({ service: 'latchkey', event: 'request', status: 404 });
  });

  it('by syslog, each message after how many bytes it has', async () => {
    const id = await ask();
    await until(() => expect(syslog.received).toContain(id), ask);
    const messages = syslogMessages(syslog.received);
    const message = messages.find((one) => one.includes(id)) as string;
    expect(message).toMatch(
      /^<134>1 \d{4}-\d\d-\d\dT[\d:.]+Z localhost accounts - request - \uFEFF\{"level":"info","event":"request",/,
    );
  });

  it('to an endpoint over HTTPS, with a token, again after it has failed', async () => {
    endpoint.answers['/ingest'] = [503, 503];
    const id = await ask();
    const posts = () => endpoint.posts.filter(({ path, body }) => path === '/ingest' && body.includes(id));
    await until(() => expect(posts().length).toBeGreaterThanOrEqual(3), ask);
    const { headers, body } = posts().at(-1) as ReturnType<typeof posts>[number];
    expect(headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      authorization: 'Bearer token-of-the-log',
    });
    const lines = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.find(({ request_id }) => request_id === id)).toMatchObject({ level: 'info', status: 404 });
  });

  it('to Loki, with a name and a password', async () => {
    const id = await ask();
    const isOurs = ({ path, body }: { path: string; body: string }) => /loki/.test(path) && body.includes(id);
    await until(() => expect(endpoint.posts.some(isOurs)).toBe(true), ask);
    const { headers, body } = endpoint.posts.find(isOurs) as (typeof endpoint.posts)[number];
    expect(headers.authorization).toBe(`Basic ${btoa('tenant:password')}`);
    const { streams } = JSON.parse(body);
    const stream = streams.find(({ values }: any) => JSON.stringify(values).includes(id));
    expect(stream.stream).toEqual({ service_name: 'latchkey', host: 'localhost', level: 'info' });
    const [at, line] = stream.values.find(([, text]: string[]) => text?.includes(id));
    expect(at).toMatch(/^\d{19}$/);
    expect(JSON.parse(line).request_id).toBe(id);
  });
});

/** Takes apart what is counted in bytes: RFC 6587, 3.4.1. */
function syslogMessages(received: string): string[] {
  const messages: string[] = [];
  for (let rest = Buffer.from(received); rest.length > 0; ) {
    const space = rest.indexOf(' ');
    const length = Number(rest.subarray(0, space).toString());
    messages.push(rest.subarray(space + 1, space + 1 + length).toString());
    rest = rest.subarray(space + 1 + length);
  }
  return messages;
}
