import { Hono, type MiddlewareHandler } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ApiError, CATALOGUE } from '../../errors.ts';
import type { AppContext, AppEnv } from '../../http/context.ts';
import { BY_PASSWORD, requireLevel, type UserLevel } from '../../http/level.ts';
import { errorMessages, reauthenticationMessages } from '../../languages/messages.ts';
import type { Language } from '../../lib/language.ts';
import { type FormProblem, formOf, formProblem, type RefusedForm } from './form-data.ts';
import {
  askForProof,
  PROOF_PASSWORD,
  type ReauthenticationServices,
  splitProof,
  takeDraft,
  takeProof,
} from './reauthentication.tsx';
import { DIALOG_PARAMETER, show } from './view.ts';
import type { Visit } from './visit.ts';

/** What just happened on a page. */
export interface Shown {
  /** The code of what was just done, as the address says, and its text. */
  done?: string | undefined;
  said?: string | undefined;
  refused?: RefusedForm;
}

/** Texts by the code of what was done. */
type DoneMessages = Record<string, string | undefined>;

/** A form of a page. */
export interface PageForm<V extends Visit> {
  /** Whether it needs a verified email address. */
  verified?: boolean;
  /** Whether an anonymous user may, who has no address to verify. */
  anonymous?: boolean;
  /** Whether it needs a fresh proof of who the user is, or when. */
  fresh?: boolean | ((visit: V, values: Record<string, string>) => boolean);
  /** The field to blame for a wrong password. */
  passwordField?: string;
  /** The fields of the API whose field in the form has another name. */
  names?: Record<string, string>;
  /** Does what the form is for; gives the code of what was done, or an answer of its own. Throws ApiError. */
  act(c: AppContext, visit: V, values: Record<string, string>): Promise<string | Response>;
}

/** A page for signed-in users. Its path may have parameters, which `c.req.param()` gives. */
export interface PageDefinition<V extends Visit> {
  path: string;
  render(c: AppContext, visit: V, shown: Shown): JSX.Element | Promise<JSX.Element>;
  /** By the value of their hidden field `form`. */
  forms?: Record<string, PageForm<V>>;
  /** What the page says of what was done. */
  messages?: Record<Language, { done: DoneMessages }>;
  /** Other origins that its forms may lead to. */
  leadsTo?(visit: V): Promise<string[]>;
  /** The rate limit of its forms. */
  limit?: MiddlewareHandler<AppEnv>;
}

/** What the pages of one menu have in common. */
export interface PageArea<V extends Visit> {
  /** The least role of those who see the pages. */
  role: UserLevel['role'];
  /** Whether who lacks a second factor that the realm requires may use its forms. */
  enrols?: boolean;
  /** By what a user proves again who they are. */
  proofs: ReauthenticationServices;
  /** The only origin that may send forms. */
  origin: string;
  /** A handler for those who may see the pages. */
  admit(
    handle: (c: AppContext, visit: V) => Response | Promise<Response>,
  ): (c: AppContext) => Promise<Response>;
  /** What is said of a form that saves, when the page does not say it. */
  saved(language: Language): string;
  /** Whether a form leads back to the page with the query that it was asked for with. */
  keepsQuery: boolean;
}

/** The routes of a page: shown on GET; on POST one of its forms acts, and leads back to the page. */
export function pageRoutes<V extends Visit>(area: PageArea<V>, page: PageDefinition<V>) {
  const { path, render, forms, limit = (_, next) => next() } = page;
  const routes = new Hono<AppEnv>().get(
    path,
    area.admit(async (c, visit) => {
      const done = c.req.query('done');
      const draft = forms && (await takeDraft(c, area.proofs));
      const shown: Shown = {
        ...(done !== undefined && { done, said: saidOf(done, area, page, visit.view.language) }),
        ...(draft && { refused: draftOf(draft, visit.view.language) }),
      };
      return show(c, visit.view, await render(c, visit, shown), { leadsTo: await leadsTo(page, visit) });
    }),
  );
  if (!forms) return routes;
  return routes.post(
    path,
    limit,
    area.admit(async (c, visit) => {
      const { values, proof } = splitProof(await formOf(c, area.origin));
      const name = values.form ?? '';
      const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
      if (!form) throw new ApiError('invalid_request');
      return answerForm(c, visit, area, page, {
        ...form,
        name,
        values,
        proof,
        act: () => form.act(c, visit, values),
      });
    }),
  );
}

/** Does what a form asks for, and leads back to its page; on an error the page is shown again, with what was wrong. */
export async function answerForm<V extends Visit>(
  c: AppContext,
  visit: V,
  area: PageArea<V>,
  page: PageDefinition<V>,
  form: Omit<PageForm<V>, 'act'> & {
    name: string;
    values: Record<string, string>;
    proof?: Record<string, string>;
    act(): Promise<string | Response>;
  },
): Promise<Response> {
  const { view } = visit;
  const asked = await provenOrAsked(c, visit, area, page, form);
  if (asked) return asked;
  try {
    const done = await form.act();
    if (typeof done !== 'string') return done;
    return c.redirect(
      area.keepsQuery ? linkBack(c, visit, { done }) : view.link(named(c, page.path), { done }),
      303,
    );
  } catch (error) {
    return refuse(c, visit, page, form, error);
  }
}

