import { createHash } from 'node:crypto';
import type { WaitingSignIn } from '../errors.ts';
import { DEVICE_REMEMBERED, type SecondStep } from '../lib/mfa.ts';
import { MINUTE } from '../lib/time.ts';
import type { NewSession, UsedStep } from './contract.ts';

/** How long a sign-in waits for its second step (milliseconds), and how many guesses it takes. */
const WAITS = 10 * MINUTE;
const TRIES = 5;
/** More sign-ins that wait end the oldest. */
const MAX_WAITING = 10;
/** More remembered devices forget the oldest. */
const MAX_REMEMBERED = 20;

/** The names of what is kept. */
const WAITING = 'second_steps';
const REMEMBERED = 'remembered_devices';
const RECOVERY = 'recovery_codes';
const RECOVERY_USED = 'recovery_code_used';
const STEPS = 'totp_steps';

/** A sign-in whose first factor was right: what the session will be like, and by what it can be completed. */
export interface Waiting {
  methods: string[];
  activity: NewSession['activity'];
  authenticatedAt: number | null;
  browserSession: string | null;
  /** The browser that has begun it, if it keeps cookies. */
  device: string | null;
  credentialVersion: number;
  steps: SecondStep[];
  triesLeft: number;
  expiresAt: number;
}

/**
 * What of a user's second factors changes with each use: sign-ins that wait for one, the codes that were used, the recovery
 * codes that were not, and devices that are not asked.
 */
export class SecondStepBook {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /** Has a sign-in wait; gives what brings it to an end. */
  wait(
    userId: string,
    waiting: Omit<Waiting, 'triesLeft' | 'expiresAt'>,
    now: number,
  ): Omit<WaitingSignIn, 'remembers'> {
    const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
    const token = `${userId}.${secret}`;
    const expiresAt = now + WAITS;
    const others = Object.entries(this.#waiting(now)).slice(1 - MAX_WAITING);
    const kept = { ...waiting, triesLeft: TRIES, expiresAt };
    this.#kv.put(WAITING, { ...Object.fromEntries(others), [keyOf(token)]: kept });
    return { token, expiresAt, methods: waiting.steps };
  }

  /** The sign-in that waits for a token; null when there is none, or it has been guessed at too often. */
  find(token: string, now: number): Waiting | null {
    return this.#waiting(now)[keyOf(token)] ?? null;
  }

  /** Counts a wrong guess; the last one ends the sign-in. */
  fail(token: string, now: number): void {
    const { [keyOf(token)]: mine, ...others } = this.#waiting(now);
    if (!mine) return;
    const triesLeft = mine.triesLeft - 1;
    this.#kv.put(WAITING, triesLeft > 0 ? { ...others, [keyOf(token)]: { ...mine, triesLeft } } : others);
  }

  /** Takes the sign-in of a token: nobody else can bring it to an end. */
  take(token: string, now: number): void {
    const { [keyOf(token)]: _, ...others } = this.#waiting(now);
    this.#kv.put(WAITING, others);
  }

  /** Takes the code of a time step: not one that was used, nor one from before it (RFC 6238, 5.2). */
  takeStep(factorId: string, step: number, now: number): boolean {
    const steps = this.steps();
    if (step <= (steps[factorId]?.step ?? -1)) return false;
    this.#kv.put(STEPS, { ...steps, [factorId]: { step, usedAt: now } });
    return true;
  }

  /** The last code of each authenticator app that was taken, by the id of the factor. */
  steps(): Record<string, UsedStep> {
    return this.#kv.get<Record<string, UsedStep>>(STEPS) ?? {};
  }

  /** Puts new recovery codes, by their hashes, in place of all that there were. */
  setRecoveryCodes(hashes: string[]): void {
    this.#kv.put(RECOVERY, hashes);
    this.#kv.delete(RECOVERY_USED);
  }

  /** Takes a recovery code, by its hash; false when there is no such code any more. */
  takeRecoveryCode(hash: string, now: number): boolean {
    const left = this.#recoveryCodes();
    if (!left.includes(hash)) return false;
    const rest = left.filter((one) => one !== hash);
    this.#kv.put(RECOVERY, rest);
    this.#kv.put(RECOVERY_USED, now);
    return true;
  }

  /** Forgets the recovery codes: without a factor they take the place of nothing. */
  dropRecoveryCodes(): void {
    if (this.#kv.get(RECOVERY) === undefined) return;
    this.#kv.delete(RECOVERY);
    this.#kv.delete(RECOVERY_USED);
  }

  /** How many recovery codes are left. */
  recoveryCodesLeft(): number {
    return this.#recoveryCodes().length;
  }

  /** When a recovery code of those that there are was used last; null for never. */
  recoveryCodeUsedAt(): number | null {
    return this.#kv.get<number>(RECOVERY_USED) ?? null;
  }

  /** Remembers a device of a user whose password is of that version. */
  remember(device: string, credentialVersion: number, now: number): void {
    const { [device]: _, ...others } = this.#remembered(now);
    const kept = Object.entries(others).slice(1 - MAX_REMEMBERED);
    const mine = { until: now + DEVICE_REMEMBERED, credentialVersion };
    this.#kv.put(REMEMBERED, { ...Object.fromEntries(kept), [device]: mine });
  }

  /** Whether a device is remembered: not after the password was changed. */
  isRemembered(device: string, credentialVersion: number, now: number): boolean {
    return this.#remembered(now)[device]?.credentialVersion === credentialVersion;
  }

  forgetDevices(): void {
    this.#kv.delete(REMEMBERED);
  }

  /** Forgets what belongs to a factor that is gone; with `all` every device and every recovery code too. */
  forget(factorId: string | null, all: boolean): void {
    const { [factorId ?? '']: _, ...steps } = this.steps();
    this.#kv.put(STEPS, steps);
    this.forgetDevices();
    if (!all) return;
    this.dropRecoveryCodes();
    this.#kv.delete(WAITING);
  }

  /** Those that are left, by their hashes. */
  #recoveryCodes(): string[] {
    return this.#kv.get<string[]>(RECOVERY) ?? [];
  }

  #waiting(now: number): Record<string, Waiting> {
    return lasting(this.#kv.get<Record<string, Waiting>>(WAITING), ({ expiresAt }) => now < expiresAt);
  }

  #remembered(now: number): Record<string, { until: number; credentialVersion: number }> {
    const kept = this.#kv.get<Record<string, { until: number; credentialVersion: number }>>(REMEMBERED);
    return lasting(kept, ({ until }) => now < until);
  }
}

function keyOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function lasting<Entry>(
  kept: Record<string, Entry> | undefined,
  lasts: (one: Entry) => boolean,
): Record<string, Entry> {
  return Object.fromEntries(Object.entries(kept ?? {}).filter(([, one]) => lasts(one)));
}
