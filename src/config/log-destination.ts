import { z } from 'zod';
import { ConfigError } from './variable.ts';

/** Where lines of the log go besides the console, and in what form. */
export type LogDestination =
  | { kind: 'stream'; hostname: string; port: number; tls: boolean; format: 'json' | 'syslog' }
  | { kind: 'https'; url: string; authorization: string | null; format: 'json' | 'loki' };

/** The ports of schemes that have one by a standard: RFC 5425 and RFC 6587. */
const STREAMS = {
  'tcp:': { tls: false, format: 'json', port: null },
  'tls:': { tls: true, format: 'json', port: null },
  'syslog:': { tls: false, format: 'syslog', port: 601 },
  'syslog+tls:': { tls: true, format: 'syslog', port: 6514 },
} as const;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const LOKI = /\/loki\/api\/v1\/push$/;

/** `LOG_SINK`: a URL of a scheme that is known, with a port unless its scheme has one. */
export const LogSinkUrl = z.string().transform((value, context) => {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const url = URL.parse(value);
  if (!url?.hostname) return refuse('must be a URL such as tcp://logs.example.com:5000');
  if (url.username || url.password) return refuse('must hold no credentials: they go into LOG_SINK_TOKEN');
  if (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))) return url;
  if (!Object.hasOwn(STREAMS, url.protocol))
    return refuse('must begin with tcp://, tls://, syslog://, syslog+tls:// or https://');
  const { port } = STREAMS[url.protocol as keyof typeof STREAMS];
  return url.port || port ? url : refuse('must name a port, as in tcp://logs.example.com:5000');
});

/** The variables that say where the log goes: those of today, and those by which an older service said it. */
interface LogVariables {
  LOG_SINK?: URL | undefined;
  LOG_SINK_TOKEN?: string | undefined;
  ENABLE_LOGSTASH?: boolean | undefined;
  SYSLOG_HOST?: string | undefined;
  SYSLOG_PORT: number;
  JSON_LOGS: boolean;
}

/**
 * Where the log goes; null where it goes to the console only. `LOG_SINK` decides; without it `SYSLOG_HOST` does, unless
 * `ENABLE_LOGSTASH` is false. Throws ConfigError where Logstash is switched on and nobody says where it is.
 */
export function logDestinationOf(variables: LogVariables): LogDestination | null {
  const { LOG_SINK: url, LOG_SINK_TOKEN: token, SYSLOG_HOST: hostname } = variables;
  if (url) return /^https?:$/.test(url.protocol) ? httpDestination(url, token) : streamDestination(url);
  if (variables.ENABLE_LOGSTASH === false) return null;
  if (hostname) {
    const format = variables.JSON_LOGS ? 'json' : 'syslog';
    return { kind: 'stream', hostname, port: variables.SYSLOG_PORT, tls: false, format };
  }
  if (variables.ENABLE_LOGSTASH) throw new ConfigError(['SYSLOG_HOST is missing (ENABLE_LOGSTASH is true)']);
  return null;
}

function httpDestination(url: URL, token: string | undefined): LogDestination {
  // RFC 7617: a name and a password have a colon between; RFC 6750: a bearer token has none.
  const credentials = token && (token.includes(':') ? `Basic ${btoa(token)}` : `Bearer ${token}`);
  return {
    kind: 'https',
    url: url.href,
    authorization: credentials || null,
    format: LOKI.test(url.pathname) ? 'loki' : 'json',
  };
}

function streamDestination(url: URL): LogDestination {
  const { tls, format, port } = STREAMS[url.protocol as keyof typeof STREAMS];
  return { kind: 'stream', hostname: url.hostname, port: Number(url.port || port), tls, format };
}
