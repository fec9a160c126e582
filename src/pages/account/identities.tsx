import type { MiddlewareHandler } from 'hono';
import { ApiError } from '../../errors.ts';
import { type AppContext, type AppEnv, clientOf } from '../../http/context.ts';
import { setFlowCookie } from '../../http/flow-cookie.ts';
import { identitiesMessages, signInMessages } from '../../languages/messages.ts';
import type { IdentityRow } from '../../oauth/tables.ts';
import { Form } from '../kit/form.tsx';
import { ProviderMark } from '../kit/icon.tsx';
import { pageRoutes } from '../kit/page.ts';
import { Alert, Badge, EmptyState, Entry, LastUse, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';
import { ACCOUNT_PAGES, AccountFrame, addressNeeded } from './frame.tsx';
import { type AccountServices, accountArea } from './visit.ts';

/** The accounts of providers that a user signs in with. */
export function identitiesPageRoutes(services: AccountServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { accountLinks, identities, oauth } = services;
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.identities,
    messages: identitiesMessages,
    limit: signInLimit,
    leadsTo: ({ view }) => accountLinks.origins(view.realm),
    forms: {
      link: {
        verified: true,
        anonymous: true,
        fresh: true,
        act: async (c, { principal, view }, { provider = '' }) => {
          try {
            const { url, cookie } = await accountLinks.start(view.realm, provider, principal);
            setFlowCookie(c, cookie);
            return c.redirect(url.href, 303);
          } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            // As when a provider sends the user back with an error.
            return c.redirect(view.link(ACCOUNT_PAGES.identities, { error: error.code, provider }), 303);
          }
        },
      },
      unlink: {
        verified: true,
        fresh: true,
        act: async (c, { user }, { provider = '' }) => {
          await identities.unlink(user.id, provider, clientOf(c)).catch(ignoreUnlinked);
          return 'unlinked';
        },
      },
    },
    render: async (c, visit, shown) => {
      const { principal, user, view } = visit;
      const text = identitiesMessages[view.language];
      const linked = await identities.list(user.id);
      const offered = oauth.providers(view.realm);
      const names = new Map(offered.map(({ id, name }) => [id, name]));
      const retired = linked.filter(({ provider }) => !names.has(provider));
      const rows = [...offered, ...retired.map(({ provider }) => ({ id: provider, name: provider }))];
      const failure =
        shown.refused?.problem.summary ?? (shown.done ? undefined : providerFailure(c, view, names));
      return (
        <AccountFrame visit={visit} page="identities" shown={shown} failed={failure !== undefined}>
          {failure && <Alert isFocused>{failure}</Alert>}
          {rows.length > 0 && <p class="soft">{text.text}</p>}
          {rows.length === 0 && (
            <section class="panel" aria-label={text.title}>
              <EmptyState icon="link" title={text.none} />
            </section>
          )}
          {!principal.emailVerified && !principal.anonymous && <p class="soft">{addressNeeded(visit)}</p>}
          {rows.length > 0 && (
            <section class="panel" aria-label={text.title}>
              <ul class="rows">
                {rows.map((provider) => (
                  <ProviderEntry
                    visit={visit}
                    provider={provider}
                    identity={linked.find((one) => one.provider === provider.id)}
                  />
                ))}
              </ul>
            </section>
          )}
        </AccountFrame>
      );
    },
  });
}

/** What to say of the error that a provider sent the user back with. */
function providerFailure(c: AppContext, { language }: View, names: Map<string, string>): string | undefined {
  const { error, provider = '' } = c.req.query();
  if (error === undefined) return undefined;
  const { providerErrors } = signInMessages[language];
  const name = names.get(provider);
  const say = name && Object.hasOwn(providerErrors, error) ? providerErrors[error] : undefined;
  return say && name ? say(name) : identitiesMessages[language].failed;
}

function ProviderEntry(props: {
  visit: Visit;
  provider: { id: string; name: string };
  identity: IdentityRow | undefined;
}) {
  const { visit, provider, identity } = props;
  const { principal, view } = visit;
  const text = identitiesMessages[view.language];
  const about = identity && [
    [identity.name, identity.email].filter((part) => part !== null).join(' · '),
    <>
      {text.since} <Time view={view} at={identity.createdAt} day /> ·{' '}
      <LastUse view={view} at={identity.lastLoginAt} />
    </>,
  ];
  return (
    <Entry
      icon={<ProviderMark {...provider} />}
      name={provider.name}
      badge={<Badge look={identity && 'good'}>{identity ? text.linkedAs : text.notLinked}</Badge>}
      about={about ?? []}
    >
      <Form
        view={view}
        name={identity ? 'unlink' : 'link'}
        hidden={{ provider: provider.id }}
        button={identity ? text.unlink : text.link}
        buttonLabel={identity ? text.unlinkNamed(provider.name) : text.linkNamed(provider.name)}
        look="plain"
        disabled={!principal.emailVerified && !(principal.anonymous && !identity)}
      />
    </Entry>
  );
}

/** Ignores that an account is not linked any more: that was wanted. */
function ignoreUnlinked(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'identity_not_found')) throw error;
}
