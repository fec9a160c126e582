import { Hono, type MiddlewareHandler } from 'hono';
import { type AppContext, type AppEnv, clientOf } from '../../http/context.ts';
import {
  emailAddressMessages,
  errorMessages,
  failureMessages,
  resetMessages,
} from '../../languages/messages.ts';
import type { OAuth } from '../../oauth/service.ts';
import type { Sessions } from '../../sessions/service.ts';
import { EmailBody } from '../../verification/schemas.ts';
import type { EmailVerification, LinkPreview } from '../../verification/service.ts';
import { EmailAddressField, Form } from '../kit/form.tsx';
import { attempt, type FormProblem, formOf, valid } from '../kit/form-data.ts';
import { Frame, MessagePage } from '../kit/frame.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import { visitorOf } from '../kit/visit.ts';
import type { ProviderButton } from './provider-buttons.tsx';
import { AccountSummary } from './ways-in.tsx';

/** What the pages of links about email addresses act through. */
export interface EmailAddressServices {
  config: { ORIGIN: string };
  sessions: Sessions;
  emails: EmailVerification;
  oauth: OAuth;
}

/** The pages that links about email addresses lead to: to prove one, and to get the former one back. */
export function emailAddressPageRoutes(
  services: EmailAddressServices,
  signInLimit: MiddlewareHandler<AppEnv>,
) {
  const { config, emails, oauth, sessions } = services;

  /** Uses the token of a link; where it is of no use any more, `otherwise` is the way on. */
  const follow = (
    c: AppContext,
    view: View,
    act: () => Promise<Response | undefined>,
    otherwise: { href: string; label: string },
  ) =>
    attempt(
      c,
      view,
      async () => (await act()) ?? c.redirect(view.link(c.req.path, { done: '1' }), 303),
      ({ summary }) => {
        const { title } = failureMessages[view.language].failed;
        return <MessagePage view={view} title={title} text={summary} action={otherwise} failed />;
      },
    );

  return new Hono<AppEnv>()
    .get('/verify-email', async (c) => {
      const view = viewFor(c);
      const { token, done, sent } = c.req.query();
      const text = emailAddressMessages[view.language].verify;
      const toSignIn = { href: view.link('/login'), label: text.signIn };
      const isSignedIn = async () => (await visitorOf(c, sessions)) !== null;
      const onward = async () =>
        (await isSignedIn()) ? { href: view.link('/account'), label: text.account } : toSignIn;
      if (token !== undefined) {
        const preview = await emails.preview(token, ['verify_email', 'change_email'], view.realm);
        if ('spent' in preview) {
          if (preview.spent === 'over') {
            const again = { href: view.link('/verify-email'), label: text.again };
            return showSpentLink(c, view, again);
          }
          const page = (
            <MessagePage view={view} title={text.alreadyTitle} text={text.done} action={await onward()} />
          );
          return show(c, view, page);
        }
        const providers = oauth.providers(view.realm);
        return show(
          c,
          view,
          <ConfirmAddressPage view={view} preview={preview} providers={providers} token={token} />,
        );
      }
      if (sent) {
        const { sentTitle } = resetMessages[view.language].forgot;
        return show(
          c,
          view,
          <MessagePage view={view} title={sentTitle} text={text.sent} action={toSignIn} />,
        );
      }
      if (!done) return show(c, view, <RequestLinkPage view={view} text={requestText(view)} />);
      if (done === 'refused') {
        return show(c, view, <MessagePage view={view} title={text.doneTitle} text={text.refused} />);
      }
      const page = (
        <MessagePage view={view} title={text.doneTitle} text={text.done} action={await onward()} />
      );
      return show(c, view, page);
    })
    .post('/verify-email', signInLimit, async (c) => {
      const view = viewFor(c);
      const { email, token = '', disown } = await formOf(c, config.ORIGIN);
      if (email === undefined) {
        // A user whose address is proven already loses nothing by asking for another link.
        const { again } = emailAddressMessages[view.language].verify;
        const otherwise = { href: view.link('/verify-email'), label: again };
        const act = async () => {
          if (disown === undefined) {
            await emails.verify(token, view.realm, clientOf(c)).catch(async (error) => {
              // Pressed twice: the address is confirmed all the same.
              const preview = await emails.preview(token, ['verify_email', 'change_email'], view.realm);
              if (!('spent' in preview) || preview.spent !== 'done') throw error;
            });
            return undefined;
          }
          const { resetToken } = await emails.disown(token, view.realm, clientOf(c));
          return c.redirect(
            resetToken === null
              ? view.link('/verify-email', { done: 'refused' })
              : view.link('/reset-password', { token: resetToken }),
            303,
          );
        };
        return follow(c, view, act, otherwise);
      }
      return attempt(
        c,
        view,
        async () => {
          await emails.resend(valid(EmailBody, { email }).email, view.realm, clientOf(c));
          return c.redirect(view.link('/verify-email', { sent: '1' }), 303);
        },
        (problem) => <RequestLinkPage view={view} text={requestText(view)} email={email} problem={problem} />,
      );
    })
    .get('/undo-email-change', async (c) => {
      const view = viewFor(c);
      const text = emailAddressMessages[view.language].undo;
      const { token = '', done } = c.req.query();
      if (done) return show(c, view, <MessagePage view={view} title={text.doneTitle} text={text.done} />);
      const preview = await emails.preview(token, ['undo_email'], view.realm);
      if ('spent' in preview) return showSpentLink(c, view, toNewPassword(view));
      return show(c, view, <ConfirmLinkPage view={view} text={text} token={token} />);
    })
    .post('/undo-email-change', signInLimit, async (c) => {
      const view = viewFor(c);
      const { token = '' } = await formOf(c, config.ORIGIN);
      const act = async () => {
        await emails.undoChange(token, view.realm, clientOf(c));
        return undefined;
      };
      return follow(c, view, act, toNewPassword(view));
    });
}

