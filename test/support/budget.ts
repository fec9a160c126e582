import type { Budget } from '../../src/lib/run-budget.ts';

/** For a job that may do all that it finds. */
export const PLENTY: Budget = { take: () => true };
