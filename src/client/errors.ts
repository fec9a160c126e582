import type { components } from '../../generated/openapi.ts';

/** The problem+json of a refusal (RFC 9457). */
export type Problem = components['schemas']['Problem'];

/** Every code of the catalogue, and what has none: an answer that is not Latchkey's, or none at all. */
export type ErrorCode = Problem['code'] | 'unexpected_answer' | 'network_error';

/** What every call throws that was not answered with success. */
export class LatchkeyError extends Error {
  readonly code: ErrorCode;
  /** The status of the answer; null when there was none. */
  readonly status: number | null;
  /** What Latchkey said; null when it said nothing. */
  readonly problem: Problem | null;
  /** For how long to leave it alone, seconds; null when the answer does not say. */
  readonly retryAfter: number | null;

  constructor(
    code: ErrorCode,
    about: { status?: number; problem?: Problem; retryAfter?: number | null; cause?: unknown } = {},
  ) {
    const { status = null, problem = null, retryAfter = null, cause } = about;
    super(problem?.detail ?? problem?.title ?? code, { cause });
    this.name = 'LatchkeyError';
    this.code = code;
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** The error of an answer that is no success. Reads its body. */
export async function errorOf(response: Response): Promise<LatchkeyError> {
  const { status } = response;
  const retryAfter = secondsOf(response.headers.get('retry-after'));
  const body = await response.json().catch(() => null);
  return isProblem(body)
    ? new LatchkeyError(body.code, { status, problem: body, retryAfter })
    : new LatchkeyError('unexpected_answer', { status, retryAfter });
}

/** RFC 9110, 10.2.3: seconds, or a date. */
export function secondsOf(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';
}
