import type { UserRow } from '../../directory/tables.ts';
import type { Shown } from '../kit/page.ts';
import type { AdminServices, AdminVisit } from './visit.ts';

/** Entries of each log that a page shows, and days of use that it sums. */
export const SHOWN = 20;
export const DAYS = 30;

export type UserTab = 'overview' | 'access' | 'plan' | 'credits' | 'activity' | 'danger';

/** What each panel of the page is shown with. */
export interface UserPanelProps {
  visit: AdminVisit;
  shown: Shown;
  user: UserRow;
  hasPassword: boolean;
}

interface Target {
  realmId: string;
  userId: string;
}

/** What the first tab shows beside the user. */
export async function readOverview({ identities, organizationAdmin }: AdminServices, target: Target) {
  const { realmId, userId } = target;
  const [linked, organizations] = await Promise.all([
    identities.list(userId),
    organizationAdmin.list(realmId, { userId, after: null, limit: 100 }),
  ]);
  return { identities: linked, organizations: organizations.rows };
}

/** By what a user comes in: sessions and keys. */
export async function readAccess({ admin, userKeyAdmin }: AdminServices, target: Target) {
  const [sessions, keys] = await Promise.all([admin.sessions.list(target), userKeyAdmin.list(target)]);
  return { sessions, keys };
}

/** The plan of a user, and what they used of it. */
export async function readPlan(services: AdminServices, target: Target) {
  const { analytics, planAdmin, plans, spendingCaps, usage } = services;
  const [subscription, offered, quotas, used, spending] = await Promise.all([
    plans.subscription(target),
    planAdmin.list(target.realmId),
    usage.quotas(target),
    analytics.usage({ userId: target.userId }, DAYS),
    spendingCaps.report(target),
  ]);
  return { subscription, plans: offered, quotas, used, spending };
}

/** The balance and the last transactions. */
export function userCredits({ admin }: AdminServices, target: Target) {
  return admin.credits.view(target, { limit: SHOWN, cursor: undefined });
}

/** The last entries of both logs, and the names of those who acted. */
export async function readLogs({ admin, privacy }: AdminServices, { realmId, userId }: Target) {
  const [activity, audit] = await Promise.all([
    privacy.activity(userId, { limit: SHOWN }),
    admin.logs.audit(realmId, { target: userId }, { after: null, limit: SHOWN }),
  ]);
  const names = await admin.logs.names(
    realmId,
    [...activity.rows, ...audit.rows].map(({ actor }) => actor),
  );
  return { activity: activity.rows, audit: audit.rows, names };
}
