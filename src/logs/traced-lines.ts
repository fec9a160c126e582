import { LOG_LEVELS, type LogLevel, type LogLine } from '../lib/log.ts';

/** Drizzle puts the parameters of a query, which can be an e-mail or a hash, behind its text. */
const PARAMETERS = '\nparams: ';
/** What of a stack is no message. */
const FRAME = /^ +at /;

/** The lines of one request: what was written, and what it failed of that nobody caught. */
export function linesOf({ logs, exceptions }: Pick<TraceItem, 'logs' | 'exceptions'>): LogLine[] {
  const written = logs.map(({ timestamp, level, message }) => lineOf(timestamp, level, message));
  const uncaught = exceptions.map(({ timestamp: at, name, message, stack }) => {
    const [reason] = message.split(PARAMETERS);
    const frames = stack?.split('\n').filter((line) => FRAME.test(line));
    const fields = {
      level: 'error',
      event: 'uncaught',
      error: `${name}: ${reason}`,
      stack: frames?.join('\n'),
    };
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
