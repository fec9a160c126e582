/** How grave a line of the log is. */
export const LOG_LEVELS = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A line as it was written: Unix milliseconds, and the JSON that the console shows. */
export interface LogLine {
  at: number;
  level: LogLevel;
  event: string;
  json: string;
}

let threshold: LogLevel = 'info';
let hear: ((line: LogLine) => void) | null = null;

/** Leaves out lines below a level, in this isolate. */
export function setLogLevel(level: LogLevel): void {
  threshold = level;
}

/** Hands each line to somebody else besides, in this isolate; null ends it. What hears must not throw. */
export function shipLog(to: ((line: LogLine) => void) | null): void {
  hear = to;
}

/**
 * What went wrong, for the log. A query's parameters can be an e-mail or a hash: Drizzle puts them into its message, the error of
 * D1 that caused it does not have them.
 */
export function causeOf(thrown: unknown): Error | null {
  const error = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return error instanceof Error ? error : null;
}

/** The same as text. */
export function describeFailure(thrown: unknown): string {
  const error = causeOf(thrown);
  return error ? `${error.name}: ${error.message}` : 'not an Error';
}

/** Writes one JSON line. `fields` never holds a secret, a token, a code, an e-mail address or the text of a message. */
export function log(level: LogLevel, event: string, fields: Record<string, unknown>): void {
  if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold)) return;
  const json = JSON.stringify({ level, event, ...fields });
  console[level === 'info' ? 'log' : level](json);
  hear?.({ at: Date.now(), level, event, json });
}
