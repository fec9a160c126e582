/**
 * Milliseconds. Longer than what is to be hidden takes, so that known and unknown addresses answer at the same moment:
 * an object that is new, or a row that is not there, would show in the third digit.
 */
const FLOOR = 200;

/** Takes as long for every outcome, if that is less than the floor. */
export async function steadily<T>(work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await work();
  } finally {
    await rest(started);
  }
}

/** Takes as long for every failure; a success shows itself anyway. */
export async function failingSteadily<T>(work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await work();
  } catch (error) {
    await rest(started);
    throw error;
  }
}

function rest(started: number): Promise<void> {
  return scheduler.wait(Math.max(0, FLOOR - (performance.now() - started)));
}
