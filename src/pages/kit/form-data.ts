import type { JSX } from 'hono/jsx/jsx-runtime';
import type { z } from 'zod';
import { AccountMade, ApiError, type ErrorCode } from '../../errors.ts';
import type { Challenge } from '../../http/challenge.ts';
import type { AppContext } from '../../http/context.ts';
import { SECOND_STEP_PAGE, setSecondStepCookie } from '../../http/second-step-cookie.ts';
import { errorMessages } from '../../languages/messages.ts';
import type { Language } from '../../lib/language.ts';
import { DAY, rfc3339 } from '../../lib/time.ts';
import { show, type View } from './view.ts';

/** Why a form was not accepted, in the words of the reader. */
export interface FormProblem {
  code?: ErrorCode;
  summary: string;
  /** What is wrong with each field, by its name in the form. */
  fields: Record<string, string>;
  /** What the browser has to solve before the form is taken. */
  challenge?: Challenge;
}

/** The form of a page that was not accepted, with what was in it. */
export interface RefusedForm {
  form: string;
  values: Record<string, string>;
  problem: FormProblem;
}

/**
 * The fields of a form that one of our own pages sent. A form of any other site is refused, even of an origin that may
 * call the API. Throws `origin_not_allowed`, `unsupported_media_type`, `invalid_request`.
 */
export async function formOf(c: AppContext, origin: string): Promise<Record<string, string>> {
  requireForm(c, origin, /^application\/x-www-form-urlencoded\s*(;|$)/i);
  const fields = [...new URLSearchParams(new TextDecoder().decode(await c.req.arrayBuffer()))];
  // The decoder puts this character for bytes that are not UTF-8: many passwords would become one.
  if (fields.some(([, value]) => value.includes('\uFFFD'))) throw new ApiError('invalid_request');
  return Object.fromEntries(fields);
}

/** The file in a field of such a form; null when none was chosen. Throws as `formOf` does. */
export async function fileOf(c: AppContext, origin: string, field: string): Promise<File | null> {
  requireForm(c, origin, /^multipart\/form-data\s*;/i);
  const fields = await c.req.parseBody().catch(() => {
    throw new ApiError('invalid_request');
  });
  const value = fields[field];
  return value instanceof File && value.size > 0 ? value : null;
}

function requireForm(c: AppContext, origin: string, type: RegExp): void {
  if (c.req.header('origin') !== origin) throw new ApiError('origin_not_allowed');
  if (!type.test(c.req.header('content-type') ?? '')) throw new ApiError('unsupported_media_type');
}

/**
 * What a form has sent, parsed by a schema of the API. `codes` says what is wrong with a field of that name, when the
 * schema does not. Throws `validation_failed`, which names the fields.
 */
export function valid<Schema extends z.ZodType>(
  schema: Schema,
  fields: Record<string, unknown>,
  codes: Record<string, string> = {},
): z.output<Schema> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new ApiError('validation_failed', {
    fields: parsed.error.issues.map(({ path, code, message }) => {
      // The entries of a list stand in one field, and so does all that the form has a code for.
      const names = path.filter((part) => typeof part !== 'number').map(String);
      const [field = ''] = names;
      const own = codes[field];
      const blamed = own === undefined ? names.join('.') : field;
      return { path: blamed, code: fields[field] ? (own ?? code) : 'required', message };
    }),
  });
}

/** The same of a form of one entry of a list, whose fields have the id of the entry behind their names. */
export function validEntry<Schema extends z.ZodType>(
  schema: Schema,
  fields: Record<string, unknown>,
  id: string,
): z.output<Schema> {
  try {
    return valid(schema, fields);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const named = error.fields?.map((field) => ({ ...field, path: `${field.path.split('.')[0]}.${id}` }));
    throw new ApiError(error.code, { ...(named && { fields: named }) });
  }
}

/**
 * An error in the words of the reader of a form. `names` are the fields of the API whose field in the form has another
 * name. Throws the error again when the reader can do nothing about it.
 */
export function formProblem(
  thrown: unknown,
  language: Language,
  names: Record<string, string> = {},
): FormProblem {
  if (!(thrown instanceof ApiError)) throw thrown;
  const { accountMade, errors, fieldErrors } = errorMessages[language];
  // What the operator's own hook says is meant for who reads it.
  const said = thrown.code === 'registration_refused' ? thrown.detail : undefined;
  const summary = thrown instanceof AccountMade ? accountMade : (said ?? errors[thrown.code]);
  if (summary === undefined) throw thrown;
  const fields = (thrown.fields ?? []).map(({ path, code }) => {
    const [field = ''] = path.split('.');
    const message =
      fieldErrors[code] ??
      fieldErrors[`${path}.${code}`] ??
      fieldErrors[path] ??
      fieldErrors[field] ??
      fieldErrors.other ??
      '';
    return [names[path] ?? path, message];
  });
  return { code: thrown.code, summary, fields: Object.fromEntries(fields) };
}

/**
 * Answers a form by `act`; on an error that its reader can do something about, by the page that `again` gives. A sign-in that
 * waits for its second step goes on on the page of that.
 */
export async function attempt(
  c: AppContext,
  view: View,
  act: () => Promise<Response>,
  again: (problem: FormProblem) => JSX.Element | Promise<JSX.Element>,
  leadsTo: string[] = [],
): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ApiError && error.waiting) {
      setSecondStepCookie(c, error.waiting);
      return c.redirect(view.link(SECOND_STEP_PAGE), 303);
    }
    const problem = formProblem(error, view.language);
    const challenge = (error as ApiError).challenge ?? (await c.get('nextChallenge')?.());
    const page = await again(challenge ? { ...problem, challenge: challenge as Challenge } : problem);
    return show(c, view, page, { status: 422, leadsTo });
  }
}

/** The first moment of the UTC day in a field, and the first after it; Unix milliseconds. */
export function dayRange(value: string | undefined): { start?: number; end?: number } {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(value ?? '') ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(start) ? {} : { start, end: start + DAY };
}

/** The end of the day in a field, in RFC 3339; what is not a day stays as it is. */
export function expiryOf(value = ''): string | null {
  if (value === '') return null;
  const { end } = dayRange(value);
  return end === undefined ? value : rfc3339(end);
}

/** The reason that a form gives, if it gives one. */
export function reasonIn(values: Record<string, string>, field: string): { reason?: string } {
  const reason = values[field]?.trim();
  return reason ? { reason } : {};
}
