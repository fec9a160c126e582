import { MINUTE } from '../lib/time.ts';

/** How long a code works, and how soon another may be asked for (milliseconds). */
export const CODE_LIFETIME = 10 * MINUTE;
export const RESEND_AFTER = MINUTE;

/** A code to be sent; null when none may be now. `resendAfter` is seconds. */
export interface IssuedCode {
  code: string | null;
  resendAfter: number;
}

/** What sign-in by one-time code needs of the object of an address. */
export interface CodeObject {
  /** Makes a new code, which replaces the old, unless the last is too young or the day's number is used up. */
  issue(perDay: number): Promise<IssuedCode>;
  /** Whether the guess is right; a right one cannot be taken again. */
  take(guess: string): Promise<boolean>;
}

export type Channel = 'email' | 'sms';

/** The object of one address in one realm. */
export type CodeObjects = (realmId: string, channel: Channel, to: string) => CodeObject;
