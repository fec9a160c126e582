import { logDestinationOf } from '../config/log-destination.ts';
import { type Environment, parseVariables } from '../config/variable.ts';
import { VARIABLES } from '../config/variables.ts';
import { shipperOf } from './shipping.ts';
import { linesOf } from './traced-lines.ts';

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
