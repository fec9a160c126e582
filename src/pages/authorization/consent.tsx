import { raw } from 'hono/html';
import {
  type AskedAuthorization,
  SINCE,
  userinfoAudience,
} from '../../authorization-server/authorization-service.ts';
import { isSelfRegistered } from '../../authorization-server/client-schemas.ts';
import type { OAuthClientRow } from '../../authorization-server/tables.ts';
import type { UserRow } from '../../directory/tables.ts';
import { authorizationMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { Hidden, Select } from '../kit/form.tsx';
import { Frame } from '../kit/frame.tsx';
import { fullNameOf } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import { DecisionForm } from './decision.tsx';
import { scopeName } from './scope-names.ts';

/** What sends the form of `OnwardPage`. */
export const SUBMIT = 'document.forms[0].submit()';

/** Asks a user whether a client may: who asks, as whom, for what, and where it leads. */
export function ConsentPage(props: {
  view: View;
  asked: AskedAuthorization;
  user: UserRow;
  /** Those of the realm. */
  providers: readonly { id: string; name: string }[];
  /** Those for which the client can act: that which it asks for, or all of the user’s. */
  organizations: { id: string; name: string }[];
  /** The request itself. */
  search: URLSearchParams;
}) {
  const { view, asked, user, providers, organizations, search } = props;
  const { audience, client, organizationId, redirectUri, scopes } = asked;
  const [named] = organizationId === null ? [] : organizations;
  // Latchkey's own need no word: what they are is in the list.
  const resources = audience.filter(
    (one) => one !== view.realm.audience && one !== userinfoAudience(view.realm),
  );
  const text = authorizationMessages[view.language];
  const links = [
    [client.clientUri, text.about],
    [client.policyUri, text.policy],
    [client.tosUri, text.terms],
  ].filter(([href]) => href);
  const again = new URLSearchParams(search);
  again.set('prompt', [...new Set([...asked.prompt, 'login'])].join(' '));
  again.delete(SINCE);
  return (
    <Frame view={view} title={text.title(client.name)}>
      {client.logoUri && (
        <p>
          <img src={client.logoUri} alt="" height="48" />
        </p>
      )}
      <p>
        <ClientName client={client} /> {text.asks} {view.realm.name}.
      </p>
      {isSelfRegistered(client) && <p class="notice">{text.unchecked(view.realm.name)}</p>}
      <p>
        <SignedInAs view={view} user={user} />
      </p>
      <ScopeList view={view} scopes={scopes} providers={providers} />
      {resources.length > 0 && (
        <p>
          {text.where} <strong>{resources.join(', ')}</strong>
        </p>
      )}
      {named && (
        <p>
          {text.actsFor} <strong>{named.name}</strong>.
        </p>
      )}
      <p class="soft">
        {text.goesTo} <strong>{hostOf(redirectUri)}</strong>. {text.disconnect}
      </p>
      <DecisionForm
        action={`${view.path('/oauth2/consent')}?${search}`}
        userId={user.id}
        allow={text.allow}
        deny={text.deny}
      >
        {!named && organizations.length > 0 && (
          <Select
            name="organization"
            label={text.actsFor}
            hint={text.actsForHint}
            options={[
              ['', text.yourself],
              ...organizations.map(({ id, name }): [string, string] => [id, name]),
            ]}
          />
        )}
      </DecisionForm>
      <p class="below">
        <a href={`${view.path('/oauth2/authorize')}?${again}`}>{text.another}</a>
      </p>
      {links.length > 0 && (
        <p class="below">
          {links.map(([href, name]) => (
            <>
              <a href={href as string} rel="noopener noreferrer">
                {name}
              </a>{' '}
            </>
          ))}
        </p>
      )}
    </Frame>
  );
}

/** What a client is called, and where it is known by a document at an address: of which site that is. */
function ClientName({ client: { id, name } }: { client: OAuthClientRow }) {
  const host = URL.parse(id)?.host;
  return (
    <>
      <strong>{name}</strong>
      {host && ` (${host})`}
    </>
  );
}

/** What a client may that gets those scopes, in words. */
export function ScopeList(props: {
  view: View;
  scopes: readonly string[];
  providers: readonly { id: string; name: string }[];
}) {
  const { view, scopes, providers } = props;
  const text = authorizationMessages[view.language];
  const nameOf = (scope: string) => scopeName(view, scope, providers);
  return (
    <>
      <p id="may">{text.may}</p>
      <ul aria-labelledby="may">
        {scopes.length === 0 ? <li>{text.nothing}</li> : scopes.map((scope) => <li>{nameOf(scope)}</li>)}
      </ul>
    </>
  );
}

/** Posts an answer to a client (OAuth 2.0 Form Post Response Mode): by itself, or by its button. */
export function OnwardPage(props: { view: View; action: string; fields: Record<string, string> }) {
  const { view, action, fields } = props;
  const { title, text, button } = authorizationMessages[view.language].onward;
  return (
    <Frame view={view} title={title}>
      <p>{text}</p>
      <form method="post" action={action}>
        {Object.entries(fields).map(([name, value]) => (
          <Hidden name={name} value={value} />
        ))}
        <button type="submit">{button}</button>
      </form>
      <script>{raw(SUBMIT)}</script>
    </Frame>
  );
}

/** The site that an address is of, or the scheme of an app. */
function hostOf(uri: string): string {
  const url = new URL(uri);
  return /^https?:$/.test(url.protocol) ? url.host : url.protocol.slice(0, -1);
}

/** Says who the user is: by the name, and the address where it is another. */
export function SignedInAs({ view, user }: { view: View; user: UserRow }) {
  const { signedInAs } = authorizationMessages[view.language];
  const name = fullNameOf(user);
  return (
    <>
      {signedInAs} <strong>{name}</strong>
      {name !== user.email && !isPlaceholder(user.email) && ` (${user.email})`}.
    </>
  );
}
