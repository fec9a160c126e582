import type { ErrorCode } from '../errors.ts';
import type { AppContext } from '../http/context.ts';
import type { Level, Levels } from '../http/levels.ts';
import type { Payer } from './payer-directory.ts';

const FAILURES = {
  body: true,
  codes: ['user_not_found', 'billing_not_configured'] as const,
};

/**
 * Who sees to a payer's billing: the user whose it is, members of the organization whose it is and who may, services for any. Looking
 * needs `billing:read` of members, changing `billing:manage`.
 */
export function billingLevel(
  levels: Levels,
  options: Omit<Parameters<Levels['serviceOrVerified']>[1], 'organization'>,
): Level {
  const organization = options.changes ? 'billing:manage' : 'billing:read';
  return levels.serviceOrVerified('billing:write', { organization, ...options });
}

/** What whatever is about a payer can fail with, and more. */
export function billingFailures(...codes: ErrorCode[]) {
  return { ...FAILURES, codes: [...FAILURES.codes, ...codes] };
}

/** The payer whom a request is about. */
export function subjectOf(c: AppContext): Payer {
  return { payerId: c.get('subject'), realmId: c.get('realm').id };
}
