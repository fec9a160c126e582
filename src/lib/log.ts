/** How grave a line of the log is. */
export const LOG_LEVELS = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

let threshold: LogLevel = 'info';

/** Leaves out lines below a level, in this isolate. */
export function setLogLevel(level: LogLevel): void {
  threshold = level;
}

/** Writes one JSON line. `fields` never holds a secret, a token, a code, an e-mail address or the text of a message. */
export function log(level: LogLevel, event: string, fields: Record<string, unknown>): void {
  if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold)) return;
  console[level === 'info' ? 'log' : level](JSON.stringify({ level, event, ...fields }));
}
