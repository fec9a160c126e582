import type { LogDestination } from '../config/log-destination.ts';
import { lazy } from '../lib/lazy.ts';
import type { LogLine } from '../lib/log.ts';
import { jsonLine, type LogOrigin, lokiBody, syslogLine } from './lines.ts';

/** Why lines were not taken. `isFinal` says that these never will be; the reason holds nothing of them, and no secret. */
export class LogRefusal extends Error {
  readonly isFinal: boolean;

  constructor(reason: string, isFinal: boolean) {
    super(reason);
    this.name = 'LogRefusal';
    this.isFinal = isFinal;
  }
}

/** Sends lines, in their order. Throws LogRefusal, or what the network threw; gives up when the signal is aborted. */
export type LogTransport = (lines: readonly LogLine[], signal: AbortSignal) => Promise<void>;

/** What says that the lines themselves cannot be taken, whoever sends them: a later try would fare no better. */
const OF_THE_LINES = [400, 413, 415, 422];

// Only workerd has this module.
const sockets = lazy(() => import('cloudflare:sockets'));

/** Makes what sends lines to a destination. */
export function logTransport(destination: LogDestination, origin: LogOrigin): LogTransport {
  return destination.kind === 'stream' ? stream(destination, origin) : https(destination, origin);
}

/**
 * A connection for each batch: a socket belongs to the request that opened it. Nobody acknowledges what TCP has taken, so lines
 * that were on their way to a server that died are lost.
 */
function stream(
  { hostname, port, tls, format }: Extract<LogDestination, { kind: 'stream' }>,
  origin: LogOrigin,
): LogTransport {
  const utf8 = new TextEncoder();
  const framed = (line: LogLine) => {
    if (format === 'json') return `${jsonLine(line, origin)}\n`;
    const text = syslogLine(line, origin);
    // RFC 6587, 3.4.1, and RFC 5425, 4.3: how many bytes there are stands before them.
    return `${utf8.encode(text).byteLength} ${text}`;
  };
  return async (lines, signal) => {
    const { connect } = await sockets();
    const socket = connect({ hostname, port }, { secureTransport: tls ? 'on' : 'off', allowHalfOpen: false });
    const close = () => void socket.close().catch(() => {});
    signal.addEventListener('abort', close);
    try {
      // What ends the connection otherwise is heard of here, too.
      socket.closed.catch(() => {});
      await socket.opened;
      const writer = socket.writable.getWriter();
      await writer.write(utf8.encode(lines.map(framed).join('')));
      await writer.close();
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', close);
      close();
    }
  };
}

function https(
  { url, authorization, format }: Extract<LogDestination, { kind: 'https' }>,
  origin: LogOrigin,
): LogTransport {
  return async (lines, signal) => {
    const isLoki = format === 'loki';
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': isLoki ? 'application/json' : 'application/x-ndjson',
        ...(authorization && { Authorization: authorization }),
      },
      body: isLoki ? lokiBody(lines, origin) : lines.map((line) => `${jsonLine(line, origin)}\n`).join(''),
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    const { status } = response;
    if (!response.ok) throw new LogRefusal(`HTTP ${status}`, OF_THE_LINES.includes(status));
  };
}
