import type { Shown } from '../kit/page.ts';
import type { AdminServices, AdminVisit } from './visit.ts';

/** Entries of each log that the page shows. */
const SHOWN = 10;
/** Days of use that the page sums. */
const DAYS = 30;

/** Everything that operators see of one user. */
export type UserData = Awaited<ReturnType<typeof readUserData>>;

/** What each panel of the page is shown with. */
export interface UserPanelProps {
  visit: AdminVisit;
  data: UserData;
  shown: Shown;
}

/** Reads everything that operators see of one user. Throws `user_not_found`. */
export async function readUserData(services: AdminServices, target: { realmId: string; userId: string }) {
  const { admin, analytics, identities, organizationAdmin, planAdmin, plans, privacy, usage } = services;
  const { spendingCaps, userKeyAdmin } = services;
  // This comes first, so that nothing of a user of another realm is read.
  const known = await admin.users.get(target);
  const { realmId, userId } = target;
  const [
    sessions,
    linked,
    subscription,
    offered,
    quotas,
    used,
    credits,
    activity,
    audit,
    organizations,
    ...more
  ] = await Promise.all([
    admin.sessions.list(target),
    identities.list(userId),
    plans.subscription(target),
    planAdmin.list(realmId),
    usage.quotas(target),
    analytics.usage({ userId }, DAYS),
    admin.credits.view(target, { limit: SHOWN, cursor: undefined }),
    privacy.activity(userId, { limit: SHOWN }),
    admin.logs.audit(realmId, { target: userId }, { after: null, limit: SHOWN }),
    organizationAdmin.list(realmId, { userId, after: null, limit: 100 }),
    spendingCaps.report(target),
    userKeyAdmin.list(target),
  ]);
  const [spending, keys] = more;
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
    organizations: organizations.rows,
    spending,
    keys,
  };
}
