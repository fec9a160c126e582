import type { ErrorCode } from '../errors.ts';
import { responses, SERVICE_OR_USER_SECURITY } from './openapi.ts';
import { type Access, requireAdmin } from './service-authentication.ts';

/** What every route of the admin API declares. */
export function adminLevel(access: Access, tag: string) {
  return {
    tags: [tag],
    security: SERVICE_OR_USER_SECURITY,
    middleware: requireAdmin(access),
  };
}

/** The answers of a route of the admin API: its successes, and how else it can fail than all of them. */
export function adminResponses<const Success extends Record<number, unknown>>(
  success: Success,
  codes: ErrorCode[] = [],
  body = false,
) {
  return responses(success, { user: true, service: true, body, codes });
}

/** How a route that lists can fail. */
export const LISTING: ErrorCode[] = ['validation_failed'];
