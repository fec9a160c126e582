import { Hono, type MiddlewareHandler } from 'hono';
import { ApiError, fieldError } from '../errors.ts';
import { type AppEnv, clientOf } from '../http/context.ts';
import { clearSessionCookie } from '../http/session-cookie.ts';
import { exportShape } from '../privacy/export-schemas.ts';
import { DeleteBody } from '../privacy/schemas.ts';
import { ACCOUNT_PAGES, AccountFrame, Panel } from './account-frame.tsx';
import { type AccountForm, accountPage, refusedIn, type Shown } from './account-page.tsx';
import { type AccountServices, signedIn, type Visit } from './account-visit.ts';
import { Field, Form, Hidden, valid } from './form.tsx';
import { MessagePage } from './layout.tsx';
import { show, viewOf } from './view.ts';

const EXPORT = '/account/data/export';
const DELETED = '/account/deleted';

/** What is kept about a user: to take along, and to delete. */
export function dataRoutes(services: AccountServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { credentials, privacy, realms } = services;
  const remove: AccountForm = {
    verified: true,
    passwordField: 'delete_password',
    names: { password: 'delete_password' },
    act: async (c, { principal, user, view }, { confirmation = '', delete_password }) => {
      if (confirmation.trim().toLowerCase() !== user.email) {
        throw fieldError('confirmation', 'not_confirmed', 'Must be the e-mail address');
      }
      const { password } = valid(DeleteBody, delete_password ? { password: delete_password } : {});
      await privacy.deleteAccount(principal, { password }, clientOf(c)).catch((error) => {
        const isTooLate = password === undefined && error instanceof ApiError;
        if (!isTooLate || error.code !== 'invalid_credentials') throw error;
        throw fieldError('confirmation', 'sign_in_again', 'The session is too old');
      });
      clearSessionCookie(c);
      return c.redirect(view.link(DELETED), 303);
    },
  };
  const page = accountPage(services, {
    path: ACCOUNT_PAGES.data,
    limit: signInLimit,
    forms: { delete: remove },
    render: async (_, visit, shown) => (
      <DataPage visit={visit} shown={shown} hasPassword={await credentials.hasPassword(visit.user.id)} />
    ),
  });
  return new Hono<AppEnv>()
    .route('/', page)
    .get(
      EXPORT,
      signedIn(services, async (c, { principal, user, view }) => {
        if (!principal.emailVerified) return c.redirect(view.link(ACCOUNT_PAGES.data), 303);
        c.header('Content-Disposition', 'attachment; filename="account.json"');
        return c.json(exportShape(await privacy.export(user.id), Date.now()));
      }),
    )
    .get(DELETED, async (c) => {
      const view = viewOf(c, await realms.get(c.get('realm').id));
      const { deleted, deletedText } = view.text.account.data;
      return show(c, view, <MessagePage view={view} title={deleted} text={deletedText} />);
    });
}

function DataPage(props: { visit: Visit; shown: Shown; hasPassword: boolean }) {
  const { visit, shown, hasPassword } = props;
  const { principal, user, view } = visit;
  const { data: text, verifyFirst } = view.text.account;
  const here = new URL(`${view.realm.issuer}${ACCOUNT_PAGES.data}`).pathname;
  const refused = refusedIn(shown, 'delete');
  const problem = refused?.problem;
  const disabled = !principal.emailVerified;
  return (
    <AccountFrame visit={visit} page="data" done={shown.done} failed={shown.refused !== undefined}>
      <Panel id="export" title={text.export}>
        <p>{text.exportText}</p>
        {disabled ? (
          <p class="soft">{verifyFirst}</p>
        ) : (
          <p>
            <a class="button plain" href={view.link(EXPORT)} download="account.json">
              {text.download}
            </a>
          </p>
        )}
      </Panel>
      <Panel id="delete" title={text.delete}>
        <p>{text.deleteText}</p>
        {disabled && <p class="soft">{verifyFirst}</p>}
        {!hasPassword && (
          <>
            <p>{text.noPassword}</p>
            <p>
              <a class="button plain" href={view.link('/login', { prompt: 'login', redirect_to: here })}>
                {text.signInAgain}
              </a>
            </p>
          </>
        )}
        <Form view={view} problem={problem} button={text.deleteButton} look="danger" disabled={disabled}>
          <Hidden name="form" value="delete" />
          <Field
            name="confirmation"
            type="email"
            label={text.confirmation(user.email)}
            value={refused?.values.confirmation}
            problem={problem}
            autocomplete="off"
            maxlength={254}
            required
          />
          {hasPassword && (
            <Field
              name="delete_password"
              type="password"
              label={view.text.form.password}
              problem={problem}
              autocomplete="current-password"
              maxlength={512}
              required
            />
          )}
        </Form>
      </Panel>
    </AccountFrame>
  );
}
