import type { MiddlewareHandler } from 'hono';
import { ApiError } from '../errors.ts';
import { type AppContext, type AppEnv, clientOf } from '../http/context.ts';
import { setFlowCookie } from '../http/flow-cookie.ts';
import type { IdentityRow } from '../oauth/tables.ts';
import { ACCOUNT_PAGES, AccountFrame, Time } from './account-frame.tsx';
import { type AccountForm, accountPage } from './account-page.tsx';
import type { AccountServices, Visit } from './account-visit.ts';
import { Form, Hidden } from './form.tsx';
import type { View } from './view.ts';

/** Accounts of other providers that a user signs in with. */
export function identityPageRoutes(services: AccountServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { accountLinks, identities, oauth } = services;
  const link: AccountForm = {
    verified: true,
    act: async (c, { principal, user, view }, { provider = '' }) => {
      try {
        const { url, cookie } = await accountLinks.start(user.realmId, provider, principal);
        setFlowCookie(c, cookie);
        return c.redirect(url.href, 303);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        // As when the provider sends somebody back with an error.
        return c.redirect(view.link(ACCOUNT_PAGES.identities, { error: error.code, provider }), 303);
      }
    },
  };
  const unlink: AccountForm = {
    verified: true,
    act: async (c, { user }, { provider = '' }) => {
      // One that is not linked any more is what was wanted.
      await identities.unlink(user.id, provider, clientOf(c)).catch(ignoreMissing);
      return 'unlinked';
    },
  };
  return accountPage(services, {
    path: ACCOUNT_PAGES.identities,
    limit: signInLimit,
    forms: { link, unlink },
    leadsTo: ({ user }) => accountLinks.origins(user.realmId),
    render: async (c, visit, shown) => {
      const { principal, user, view } = visit;
      const text = view.text.account.identities;
      const linked = await identities.list(user.id);
      const offered = oauth.providers(user.realmId);
      const names = new Map(offered.map(({ id, name }) => [id, name]));
      const retired = linked.filter(({ provider }) => !names.has(provider));
      const rows = [
        ...offered.map(({ id, name }) => ({ id, name, canLink: true })),
        ...retired.map(({ provider }) => ({ id: provider, name: provider, canLink: false })),
      ];
      const failure = shown.refused?.problem.summary ?? (shown.done ? undefined : failureOf(c, view, names));
      return (
        <AccountFrame visit={visit} page="identities" done={shown.done} failed={failure !== undefined}>
          {failure && (
            <p class="notice bad" role="alert" tabindex={-1} autofocus>
              {failure}
            </p>
          )}
          <p class="soft">{rows.length > 0 ? text.text : text.none}</p>
          {!principal.emailVerified && <p class="soft">{view.text.account.verifyFirst}</p>}
          {rows.length > 0 && (
            <section class="panel" aria-label={text.title}>
              <ul class="rows">
                {rows.map((provider) => (
                  <Provider
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

/** What to say of an error that a visit to a provider came back with. */
function failureOf(c: AppContext, { text }: View, names: Map<string, string>): string | undefined {
  const { error, provider = '' } = c.req.query();
  if (error === undefined) return undefined;
  const name = names.get(provider);
  const say = name && Object.hasOwn(text.providerErrors, error) ? text.providerErrors[error] : undefined;
  return say && name ? say(name) : text.account.identities.failed;
}

function Provider(props: {
  visit: Visit;
  provider: { id: string; name: string; canLink: boolean };
  identity: IdentityRow | undefined;
}) {
  const { visit, provider, identity } = props;
  const { principal, view } = visit;
  const text = view.text.account.identities;
  return (
    <li>
      <div>
        <p>
          <strong>{provider.name}</strong>{' '}
          <span class={identity ? 'badge good' : 'badge'}>{identity ? text.linkedAs : text.notLinked}</span>
        </p>
        {identity && (
          <p class="soft">{[identity.name, identity.email].filter((part) => part !== null).join(' · ')}</p>
        )}
        {identity && (
          <p class="soft">
            {text.since} <Time view={view} at={identity.createdAt} />
          </p>
        )}
      </div>
      <Form
        view={view}
        button={identity ? text.unlink : text.link}
        buttonLabel={identity ? text.unlinkNamed(provider.name) : text.linkNamed(provider.name)}
        look="plain"
        disabled={!principal.emailVerified}
      >
        <Hidden name="form" value={identity ? 'unlink' : 'link'} />
        <Hidden name="provider" value={provider.id} />
      </Form>
    </li>
  );
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 'identity_not_found')) throw error;
}
