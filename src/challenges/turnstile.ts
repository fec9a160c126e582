import { z } from 'zod';
import { describeFailure, log } from '../lib/log.ts';
import { SECOND } from '../lib/time.ts';

/** Where Turnstile is asked, and by which pair of keys. */
export interface TurnstileSettings {
  url: string;
  siteKey: string;
  secretKey: string;
}

const PATIENCE = 3 * SECOND;

const Verdict = z.object({ success: z.boolean(), 'error-codes': z.array(z.string()).default([]) });

/** Error codes that blame us, or Turnstile itself, and not who sent the token. */
const OURS = ['missing-input-secret', 'invalid-input-secret', 'bad-request', 'internal-error'];

/**
 * Whether Turnstile takes a token, by its siteverify API: a token works once, for five minutes, which Turnstile sees to. Null
 * when it does not say, and the log says why.
 */
export async function isTurnstileSolved(
  { url, secretKey }: TurnstileSettings,
  token: string,
  ip: string,
): Promise<boolean | null> {
  try {
    const answer = await fetch(`${url}/turnstile/v0/siteverify`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ secret: secretKey, response: token, remoteip: ip }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const verdict = Verdict.parse(await answer.json());
    const fault = verdict['error-codes'].find((code) => OURS.includes(code));
    if (fault) throw new Error(fault);
    return verdict.success;
  } catch (error) {
    log('error', 'turnstile_unavailable', { error: describeFailure(error) });
    return null;
  }
}