/**
 * Holds a form against its level, by the same check as routes. Where a fresh proof is needed, one that came along is taken,
 * and without one the page that asks for it is shown, with the form waiting in it.
 */
async function provenOrAsked<V extends Visit>(
  c: AppContext,
  visit: V,
  area: PageArea<V>,
  page: PageDefinition<V>,
  form: Omit<PageForm<V>, 'act'> & {
    name: string;
    values: Record<string, string>;
    proof?: Record<string, string>;
  },
): Promise<Response | null> {
  const { verified = false, anonymous = false, fresh = false, passwordField, values, proof = {} } = form;
  const { principal, view } = visit;
  const isFresh = typeof fresh === 'boolean' ? fresh : fresh(visit, values);
  const { role, enrols = false } = area;
  const byPassword = !isFresh && passwordField !== undefined && BY_PASSWORD;
  const level = { role, verified, impersonation: false, fresh: byPassword || isFresh, enrols, anonymous };
  const waiting = { values, leadsTo: await leadsTo(page, visit), origin: area.origin };
  const isProving = proof.way !== undefined;
  try {
    // A proof makes up for an old one, and for nothing else that the level wants.
    requireLevel(isProving ? { ...level, fresh: false } : level, principal, view.realm, {});
  } catch (error) {
    if (!needsProof(error)) return refuse(c, visit, page, form, error);
    return askForProof(c, visit, area.proofs, waiting);
  }
  if (!isProving) return null;
  try {
    const proven = await takeProof(c, visit, area.proofs, proof, waiting);
    if (proven instanceof Response) return proven;
    requireLevel(level, proven, view.realm, {});
    return null;
  } catch (error) {
    if (needsProof(error)) return askForProof(c, visit, area.proofs, waiting);
    const problem = problemOf(error, view.language, { passwordField: PROOF_PASSWORD });
    const { retryAfter } = error as ApiError;
    if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter));
    const sentBy = proof.way === 'code' ? (proof.channel as 'email' | 'sms') : undefined;
    return askForProof(c, visit, area.proofs, waiting, { problem, sentBy });
  }
}

function needsProof(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'reauthentication_required';
}

/** Shows a page again with what was wrong with one of its forms. */
async function refuse<V extends Visit>(
  c: AppContext,
  visit: V,
  page: PageDefinition<V>,
  form: Omit<PageForm<V>, 'act'> & { name: string; values: Record<string, string> },
  error: unknown,
): Promise<Response> {
  const { view } = visit;
  const problem = problemOf(error, view.language, form);
  const { code, retryAfter } = error as ApiError;
  const again = await page.render(c, visit, { refused: { form: form.name, values: form.values, problem } });
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter));
  return show(c, view, again, { status: statusOf(code), leadsTo: await leadsTo(page, visit) });
}

/** A form as it was filled in before its reader went to a provider to prove who they are. */
function draftOf(values: Record<string, string>, language: Language): RefusedForm {
  const problem = { summary: reauthenticationMessages[language].sendAgain, fields: {} };
  return { form: values.form ?? '', values, problem };
}

/** The path of a page with the parameters of the request in their places. */
function named(c: AppContext, path: string): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => c.req.param(name) ?? '');
}

/** The address of the page that is asked for, with its query and something more. */
export function linkBack(c: AppContext, { view }: Visit, more: Record<string, string>): string {
  // What was asked in a dialog is answered.
  const { [DIALOG_PARAMETER]: _, ...query } = c.req.query();
  return view.link(c.req.path, { ...query, ...more });
}

/** The form of that name, if it is the one that was not accepted. */
export function refusedIn({ refused }: Shown, form: string): RefusedForm | undefined {
  return refused?.form === form ? refused : undefined;
}

async function leadsTo<V extends Visit>(page: PageDefinition<V>, visit: V): Promise<string[]> {
  return (await page.leadsTo?.(visit)) ?? [];
}

function saidOf<V extends Visit>(
  done: string,
  area: PageArea<V>,
  { messages }: PageDefinition<V>,
  language: Language,
): string | undefined {
  const own = messages?.[language].done ?? {};
  if (Object.hasOwn(own, done)) return own[done];
  return done === 'saved' ? area.saved(language) : undefined;
}

/** An error of a form, in words. Throws the error again when its reader can do nothing about it. */
function problemOf(
  thrown: unknown,
  language: Language,
  { names, passwordField }: Pick<PageForm<Visit>, 'names' | 'passwordField'>,
): FormProblem {
  if (thrown instanceof ApiError && thrown.code === 'session_ended') throw thrown;
  const problem = formProblem(thrown, language, names);
  if (problem.code !== 'invalid_credentials' || !passwordField) return problem;
  const { errors, wrongPassword } = errorMessages[language];
  return { summary: errors.validation_failed ?? problem.summary, fields: { [passwordField]: wrongPassword } };
}

/** A 401 would ask the browser for credentials of another kind. */
function statusOf(code: ApiError['code']): ContentfulStatusCode {
  const { status } = CATALOGUE[code];
  return status === 401 ? 422 : status;
}
