import type { Child } from 'hono/jsx';
import { MFA_PAGE } from '../../http/second-factor.ts';
import { accountOverviewMessages, devicesMessages, organizationsMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import type { AccountOverviews } from '../../profile/overview-service.ts';
import type { ProviderButton } from '../entry/provider-buttons.tsx';
import { deviceName, formatNumber, placeName, resourceName } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import type { IconName } from '../kit/icon-names.ts';
import { pageRoutes } from '../kit/page.ts';
import { Avatar, Badge, DeviceIcon, Entries, Entry, fullNameOf, Panel, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import { ACCOUNT_PAGES, AccountFrame } from './frame.tsx';
import { roleName } from './organizations.tsx';
import { QuotaMeter } from './quota.tsx';
import { type AccountServices, type AccountVisit, accountArea } from './visit.ts';

/** How many of each are shown; their own pages have the others. */
const SHOWN = 3;
/** From how few recovery codes on new ones are proposed. */
const FEW_CODES = 3;

type State = Awaited<ReturnType<AccountOverviews['read']>>;

/** How an account stands at one look: how safe it is, what it may and uses, where it is open, and what to do next. */
export function overviewPageRoutes(services: AccountServices) {
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.overview,
    render: async (_, visit, shown) => {
      const { principal, user } = visit;
      const whose = { userId: user.id, realmId: user.realmId };
      const state = await services.overview.read(whose, principal.bookmark);
      const providers = services.oauth.providers(visit.view.realm);
      return (
        <AccountFrame visit={visit} page="overview" shown={shown}>
          <Greeting visit={visit} />
          <div class="cards">
            <SafetyPanel visit={visit} state={state} providers={providers} />
            <PlanPanel view={visit.view} state={state} />
            <DevicesPanel visit={visit} state={state} />
            <OrganizationsPanel visit={visit} />
          </div>
        </AccountFrame>
      );
    },
  });
}

/** Who is signed in. */
function Greeting({ visit: { user, view } }: { visit: AccountVisit }) {
  const text = accountOverviewMessages[view.language];
  const name = fullNameOf(user);
  return (
    <section class="panel" aria-label={name === user.id ? text.title : name}>
      <div class="picture">
        <Avatar user={user} />
        <div>
          {name !== user.id && <p class="title">{name}</p>}
          {name !== user.email && !isPlaceholder(user.email) && <p class="soft">{user.email}</p>}
          <p class="soft">
            {text.memberSince} <Time view={view} at={user.createdAt} day />
          </p>
        </div>
        <a class="button plain small" href={view.link(ACCOUNT_PAGES.profile)}>
          {text.edit}
        </a>
      </div>
    </section>
  );
}

/** A part of the page, and the pages that have more of it. */
function Card(props: { id: string; title: string; links: [href: string, name: string][]; children: Child }) {
  const { id, title, links, children } = props;
  return (
    <Panel id={id} title={title}>
      {children}
      <p class="more">
        {links.map(([href, name]) => (
          <a href={href}>{name}</a>
        ))}
      </p>
    </Panel>
  );
}

/** What there is to do next for the safety of an account, the most urgent first, and on which page; null for this one. */
function nextStep(
  { principal, user }: AccountVisit,
  state: State,
): { step: 'email' | 'way' | 'passkey' | 'twoStep' | 'recovery'; page: string | null } | null {
  const { passkeyCount: passkeys, totpCount: totp } = user;
  const ways = (state.hasPassword ? 1 : 0) + passkeys + state.providers.length;
  const { security, twoStep } = ACCOUNT_PAGES;
  if (!principal.emailVerified && !isPlaceholder(user.email)) return { step: 'email', page: null };
  if (ways < 2 && isPlaceholder(user.email)) return { step: 'way', page: security };
  if (totp > 0 && state.recoveryCodesLeft < FEW_CODES) return { step: 'recovery', page: twoStep };
  if (passkeys === 0) return { step: 'passkey', page: security };
  if (state.hasPassword && totp === 0) return { step: 'twoStep', page: MFA_PAGE };
  return null;
}

