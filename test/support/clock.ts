import { onTestFinished, vi } from 'vitest';

/** Moves the clock of the Worker and its objects (not the alarms'), standing still until the test is over. */
export function advance(milliseconds: number): void {
  const now = Date.now();
  if (!vi.isFakeTimers()) {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
  }
  vi.setSystemTime(now + milliseconds);
}
