import type { Child } from 'hono/jsx';
import { MFA_PAGE } from '../../http/second-factor.ts';
import {
  accountMessages,
  accountOverviewMessages,
  activityMessages,
  appsMessages,
  billingMessages,
  dataMessages,
  devicesMessages,
  identitiesMessages,
  organizationsMessages,
  ownKeysMessages,
  preferencesMessages,
  profileMessages,
  securityMessages,
  twoStepMessages,
  usageMessages,
} from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import type { Language } from '../../lib/language.ts';
import { mayMakeUnasked } from '../../passkeys/service.ts';
import { mostKeys } from '../../product-keys/service.ts';
import { Form, Hidden } from '../kit/form.tsx';
import { labelOf } from '../kit/format.ts';
import { MenuFrame, type MenuPage } from '../kit/frame.tsx';
import { Icon } from '../kit/icon.tsx';
import type { IconName } from '../kit/icon-names.ts';
import type { Shown } from '../kit/page.ts';
import { fullNameOf } from '../kit/panel.tsx';
import { UnaskedPasskey } from '../kit/passkey-form.tsx';
import type { View } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';
import type { AccountVisit } from './visit.ts';

/** The paths of the pages of an account, in the order of their menu. */
export const ACCOUNT_PAGES = {
  overview: '/account',
  profile: '/account/profile',
  security: '/account/security',
  twoStep: MFA_PAGE,
  devices: '/account/devices',
  identities: '/account/identities',
  apps: '/account/apps',
  apiKeys: '/account/api-keys',
  organizations: '/account/organizations',
  usage: '/account/usage',
  billing: '/account/billing',
  activity: '/account/activity',
  preferences: '/account/preferences',
  data: '/account/data',
} as const;

type AccountPageName = keyof typeof ACCOUNT_PAGES;

const TITLES: Record<AccountPageName, Record<Language, { title: string }>> = {
  overview: accountOverviewMessages,
  profile: profileMessages,
  security: securityMessages,
  twoStep: twoStepMessages,
  devices: devicesMessages,
  identities: identitiesMessages,
  apps: appsMessages,
  apiKeys: ownKeysMessages,
  organizations: organizationsMessages,
  usage: usageMessages,
  billing: billingMessages,
  activity: activityMessages,
  preferences: preferencesMessages,
  data: dataMessages,
};

const ICONS: Record<AccountPageName, IconName> = {
  overview: 'house',
  profile: 'user',
  security: 'lock',
  twoStep: 'shield-check',
  devices: 'monitor',
  identities: 'link',
  apps: 'layout-grid',
  apiKeys: 'key-round',
  organizations: 'users',
  usage: 'chart-column',
  billing: 'credit-card',
  activity: 'history',
  preferences: 'sliders-horizontal',
  data: 'file-down',
};
/** The pages with which a group of the menu begins. */
const GROUPS: AccountPageName[] = ['usage', 'activity'];

