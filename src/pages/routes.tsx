import { Hono, type MiddlewareHandler } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { EmailField } from '../accounts/schemas.ts';
import type { PasswordResets } from '../credentials/reset-service.ts';
import { ApiError } from '../errors.ts';
import { type AppContext, type AppEnv, clientOf } from '../http/context.ts';
import type { Realms } from '../realms/service.ts';
import type { EmailVerification } from '../verification/service.ts';
import { MessagePage } from './layout.tsx';
import { ConfirmPage, ForgotPage, ResetPage } from './link-pages.tsx';
import { show, type View, viewOf } from './view.ts';

const STALE = 'This link has been used, has been replaced by a newer one, or is too old.';

/** What the pages act through. */
export interface PageServices {
  realms: Realms;
  emails: EmailVerification;
  resets: PasswordResets;
}

/** The pages that the links in mails lead to. They work without JavaScript. */
export function pageRoutes({ realms, emails, resets }: PageServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const viewHere = async (c: AppContext) => viewOf(c, await realms.get(c.get('realm').id));
  return new Hono<AppEnv>()
    .get('/verify-email', async (c) => {
      const view = await viewHere(c);
      return page(
        c,
        view,
        <ConfirmPage
          view={view}
          title="Confirm your e-mail address"
          text="Press the button to confirm that this address is yours."
          button="Confirm address"
          token={c.req.query('token') ?? ''}
        />,
      );
    })
    .post('/verify-email', signInLimit, async (c) => {
      const view = await viewHere(c);
      return attempt(
        c,
        view,
        async () => {
          const { email } = await emails.verify(await field(c, 'token'), view.realm.id, clientOf(c));
          return (
            <MessagePage
              view={view}
              title="Thank you"
              text={`${email} is confirmed. You can close this page.`}
            />
          );
        },
        (text) => <MessagePage view={view} title="That did not work" text={text} />,
      );
    })
    .get('/undo-email-change', async (c) => {
      const view = await viewHere(c);
      return page(
        c,
        view,
        <ConfirmPage
          view={view}
          title="Get your address back"
          text="Your account returns to this address, every device is signed out, and the password stops working. We mail you a link to choose a new one."
          button="Undo the change"
          token={c.req.query('token') ?? ''}
        />,
      );
    })
    .post('/undo-email-change', signInLimit, async (c) => {
      const view = await viewHere(c);
      return attempt(
        c,
        view,
        async () => {
          await emails.undoChange(await field(c, 'token'), view.realm.id, clientOf(c));
          const text =
            'Your account has this address again. Look into your mail for a link to choose a new password.';
          return <MessagePage view={view} title="Undone" text={text} />;
        },
        (text) => <MessagePage view={view} title="That did not work" text={text} />,
      );
    })
    .get('/reset-password', async (c) => {
      const view = await viewHere(c);
      return page(c, view, <ResetPage view={view} token={c.req.query('token') ?? ''} />);
    })
    .post('/reset-password', signInLimit, async (c) => {
      const view = await viewHere(c);
      const token = await field(c, 'token');
      const password = await field(c, 'password');
      return attempt(
        c,
        view,
        async () => {
          await resets.reset({ token, password }, view.realm.id, clientOf(c));
          return <MessagePage view={view} title="Password set" text="Sign in with your new password." />;
        },
        (text, error) =>
          error.code === 'validation_failed' ? (
            <ResetPage view={view} token={token} error={text} />
          ) : (
            <MessagePage
              view={view}
              title="That did not work"
              text={text}
              action={{ href: 'forgot-password', label: 'Ask for a new link' }}
            />
          ),
      );
    })
    .get('/forgot-password', async (c) => {
      const view = await viewHere(c);
      return page(c, view, <ForgotPage view={view} />);
    })
    .post('/forgot-password', signInLimit, async (c) => {
      const view = await viewHere(c);
      const email = EmailField.safeParse(await field(c, 'email'));
      if (!email.success) {
        return page(c, view, <ForgotPage view={view} error="This is not an e-mail address." />, 422);
      }
      await resets.forgot(email.data, view.realm.id, clientOf(c));
      const text = 'If there is an account with this address, a link is on its way. It works for an hour.';
      return page(c, view, <MessagePage view={view} title="Look into your mail" text={text} />);
    });
}

/** Shows what became of it; an error that the client can do something about gets a page too. */
async function attempt(
  c: AppContext,
  view: View,
  act: () => Promise<JSX.Element>,
  failed: (text: string, error: ApiError) => JSX.Element,
) {
  try {
    return page(c, view, await act());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const texts: Partial<Record<ApiError['code'], string>> = {
      invalid_link: STALE,
      user_exists: 'Another account has this address by now.',
      validation_failed: `The password ${error.fields?.[0]?.message.toLowerCase() ?? 'cannot be used'}.`,
    };
    const text = texts[error.code];
    if (text === undefined) throw error;
    return page(c, view, failed(text, error), error.code === 'validation_failed' ? 422 : 400);
  }
}

/** A field of a form, or an empty text: a form can be sent with anything in it. */
async function field(c: AppContext, name: string): Promise<string> {
  const type = c.req.header('content-type') ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded')) throw new ApiError('unsupported_media_type');
  const value = (await c.req.parseBody())[name];
  return typeof value === 'string' ? value.slice(0, 512) : '';
}

function page(c: AppContext, view: View, content: JSX.Element, status: 200 | 400 | 422 = 200) {
  return show(c, view, content, { status });
}
