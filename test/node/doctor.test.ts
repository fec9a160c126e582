import { type ExecFileException, execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../src/cli/root.ts';
import { Project } from '../support/cli-project.ts';
import { NameServer } from '../support/peers/dns.ts';
import { WranglerDev, writeConfig } from '../support/wrangler-dev.ts';

const RECORDS = {
  'well.example': ['some-verification=1', 'v=spf1 include:_spf.provider.example ~all'],
  '_dmarc.well.example': ['v=DMARC1; p=reject'],
  'twice.example': ['v=spf1 -all', 'v=spf1 ~all'],
  '_dmarc.twice.example': ['v=DMARC10'],
};

let names: NameServer;

beforeAll(async () => {
  names = await NameServer.start(RECORDS);
});
afterAll(() => names.stop());

/** What the command says, and its exit code. */
function doctor(
  args: string[],
  cwd = ROOT,
  variables: Record<string, string> = {},
): Promise<{ code: number; said: string }> {
  const script = join(cwd, 'src/cli/doctor.ts');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [script, ...args],
      { cwd, env: { ...process.env, NODE_ENV: undefined, LATCHKEY_API_KEY: undefined, ...variables } },
      (error, out, err) =>
        resolve({ code: Number((error as ExecFileException | null)?.code ?? 0), said: out + err }),
    );
  });
}

describe('of a Latchkey that is well', () => {
  let latchkey: WranglerDev;
  beforeAll(async () => {
    latchkey = await WranglerDev.start((folder) => [
      writeConfig(folder, {
        vars: { ORIGIN: 'https://accounts.test', GOOGLE_CLIENT_ID: 'x', GOOGLE_CLIENT_SECRET: 'y' },
      }),
    ]);
  });
  afterAll(() => latchkey?.stop());

  it('says so, and what to register at providers; an address that is not that of the tokens is named', async () => {
    const { code, said } = await doctor(['--url', latchkey.origin]);
    expect(said).toContain('ok     The Worker answers, and all that it is made of.');
    expect(said).toContain(`WRONG  The issuer is https://accounts.test, asked for as ${latchkey.origin}.`);
    expect(said).toContain(`google: ${latchkey.origin}/v1/oauth/google/callback`);
    expect(said).toContain('1 to be mended.');
    expect(said).not.toContain('DNS');
    expect(code).toBe(1);
  });
});

describe('of one that answers as planned', () => {
  let stand: Server;
  let origin: string;
  let health: unknown;
  let keys: unknown;
  /** Unix seconds. */
  let ran: number | null = null;
  beforeAll(async () => {
    stand = createServer((request, response) => {
      if (request.url === '/metrics' && request.headers['x-api-key'] === 'lkk_metrics') {
        const line = ran === null ? '' : `latchkey_cron_last_run_timestamp_seconds ${ran}\n`;
        return response.end(`${line}# EOF\n`);
      }
      const answers: Record<string, unknown> = {
        '/health?deep=1': health,
        '/.well-known/openid-configuration': { issuer: origin, jwks_uri: `${origin}/.well-known/jwks.json` },
        '/.well-known/jwks.json': keys,
        '/v1/oauth/providers': { data: [], next_cursor: null },
      };
      const answer = answers[request.url ?? ''];
      response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? 'nothing'));
    }).listen(0, '127.0.0.1');
    await once(stand, 'listening');
    origin = `http://127.0.0.1:${(stand.address() as AddressInfo).port}`;
  });
  afterAll(() => stand.close());

  const of = (from?: string) =>
    doctor(['--url', origin, ...(from ? ['--mail-from', from, '--dns', names.address] : [])]);

  it('is content when all is well, also with the DNS', async () => {
    health = { status: 'ok', parts: { d1: 'ok', durable_objects: 'ok', r2: 'ok' } };
    keys = { keys: [{}] };
    const { code, said } = await of('Accounts <accounts@well.example>');
    expect(said).toContain('well.example says who may send its mail (SPF)');
    expect(said).toContain('(DMARC)');
    expect(said).not.toMatch(/WRONG|note {3}(?!When the cron)/);
    expect(code).toBe(0);
  });

  it.each([
    [() => Date.now() / 1000 - 30, 'ok     The cron has run within five minutes', 0],
    [() => Date.now() / 1000 - 900, 'WRONG  The cron has not run for five minutes', 1],
    [() => null, 'WRONG  The cron has never run', 1],
  ])('with a key knows when the cron last ran (%#)', async (at, text, status) => {
    health = { status: 'ok', parts: { d1: 'ok', durable_objects: 'ok', r2: 'ok' } };
    keys = { keys: [{}] };
    ran = at();
    const { code, said } = await doctor(['--url', origin], ROOT, { LATCHKEY_API_KEY: 'lkk_metrics' });
    expect(said).toContain(text);
    expect(code).toBe(status);
  });

  it.each([
    [
      'accounts@twice.example',
      ['twice.example has more than one SPF record', 'twice.example has no DMARC record'],
    ],
    ['accounts@nobody.example', ['nobody.example has no SPF record', 'nobody.example has no DMARC record']],
  ])('names what the DNS of %s lacks', async (from, lacks) => {
    const { code, said } = await of(from);
    for (const lack of lacks) expect(said).toContain(`WRONG  ${lack}.`);
    expect(code).toBe(1);
  });

  it('names each part that fails and each thing that needs a hand, with what to do', async () => {
    health = {
      status: 'failed',
      parts: {
        d1: 'failed',
        durable_objects: 'ok',
        r2: 'ok',
        databases: { DB_2: 'failed' },
        needs_hand: ['cron'],
      },
    };
    const { code, said } = await of();
    for (const part of ['d1', 'DB_2']) expect(said).toContain(`WRONG  ${part} fails.`);
    expect(said).toMatch(/WRONG {2}Needs a hand: cron\.\n {7}The Cron Triggers do not run/);
    expect(said).toContain('3 to be mended.');
    expect(code).toBe(1);
  });

  it('names what is no Latchkey', async () => {
    [health, keys] = ['<html>', undefined];
    const { code, said } = await of();
    expect(said).toContain('WRONG  the health cannot be asked: 200, and not what Latchkey says there.');
    expect(said).toContain('WRONG  the issuer cannot be asked: 404');
    expect(code).toBe(1);
  });
});

it('names where nobody answers, and what was typed in no form that it has', async () => {
  const { code, said } = await doctor(['--url', 'http://127.0.0.1:1']);
  expect(said).toContain('WRONG  the health cannot be asked');
  expect(code).toBe(1);
  expect((await doctor(['--dns', 'nonsense'])).said).toMatch(/^--dns: must be an IP address/);
});

it('names what a deployment is not told yet', async () => {
  const project = await Project.create();
  try {
    project.write('deployment.toml', '[vars]\nORIGIN = "http://127.0.0.1:1"\nMAIL_PROVIDER = "resend"\n');
    const { code, said } = await doctor(['--remote', '--dns', names.address], project.folder);
    expect(said).toContain('deployment.toml is not ready');
    expect(said).toContain('ORIGIN must be https');
    expect(said).toContain('MAIL_FROM is missing');
    expect(code).toBe(1);
  } finally {
    project.remove();
  }
});
