import type { Shown } from './account-page.tsx';
import { ADMIN_PAGES, AdminFrame } from './admin-frame.tsx';
import { adminPage } from './admin-page.ts';
import { AccessPanel, DeletePanel, Facts } from './admin-user-access.tsx';
import { userForms } from './admin-user-acts.ts';
import { CreditsPanel, LogsPanel, UsagePanel } from './admin-user-ledgers.tsx';
import { PlanPanel } from './admin-user-plan.tsx';
import { ProfilePanel } from './admin-user-profile.tsx';
import { IdentitiesPanel, SessionsPanel } from './admin-user-sessions.tsx';
import type { AdminServices, AdminVisit } from './admin-visit.ts';

/** Entries of each log that are shown here. */
const SHOWN = 10;
/** Days of use. */
const DAYS = 30;

/** Everything about one user that their admins see. */
export type SeenUser = Awaited<ReturnType<typeof seen>>;

/** What each part of the page is shown with. */
export interface UserPart {
  visit: AdminVisit;
  seen: SeenUser;
  shown: Shown;
}

/** One user: all that is known of them, and all that can be done. */
export function userPageRoutes(services: AdminServices) {
  return adminPage(services, {
    path: `${ADMIN_PAGES.users}/:id`,
    forms: userForms(services),
    render: async (c, visit, shown) => {
      const found = await seen(services, { realmId: visit.realmId, userId: c.req.param('id') ?? '' });
      const { user } = found;
      const text = visit.view.text.admin.user;
      const { done = '', refused } = shown;
      const part = { visit, seen: found, shown };
      return (
        <AdminFrame
          visit={visit}
          page="users"
          title={user.name ?? user.username ?? user.email}
          said={Object.hasOwn(text.done, done) ? text.done[done] : undefined}
          failed={refused !== undefined}
        >
          <Facts {...part} />
          <div class="halves">
            <div>
              <ProfilePanel {...part} />
              <SessionsPanel {...part} />
              <IdentitiesPanel {...part} />
              <LogsPanel {...part} />
            </div>
            <div>
              <AccessPanel {...part} />
              <PlanPanel {...part} />
              <UsagePanel {...part} />
              <CreditsPanel {...part} />
              <DeletePanel {...part} />
            </div>
          </div>
        </AdminFrame>
      );
    },
  });
}

async function seen(services: AdminServices, target: { realmId: string; userId: string }) {
  const { admin, analytics, identities, planAdmin, plans, usage } = services;
  // First, for nothing of a user of another realm is read.
  const known = await admin.users.get(target);
  const { realmId, userId } = target;
  const [sessions, linked, subscription, offered, quotas, used, credits, activity, audit] = await Promise.all(
    [
      admin.sessions.list(target),
      identities.list(userId),
      plans.subscription(target),
      planAdmin.list(realmId),
      usage.quotas(target),
      analytics.usage({ userId }, DAYS),
      admin.credits.view(target, { limit: SHOWN, cursor: undefined }),
      admin.logs.activity(realmId, { userId }, { after: null, limit: SHOWN }),
      admin.logs.audit(realmId, { target: userId }, { after: null, limit: SHOWN }),
    ],
  );
  return {
    ...known,
    sessions,
    identities: linked,
    subscription,
    plans: offered,
    quotas,
    used,
    credits,
    activity,
    audit,
  };
}
