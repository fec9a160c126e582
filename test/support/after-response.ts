import { afterResponse as original } from '../../src/lib/after-response.ts';

// Stands in the Worker's place of src/lib/after-response.ts: see vitest.config.ts.

/** The runtime lets no work go on for longer after an answer (milliseconds). */
const LONGEST = 30_000;

/** When each began that has not ended. */
const unfinished = new Map<symbol, number>();

/** The same, and remembers the work until it is done. */
export function afterResponse(work: () => Promise<unknown>): void {
  const id = Symbol();
  unfinished.set(id, performance.now());
  original(async () => {
    try {
      await work();
    } catch (error) {
      // Of a file that is over, nobody wants to know.
      if (unfinished.has(id)) throw error;
    } finally {
      unfinished.delete(id);
    }
  });
}

/** Waits until all work is done that follows answers, or was cut off with the object that did it; `longest` is in ms. */
export async function responsesAreOver(longest = LONGEST): Promise<void> {
  for (const [id, start] of unfinished) {
    // Looked at again and again, as a promise would go on in the context of the request that resolves it.
    while (unfinished.has(id) && performance.now() < start + longest) await scheduler.wait(5);
    unfinished.delete(id);
  }
}
