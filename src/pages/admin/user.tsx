import type { Child } from 'hono/jsx';
import type { AppContext } from '../../http/context.ts';
import { activityMessages, adminMessages, userMessages } from '../../languages/messages.ts';
import { SpendingPanel } from '../account/spending.tsx';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Alert, fullNameOf } from '../kit/panel.tsx';
import { show } from '../kit/view.ts';
import { ReasonField } from './act-dialog.tsx';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { KeyPanel } from './key-panel.tsx';
import { askedTab, PageTabs } from './page-tabs.tsx';
import { AccessPanel, ActingNotice, DangerPanel, hiddenForms, UserSummary } from './user-access.tsx';
import {
  readAccess,
  readLogs,
  readOverview,
  readPlan,
  type UserPanelProps,
  type UserTab,
  userCredits,
} from './user-data.ts';
import { USER_FORMS, userForms } from './user-forms.ts';
import { CreditsPanel, LogsPanel, UsagePanel } from './user-ledgers.tsx';
import { UserPlanPanel } from './user-plan.tsx';
import {
  FactsPanel,
  IdentitiesPanel,
  OrganizationsPanel,
  ProfilePanel,
  SessionsPanel,
} from './user-profile.tsx';
import { type AdminServices, type AdminVisit, adminArea } from './visit.ts';

type Target = { realmId: string; userId: string };

/** One user: everything that is known of them, and everything that operators can do, in tabs. */
export function adminUserPageRoutes(services: AdminServices) {
  const render = async (c: AppContext, visit: AdminVisit, shown: Shown, token?: string) => {
    const { view } = visit;
    const target = { realmId: visit.realmId, userId: c.req.param('id') ?? '' };
    // This comes first, so that nothing of a user of another realm is read.
    const known = await services.admin.users.get(target);
    const { user } = known;
    const panel = { visit, shown, ...known };
    const tab = askedTab(c, shown, USER_FORMS, 'overview');
    const { refused } = shown;
    return (
      <AdminFrame visit={visit} page="users" title={fullNameOf(user)} shown={shown}>
        {token !== undefined && <ActingNotice view={view} user={user} token={token} />}
        {refused && hiddenForms(panel).includes(refused.form) && (
          <Alert isFocused>{refused.problem.summary}</Alert>
        )}
        <UserSummary {...panel} />
        <UserTabs {...panel} current={tab} />
        {await TABS[tab](services, panel, target)}
      </AdminFrame>
    );
  };
  return pageRoutes(adminArea(services), {
    path: `${ADMIN_PAGES.users}/:id`,
    messages: userMessages,
    render,
    forms: userForms(services, async (c, visit, token) =>
      show(c, visit.view, await render(c, visit, {}, token)),
    ),
  });
}

/** What each tab reads and shows. */
const TABS: Record<
  UserTab,
  (services: AdminServices, panel: UserPanelProps, target: Target) => Promise<Child>
> = {
  overview: async (services, panel, target) => {
    const { identities, organizations } = await readOverview(services, target);
    return (
      <div class="halves">
        <div>
          <ProfilePanel {...panel} />
        </div>
        <div>
          <FactsPanel {...panel} />
          <IdentitiesPanel {...panel} identities={identities} />
          <OrganizationsPanel {...panel} organizations={organizations} />
        </div>
      </div>
    );
  },
  access: async (services, panel, target) => {
    const { sessions, keys } = await readAccess(services, target);
    return (
      <div class="halves">
        <div>
          <AccessPanel {...panel} />
        </div>
        <div>
          <SessionsPanel {...panel} sessions={sessions} />
          <KeyPanel view={panel.visit.view} keys={keys} shown={panel.shown} />
        </div>
      </div>
    );
  },
  plan: async (services, panel, target) => {
    const { view } = panel.visit;
    const { subscription, plans, quotas, used, spending } = await readPlan(services, target);
    return (
      <div class="halves">
        <div>
          <UserPlanPanel {...panel} subscription={subscription} plans={plans} />
          <SpendingPanel
            view={view}
            report={spending}
            resources={Object.keys(quotas.resources)}
            refused={refusedIn(panel.shown, 'spending')}
            by="operator"
          >
            <ReasonField view={view} shown={panel.shown} form="spending" />
          </SpendingPanel>
        </div>
        <div>
          <UsagePanel view={view} quotas={quotas} used={used} />
        </div>
      </div>
    );
  },
  credits: async (services, { visit, shown }, target) => (
    <CreditsPanel view={visit.view} shown={shown} credits={await userCredits(services, target)} />
  ),
  activity: async (services, panel, target) => (
    <LogsPanel {...panel} {...(await readLogs(services, target))} />
  ),
  danger: async (_, panel) => <DangerPanel {...panel} />,
};

function UserTabs(props: UserPanelProps & { current: UserTab }) {
  const { visit, user, current } = props;
  const { view } = visit;
  const text = userMessages[view.language];
  return (
    <PageTabs
      view={view}
      path={`${ADMIN_PAGES.users}/${user.id}`}
      label={text.parts}
      current={current}
      tabs={[
        ['overview', adminMessages[view.language].pages.overview],
        ['access', text.access],
        ['plan', text.planAndUsage],
        ['credits', text.credits],
        ['activity', activityMessages[view.language].title],
        ['danger', text.danger],
      ]}
    />
  );
}
