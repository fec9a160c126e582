import { Hono, type MiddlewareHandler } from 'hono';
import { fieldError } from '../../errors.ts';
import { type AppEnv, clientOf } from '../../http/context.ts';
import { clearSessionCookie } from '../../http/session-cookie.ts';
import { dataMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { EXPORT_HEADERS, exportDocument } from '../../privacy/export-schemas.ts';
import { DeleteBody } from '../../privacy/schemas.ts';
import { CurrentPasswordField, EmailAddressField, Form } from '../kit/form.tsx';
import { valid } from '../kit/form-data.ts';
import { MessagePage } from '../kit/frame.tsx';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Panel } from '../kit/panel.tsx';
import { show, viewFor } from '../kit/view.ts';
import { ACCOUNT_PAGES, AccountFrame, addressNeeded } from './frame.tsx';
import { type AccountServices, type AccountVisit, accountArea, signedInAccount } from './visit.ts';

const EXPORT = '/account/data/export';
const DELETED = '/account/deleted';

/** The data of a user: to download, and to delete with the account. */
export function dataPageRoutes(services: AccountServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { credentials, privacy } = services;
  const page = pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.data,
    limit: signInLimit,
    forms: {
      delete: {
        verified: true,
        anonymous: true,
        fresh: (_, { delete_password }) => !delete_password,
        passwordField: 'delete_password',
        names: { password: 'delete_password' },
        act: async (c, { principal, user, view }, { confirmation = '', delete_password }) => {
          const isConfirmed = isPlaceholder(user.email) || confirmation.trim().toLowerCase() === user.email;
          if (!isConfirmed) {
            throw fieldError('confirmation', 'not_confirmed', 'Must be the email address');
          }
          const { password } = valid(DeleteBody, delete_password ? { password: delete_password } : {});
          await privacy.deleteAccount(principal, { password }, clientOf(c));
          clearSessionCookie(c);
          return c.redirect(view.link(DELETED), 303);
        },
      },
    },
    render: async (_, visit, shown) => (
      <DataPage visit={visit} shown={shown} hasPassword={await credentials.hasPassword(visit.user.id)} />
    ),
  });
  return new Hono<AppEnv>()
    .route('/', page)
    .get(
      EXPORT,
      signedInAccount(services, async (c, { principal, user, view }) => {
        if (!principal.emailVerified && !principal.anonymous)
          return c.redirect(view.link(ACCOUNT_PAGES.data), 303);
        return c.body(exportDocument(await privacy.export(user.id), Date.now()), 200, EXPORT_HEADERS);
      }),
    )
    .get(DELETED, async (c) => {
      const view = viewFor(c);
      const { deleted, deletedText } = dataMessages[view.language];
      return show(c, view, <MessagePage view={view} title={deleted} text={deletedText} />);
    });
}

function DataPage(props: { visit: AccountVisit; shown: Shown; hasPassword: boolean }) {
  const { visit, shown, hasPassword } = props;
  const { principal, user, view } = visit;
  const text = dataMessages[view.language];
  const { problem, values } = refusedIn(shown, 'delete') ?? {};
  const disabled = !principal.emailVerified && !principal.anonymous;
  return (
    <AccountFrame visit={visit} page="data" shown={shown}>
      <Panel id="export" title={text.export}>
        <p>{text.exportText}</p>
        {disabled ? (
          <p class="soft">{addressNeeded(visit)}</p>
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
        {disabled && <p class="soft">{addressNeeded(visit)}</p>}
        <Form
          view={view}
          name="delete"
          problem={problem}
          button={text.deleteButton}
          look="danger"
          disabled={disabled}
        >
          {!isPlaceholder(user.email) && (
            <EmailAddressField
              view={view}
              name="confirmation"
              label={text.confirmation(user.email)}
              value={values?.confirmation}
              problem={problem}
              autocomplete="off"
            />
          )}
          {hasPassword && <CurrentPasswordField view={view} name="delete_password" problem={problem} />}
        </Form>
      </Panel>
    </AccountFrame>
  );
}
