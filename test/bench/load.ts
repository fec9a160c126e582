import { Agent, request } from 'node:http';

/** One request, as it goes out. */
export interface Call {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  /** JSON, or a form. */
  body?: unknown;
}

/** One of those that use the service at once: it asks again when it was answered. */
export interface Caller {
  /** As Cloudflare would tell it: limits are kept by address. */
  address: string;
  next(): Call;
  /** Sees each answer, for what the next request needs of it. */
  answered?(body: string): void;
}

/**
 * A closed loop: every caller has a connection of its own and one request under way, until the time is over and each
 * was answered once at least. Throws at the first failure.
 */
export async function load(
  port: number,
  callers: Caller[],
  seconds: number,
): Promise<{ requests: number; seconds: number }> {
  const started = performance.now();
  const end = started + seconds * 1000;
  let requests = 0;
  await Promise.all(
    callers.map(async (caller) => {
      // Not kept for the next time: workerd closes what was idle for some seconds, perhaps just as one asks again.
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        do {
          const call = caller.next();
          const body = await send(agent, port, caller.address, call);
          caller.answered?.(body);
          requests += 1;
        } while (performance.now() < end);
      } finally {
        agent.destroy();
      }
    }),
  );
  return { requests, seconds: (performance.now() - started) / 1000 };
}

// Not fetch, which costs twice as much: the load shares the machine with what it loads.
function send(agent: Agent, port: number, address: string, call: Call): Promise<string> {
  const { method, path, headers, body } = call;
  const isForm = body instanceof URLSearchParams;
  const text = body === undefined ? '' : isForm ? body.toString() : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: {
          // The entry of `wrangler dev` takes a client's word for its address, which Cloudflare would not.
          'CF-Connecting-IP': address,
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
          if (statusCode < 300) resolve(received);
          else reject(new Error(`${method} ${path} answered ${statusCode}: ${received.slice(0, 500)}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}
