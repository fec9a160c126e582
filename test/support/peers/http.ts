import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Fault, Faults } from './faults.ts';
import { portOf } from './smtp.ts';

/** A request that has arrived whole. */
export interface Arrived {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface Answer {
  status: number;
  body?: string;
  headers?: Record<string, string>;
}

/** Starts an HTTP server whose handler sees whole requests; it may answer nothing (`hang`) or hang up (`drop`). */
export async function startHttp(handle: (request: Arrived) => Promise<Answer | 'hang' | 'drop'>) {
  const server: Server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const body = Buffer.concat(chunks).toString();
    const answer = await handle({
      method: request.method ?? '',
      path: request.url ?? '',
      headers,
      body,
    }).catch((error): Answer => ({ status: 599, body: String(error) }));
    if (answer === 'hang') return;
    if (answer === 'drop') return request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body);
  });
  const port = await portOf(server.listen(0, '127.0.0.1'));
  return {
    port,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** How an API says what an SMTP server would say by a code; `explain` makes the body that the API gives that status. */
export function failAs(
  fault: Fault,
  explain: (status: number, twilioCode?: number) => unknown,
): Answer | 'hang' | 'drop' {
  if (fault === 'hang') return 'hang';
  if (fault === 'drop-after-data') return 'drop';
  const [, twilioCode] = /^twilio-(\d+)$/.exec(fault) ?? [];
  const statuses: Partial<Record<Fault, number>> = {
    'refuse-credentials': 401,
    'too-many-requests': 429,
    'server-error': 500,
  };
  const status = statuses[fault] ?? 400;
  return { status, body: JSON.stringify(explain(status, twilioCode ? Number(twilioCode) : undefined)) };
}

/**
 * Starts a server before an emulator, which fails where a test wants it and passes on all else. Of many in one call, those that
 * are refused are left out and named in `errors`, as Resend does with `x-batch-validation: permissive`. `list` asks the emulator
 * itself, again only when something was sent since: it answers 5000 requests an hour, and whoever waits for a mail asks often.
 */
export async function startFaulty(
  faults: Faults,
  emulator: string,
  recipientsOf: (body: string) => string[],
  explain: (status: number, twilioCode?: number) => unknown,
) {
  let sent = 0;
  const lists = new Map<string, { sent: number; answer: unknown }>();
  const list = async <T>(path: string, headers: Record<string, string> = {}): Promise<T> => {
    const known = lists.get(path);
    if (known?.sent === sent) return known.answer as T;
    const asked = sent;
    const answer = await fetch(emulator + path, { headers });
    if (!answer.ok) throw new Error(`the emulator answered ${answer.status}: ${await answer.text()}`);
    const value = (await answer.json()) as T;
    lists.set(path, { sent: asked, answer: value });
    return value;
  };
  const server = await startHttp(async ({ method, path, headers, body }) => {
    const found = method === 'POST' ? recipientsOf(body).map((one) => faults.of(one)) : [];
    const isPermissive = headers['x-batch-validation'] === 'permissive';
    const refused = found.map((fault) => isPermissive && fault === 'reject-recipient');
    const fault = found.find((one, index) => one && !refused[index]);
    if (fault) return failAs(fault, explain);
    const taken = refused.includes(true)
      ? JSON.stringify((JSON.parse(body) as unknown[]).filter((_, index) => !refused[index]))
      : body;
    const { host: _, connection: __, 'content-length': ___, ...rest } = headers;
    const answer = await fetch(emulator + path, {
      method,
      headers: rest,
      body: method === 'GET' ? null : taken,
    });
    const errors = refused.flatMap((is, index) => (is ? [{ index, message: 'Invalid `to` field.' }] : []));
    const text = await answer.text();
    if (method !== 'GET') sent += 1;
    if (errors.length === 0) return { status: answer.status, body: text };
    return { status: answer.status, body: JSON.stringify({ ...JSON.parse(text), errors }) };
  });
  return { ...server, list };
}
