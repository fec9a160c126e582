/** How grave a line of the log is. */
export const LOG_LEVELS = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

let threshold: LogLevel = 'info';

/** Leaves out lines below a level, in this isolate. */
export function setLogLevel(level: LogLevel): void {
  threshold = level;
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
  console[level === 'info' ? 'log' : level](JSON.stringify({ level, event, ...fields }));
}
