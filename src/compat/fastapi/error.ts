import type { Problem } from '../../http/problem.ts';
import { clientPlaceOf } from '../engine/fields.ts';
import type { Fails } from '../engine/row.ts';

type Body = Record<string, unknown>;

/** Writes an error as FastAPI does: `detail` is a text, or the list of the invalid fields. */
export const fastApiError = ((problem, row, asked): Body => {
  const { code, request_id } = problem;
  if (!problem.errors)
    return { detail: problem.detail ?? problem.title, code, request_id, ...wayOn(problem) };
  const detail = problem.errors.map(({ path, code: type, message }) => {
    const { place, names } = clientPlaceOf(path, row, asked);
    return { loc: [place, ...names], msg: message, type };
  });
  return { detail, code, request_id };
}) satisfies Fails;

/** Writes an error that clients of FastAPI and of Flask both read. */
export const fastApiOrFlaskError = ((problem, row, asked): Body => ({
  ...fastApiError(problem, row, asked),
  success: false,
  error: problem.detail ?? problem.title,
})) satisfies Fails;

/** What of an error says how to go on: where to pay, and what a second step needs. */
export function wayOn({ checkout_url, mfa_token, methods, page }: Problem) {
  return { checkout_url, mfa_token, methods, page };
}
