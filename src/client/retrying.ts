import { LatchkeyError, secondsOf } from './errors.ts';

/** How often and how long a call is tried again. */
export interface RetryPolicy {
  /** Tries after the first. */
  retries: number;
  /** A server that wants to be left alone for longer than this is not asked again, seconds. */
  longest: number;
}

/** The methods that may be repeated (RFC 9110, 9.2.2); a POST may with a key. */
const IDEMPOTENT = /^(GET|HEAD|PUT|DELETE|OPTIONS)$/;
const FIRST_WAIT = 250;

type Fetch = (request: Request) => Promise<Response>;

/**
 * A `fetch` that asks again: after 429 and 503, as their `Retry-After` says, and after a connection that failed, where asking twice
 * does it once. Throws `network_error` when nobody ever answers.
 */
export function retryingFetch(send: Fetch, { retries, longest }: RetryPolicy): Fetch {
  return async (request) => {
    const mayRepeat = IDEMPOTENT.test(request.method) || request.headers.has('idempotency-key');
    for (let tries = 0; ; tries += 1) {
      const isLast = tries >= retries;
      const again = isLast ? null : request.clone();
      const wait = FIRST_WAIT * 2 ** tries * (1 + Math.random());
      try {
        const response = await send(isLast ? request : (again as Request));
        const asked = secondsOf(response.headers.get('retry-after'));
        // 429 is said before anything is done; what 503 has done is not known.
        const isPassing = response.status === 429 || (response.status === 503 && mayRepeat);
        if (isLast || !isPassing || (asked ?? 0) > longest) return response;
        await response.body?.cancel();
        await pause(asked === null ? wait : asked * 1000, request.signal);
      } catch (error) {
        request.signal.throwIfAborted();
        if (isLast || !mayRepeat) throw new LatchkeyError('network_error', { cause: error });
        await pause(wait, request.signal);
      }
    }
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
