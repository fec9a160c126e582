import { Hono, type MiddlewareHandler } from 'hono';
import type { ChallengeGuard } from '../../http/challenge.ts';
import { type AppEnv, clientOf } from '../../http/context.ts';
import { errorMessages, failureMessages, resetMessages } from '../../languages/messages.ts';
import type { OAuth } from '../../oauth/service.ts';
import type { PasswordResets } from '../../passwords/reset-service.ts';
import { ForgotBody, ResetBody } from '../../passwords/schemas.ts';
import type { EmailVerification, LinkPreview } from '../../verification/service.ts';
import { Form, NewPasswordField } from '../kit/form.tsx';
import { attempt, type FormProblem, formOf, valid } from '../kit/form-data.ts';
import { Frame, MessagePage } from '../kit/frame.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { RequestLinkPage, showSpentLink } from './email-address.tsx';
import type { ProviderButton } from './provider-buttons.tsx';
import { OtherWays } from './ways-in.tsx';

/** What the pages of forgotten passwords act through. */
export interface ResetServices {
  config: { ORIGIN: string };
  resets: PasswordResets;
  emails: EmailVerification;
  oauth: OAuth;
}

/** Forgotten passwords in a browser. */
export function resetPageRoutes(
  services: ResetServices,
  signInLimit: MiddlewareHandler<AppEnv>,
  guard: ChallengeGuard,
) {
  const { config, emails, oauth, resets } = services;
  /** What a link to set a password leads to; null when it does nothing any more. */
  const resetPage = async (view: View, form: { token: string; ends?: boolean; problem?: FormProblem }) => {
    const preview = await emails.preview(form.token, ['reset_password'], view.realm);
    if ('spent' in preview) return null;
    return <ResetPage view={view} preview={preview} providers={oauth.providers(view.realm)} {...form} />;
  };
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
      const { email = '', solution } = await formOf(c, config.ORIGIN);
      const text = resetMessages[view.language].forgot;
      return attempt(
        c,
        view,
        async () => {
          await guard.pass(c, { about: email, solution });
          await resets.forgot(valid(ForgotBody, { email }).email, view.realm, clientOf(c));
          return c.redirect(view.link('/forgot-password', { sent: '1' }), 303);
        },
        (problem) => <RequestLinkPage view={view} text={text} email={email} problem={problem} />,
      );
    })
    .get('/reset-password', async (c) => {
      const view = viewFor(c);
      const { token = '', done } = c.req.query();
      const text = resetMessages[view.language].reset;
      if (!done) {
        const page = await resetPage(view, { token });
        if (page) return show(c, view, page);
        return showSpentLink(c, view, { href: view.link('/forgot-password'), label: text.again });
      }
      const action = { href: view.link('/login'), label: text.signIn };
      return show(
        c,
        view,
        <MessagePage view={view} title={text.doneTitle} text={text.done} action={action} />,
      );
    })
    .post('/reset-password', signInLimit, async (c) => {
      const view = viewFor(c);
      const { token = '', password, other_ways } = await formOf(c, config.ORIGIN);
      const ends = other_ways === 'end';
      return attempt(
        c,
        view,
        async () => {
          const body = valid(ResetBody, { token, password, end_other_ways: ends });
          await resets.reset(body, view.realm, clientOf(c));
          return c.redirect(view.link('/reset-password', { done: '1' }), 303);
        },
        async (problem) => {
          const isAskedAgain = problem.fields.password && !problem.fields.token;
          const page = isAskedAgain ? await resetPage(view, { token, ends, problem }) : null;
          return page ?? <StaleLinkPage view={view} problem={problem} />;
        },
      );
    });
}

/** Asks for a new password. It does not say whose: a link alone must not tell. */
function ResetPage(props: {
  view: View;
  token: string;
  preview: LinkPreview;
  providers: ProviderButton[];
  ends?: boolean;
  problem?: FormProblem | undefined;
}) {
  const { view, token, preview, providers, ends = false, problem } = props;
  const text = resetMessages[view.language].reset;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <p>{text.text}</p>
      <Form view={view} problem={problem} hidden={{ token }} button={text.button}>
        <NewPasswordField view={view} problem={problem} />
        <OtherWays view={view} preview={preview} providers={providers} ends={ends} />
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
