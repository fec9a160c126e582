import { lazy as original } from '../../src/lib/lazy.ts';

// Stands in the Worker's place of src/lib/lazy.ts: see vitest.config.ts.

const waiting = new Set<() => Promise<unknown>>();

/** The same, and remembers what is not there yet. */
export function lazy<Module>(load: () => Promise<Module>): () => Promise<Module> {
  const get = original(load);
  waiting.add(get);
  return get;
}

/** Fetches every module that the Worker would fetch at first use, and those that they name. */
export async function everyModule(): Promise<void> {
  for (const get of waiting) {
    await get();
    waiting.delete(get);
  }
}
