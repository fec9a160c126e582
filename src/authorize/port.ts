import type { Refusal } from '../accounts/port.ts';
import type { ErrorCode } from '../errors.ts';
import type { Terms } from '../plans/port.ts';
import type { Quota } from '../usage/port.ts';

/** What a service wants to do for a user. */
export interface Request {
  sessionId: string;
  /** To be used of a resource, if any. */
  use: { resource: string; quantity: number } | null;
  /** To be charged; 0 is nothing. */
  credits: number;
  /** Makes it happen once, however often it is asked for. */
  reference: string | null;
  /** Who asks: the id of an API key. */
  actor: string;
}

/** Who, whether they may, and if not why; all of it was done or nothing. */
export interface Decision {
  allowed: boolean;
  /** Null when allowed, else a code of the catalogue. */
  reason: ErrorCode | null;
  plan: string;
  /** How the user stands with the resource afterwards. */
  quota: Quota | null;
  balance: number;
}

/**
 * `refused` when there is nobody to decide about (`session_ended`, `account_suspended`) or the request contradicts an
 * earlier one (`reference_reused`).
 */
export type AuthorizeResult = { result: 'decided'; decision: Decision } | Refusal;

/** What authorizing needs of the account object: one hop. */
export interface AuthorizeObject {
  authorize(terms: Terms, request: Request): Promise<AuthorizeResult>;
}

/** The object of one user. */
export type AuthorizeObjects = (userId: string) => AuthorizeObject;
