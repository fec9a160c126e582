import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { ROOT } from '../../../src/cli/root.ts';
import { freePort } from '../free-port.ts';
import { PATIENCE } from '../patience.ts';

/** A message as `/dev/mailbox.json` has it. */
export interface Message {
  channel: 'mail' | 'sms';
  recipient: string;
  subject: string | null;
  text: string;
}

/** Latchkey as `npm start` runs it, with a port and a database of its own. */
export interface Latchkey {
  /** `http://localhost:PORT`: browsers take its `__Host-` cookies. */
  origin: string;
  port: number;
  /** Its API key that may do everything. */
  internalKey: string;
  /** `npm run realm`: makes or changes a realm. */
  realm(...args: string[]): Promise<void>;
  /** The newest message to that address or number about that; waits for it. */
  messageTo(recipient: string, about?: RegExp): Promise<Message>;
  stop(): Promise<void>;
}

/** What a developer's own `.dev.vars` shall not change. */
const VARIABLES = {
  AUTH_SECRET: 'YnJvd3NlcnMtb25seS1ub3QtYS1zZWNyZXQtYXQtYWxs',
  // Made and added to `.dev.vars` otherwise, upon which servers that run already would load it.
  INTERNAL_API_KEY: 'YnJvd3NlcnMtb25seS1pbnRlcm5hbC1rZXktZm9yLWFsbA',
  ENVIRONMENT: 'development',
  MAIL_PROVIDER: 'dev',
  SMS_PROVIDER: 'dev',
  SMS_CALLING_CODES: '*',
  // All tests come from one address.
  RATE_LIMIT_SIGN_IN: '100000',
  RATE_LIMIT_GENERAL: '1000000',
};

/**
 * Starts it and waits until it answers; `variables` are beside those of development. `before` are commands of
 * src/cli, such as `['seed', '--users', '10']`, which want the database for themselves.
 */
export async function startLatchkey(
  variables: Record<string, string> = {},
  givenPort?: number,
  before: [command: string, ...args: string[]][] = [],
): Promise<Latchkey> {
  const port = givenPort ?? (await freePort());
  const origin = `http://localhost:${port}`;
  const state = mkdtempSync(join(tmpdir(), 'latchkey-browser-'));
  const vars = Object.entries({ ...VARIABLES, ORIGIN: origin, ...variables });
  const args = [
    'src/cli/start.ts',
    ...['--port', String(port), '--inspector-port', '0', '--persist-to', state],
    ...vars.flatMap(([name, value]) => ['--var', `${name}:${value}`]),
  ];
  // Under Vitest's NODE_ENV, `test`, wrangler behaves differently.
  const env = { ...process.env, NODE_ENV: undefined };
  const run = async (command: string, ...fields: string[]) => {
    const whole = [`src/cli/${command}.ts`, ...fields, '--persist-to', state];
    await promisify(execFile)(process.execPath, whole, { cwd: ROOT, env });
  };
  for (const command of before) await run(...command);
  const server = spawn(process.execPath, args, { cwd: ROOT, env });
  process.once('exit', () => server.kill('SIGTERM'));
  let output = '';
  const stop = async () => {
    if (server.exitCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    rmSync(state, { recursive: true, force: true });
  };
  const isReady = () => output.includes('Latchkey is ready');
  await new Promise<void>((resolve) => {
    server.once('exit', resolve);
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        if (isReady()) resolve();
      });
    }
  });
  if (!isReady()) throw new Error(`Latchkey did not start:\n${output}`);
  return {
    origin,
    port,
    internalKey: VARIABLES.INTERNAL_API_KEY,
    stop,
    realm: (...fields) => run('realm', ...fields),
    messageTo: (recipient, about = /(?:)/) =>
      vi.waitFor(
        async () => {
          const { data } = (await (await fetch(`${origin}/dev/mailbox.json`)).json()) as { data: Message[] };
          const found = data.find(
            (message) => message.recipient === recipient && about.test(message.subject ?? message.text),
          );
          if (!found) throw new Error(`no message to ${recipient} about ${about}`);
          return found;
        },
        { timeout: PATIENCE, interval: 100 },
      ),
  };
}

/** The link in a message. */
export function linkIn({ text }: Message): string {
  return /https?:\/\/\S+token=\S+/.exec(text)?.[0] ?? missing('link', text);
}

/** The one-time code in a message. */
export function codeIn({ text }: Message): string {
  return /\b\d{6}\b/.exec(text)?.[0] ?? missing('code', text);
}

function missing(what: string, text: string): never {
  throw new Error(`no ${what} in ${text}`);
}
