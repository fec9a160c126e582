import { DurableObject } from 'cloudflare:workers';
import type { Bindings } from '../config/config.ts';
import { equalsInConstantTime } from '../crypto/keys.ts';
import { DAY, SECOND } from '../lib/time.ts';
import { CODE_LIFETIME, type CodeObject, type IssuedCode, RESEND_AFTER } from './contract.ts';

const ATTEMPTS = 5;
const DIGITS = 6;

interface State {
  /** Null when it was used, or guessed at too often. */
  code: string | null;
  issuedAt: number;
  attempts: number;
  /** The UTC day, and the codes issued on it. */
  day: number;
  issued: number;
}

/**
 * The one-time code of one address in one realm: at most one at a time, ten minutes, five guesses, counted before
 * they are compared. It lies here in the clear, for ten minutes and in an object that nothing else can read: a hash
 * of six digits would hide nothing.
 */
export class OneTimeCode extends DurableObject<Bindings> implements CodeObject {
  async issue(perDay: number): Promise<IssuedCode> {
    const now = Date.now();
    const day = Math.floor(now / DAY);
    const known = this.ctx.storage.kv.get<State>('state');
    const issued = known?.day === day ? known.issued : 0;
    const wait = known ? known.issuedAt + RESEND_AFTER - now : 0;
    if (wait > 0) return { code: null, resendAfter: Math.ceil(wait / SECOND) };
    if (issued >= perDay) return { code: null, resendAfter: Math.ceil(((day + 1) * DAY - now) / SECOND) };
    const code = randomDigits();
    this.ctx.storage.transactionSync(() => {
      this.ctx.storage.kv.put<State>('state', { code, issuedAt: now, attempts: 0, day, issued: issued + 1 });
      this.ctx.storage.setAlarm(now + 2 * DAY);
    });
    return { code, resendAfter: RESEND_AFTER / SECOND };
  }

  async take(guess: string): Promise<boolean> {
    const state = this.ctx.storage.kv.get<State>('state');
    if (!state?.code || Date.now() >= state.issuedAt + CODE_LIFETIME) return false;
    const attempts = state.attempts + 1;
    const right = equalsInConstantTime(guess, state.code);
    const spent = right || attempts >= ATTEMPTS;
    this.ctx.storage.kv.put<State>('state', { ...state, attempts, code: spent ? null : state.code });
    return right;
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }
}

/** Six decimal digits, each as likely as any other. */
function randomDigits(): string {
  const bound = 10 ** DIGITS;
  const limit = 2 ** 32 - (2 ** 32 % bound);
  let value = limit;
  while (value >= limit) value = crypto.getRandomValues(new Uint32Array(1))[0] as number;
  return String(value % bound).padStart(DIGITS, '0');
}
