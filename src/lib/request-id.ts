import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string>();

/** Does the work of a request, so that what it writes can name it. */
export function withRequestId<Result>(requestId: string, work: () => Result): Result {
  return current.run(requestId, work);
}

/** The id of the request that is worked on; null for what nobody has asked for, as by a Cron Trigger. */
export function currentRequestId(): string | null {
  return current.getStore() ?? null;
}