/** There is no other link that undoes a change; but a user who has followed this one needs a new password. */
function toNewPassword(view: View) {
  return { href: view.link('/forgot-password'), label: resetMessages[view.language].forgot.title };
}

/** Says of a link that it does nothing any more, and what is the way on (410: RFC 9110, 15.5.11). */
export function showSpentLink(c: AppContext, view: View, action: { href: string; label: string }) {
  const { title } = failureMessages[view.language].failed;
  const text = errorMessages[view.language].errors.invalid_link ?? '';
  return show(c, view, <MessagePage view={view} title={title} text={text} action={action} failed />, {
    status: 410,
  });
}

function requestText({ language }: View) {
  const { title, askText, ask } = emailAddressMessages[language].verify;
  return { title, text: askText, button: ask };
}

/** Asks the owner of an address whether the account is theirs: somebody else may have made it with their address. */
function ConfirmAddressPage(props: {
  view: View;
  preview: LinkPreview;
  providers: ProviderButton[];
  token: string;
}) {
  const { view, preview, providers, token } = props;
  const { title, mine, notMine, made, asked } = emailAddressMessages[view.language].verify;
  const { text, refusal } = preview.purpose === 'change_email' ? asked : made;
  const below = (
    <>
      <button type="submit" class="plain" name="disown" value="1" aria-describedby="disown-hint">
        {notMine}
      </button>
      <p class="hint" id="disown-hint">
        {refusal}
      </p>
    </>
  );
  return (
    <Frame view={view} title={title}>
      <p>{text}</p>
      <AccountSummary view={view} preview={preview} providers={providers} />
      <Form view={view} hidden={{ token }} button={mine} below={below} />
    </Frame>
  );
}

/** Does what a link is for when its button is pressed: programs that follow links press no buttons. */
function ConfirmLinkPage(props: {
  view: View;
  text: { title: string; text: string; button: string };
  token: string;
}) {
  const { view, text, token } = props;
  return (
    <Frame view={view} title={text.title}>
      <p>{text.text}</p>
      <Form view={view} hidden={{ token }} button={text.button} />
    </Frame>
  );
}

/** Asks for the address to mail a link to. */
export function RequestLinkPage(props: {
  view: View;
  text: { title: string; text: string; button: string };
  email?: string;
  problem?: FormProblem | undefined;
}) {
  const { view, text, email, problem } = props;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <p>{text.text}</p>
      <Form view={view} problem={problem} button={text.button}>
        <EmailAddressField view={view} value={email} problem={problem} />
      </Form>
      <p class="below">
        <a href={view.link('/login')}>{resetMessages[view.language].forgot.back}</a>
      </p>
    </Frame>
  );
}
