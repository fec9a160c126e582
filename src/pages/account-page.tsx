import { Hono, type MiddlewareHandler } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { ApiError, CATALOGUE } from '../errors.ts';
import type { AppContext, AppEnv } from '../http/context.ts';
import { type AccountServices, signedIn, type Visit } from './account-visit.ts';
import { type Problem, problemOf } from './form.tsx';
import type { Messages } from './messages.ts';
import { formOf, type ShownStatus, show } from './view.ts';

/** What a page of an account is shown with. */
export interface Shown {
  /** The code of what was just done. */
  done?: string | undefined;
  /** The form that was not accepted, with what was in it. */
  refused?: { form: string; values: Record<string, string>; problem: Problem };
}

/** A form of a page. */
export interface AccountForm {
  /** Whether it needs a verified e-mail address. */
  verified?: boolean;
  /** Its field for the password, which a wrong one is blamed on. */
  passwordField?: string;
  /** The fields of the API and what they are called in the form, where that differs. */
  names?: Record<string, string>;
  /** Does what it is for; gives the code of what was done, or an answer of its own. Throws ApiError. */
  act(c: AppContext, visit: Visit, values: Record<string, string>): Promise<string | Response>;
}

/** A page of an account. */
export interface AccountPage {
  path: string;
  render(c: AppContext, visit: Visit, shown: Shown): JSX.Element | Promise<JSX.Element>;
  /** By the value of their hidden field `form`. */
  forms?: Record<string, AccountForm>;
  /** Other origins that its forms may lead to. */
  leadsTo?(visit: Visit): Promise<string[]>;
  /** What passes before a form is looked at. */
  limit?: MiddlewareHandler<AppEnv>;
}

/** The problem of one form of a page, and what was in it. */
export function refusedIn({ refused }: Shown, form: string) {
  return refused?.form === form ? refused : undefined;
}

/** The routes of a page: shown on GET; on POST one of its forms acts, and leads back to the page. */
export function accountPage(services: AccountServices, page: AccountPage) {
  const { path, render, forms = {}, leadsTo = async () => [], limit } = page;
  const routes = new Hono<AppEnv>().get(
    path,
    signedIn(services, async (c, visit) =>
      show(c, visit.view, await render(c, visit, { done: c.req.query('done') }), {
        leadsTo: await leadsTo(visit),
      }),
    ),
  );
  if (Object.keys(forms).length === 0) return routes;
  const post = signedIn(services, async (c, visit) => {
    const values = await formOf(c, services.config.ORIGIN);
    const name = values.form ?? '';
    const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
    if (!form) throw new ApiError('invalid_request', { detail: visit.view.text.account.unknownForm });
    try {
      requireLevel(form, visit);
      const done = await form.act(c, visit, values);
      return typeof done === 'string' ? c.redirect(visit.view.link(path, { done }), 303) : done;
    } catch (error) {
      const problem = refusal(error, visit.view.text, form);
      const again = await render(c, visit, { refused: { form: name, values, problem } });
      return refuse(c, visit, error as ApiError, again, await leadsTo(visit));
    }
  });
  return limit ? routes.post(path, limit, post) : routes.post(path, post);
}

/** Throws `email_not_verified` for who has yet to prove their address, if the form wants that. */
export function requireLevel(form: Pick<AccountForm, 'verified'>, { principal }: Visit): void {
  if (form.verified && !principal.emailVerified) throw new ApiError('email_not_verified');
}

/** Shows a page again, with what was wrong. */
export function refuse(
  c: AppContext,
  { view }: Visit,
  error: ApiError,
  again: JSX.Element,
  leadsTo: string[] = [],
) {
  if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter));
  return show(c, view, again, { status: statusOf(error), leadsTo });
}

/** What to say of an error of a form. Throws what nobody in front of it can do anything about. */
export function refusal(thrown: unknown, text: Messages, form: Omit<AccountForm, 'act'>): Problem {
  if (thrown instanceof ApiError && thrown.code === 'session_ended') throw thrown;
  const problem = problemOf(thrown, text, form.names);
  const { passwordField } = form;
  if ((thrown as ApiError).code !== 'invalid_credentials' || !passwordField) return problem;
  const summary = text.errors.validation_failed ?? problem.summary;
  return { summary, fields: { [passwordField]: text.account.wrongPassword } };
}

/** A 401 would ask the browser for credentials of another kind. */
function statusOf({ code }: ApiError): ShownStatus {
  const { status } = CATALOGUE[code];
  return status === 401 ? 422 : status;
}