function SafetyPanel(props: { visit: AccountVisit; state: State; providers: ProviderButton[] }) {
  const { visit, state, providers } = props;
  const { user, view } = visit;
  const text = accountOverviewMessages[view.language];
  const { passkeyCount: passkeys, totpCount: totp } = user;
  const next = nextStep(visit, state);
  const look = next === null ? 'good' : ['email', 'way', 'recovery'].includes(next.step) ? 'bad' : 'warn';
  const named = state.providers.map((id) => providers.find((one) => one.id === id)?.name ?? id);
  const ways: [IconName, string, boolean][] = [
    ['lock', text.ways.password, state.hasPassword],
    ['fingerprint-pattern', text.ways.passkeys(passkeys), passkeys > 0],
    ['shield-check', text.ways.twoStep, totp > 0],
    ...(totp > 0 ? [['key-round', text.ways.recovery(state.recoveryCodesLeft), true] as const] : []),
    ...(named.length > 0 ? [['link', text.ways.providers(named.join(', ')), true] as const] : []),
  ] as [IconName, string, boolean][];
  return (
    <Card id="safety" title={text.safety} links={[[view.link(ACCOUNT_PAGES.security), text.security]]}>
      <p class={`state ${look}`}>
        <Icon name={look === 'good' ? 'shield-check' : 'triangle-alert'} />
        <strong>{text.safetyStates[look]}</strong>
      </p>
      {next && (
        <div class="next">
          <p>{text.next[next.step]}</p>
          <a class="button small" href={next.page === null ? '#unverified' : view.link(next.page)}>
            {text.go[next.step]}
          </a>
        </div>
      )}
      <ul class="checks">
        {ways.map(([icon, name, isThere]) => (
          <li class={isThere ? undefined : 'soft'}>
            <Icon name={icon} />
            <span>{name}</span>
            {isThere ? <Icon name="check" /> : <span class="soft">{text.off}</span>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** The plan, credits, and how far the quotas are used that are used most. */
function PlanPanel({ view, state }: { view: View; state: State }) {
  const text = accountOverviewMessages[view.language];
  const { plan, quotas, balance } = state;
  const part = ({ limit, used }: { limit: number | null; used: number }) => (limit ? used / limit : 0);
  const limited = Object.entries(quotas.resources)
    .filter(([, quota]) => quota.limit !== 0)
    .sort(([, one], [, other]) => part(other) - part(one));
  return (
    <Card
      id="plan"
      title={text.plan}
      links={[
        [view.link(ACCOUNT_PAGES.usage), text.usage],
        [view.link(ACCOUNT_PAGES.billing), text.billing],
      ]}
    >
      <p class="figure">
        <strong>{plan.plan.name}</strong>
        {balance > 0 && <Badge>{text.credits(balance, formatNumber(view, balance))}</Badge>}
        {plan.expiresAt !== null && (
          <span class="soft">
            {text.until} <Time view={view} at={plan.expiresAt} day />
          </span>
        )}
      </p>
      {limited.length === 0 && <p class="soft">{text.nothing}</p>}
      {limited.slice(0, SHOWN).map(([resource, quota]) => (
        <div class="quota">
          <p id={`quota-${resource}`}>{resourceName(view, resource)}</p>
          <QuotaMeter view={view} quota={quota} labelledby={`quota-${resource}`} small />
        </div>
      ))}
    </Card>
  );
}

function DevicesPanel({ visit, state }: { visit: AccountVisit; state: State }) {
  const { principal, user, view } = visit;
  const text = accountOverviewMessages[view.language];
  const { current } = devicesMessages[view.language];
  // What apps have stands on a page of its own.
  const own = state.sessions.filter((row) => row.client_id === null);
  const isCurrent = ({ id }: { id: string }) => id === principal.sessionId;
  const sorted = own.toSorted((one, other) => Number(isCurrent(other)) - Number(isCurrent(one)));
  const rest = sorted.length - SHOWN;
  return (
    <Card
      id="devices"
      title={text.devices}
      links={[
        [view.link(ACCOUNT_PAGES.devices), text.allDevices],
        [view.link(ACCOUNT_PAGES.activity), text.activity],
      ]}
    >
      {user.lastLoginAt !== null && (
        <p class="soft">
          {text.lastSignIn} <Time view={view} at={user.lastLoginAt} ago />
        </p>
      )}
      <ul class="rows">
        {sorted.slice(0, SHOWN).map((row) => (
          <Entry
            icon={<DeviceIcon userAgent={row.user_agent} />}
            name={deviceName(view, row.user_agent)}
            badge={isCurrent(row) && <Badge look="good">{current}</Badge>}
            about={[
              <>
                {placeName(view, row) && `${placeName(view, row)} · `}
                {text.active} <Time view={view} at={row.last_seen_at} ago />
              </>,
            ]}
          />
        ))}
      </ul>
      {rest > 0 && <p class="soft">{text.others(formatNumber(view, rest))}</p>}
    </Card>
  );
}

function OrganizationsPanel({ visit: { memberships, view } }: { visit: AccountVisit }) {
  const text = accountOverviewMessages[view.language];
  const entries = memberships
    .slice(0, SHOWN)
    .map(({ organization, role }) => (
      <Entry
        icon={<Icon name="users" />}
        name={
          <a href={view.link(`${ACCOUNT_PAGES.organizations}/${organization.id}`)}>{organization.name}</a>
        }
        about={[roleName(view, role)]}
      />
    ));
  return (
    <Card
      id="organizations"
      title={text.organizations}
      links={[
        [
          view.link(ACCOUNT_PAGES.organizations),
          entries.length > 0 ? text.allOrganizations : organizationsMessages[view.language].create,
        ],
      ]}
    >
      <Entries entries={entries} none={text.noOrganization} />
    </Card>
  );
}
