import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { peerCertificates } from './certificate.ts';
import { portOf } from './smtp.ts';

/** How the server answers a batch. `cut`: it has taken it, and hangs up in the middle of saying so. */
export type SinkAnswer =
  | 'hang'
  | 'drop'
  | 'cut'
  | { status: number; headers?: Record<string, string>; body?: string; afterMs?: number };

/** How the server of one test behaves; a test has a path of its own. */
export interface SinkPlan {
  /** Answers in order, one for each batch; then what follows. */
  next?: SinkAnswer[];
  /** For every batch from then on. */
  always?: SinkAnswer;
  /** Batches with an event that has this in it are answered with 400. */
  refuse?: string;
  /** Batches of more events are answered with 413. */
  most?: number;
}

/** A batch that came, whatever became of it. */
export interface SinkBatch {
  method: string;
  headers: Record<string, string>;
  events: any[];
  /** As it came: what is signed. */
  body: string;
  /** Whether the server has taken the events, told or not. */
  taken: boolean;
  answer: SinkAnswer;
}

/** HTTPS servers that take CloudEvents in batches: one that workerd trusts, and one that nobody does. */
export async function startEventSink() {
  const plans = new Map<string, SinkPlan>();
  const batches = new Map<string, SinkBatch[]>();
  const hanging = new Map<string, ServerResponse[]>();

  const answerOf = (plan: SinkPlan, events: any[]): SinkAnswer => {
    const planned = plan.next?.shift() ?? plan.always;
    if (planned) return planned;
    if (plan.most !== undefined && events.length > plan.most) return { status: 413 };
    if (plan.refuse !== undefined && JSON.stringify(events).includes(plan.refuse)) return { status: 400 };
    return { status: 204 };
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const channel = request.url ?? '';
    const body = Buffer.concat(chunks).toString();
    const events = JSON.parse(body || '[]');
    const answer = answerOf(plans.get(channel) ?? {}, events);
    const taken = answer === 'cut' || (typeof answer === 'object' && answer.status < 300);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const batch = { method: request.method ?? '', headers, events, body, taken, answer };
    batches.set(channel, [...(batches.get(channel) ?? []), batch]);
    if (answer === 'hang') return void hanging.set(channel, [...(hanging.get(channel) ?? []), response]);
    if (answer === 'drop') return void request.socket.destroy();
    if (answer === 'cut') {
      response.writeHead(200, { 'content-length': '100' });
      return void response.write('{"taken":', () => setTimeout(() => request.socket.destroy(), 20));
    }
    if (answer.afterMs) await new Promise((done) => setTimeout(done, answer.afterMs));
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  };
  const { trusted, untrusted } = peerCertificates();
  const servers = [trusted, untrusted].map((certificate) =>
    createServer(certificate, (request, response) => void handle(request, response).catch(() => undefined)),
  ) as [Server, Server];
  for (const server of servers) server.on('tlsClientError', () => undefined);
  const ports = await Promise.all(servers.map((server) => portOf(server.listen(0, '127.0.0.1'))));
  return {
    ports: { trusted: ports[0] as number, untrusted: ports[1] as number },
    plan(channel: string, plan: SinkPlan) {
      plans.set(channel, plan);
    },
    batches: (channel: string) => batches.get(channel) ?? [],
    /** Answers what hangs, with a failure. */
    release(channel: string) {
      for (const response of hanging.get(channel) ?? []) response.writeHead(503).end();
      hanging.delete(channel);
    },
    async stop() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
}
