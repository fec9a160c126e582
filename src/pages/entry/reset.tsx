import { Hono, type MiddlewareHandler } from 'hono';
import { type AppEnv, clientOf } from '../../http/context.ts';
import type { PasswordResets } from '../../passwords/reset-service.ts';
import { ForgotBody, ResetBody } from '../../passwords/schemas.ts';
import { errorMessages } from '../kit/error-messages.ts';
import { Form, NewPasswordField } from '../kit/form.tsx';
import { attempt, type FormProblem, formOf, valid } from '../kit/form-data.ts';
import { Frame, MessagePage } from '../kit/frame.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { RequestLinkPage } from './email-address.tsx';
import { failureMessages } from './failure-messages.ts';
import { resetMessages } from './reset-messages.ts';

/** What the pages of forgotten passwords act through. */
export interface ResetServices {
  config: { ORIGIN: string };
  resets: PasswordResets;
}

/** Forgotten passwords in a browser. */
export function resetPageRoutes(services: ResetServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { config, resets } = services;
  return new Hono<AppEnv>()
    .get('/forgot-password', async (c) => {
      const view = viewFor(c);
      const text = resetMessages[view.language].forgot;
      if (!c.req.query('sent')) return show(c, view, <RequestLinkPage view={view} text={text} />);
      const action = { href: view.link('/login'), label: text.back };
      return show(
        c,
        view,
        <MessagePage view={view} title={text.sentTitle} text={text.sent} action={action} />,
      );
    })
    .post('/forgot-password', signInLimit, async (c) => {
      const view = viewFor(c);
      const { email = '' } = await formOf(c, config.ORIGIN);
      const text = resetMessages[view.language].forgot;
      return attempt(
        c,
        view,
        async () => {
          await resets.forgot(valid(ForgotBody, { email }).email, view.realm, clientOf(c));
          return c.redirect(view.link('/forgot-password', { sent: '1' }), 303);
        },
        (problem) => <RequestLinkPage view={view} text={text} email={email} problem={problem} />,
      );
    })
    .get('/reset-password', async (c) => {
      const view = viewFor(c);
      const { token = '', done } = c.req.query();
      if (!done) return show(c, view, <ResetPage view={view} token={token} />);
      const text = resetMessages[view.language].reset;
      const action = { href: view.link('/login'), label: text.signIn };
      return show(
        c,
        view,
        <MessagePage view={view} title={text.doneTitle} text={text.done} action={action} />,
      );
    })
    .post('/reset-password', signInLimit, async (c) => {
      const view = viewFor(c);
      const { token = '', password } = await formOf(c, config.ORIGIN);
      return attempt(
        c,
        view,
        async () => {
          await resets.reset(valid(ResetBody, { token, password }), view.realm, clientOf(c));
          return c.redirect(view.link('/reset-password', { done: '1' }), 303);
        },
        (problem) =>
          problem.fields.password && !problem.fields.token ? (
            <ResetPage view={view} token={token} problem={problem} />
          ) : (
            <StaleLinkPage view={view} problem={problem} />
          ),
      );
    });
}

/** Asks for a new password. It does not say whose: a link alone must not tell. */
function ResetPage(props: { view: View; token: string; problem?: FormProblem | undefined }) {
  const { view, token, problem } = props;
  const text = resetMessages[view.language].reset;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <p>{text.text}</p>
      <Form view={view} problem={problem} hidden={{ token }} button={text.button}>
        <NewPasswordField view={view} problem={problem} />
      </Form>
    </Frame>
  );
}

function StaleLinkPage({ view, problem }: { view: View; problem: FormProblem }) {
  const { errors } = errorMessages[view.language];
  return (
    <MessagePage
      view={view}
      title={failureMessages[view.language].failed.title}
      text={problem.fields.token ? errors.invalid_link : problem.summary}
      action={{ href: view.link('/forgot-password'), label: resetMessages[view.language].reset.again }}
      failed
    />
  );
}
