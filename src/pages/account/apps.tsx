import { clientOf } from '../../http/context.ts';
import { appsMessages, authorizationMessages } from '../../languages/messages.ts';
import { scopeName } from '../authorization/scope-names.ts';
import { Form } from '../kit/form.tsx';
import { labelOf } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { pageRoutes } from '../kit/page.ts';
import { Entries, Entry, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import { ACCOUNT_PAGES, AccountFrame } from './frame.tsx';
import { type AccountServices, accountArea } from './visit.ts';

/** An app as its user sees it. Times are Unix milliseconds; null when it has never come, or was never asked for. */
interface ConnectedApp {
  id: string;
  scopes: string[];
  connectedAt: number;
  lastUsedAt: number | null;
}

/** The apps that may use an account. */
export function appsPageRoutes(services: AccountServices) {
  const { authorizations, oauth, oauthClients, sessions } = services;
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.apps,
    messages: appsMessages,
    forms: {
      disconnect: {
        act: async (c, { principal }, { app = '' }) => {
          await authorizations.disconnect(principal.userId, app, clientOf(c));
          return 'disconnected';
        },
      },
    },
    render: async (_, visit, shown) => {
      const { principal, user, view } = visit;
      const text = appsMessages[view.language];
      const [consents, rows] = await Promise.all([
        authorizations.consents(principal.userId),
        sessions.list(principal.userId),
      ]);
      const apps = connectedApps(consents, rows);
      const clients = await oauthClients.named(
        user.realmId,
        apps.map(({ id }) => id),
      );
      const entries = apps.map((app) => (
        <AppEntry
          view={view}
          app={app}
          name={clients[app.id]?.name ?? URL.parse(app.id)?.host ?? text.gone}
          providers={oauth.providers(view.realm)}
        />
      ));
      return (
        <AccountFrame visit={visit} page="apps" shown={shown}>
          <p class="soft">{text.text}</p>
          <section class="panel" aria-label={text.title}>
            <Entries entries={entries} none={text.none} />
          </section>
        </AccountFrame>
      );
    },
  });
}

/** What the user has allowed, and what apps have, by app: the one that came last first. */
function connectedApps(
  consents: Awaited<ReturnType<AccountServices['authorizations']['consents']>>,
  rows: Awaited<ReturnType<AccountServices['sessions']['list']>>,
): ConnectedApp[] {
  const apps = new Map<string, ConnectedApp>();
  const add = (id: string, scopes: string[], since: number, lastUsedAt: number | null) => {
    const known = apps.get(id);
    apps.set(id, {
      id,
      scopes: [...new Set([...(known?.scopes ?? []), ...scopes])],
      connectedAt: Math.min(known?.connectedAt ?? since, since),
      lastUsedAt:
        lastUsedAt === null ? (known?.lastUsedAt ?? null) : Math.max(known?.lastUsedAt ?? 0, lastUsedAt),
    });
  };
  for (const { clientId, scopes, at } of consents) add(clientId, scopes, at, null);
  for (const { client_id: id, scope, created_at, last_seen_at } of rows) {
    if (id !== null) add(id, (scope ?? '').split(' ').filter(Boolean), created_at, last_seen_at);
  }
  return [...apps.values()].sort((a, b) => (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0));
}

function AppEntry(props: {
  view: View;
  app: ConnectedApp;
  name: string;
  providers: readonly { id: string; name: string }[];
}) {
  const { view, app, name, providers } = props;
  const text = appsMessages[view.language];
  const { nothing } = authorizationMessages[view.language];
  const names = app.scopes.map((scope) => scopeName(view, scope, providers));
  return (
    <Entry
      icon={<Icon name="layout-grid" />}
      name={name}
      about={[
        `${labelOf(view, text.may)}${(names.length > 0 ? names : [nothing]).join(', ')}`,
        <>
          {text.connected} <Time view={view} at={app.connectedAt} day />
        </>,
        app.lastUsedAt !== null && (
          <>
            {text.lastUsed} <Time view={view} at={app.lastUsedAt} ago />
          </>
        ),
      ]}
    >
      <Form
        view={view}
        name="disconnect"
        hidden={{ app: app.id }}
        button={text.disconnect}
        buttonLabel={text.disconnectNamed(name)}
        look="plain"
      />
    </Entry>
  );
}
