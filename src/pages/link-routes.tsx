import { Hono, type MiddlewareHandler } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { type AppContext, type AppEnv, clientOf } from '../http/context.ts';
import type { Realms } from '../realms/service.ts';
import type { Sessions } from '../sessions/service.ts';
import { EmailBody } from '../verification/schemas.ts';
import type { EmailVerification } from '../verification/service.ts';
import { attempt, type Problem, valid } from './form.tsx';
import { MessagePage } from './layout.tsx';
import { AddressPage, ConfirmPage } from './link-pages.tsx';
import { formOf, show, type View, viewer } from './view.ts';
import { visitorOf } from './visitor.ts';

/** What the pages of links about addresses act through. */
export interface LinkServices {
  config: { ORIGIN: string };
  realms: Realms;
  sessions: Sessions;
  emails: EmailVerification;
}

/** A way on. */
interface Action {
  href: string;
  label: string;
}

/** The pages that links about e-mail addresses lead to: proving one, and getting the former one back. */
export function linkRoutes(services: LinkServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { config, emails, realms, sessions } = services;
  const viewOf = viewer(realms);

  const onward = async (c: AppContext, view: View) => {
    const { account, signIn } = view.text.verify;
    return (await visitorOf(c, sessions))
      ? { href: view.link('/account'), label: account }
      : { href: view.link('/login'), label: signIn };
  };
  const follow = (
    c: AppContext,
    view: View,
    form: Record<string, string>,
    act: (token: string) => Promise<unknown>,
    otherwise: Action,
  ) =>
    attempt(
      c,
      view,
      async () => {
        await act(form.token ?? '');
        return c.redirect(view.link(c.req.path, { done: '1' }), 303);
      },
      (problem) => failedPage(view, problem, otherwise),
    );

  return new Hono<AppEnv>()
    .get('/verify-email', async (c) => {
      const view = await viewOf(c);
      const { token, done, sent } = c.req.query();
      const text = view.text.verify;
      if (token !== undefined) return show(c, view, <ConfirmPage view={view} text={text} token={token} />);
      if (sent) return show(c, view, sentPage(view));
      if (!done) return show(c, view, <AddressPage view={view} text={askText(view)} />);
      const action = await onward(c, view);
      return show(
        c,
        view,
        <MessagePage view={view} title={text.doneTitle} text={text.done} action={action} />,
      );
    })
    .post('/verify-email', signInLimit, async (c) => {
      const view = await viewOf(c);
      const form = await formOf(c, config.ORIGIN);
      const { email } = form;
      if (email === undefined) {
        // Whose address is proven already loses nothing by asking for another link.
        const again = { href: view.link('/verify-email'), label: view.text.verify.again };
        return follow(c, view, form, (token) => emails.verify(token, view.realm.id, clientOf(c)), again);
      }
      return attempt(
        c,
        view,
        async () => {
          await emails.resend(valid(EmailBody, { email }).email, view.realm.id);
          return c.redirect(view.link('/verify-email', { sent: '1' }), 303);
        },
        (problem) => <AddressPage view={view} text={askText(view)} email={email} problem={problem} />,
      );
    })
    .get('/undo-email-change', async (c) => {
      const view = await viewOf(c);
      const text = view.text.undo;
      const { token = '', done } = c.req.query();
      if (!done) return show(c, view, <ConfirmPage view={view} text={text} token={token} />);
      return show(c, view, <MessagePage view={view} title={text.doneTitle} text={text.done} />);
    })
    .post('/undo-email-change', signInLimit, async (c) => {
      const view = await viewOf(c);
      const form = await formOf(c, config.ORIGIN);
      // There is no other link of this kind; but who has followed this one needs a new password.
      const forgot = { href: view.link('/forgot-password'), label: view.text.forgot.title };
      return follow(c, view, form, (token) => emails.undoChange(token, view.realm.id, clientOf(c)), forgot);
    });
}

const askText = ({ text: { verify } }: View) => ({
  title: verify.title,
  text: verify.askText,
  button: verify.ask,
});

function sentPage(view: View): JSX.Element {
  const { forgot, verify } = view.text;
  const action = { href: view.link('/login'), label: verify.signIn };
  return <MessagePage view={view} title={forgot.sentTitle} text={verify.sent} action={action} />;
}

/** A link that does nothing any more. */
function failedPage(view: View, { summary }: Problem, action: Action): JSX.Element {
  return <MessagePage view={view} title={view.text.failed.title} text={summary} action={action} failed />;
}
