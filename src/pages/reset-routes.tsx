import { Hono, type MiddlewareHandler } from 'hono';
import { type AppEnv, clientOf } from '../http/context.ts';
import type { PasswordResets } from '../passwords/reset-service.ts';
import { ForgotBody, ResetBody } from '../passwords/schemas.ts';
import type { Realms } from '../realms/service.ts';
import { attempt, type Problem, valid } from './form.tsx';
import { MessagePage } from './layout.tsx';
import { AddressPage, ResetPage } from './link-pages.tsx';
import { formOf, show, type View, viewer } from './view.ts';

/** What the pages of forgotten passwords act through. */
export interface ResetServices {
  config: { ORIGIN: string };
  realms: Realms;
  resets: PasswordResets;
}

/** Forgotten passwords in a browser. */
export function resetRoutes(services: ResetServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { config, realms, resets } = services;
  const viewOf = viewer(realms);
  return new Hono<AppEnv>()
    .get('/forgot-password', async (c) => {
      const view = await viewOf(c);
      const { forgot: text } = view.text;
      if (!c.req.query('sent')) return show(c, view, <AddressPage view={view} text={text} />);
      const action = { href: view.link('/login'), label: text.back };
      return show(
        c,
        view,
        <MessagePage view={view} title={text.sentTitle} text={text.sent} action={action} />,
      );
    })
    .post('/forgot-password', signInLimit, async (c) => {
      const view = await viewOf(c);
      const { email = '' } = await formOf(c, config.ORIGIN);
      return attempt(
        c,
        view,
        async () => {
          await resets.forgot(valid(ForgotBody, { email }).email, view.realm.id, clientOf(c));
          return c.redirect(view.link('/forgot-password', { sent: '1' }), 303);
        },
        (problem) => <AddressPage view={view} text={view.text.forgot} email={email} problem={problem} />,
      );
    })
    .get('/reset-password', async (c) => {
      const view = await viewOf(c);
      const { token = '', done } = c.req.query();
      if (!done) return show(c, view, <ResetPage view={view} token={token} />);
      const text = view.text.reset;
      const action = { href: view.link('/login'), label: text.signIn };
      return show(
        c,
        view,
        <MessagePage view={view} title={text.doneTitle} text={text.done} action={action} />,
      );
    })
    .post('/reset-password', signInLimit, async (c) => {
      const view = await viewOf(c);
      const { token = '', password } = await formOf(c, config.ORIGIN);
      return attempt(
        c,
        view,
        async () => {
          await resets.reset(valid(ResetBody, { token, password }), view.realm.id, clientOf(c));
          return c.redirect(view.link('/reset-password', { done: '1' }), 303);
        },
        (problem) =>
          problem.fields.password && !problem.fields.token ? (
            <ResetPage view={view} token={token} problem={problem} />
          ) : (
            staleLink(view, problem)
          ),
      );
    });
}

function staleLink(view: View, { fields, summary }: Problem) {
  const { errors, failed, reset } = view.text;
  return (
    <MessagePage
      view={view}
      title={failed.title}
      text={fields.token ? errors.invalid_link : summary}
      action={{ href: view.link('/forgot-password'), label: reset.again }}
      failed
    />
  );
}
