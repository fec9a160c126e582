import type { Problem } from '../../http/problem.ts';
import { clientNamesOf } from '../engine/fields.ts';
import type { AnyRow } from '../engine/row.ts';

/** Writes an error as FastAPI does: `detail` is a text, or the list of the invalid fields. */
export function fastApiError(problem: Problem, row: AnyRow): Record<string, unknown> {
  const { code, request_id, checkout_url } = problem;
  if (!problem.errors) return { detail: problem.detail ?? problem.title, code, request_id, checkout_url };
  const place = row.from.startsWith('GET ') || row.from.startsWith('DELETE ') ? 'query' : 'body';
  const detail = problem.errors.map(({ path, code: type, message }) => ({
    loc: [place, ...clientNamesOf(path, row)],
    msg: message,
    type,
  }));
  return { detail, code, request_id };
}

/** Writes an error that clients of FastAPI and of Flask both read. */
export function fastApiOrFlaskError(problem: Problem, row: AnyRow): Record<string, unknown> {
  return { ...fastApiError(problem, row), success: false, error: problem.detail ?? problem.title };
}
