import { waitUntil } from 'cloudflare:workers';

/** Work that a request waits for, and that is done to its end when the client waits no longer. */
export function untilDone<Result>(work: Promise<Result>): Promise<Result> {
  waitUntil(work.catch(() => undefined));
  return work;
}
