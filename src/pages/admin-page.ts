import { Hono } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { ApiError } from '../errors.ts';
import type { AppContext, AppEnv } from '../http/context.ts';
import { refusal, refuse, type Shown } from './account-page.tsx';
import { type AdminServices, type AdminVisit, signedInAdmin } from './admin-visit.ts';
import { formOf, show } from './view.ts';

/** A form of a page for operators. */
export interface AdminForm {
  /** The fields of the API and what they are called in the form, where that differs. */
  names?: Record<string, string>;
  /** Does what it is for; gives the code of what was done, or an answer of its own. Throws ApiError. */
  act(c: AppContext, visit: AdminVisit, values: Record<string, string>): Promise<string | Response>;
}

/** A page for operators. Its path may have parameters, which `c.req.param()` gives. */
export interface AdminPage {
  path: string;
  render(c: AppContext, visit: AdminVisit, shown: Shown): JSX.Element | Promise<JSX.Element>;
  /** By the value of their hidden field `form`. */
  forms?: Record<string, AdminForm>;
}

/** The routes of a page: shown on GET; on POST one of its forms acts, and leads back to the page as it was asked for. */
export function adminPage(services: AdminServices, page: AdminPage) {
  const { path, render, forms = {} } = page;
  const routes = new Hono<AppEnv>().get(
    path,
    signedInAdmin(services, async (c, visit) =>
      show(c, visit.view, await render(c, visit, { done: c.req.query('done') })),
    ),
  );
  if (Object.keys(forms).length === 0) return routes;
  return routes.post(
    path,
    signedInAdmin(services, async (c, visit) => {
      const values = await formOf(c, services.config.ORIGIN);
      const name = values.form ?? '';
      const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
      if (!form) throw new ApiError('invalid_request');
      try {
        const done = await form.act(c, visit, values);
        return typeof done === 'string' ? backTo(c, visit, { done }) : done;
      } catch (error) {
        const problem = refusal(error, visit.view.text, form);
        const again = await render(c, visit, { refused: { form: name, values, problem } });
        return refuse(c, visit, error as ApiError, again);
      }
    }),
  );
}

/** Leads to this very page, with its query and what is said there. */
export function backTo(c: AppContext, { view }: AdminVisit, said: Record<string, string>): Response {
  return c.redirect(view.link(c.req.path, { ...c.req.query(), ...said }), 303);
}
