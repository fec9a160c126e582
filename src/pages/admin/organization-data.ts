import type { Admitted } from '../../organizations/service.ts';
import { askedCaps } from '../account/member-caps.tsx';
import type { Shown } from '../kit/page.ts';
import { DAYS, SHOWN } from './user-data.ts';
import type { AdminServices, AdminVisit } from './visit.ts';

/** Members on one page. */
const MEMBERS = 50;

export type OrganizationTab = 'overview' | 'members' | 'plan' | 'credits' | 'keys' | 'activity' | 'danger';

/** What each panel of the page is shown with. */
export interface OrganizationPanelProps {
  visit: AdminVisit;
  shown: Shown;
  by: Admitted;
}

const payerOf = ({ organization: { id, realmId }, actor }: Admitted) => ({
  organizationId: id,
  realmId,
  userId: null,
  actor,
});

/** The members after `after`, and of whom `asked` says the caps. */
export async function readMemberPage(
  services: AdminServices,
  by: Admitted,
  { after, caps: asked }: { after: string | undefined; caps: string | null },
) {
  const from = /^usr_\w+$/.test(after ?? '') ? (after as string) : null;
  const payer = payerOf(by);
  const [members, caps, quotas] = await Promise.all([
    services.organizationAdmin.listMembers(payer.organizationId, { after: from, limit: MEMBERS }),
    askedCaps(services, payer, asked),
    asked === null ? null : services.usage.quotas(payer),
  ]);
  return { members, isFirst: from === null, caps, resources: Object.keys(quotas?.resources ?? {}) };
}

/** The plan of an organization, and what was used of it. */
export async function readOrganizationPlan({ planAdmin, spending, usage }: AdminServices, by: Admitted) {
  const payer = payerOf(by);
  const [plans, quotas, days, report] = await Promise.all([
    planAdmin.list(payer.realmId),
    usage.quotas(payer),
    spending.byDay(payer, DAYS),
    spending.wallet(by),
  ]);
  const totals: Record<string, number> = {};
  for (const { resource, quantity } of days) {
    if (resource !== null) totals[resource] = (totals[resource] ?? 0) + quantity;
  }
  return { plans, quotas, used: { days: DAYS, totals }, report };
}

/** The balance and the last transactions. */
export function organizationCredits({ admin }: AdminServices, by: Admitted) {
  return admin.credits.view(payerOf(by), { limit: SHOWN, cursor: undefined });
}

/** The last changes, and the names of those who made them. */
export async function readHistory({ admin: { logs } }: AdminServices, { organization }: Admitted) {
  const { id, realmId } = organization;
  const { rows } = await logs.audit(realmId, { target: id }, { after: null, limit: SHOWN });
  return {
    rows,
    names: await logs.names(
      realmId,
      rows.map(({ actor }) => actor),
    ),
  };
}
