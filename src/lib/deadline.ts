/** Thrown when work took longer than it may. */
export class DeadlineError extends Error {
  constructor() {
    super('the time is over');
    this.name = 'DeadlineError';
  }
}

/**
 * Lets work go on until `milliseconds` are over: then its signal is aborted, and nobody waits for it any more. Throws what the
 * work throws, and DeadlineError for all that it does too late.
 */
export async function withDeadline<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  milliseconds: number,
): Promise<Result> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new DeadlineError()), milliseconds);
  const late = new Promise<never>((_, reject) => {
    deadline.signal.addEventListener('abort', () => reject(deadline.signal.reason));
  });
  try {
    return await Promise.race([work(deadline.signal), late]);
  } catch (error) {
    throw deadline.signal.aborted ? deadline.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}
