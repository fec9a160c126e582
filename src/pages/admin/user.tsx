import { pageRoutes } from '../kit/page.ts';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { AccessPanel, DeletePanel, UserSummary } from './user-access.tsx';
import { readUserData } from './user-data.ts';
import { userForms } from './user-forms.ts';
import { CreditsPanel, LogsPanel, UsagePanel } from './user-ledgers.tsx';
import { userMessages } from './user-messages.ts';
import { UserPlanPanel } from './user-plan.tsx';
import { IdentitiesPanel, ProfilePanel, SessionsPanel } from './user-profile.tsx';
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
          <div class="halves">
            <div>
              <ProfilePanel {...panel} />
              <SessionsPanel {...panel} />
              <IdentitiesPanel {...panel} />
              <LogsPanel {...panel} />
            </div>
            <div>
              <AccessPanel {...panel} />
              <UserPlanPanel {...panel} />
              <UsagePanel {...panel} />
              <CreditsPanel {...panel} />
              <DeletePanel {...panel} />
            </div>
          </div>
        </AdminFrame>
      );
    },
  });
}
