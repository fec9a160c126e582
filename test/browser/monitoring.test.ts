import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../src/cli/root.ts';
import { METRIC_NAMES } from '../../src/metrics/exposition.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/log-listener.ts';
import { INTERNAL_API_KEY, WranglerDev, writeConfig } from '../support/wrangler-dev.ts';

// No browser is needed, but programs that are installed as one is: rsyslog and Prometheus.
const RULES = join(ROOT, 'monitoring/prometheus-alerts.yml');
const DASHBOARD = join(ROOT, 'monitoring/grafana-dashboard.json');

const folder = mkdtempSync(join(tmpdir(), 'latchkey-monitoring-'));
const logFile = join(folder, 'latchkey.log');
const children: ChildProcess[] = [];
let [syslogPort, prometheusPort] = [0, 0];
let latchkey: WranglerDev;
let syslog: ChildProcess;

const written = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

function start(command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore' });
  children.push(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function startSyslog(): ChildProcess {
  const config = `
    global(workDirectory="${folder}")
    module(load="imtcp")
    template(name="whole" type="string" string="%pri% %app-name% %msgid% %msg%\\n")
    input(type="imtcp" address="127.0.0.1" port="${syslogPort}")
    action(type="omfile" file="${logFile}" template="whole")`;
  return start('rsyslogd', ['-n', '-f', file('rsyslog.conf', config), '-i', join(folder, 'rsyslog.pid')]);
}

async function ask(path = '/v1/nothing'): Promise<string> {
  return (await fetch(`${latchkey.origin}${path}`)).headers.get('x-request-id') as string;
}

/** What Prometheus answers. */
async function query(path: string): Promise<any> {
  const response = await fetch(`http://127.0.0.1:${prometheusPort}/api/v1/${path}`);
  const { status, data, error } = (await response.json()) as any;
  expect(status, `${path}: ${error}`).toBe('success');
  return data;
}

beforeAll(async () => {
  syslogPort = await freePort();
  prometheusPort = await freePort();
  syslog = startSyslog();
  latchkey = await WranglerDev.start((config) => [
    writeConfig(config, { vars: { LOG_SINK: `syslog://127.0.0.1:${syslogPort}` } }),
  ]);
  const config = file(
    'prometheus.yml',
    `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ['${RULES}']
scrape_configs:
  - job_name: latchkey
    authorization: { credentials: '${INTERNAL_API_KEY}' }
    static_configs: [{ targets: ['${new URL(latchkey.origin).host}'] }]
`,
  );
  start('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
  ]);
});

afterAll(async () => {
  await latchkey?.stop();
  await Promise.all(children.map(end));
  rmSync(folder, { recursive: true, force: true });
});

describe('rsyslog', () => {
  it('takes the log, and what was written while it was away', async () => {
    const first = await ask();
    await until(() => expect(written()).toContain(first), ask);
    const line = written()
      .split('\n')
      .find((one) => one.includes(first)) as string;
    expect(line).toMatch(/^134 latchkey request .*\{"level":"info","event":"request"/);
    await end(syslog);
    const missed = [await ask(), await ask()];
    await new Promise((done) => setTimeout(done, 1_500));
    syslog = startSyslog();
    await until(() => {
      for (const id of missed) expect(written()).toContain(id);
    }, ask);
    for (const id of missed) expect(written().split(id)).toHaveLength(2);
  });
});

describe('Prometheus', () => {
  it('reads the metrics', async () => {
    await ask('/health');
    await until(async () => {
      const { result } = await query('query?query=latchkey_requests_total{route="/health"}');
      expect(Number(result[0]?.value[1])).toBeGreaterThanOrEqual(1);
    }, ask);
    const { activeTargets } = await query('targets');
    expect(activeTargets[0]).toMatchObject({ health: 'up', lastError: '' });
  });

  it('evaluates every rule, and none fires', async () => {
    const named = readFileSync(RULES, 'utf8').match(/^\s*- alert:/gm) ?? [];
    expect(named.length).toBeGreaterThan(9);
    await until(async () => {
      const { groups } = await query('rules');
      const rules = groups.flatMap((group: any) => group.rules);
      expect(rules).toHaveLength(named.length);
      expect(rules.filter(({ health }: any) => health !== 'ok')).toEqual([]);
    }, ask);
    expect((await query('alerts')).alerts.filter(({ state }: any) => state === 'firing')).toEqual([]);
  });

  it('answers every panel of the dashboard', async () => {
    const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8'));
    const asked = panels.flatMap(({ targets }: any) => targets.map(({ expr }: any) => expr as string));
    expect(asked.length).toBeGreaterThan(12);
    for (const expression of asked) {
      await query(`query?query=${encodeURIComponent(expression.replaceAll('$__rate_interval', '5m'))}`);
    }
  });

  it('finds nothing to complain of in the older format', async () => {
    const response = await fetch(`${latchkey.origin}/metrics`, {
      headers: { 'x-api-key': INTERNAL_API_KEY },
    });
    expect(response.status).toBe(200);
    execFileSync('promtool', ['check', 'metrics'], { input: await response.text() });
  });

  it('fires where something is wrong, and only then', () => {
    execFileSync('promtool', ['check', 'rules', RULES]);
    const tests = `
rule_files: ['${RULES}']
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - { series: 'latchkey_requests_total{method="GET",route="/v1/me",status="200"}', values: '0+60x30' }
      - { series: 'latchkey_requests_total{method="GET",route="/v1/me",status="500"}', values: '0+0x10 0+6x20' }
      - { series: 'latchkey_cron_last_run_timestamp_seconds', values: '0 60 120 180 180x26' }
      - { series: 'latchkey_outbox_dead_letters{database="DB"}', values: '0x30' }
    alert_rule_test:
      - { eval_time: 9m, alertname: LatchkeyServerErrors }
      - eval_time: 25m
        alertname: LatchkeyServerErrors
        exp_alerts: [{ exp_labels: { severity: critical }, exp_annotations: { summary: 'More than 1 % of requests fail', description: '9.091% of the requests of five minutes. The log has each under \`request_failed\`.' } }]
      - { eval_time: 5m, alertname: LatchkeyCronLate }
      - eval_time: 12m
        alertname: LatchkeyCronLate
        exp_alerts: [{ exp_labels: { severity: critical }, exp_annotations: { summary: 'No Cron Trigger ran for five minutes', description: "Messages wait, plans do not lapse and keys do not rotate. Look at the triggers of the Worker on Cloudflare's dashboard." } }]
      - { eval_time: 20m, alertname: LatchkeyDeadLetters }
`;
    execFileSync('promtool', ['test', 'rules', file('rules.test.yml', tests)]);
  });

  it('is asked for no metric that there is not', () => {
    for (const path of [RULES, DASHBOARD]) {
      const named = new Set(readFileSync(path, 'utf8').match(/\blatchkey_\w+/g));
      expect(named.size).toBeGreaterThan(8);
      expect([...named].filter((name) => !METRIC_NAMES.includes(name))).toEqual([]);
    }
  });
});
