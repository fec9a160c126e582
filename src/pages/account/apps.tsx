import { clientOf } from '../../http/context.ts';
import { appsMessages, authorizationMessages } from '../../languages/messages.ts';
import { scopeName } from '../authorization/scope-names.ts';
import { Form } from '../kit/form.tsx';
import { labelOf } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { pageRoutes } from '../kit/page.ts';
import { EmptyState, Entry, LastUse, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import { ACCOUNT_PAGES, AccountFrame } from './frame.tsx';
import { type AccountServices, accountArea } from './visit.ts';

/** An app as its user sees it, and whom it acts for. Times are Unix milliseconds; null when it has never come. */
interface ConnectedApp {
  id: string;
  /** Null for the user alone. */
  organizationId: string | null;
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
        act: async (c, { principal }, { app = '', organization }) => {
          const whose = {
            clientId: app,
            ...(organization !== undefined && { organizationId: organization || null }),
          };
          await authorizations.disconnect(principal.userId, whose, clientOf(c));
          return 'disconnected';
        },
      },
    },
    render: async (_, visit, shown) => {
      const { memberships, principal, user, view } = visit;
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
          organization={
            memberships.find(({ organization: { id } }) => id === app.organizationId)?.organization
          }
          providers={oauth.providers(view.realm)}
        />
      ));
      return (
        <AccountFrame visit={visit} page="apps" shown={shown}>
          <p class="soft">{text.text}</p>
          <section class="panel" aria-label={text.title}>
            {entries.length > 0 ? (
              <ul class="rows">{entries}</ul>
            ) : (
              <EmptyState icon="layout-grid" title={text.none} />
            )}
          </section>
        </AccountFrame>
      );
    },
  });
}

/** What the user has allowed, and what apps have, by app and whom it acts for: the one that came last first. */
function connectedApps(
  consents: Awaited<ReturnType<AccountServices['authorizations']['consents']>>,
  rows: Awaited<ReturnType<AccountServices['sessions']['list']>>,
): ConnectedApp[] {
  const apps = new Map<string, ConnectedApp>();
  const add = (
    { id, organizationId }: Pick<ConnectedApp, 'id' | 'organizationId'>,
    scopes: string[],
    since: number,
    lastUsedAt: number | null,
  ) => {
    const key = `${id} ${organizationId}`;
    const known = apps.get(key);
    apps.set(key, {
      id,
      organizationId,
      scopes: [...new Set([...(known?.scopes ?? []), ...scopes])],
      connectedAt: Math.min(known?.connectedAt ?? since, since),
      lastUsedAt:
        lastUsedAt === null ? (known?.lastUsedAt ?? null) : Math.max(known?.lastUsedAt ?? 0, lastUsedAt),
    });
  };
  for (const { clientId: id, organizationId, scopes, at } of consents) {
    // An object of the version before says nothing of it.
    add({ id, organizationId: organizationId ?? null }, scopes, at, null);
  }
  for (const { client_id: id, organization: organizationId, scope, created_at, last_seen_at } of rows) {
    if (id === null) continue;
    add(
      { id, organizationId: organizationId ?? null },
      (scope ?? '').split(' ').filter(Boolean),
      created_at,
      last_seen_at,
    );
  }
  return [...apps.values()].sort((a, b) => (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0));
}

function AppEntry(props: {
  view: View;
  app: ConnectedApp;
  name: string;
  /** That which it acts for, if the user is a member of it. */
  organization: { name: string } | undefined;
  providers: readonly { id: string; name: string }[];
}) {
  const { view, app, name, organization, providers } = props;
  const text = appsMessages[view.language];
  const { nothing } = authorizationMessages[view.language];
  const whom =
    app.organizationId === null
      ? text.actsFor.yourself
      : text.actsFor.organization(organization?.name ?? app.organizationId);
  const names = app.scopes.map((scope) => scopeName(view, scope, providers));
  return (
    <Entry
      icon={<Icon name="layout-grid" />}
      name={name}
      lead={whom}
      about={[
        `${labelOf(view, text.may)}${(names.length > 0 ? names : [nothing]).join(', ')}`,
        <>
          {text.connected} <Time view={view} at={app.connectedAt} day /> ·{' '}
          <LastUse view={view} at={app.lastUsedAt} />
        </>,
      ]}
    >
      <Form
        view={view}
        name="disconnect"
        hidden={{ app: app.id, organization: app.organizationId ?? '' }}
        button={text.disconnect}
        buttonLabel={text.disconnectNamed(name, whom)}
        look="plain"
      />
    </Entry>
  );
}
