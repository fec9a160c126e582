import type { Admitted } from '../../organizations/service.ts';
import { askedCaps } from '../account/member-caps.tsx';
import type { Shown } from '../kit/page.ts';
import type { AdminServices, AdminVisit } from './visit.ts';

/** Entries of each log that the page shows, and members on one page of it. */
const SHOWN = 10;
const MEMBERS = 50;
/** Days of use that the page sums. */
const DAYS = 30;

/** Everything that operators see of one organization. */
export type OrganizationData = Awaited<ReturnType<typeof readOrganizationData>>;

/** What each panel of the page is shown with. */
export interface OrganizationPanelProps {
  visit: AdminVisit;
  data: OrganizationData;
  shown: Shown;
}

/** Reads everything that operators see of one organization. `after` is the member after whom the page of members begins, `caps` whose caps are asked for. */
export async function readOrganizationData(
  services: AdminServices,
  by: Admitted,
  { after, caps: asked }: { after: string | undefined; caps: string | null },
) {
  const { admin, organizationAdmin, organizationKeys, planAdmin, spending, usage } = services;
  const { id: organizationId, realmId } = by.organization;
  const from = /^usr_\w+$/.test(after ?? '') ? (after as string) : null;
  const payer = { organizationId, realmId, userId: null, actor: by.actor };
  const [members, plans, quotas, days, credits, audit, report, keys, caps] = await Promise.all([
    organizationAdmin.listMembers(organizationId, { after: from, limit: MEMBERS }),
    planAdmin.list(realmId),
    usage.quotas(payer),
    spending.byDay(payer, DAYS),
    admin.credits.view(payer, { limit: SHOWN, cursor: undefined }),
    admin.logs.audit(realmId, { target: organizationId }, { after: null, limit: SHOWN }),
    spending.wallet(by),
    organizationKeys.list(by),
    askedCaps(services, payer, asked),
  ]);
  const totals: Record<string, number> = {};
  for (const { resource, quantity } of days) {
    if (resource !== null) totals[resource] = (totals[resource] ?? 0) + quantity;
  }
  const used = { days: DAYS, totals };
  return { by, members, isFirst: from === null, plans, quotas, used, credits, audit, report, keys, caps };
}
