import { Agent, request } from 'node:http';

/** One request, as it goes out. */
export interface Call {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** One of those that use the service at once: it asks again when it was answered. */
export interface Caller {
  /** Its address, as Cloudflare would tell it: limits are kept by address. */
  address: string;
  next(): Call;
  /** Sees each answer, for what the next request needs of it. */
  answered?(body: string): void;
}

/** A closed loop: every caller keeps one connection and one request on its way. */
export class Load {
  readonly #port: number;
  readonly #agents = new Map<Caller, Agent>();

  constructor(port: number) {
    this.#port = port;
  }

  /** Runs until the time is over, and for one request of every caller at least. Throws at the first failure. */
  async run(callers: Caller[], seconds: number): Promise<{ requests: number; seconds: number }> {
    const started = performance.now();
    const end = started + seconds * 1000;
    let requests = 0;
    await Promise.all(
      callers.map(async (caller) => {
        do {
          await this.#send(caller);
          requests += 1;
        } while (performance.now() < end);
      }),
    );
    return { requests, seconds: (performance.now() - started) / 1000 };
  }

  /** Closes all connections. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #agentOf(caller: Caller): Agent {
    const known = this.#agents.get(caller);
    if (known) return known;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.set(caller, agent);
    return agent;
  }

  #send(caller: Caller): Promise<void> {
    const { method, path, headers, body } = caller.next();
    const text = body === undefined ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          method,
          path,
          agent: this.#agentOf(caller),
          headers: {
            // The dev entry takes a client's word for its address, which Cloudflare would not.
            'CF-Connecting-IP': caller.address,
            'User-Agent': 'latchkey-bench',
            ...(text && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
            ...headers,
          },
        },
        (response) => {
          let received = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            received += chunk;
          });
          response.on('error', reject);
          response.on('end', () => {
            const { statusCode = 0 } = response;
            if (statusCode >= 300) {
              reject(new Error(`${method} ${path} answered ${statusCode}: ${received.slice(0, 500)}`));
              return;
            }
            caller.answered?.(received);
            resolve();
          });
        },
      );
      sent.on('error', reject);
      sent.end(text);
    });
  }
}
