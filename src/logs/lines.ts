import type { LogLine } from '../lib/log.ts';
import { rfc3339 } from '../lib/time.ts';

/** What each line says of where it comes from. */
export interface LogOrigin {
  service: string;
  /** The host by which users reach Latchkey. */
  host: string;
}

/** RFC 5424, 6.2.1: the facility is local0. */
const LOCAL0 = 16;
const SEVERITY = { error: 3, warn: 4, info: 6 } as const;
/** The most that RFC 5424 lets MSGID have. */
const MSGID = 32;

/** One line as JSON, with the names by which Logstash and those like it know time, host and service. */
export function jsonLine({ at, json }: LogLine, { service, host }: LogOrigin): string {
  const about = JSON.stringify({ '@timestamp': rfc3339(at), service, host });
  return `${about.slice(0, -1)},${json.slice(1)}`;
}

/** One line by RFC 5424: the event is MSGID, and its JSON the message, after the mark that it is UTF-8. */
export function syslogLine(line: LogLine, { service, host }: LogOrigin): string {
  const priority = LOCAL0 * 8 + SEVERITY[line.level];
  const id = line.event.slice(0, MSGID);
  return `<${priority}>1 ${rfc3339(line.at)} ${host} ${service} - ${id} - \uFEFF${line.json}`;
}

/** Many lines as Loki's push API takes them: a stream for each level, times in nanoseconds. */
export function lokiBody(lines: readonly LogLine[], { service, host }: LogOrigin): string {
  const byLevel = Map.groupBy(lines, ({ level }) => level);
  return JSON.stringify({
    streams: [...byLevel].map(([level, those]) => ({
      stream: { service_name: service, host, level },
      values: those.map(({ at, json }) => [`${at}000000`, json]),
    })),
  });
}
