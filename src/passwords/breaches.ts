import { createHash } from 'node:crypto';
import { describeFailure, log } from '../lib/log.ts';
import { SECOND } from '../lib/time.ts';

/** How long a look-up may take, with its answer (milliseconds). */
const PATIENCE = SECOND;
/** Hexadecimal digits of the SHA-1 that are told. Some 2,000 known passwords share them. */
const PREFIX = 5;

/**
 * Whether a password was published in a breach, by the range API of Have I Been Pwned (haveibeenpwned.com/API/v3) at `url`: it
 * is told the first 20 bits of the password's SHA-1 only, and rows of padding hide from who listens how many it found. False
 * when there is no answer in a second, which the log has then.
 */
export async function isBreached(url: string, password: string): Promise<boolean> {
  const digest = createHash('sha1').update(password).digest('hex').toUpperCase();
  try {
    const answer = await fetch(`${url}/range/${digest.slice(0, PREFIX)}`, {
      headers: { 'Add-Padding': 'true', 'User-Agent': 'Latchkey' },
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    const found = new RegExp(`^${digest.slice(PREFIX)}:(\\d+)\\s*$`, 'm').exec(await answer.text());
    // Padding is of passwords that were found in no breach.
    return Number(found?.[1] ?? 0) > 0;
  } catch (error) {
    log('warn', 'breached_passwords_unavailable', { error: describeFailure(error) });
    return false;
  }
}
