import {
  activityMessages,
  adminMessages,
  identitiesMessages,
  ownKeysMessages,
  profileMessages,
  spendingMessages,
  userMessages,
  usersMessages,
} from '../../languages/messages.ts';
import { SpendingPanel } from '../account/spending.tsx';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { Tabs } from '../kit/table.tsx';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { KeyPanel } from './key-panel.tsx';
import { AccessPanel, DeletePanel, ReasonField, UserSummary } from './user-access.tsx';
import { readUserData, type UserPanelProps } from './user-data.ts';
import { userForms } from './user-forms.ts';
import { CreditsPanel, LogsPanel, UsagePanel } from './user-ledgers.tsx';
import { UserPlanPanel } from './user-plan.tsx';
import { IdentitiesPanel, OrganizationsPanel, ProfilePanel, SessionsPanel } from './user-profile.tsx';
import { type AdminServices, adminArea } from './visit.ts';

/** One user: everything that is known of them, and everything that operators can do. */
export function adminUserPageRoutes(services: AdminServices) {
  return pageRoutes(adminArea(services), {
    path: `${ADMIN_PAGES.users}/:id`,
    messages: userMessages,
    forms: userForms(services),
    render: async (c, visit, shown) => {
      const target = { realmId: visit.realmId, userId: c.req.param('id') ?? '' };
      const data = await readUserData(services, target);
      const { user } = data;
      const panel = { visit, data, shown };
      return (
        <AdminFrame visit={visit} page="users" title={user.name ?? user.username ?? user.email} shown={shown}>
          <UserSummary {...panel} />
          <div class="parts">
            <PartTabs {...panel} />
            <div class="halves">
              <div>
                <ProfilePanel {...panel} />
                <SessionsPanel {...panel} />
                <KeyPanel view={visit.view} keys={data.keys} shown={shown} />
                <IdentitiesPanel {...panel} />
                <OrganizationsPanel {...panel} />
                <LogsPanel {...panel} />
              </div>
              <div>
                <AccessPanel {...panel} />
                <UserPlanPanel {...panel} />
                <UsagePanel {...panel} />
                <SpendingPanel
                  view={visit.view}
                  report={data.spending}
                  resources={Object.keys(data.quotas.resources)}
                  refused={refusedIn(shown, 'spending')}
                  by="operator"
                >
                  <ReasonField view={visit.view} name="spending_reason" shown={shown} form="spending" />
                </SpendingPanel>
                <CreditsPanel {...panel} />
                <DeletePanel {...panel} />
              </div>
            </div>
          </div>
        </AdminFrame>
      );
    },
  });
}

/** The parts of the page, each to be shown alone: the stylesheet goes by the fragment of the address, and shows all where there is none. */
function PartTabs({ visit: { view }, data }: UserPanelProps) {
  const text = userMessages[view.language];
  const parts: [id: string, name: string][] = [
    ['all', adminMessages[view.language].all],
    ['profile', profileMessages[view.language].title],
    ['access', text.access],
    ['plan-panel', usersMessages[view.language].plan],
    ['usage', text.usage],
    ['spending', spendingMessages[view.language].title],
    ['credits', text.credits],
    ['sessions', text.sessions(data.sessions.length)],
    ['keys', ownKeysMessages[view.language].title],
    ['identities', identitiesMessages[view.language].title],
    ['organizations', adminMessages[view.language].pages.organizations],
    ['activity', activityMessages[view.language].title],
    ['delete', text.delete],
  ];
  const tabs = parts.map(([id, name]) => ({ href: `#${id}`, name, isCurrent: false }));
  return <Tabs label={text.parts} tabs={tabs} />;
}