/** The frame of an account's pages: who is signed in, the menu, what was just done, and what is still to do. */
export function AccountFrame(props: {
  visit: AccountVisit;
  page: AccountPageName;
  /** Of a page below that, which is called otherwise. */
  title?: string;
  shown?: Shown;
  /** Whether something else went wrong than a form. */
  failed?: boolean;
  children: Child;
}) {
  const { visit, page, title, shown = {}, failed = shown.refused !== undefined, children } = props;
  const { principal, user, view } = visit;
  const { menu, admin, unregistered, unverified } = accountMessages[view.language];
  const name = fullNameOf(user);
  const titleOf = (name: AccountPageName) => TITLES[name][view.language].title;
  const operators: MenuPage[] =
    user.role === 'user' ? [] : [{ href: view.link('/admin'), name: admin, icon: 'layout-dashboard' }];
  // Where nobody makes any.
  const hidden = mostKeys(view.realm) === 0 && page !== 'apiKeys' ? 'apiKeys' : null;
  const pages = (Object.entries(ACCOUNT_PAGES) as [AccountPageName, string][]).filter(
    ([name]) => name !== hidden,
  );
  return (
    <MenuFrame
      visit={visit}
      title={title ?? titleOf(page)}
      above={title === undefined ? undefined : { href: view.link(ACCOUNT_PAGES[page]), name: titleOf(page) }}
      kind="wide"
      menu={{
        label: menu,
        pages: [
          ...pages.map(([name, path]) => ({
            href: view.link(path),
            name: titleOf(name),
            icon: ICONS[name],
            isCurrent: name === page,
            startsGroup: GROUPS.includes(name),
          })),
          ...operators.map((page) => ({ ...page, startsGroup: true })),
        ],
      }}
      name={name === user.id ? menu : name}
      elsewhere={operators}
      slot={<OrganizationSwitch visit={visit} />}
      signOut={view.link('/logout')}
      said={shown.said}
      failed={failed}
    >
      {isPlaceholder(user.email) && (
        <section class="notice warn" aria-labelledby="unregistered">
          <h2 id="unregistered">{principal.anonymous ? unregistered.title : unregistered.add}</h2>
          <p>{principal.anonymous ? unregistered.text : unregistered.noAddress}</p>
          <p class="acts">
            {principal.anonymous && (
              <a class="button" href={view.link('/register')}>
                {unregistered.button}
              </a>
            )}
            <a class="button plain" href={view.link('/login/code')}>
              {unregistered.add}
            </a>
          </p>
        </section>
      )}
      {!principal.emailVerified && !isPlaceholder(user.email) && (
        <section class="notice warn" aria-labelledby="unverified">
          <h2 id="unverified">{unverified.title}</h2>
          <p>{unverified.text(user.email)}</p>
          <Form
            view={view}
            name="resend"
            action={view.link(ACCOUNT_PAGES.security)}
            button={unverified.again}
            look="plain"
          />
        </section>
      )}
      {children}
      {isToHavePasskey(visit) && <UnaskedPasskey view={view} signedInAt={principal.authenticatedAt} />}
    </MenuFrame>
  );
}

/** Whom the user acts for, and the ways to act for another; nothing for who is in no organization. */
function OrganizationSwitch({ visit: { principal, memberships, view } }: { visit: AccountVisit }) {
  if (memberships.length === 0) return null;
  const text = organizationsMessages[view.language];
  const current = memberships.find(({ organization }) => organization.id === principal.organization?.id);
  const others = memberships.filter((own) => own !== current && own.organization.status === 'active');
  const path = view.link(ACCOUNT_PAGES.organizations);
  return (
    <div class="switch">
      <button type="button" class="ghost" popovertarget="switch">
        <span class="hidden">{labelOf(view, text.actingFor)}</span>
        <span class="name">{current?.organization.name ?? text.yourself}</span>
        <Icon name="chevron-down" />
      </button>
      <div id="switch" popover="auto">
        {current && <SwitchItem view={view} id="" name={text.yourself} icon="user" />}
        {others.map(({ organization: { id, name } }) => (
          <SwitchItem view={view} id={id} name={name} icon="users" />
        ))}
        <a class="item" href={path}>
          <Icon name="sliders-horizontal" />
          {text.back}
        </a>
      </div>
    </div>
  );
}

function SwitchItem({ view, id, name, icon }: { view: View; id: string; name: string; icon: IconName }) {
  return (
    <form method="post" action={view.link(ACCOUNT_PAGES.organizations)}>
      <Hidden name="form" value="use" />
      <Hidden name="organization" value={id} />
      <button type="submit" class="item">
        <Icon name={icon} />
        {name}
      </button>
    </form>
  );
}

/** Whether the browser may make a passkey for the user by itself: see `POST /v1/me/passkeys/options`. */
function isToHavePasskey({ principal, user, view }: Visit): boolean {
  const isOwn = principal.impersonator === null && principal.realmId === view.realm.id;
  return isOwn && principal.emailVerified && user.passkeyCount === 0 && mayMakeUnasked(principal);
}

/** What is said where an act needs an address that is proven. */
export function addressNeeded({ user, view }: Visit): string {
  const { addressFirst, verifyFirst } = accountMessages[view.language];
  return isPlaceholder(user.email) ? addressFirst : verifyFirst;
}
