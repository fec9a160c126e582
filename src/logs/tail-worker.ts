import { logDestinationOf } from '../config/log-destination.ts';
import { type Environment, parseVariables } from '../config/variable.ts';
import { VARIABLES } from '../config/variables.ts';
import { LOG_LEVELS, type LogLevel, type LogLine } from '../lib/log.ts';
import { shipperOf } from './shipping.ts';

const { ORIGIN, LOG_SINK, LOG_SINK_TOKEN, SERVICE_NAME } = VARIABLES;
const { SYSLOG_HOST, SYSLOG_PORT, JSON_LOGS, ENABLE_LOGSTASH } = VARIABLES;
/** What a Tail Worker is told, by the names that Latchkey itself has. */
const OF_LOGS = {
  ORIGIN,
  LOG_SINK,
  LOG_SINK_TOKEN,
  SERVICE_NAME,
  SYSLOG_HOST,
  SYSLOG_PORT,
  JSON_LOGS,
  ENABLE_LOGSTASH,
};

/**
 * Sends the log of a deployed Latchkey as a Worker of its own, to which Cloudflare hands it after each request: the request pays
 * nothing for it.
 */
export default {
  tail(items, env) {
    const variables = parseVariables(env, OF_LOGS);
    const take = shipperOf({ ...variables, logDestination: logDestinationOf(variables) });
    if (!take) return;
    for (const line of items.flatMap(linesOf)) take(line);
  },
} satisfies ExportedHandler<Environment>;

/** The lines of one request: what was written, and what it failed of that nobody caught. */
function linesOf({ logs, exceptions }: TraceItem): LogLine[] {
  const written = logs.map(({ timestamp, level, message }) => lineOf(timestamp, level, message));
  const uncaught = exceptions.map(({ timestamp: at, name, message, stack }) => {
    const fields = { level: 'error', event: 'uncaught', error: `${name}: ${message}`, stack };
    return { at, level: 'error' as const, event: 'uncaught', json: JSON.stringify(fields) };
  });
  return [...written, ...uncaught].toSorted((one, other) => one.at - other.at);
}

/** A line of Latchkey as it is, and what others have written as a line of it. */
function lineOf(at: number, level: string, message: unknown): LogLine {
  // `wrangler dev` puts the name of the Worker before it, where there are several.
  for (const json of [message].flat()) {
    if (typeof json !== 'string') continue;
    const known = parsed(json);
    if (known) return { at, ...known, json };
  }
  const graveness = (LOG_LEVELS as readonly string[]).includes(level) ? (level as LogLevel) : 'info';
  const fields = { level: graveness, event: 'console', message: JSON.stringify(message) };
  return { at, level: graveness, event: 'console', json: JSON.stringify(fields) };
}

function parsed(json: string): { level: LogLevel; event: string } | null {
  try {
    const { level, event } = JSON.parse(json);
    return LOG_LEVELS.includes(level) && typeof event === 'string' ? { level, event } : null;
  } catch {
    return null;
  }
}
