import { onTestFinished, vi } from 'vitest';
import { DAY } from '../../src/lib/time.ts';

/** Moves the clock of the Worker and its objects (not the alarms'), standing still until the test is over. */
export function advance(milliseconds: number): void {
  const now = Date.now();
  if (!vi.isFakeTimers()) {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
  }
  vi.setSystemTime(now + milliseconds);
}

/** Moves it to the next noon (UTC): what a test does within hours is then of one day, whenever it runs. */
export function advanceToNoon(): void {
  const now = Date.now();
  advance((1.5 * DAY - (now % DAY)) % DAY || DAY);
}
