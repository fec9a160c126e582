import { waitUntil } from 'cloudflare:workers';
import type { Config } from '../config/config.ts';
import { type LogLine, shipLog } from '../lib/log.ts';
import { LogShipper } from './shipper.ts';
import { logTransport } from './transport.ts';

/**
 * Sends the log of this isolate where the configuration says, if it says so. The requests and objects of an isolate share one
 * shipper.
 */
export function shipLogAs(config: Shipping): void {
  const take = shipperOf(config);
  if (take) shipLog(take);
}

type Shipping = Pick<Config, 'logDestination' | 'ORIGIN' | 'SERVICE_NAME'>;

const shippers = new Map<string, (line: LogLine) => void>();

/** What takes lines for the destination, the same each time in an isolate; null where there is none. */
export function shipperOf({
  logDestination,
  ORIGIN,
  SERVICE_NAME,
}: Shipping): ((line: LogLine) => void) | null {
  if (!logDestination) return null;
  const origin = { service: SERVICE_NAME, host: new URL(ORIGIN).hostname };
  const key = JSON.stringify([logDestination, origin]);
  const known = shippers.get(key);
  if (known) return known;
  const { take } = new LogShipper({
    send: logTransport(logDestination, origin),
    keep: waitUntil,
    wait: (ms) => scheduler.wait(ms),
    tell: (message) => console.warn(message),
  });
  shippers.set(key, take);
  return take;
}
