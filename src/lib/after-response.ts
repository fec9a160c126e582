import { waitUntil } from 'cloudflare:workers';
import { describeFailure, log } from './log.ts';

/** Long enough for an answer to have left (milliseconds). */
const PAUSE = 100;

/**
 * Does work when the answer has been sent. The pause is there so that nobody can tell by the time of an answer that
 * there was something to do. A failure is logged: the work has to be such that somebody else makes up for it.
 */
export function afterResponse(work: () => Promise<unknown>): void {
  const done = scheduler.wait(PAUSE).then(work);
  waitUntil(done.catch((error) => log('error', 'after_response_failed', { error: describeFailure(error) })));
}
