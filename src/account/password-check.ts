import { verifyPassword } from '../crypto/password-hash.ts';
import { type Refusal, refused } from '../errors.ts';
import type { Attempter, AttemptLimit } from './attempt-limit.ts';

/** Judges a password, and counts it for who gives it. Refuses with `invalid_credentials`, `too_many_attempts`. */
export function judgePassword(
  attempts: AttemptLimit,
  { hash, password }: { hash: string; password: string },
  by: Attempter,
): { result: 'ok' } | Refusal {
  const now = Date.now();
  const retryAfter = attempts.wait(by, now);
  if (retryAfter !== null) return refused('too_many_attempts', { retryAfter });
  if (verifyPassword(hash, password)) {
    attempts.succeed(by);
    return { result: 'ok' };
  }
  attempts.fail(by, now);
  return refused('invalid_credentials');
}
