import { SECOND } from './time.ts';

const FIRST_RETRY = 30 * SECOND;

/**
 * Whole milliseconds until the next try, after so many: 30 seconds, doubling with each try up to `longest`. Up to half of them is random
 * (jitter).
 */
export function backoff(attempts: number, longest: number, random = Math.random()): number {
  return Math.round(Math.min(FIRST_RETRY * 2 ** (attempts - 1), longest) * (1 - random / 2));
}
