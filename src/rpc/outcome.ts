import { type ApiError, CATALOGUE, type ErrorCode, type FieldError } from '../errors.ts';

/** Why a call failed: what a problem says over HTTP. */
export interface Failure {
  code: ErrorCode;
  /** That of HTTP. */
  status: number;
  title: string;
  detail?: string;
  /** What is wrong with the input, for `validation_failed`. */
  errors?: FieldError[];
  /** Seconds after which trying again makes sense. */
  retry_after?: number;
}

/** What every call comes to: nothing is thrown. */
export type Outcome<Value> = { ok: true; value: Value } | { ok: false; error: Failure };

/** An error as it goes to another Worker. */
export function failure({ code, detail, fields, retryAfter }: ApiError): Failure {
  const { status, title } = CATALOGUE[code];
  return {
    code,
    status,
    title,
    ...(detail !== undefined && { detail }),
    ...(fields && { errors: fields }),
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
  };
}
