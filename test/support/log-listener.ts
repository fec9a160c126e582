import { createServer as createHttps } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { vi } from 'vitest';
import { PATIENCE } from './patience.ts';
import { peerCertificates } from './peers/certificate.ts';
import { portOf } from './peers/smtp.ts';

/** A server that takes what it is sent, over TCP or TLS, until it is killed; it can be started again where it was. */
export class LogListener {
  received = '';
  port = 0;
  readonly #make: (take: (socket: Socket) => void) => Server;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(security: 'tcp' | 'tls') {
    this.#make = (take) =>
      security === 'tcp' ? createServer(take) : createTls(peerCertificates().trusted, take);
  }

  async start(): Promise<void> {
    this.#server = this.#make((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        this.received += chunk;
      });
    }).listen(this.port, '127.0.0.1');
    this.port = await portOf(this.#server);
  }

  /** Hangs up on everybody, and listens no more. */
  async kill(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server?.close(done));
  }

  /** The lines that are JSON. */
  get lines(): any[] {
    return this.received
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }
}

/** A request that an HTTPS server of logs was sent. */
export interface LogPost {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Starts an HTTPS server that keeps what it is sent, and answers a path with what it is told to, else with 204. */
export async function startLogEndpoint() {
  const posts: LogPost[] = [];
  const answers: Record<string, number[]> = {};
  const server = createHttps(peerCertificates().trusted, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { url: path = '', headers } = request;
    posts.push({ path, headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(answers[path]?.shift() ?? 204).end();
  });
  const port = await portOf(server.listen(0, '127.0.0.1'));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { port, posts, answers, stop };
}

/** Waits until something holds; what is done meanwhile is done every two seconds, as others would use what is tested. */
export function until(holds: () => unknown, meanwhile: () => Promise<unknown>): Promise<void> {
  let next = performance.now() + 2_000;
  return vi.waitFor(
    async () => {
      if (performance.now() > next) {
        await meanwhile();
        next = performance.now() + 2_000;
      }
      await holds();
    },
    { timeout: PATIENCE, interval: 50 },
  );
}
