import { expect, it } from 'vitest';
import { costs } from './operations.ts';

// What an operation costs is the product's price: the numbers are exact, and a change that raises one has to say why.
it('writes no more rows than it must', async () => {
  const counted = await costs();
  // For those who ask for them.
  console.log(`COSTS ${JSON.stringify(counted)}`);
  const rows = Object.entries(counted).map(([name, { object_rows, d1_rows, statements, calls }]) => [
    name,
    { object: object_rows, d1: d1_rows, statements, calls },
  ]);
  expect(Object.fromEntries(rows)).toEqual({
    session_check: { object: 0, d1: 0, statements: 0, calls: 1 },
    refresh: { object: 1, d1: 0, statements: 0, calls: 1 },
    authorize_quota: { object: 2.5, d1: 0.3, statements: 0.2, calls: 1.1 },
    authorize_credits: { object: 5.5, d1: 0.3, statements: 0.2, calls: 1.1 },
    tokens: { object: 2.6, d1: 0.4, statements: 0.3, calls: 2.1 },
    // One statement looks for webhooks that want to hear of it, in the batch that is written anyway.
    sign_in: { object: 2.4, d1: 4.4, statements: 1.3, calls: 2.1 },
    // D1 has the entry, the session and the day with the row of the user: no alarm tells them.
    register: { object: 2, d1: 18, statements: 7, calls: 5 },
  });
  // By an address of its own each: one for what was taken, one for the alarm that forgets it.
  expect(counted.sign_in?.limiter_rows).toBe(2);
  expect(counted.register?.limiter_rows).toBe(6);
});
