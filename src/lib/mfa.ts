import { DAY } from './time.ts';

/**
 * Whether sign-ins take two factors: never; where the account has a second one; of everybody; or of admins and owners, and of
 * everybody else whose account has a second one.
 */
export const MFA_MODES = ['off', 'optional', 'required', 'required_for_admins'] as const;

export type MfaMode = (typeof MFA_MODES)[number];

/**
 * What can be a second factor. The first two an account has or has not; a code to a proven address is the weaker one, which is
 * asked for only where the realm requires a factor and the account has no stronger.
 */
export const FACTORS = ['totp', 'passkey', 'email', 'sms'] as const;

export type Factor = (typeof FACTORS)[number];

/** By what the second step of a sign-in can be taken. */
export const SECOND_STEPS = [...FACTORS, 'recovery_code'] as const;

export type SecondStep = (typeof SECOND_STEPS)[number];

/** What a realm wants of second factors. */
export interface MfaPolicy {
  mode: MfaMode;
  /** The factors that count. */
  factors: readonly Factor[];
  /** From when on a factor is required, Unix milliseconds; null is at once. */
  from: number | null;
  /** Whether a device may be remembered, which then is not asked for the second step. */
  rememberDevice: boolean;
}

/** How long a device is remembered (milliseconds). */
export const DEVICE_REMEMBERED = 30 * DAY;

/** What is asked where nobody says what the realm wants: a factor of every account that has one. */
export const CAUTIOUS: MfaPolicy = { mode: 'optional', factors: FACTORS, from: null, rememberDevice: false };

/** How many authenticator apps and passkeys an account has. */
export interface OwnFactors {
  totp: number;
  passkeys: number;
}

/** What is known of an account whose copy of the directory is older than second factors are. */
export const NO_FACTORS: OwnFactors = { totp: 0, passkeys: 0 };

/** Somebody who signs in, as far as it matters for the second step. */
export interface Signer extends OwnFactors {
  role: 'user' | 'admin' | 'owner';
  /** Whether a recovery code is left. */
  hasRecoveryCodes: boolean;
  /** Whether codes can reach a proven address, and a proven number. */
  email: boolean;
  phone: boolean;
}

/** Whether a realm requires a second factor of users of a role by now. */
export function requiresMfa({ mode, from }: MfaPolicy, role: Signer['role'], now: number): boolean {
  if (from !== null && now < from) return false;
  return mode === 'required' || (mode === 'required_for_admins' && role !== 'user');
}

/** A session, as far as it matters what it was opened by. */
interface Shown {
  role: Signer['role'];
  methods: readonly string[];
  impersonator: string | null;
  /** Whether the account has no way in that a factor could be the second of. */
  anonymous: boolean;
}

/**
 * Whether a session lacks the second factor that its realm requires: its user may enrol, and nothing else. An admin who acts as
 * a user has shown theirs at home.
 */
export function lacksMfa(policy: MfaPolicy, session: Shown, now: number): boolean {
  const { role, methods, impersonator, anonymous } = session;
  return impersonator === null && !anonymous && !methods.includes('mfa') && requiresMfa(policy, role, now);
}

/** Whether an account has a factor of its own that counts in its realm. */
export function hasFactor({ factors }: MfaPolicy, { totp, passkeys }: OwnFactors): boolean {
  return (totp > 0 && factors.includes('totp')) || (passkeys > 0 && factors.includes('passkey'));
}

/**
 * What the user of a session has to do before an app gets anything by it: sign in anew where the account has a factor that the session
 * was opened without, enrol where the realm requires one that it has not; null for nothing.
 */
export function owedStep(
  policy: MfaPolicy,
  session: Shown,
  factors: OwnFactors,
  now: number,
): 'sign_in' | 'enrol' | null {
  const { anonymous, impersonator, methods } = session;
  if (policy.mode === 'off' || anonymous || impersonator !== null || methods.includes('mfa')) return null;
  if (hasFactor(policy, factors)) return 'sign_in';
  return requiresMfa(policy, session.role, now) ? 'enrol' : null;
}

/**
 * The second steps that a sign-in can be completed by, of which it needs one; none where the first factor is enough, or where
 * there is nothing to ask for yet. `first` are the methods of the first factor (RFC 8176): the same address is no second one. An
 * account that has a factor of its own is never asked for a weaker one.
 */
export function secondSteps(
  policy: MfaPolicy,
  signer: Signer,
  first: readonly string[],
  now: number,
): SecondStep[] {
  if (policy.mode === 'off' || first.includes('mfa')) return [];
  if (hasFactor(policy, signer)) {
    return [
      ...(signer.passkeys > 0 && policy.factors.includes('passkey') ? (['passkey'] as const) : []),
      ...(signer.totp > 0 && policy.factors.includes('totp') ? (['totp'] as const) : []),
      ...(signer.hasRecoveryCodes ? (['recovery_code'] as const) : []),
    ];
  }
  if (!requiresMfa(policy, signer.role, now)) return [];
  const byText = first.includes('sms');
  const byMail = first.includes('otp') && !byText;
  return [
    ...(signer.email && !byMail && policy.factors.includes('email') ? (['email'] as const) : []),
    ...(signer.phone && !byText && policy.factors.includes('sms') ? (['sms'] as const) : []),
  ];
}
