import type { AppContext } from '../../http/context.ts';
import {
  adminMessages,
  adminOrganizationsMessages,
  ownKeysMessages,
  spendingMessages,
  userMessages,
} from '../../languages/messages.ts';
import { MemberPatch, OrganizationAdminPatch } from '../../organizations/schemas.ts';
import { OperatorCapsBody } from '../../usage/spending-schemas.ts';
import { askedMember } from '../account/member-caps.tsx';
import { capsIn, MemberCapsPanel, SpendingPanel } from '../account/spending.tsx';
import { reasonIn, valid } from '../kit/form-data.ts';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { Panel } from '../kit/panel.tsx';
import { Tabs } from '../kit/table.tsx';
import { ADMIN_PAGES, AdminFrame, BackLink } from './frame.tsx';
import { KeyPanel, keyForms } from './key-panel.tsx';
import { limitsOf } from './limits.ts';
import { type OrganizationPanelProps, readOrganizationData } from './organization-data.ts';
import {
  AdminMembersPanel,
  OrganizationAccessPanel,
  OrganizationFacts,
  OrganizationPlanPanel,
  OrganizationSettingsPanel,
} from './organization-panels.tsx';
import { ReasonField } from './user-access.tsx';
import { adjustmentIn } from './user-forms.ts';
import { AuditEntries, CreditsPanel, UsagePanel } from './user-ledgers.tsx';
import { type AdminServices, type AdminVisit, adminArea } from './visit.ts';

/** One organization: everything that is known of it, and everything that operators can do. */
export function adminOrganizationPageRoutes(services: AdminServices) {
  const { admin, organizations, organizationAdmin, organizationKeys, spending } = services;
  const admit = (c: AppContext, { actor, view }: AdminVisit) =>
    organizations.operate(view.realm, c.req.param('id') ?? '', actor.id);
  const change = async (c: AppContext, visit: AdminVisit, patch: Record<string, unknown>, reason = '') => {
    const body = { ...patch, ...(reason.trim() && { reason }) };
    await organizationAdmin.update(await admit(c, visit), valid(OrganizationAdminPatch, body));
  };
  return pageRoutes(adminArea(services), {
    path: `${ADMIN_PAGES.organizations}/:id`,
    messages: adminOrganizationsMessages,
    forms: {
      settings: {
        act: async (c, visit, { name = '', slug = '', logo = '', seats = '' }) => {
          const most = seats.trim() === '' ? null : Number(seats);
          await change(c, visit, { name, slug, logo: logo.trim() || null, seats: most });
          return 'saved';
        },
      },
      status: {
        names: { reason: 'status_reason' },
        act: async (c, visit, { status = '', status_reason }) => {
          await change(c, visit, { status }, status_reason);
          return status === 'active' ? 'reactivated' : 'suspended';
        },
      },
      plan: {
        names: { plan_expires_at: 'plan_expires', reason: 'plan_reason' },
        act: async (c, visit, { plan = '', plan_expires: until, plan_reason }) => {
          const plan_expires_at = until ? `${until}T00:00:00Z` : null;
          await change(c, visit, { plan, plan_expires_at }, plan_reason);
          return 'plan';
        },
      },
      limits: {
        names: { reason: 'limits_reason' },
        act: async (c, visit, { limits_reason, ...values }) => {
          await change(c, visit, { limits: limitsOf(values) }, limits_reason);
          return 'limits';
        },
      },
      credits: {
        names: { reason: 'credits_reason' },
        act: async (c, visit, values) => {
          const adjustment = adjustmentIn(values);
          const { organization } = await admit(c, visit);
          const payer = { organizationId: organization.id, realmId: visit.realmId, userId: null };
          await admin.credits.adjust({ ...payer, actor: visit.actor.id }, adjustment, visit.actor);
          return 'credits';
        },
      },
      spending: {
        names: { reason: 'spending_reason' },
        act: async (c, visit, values) => {
          const given = { ...capsIn(values), ...reasonIn(values, 'spending_reason') };
          const { reason, ...caps } = valid(OperatorCapsBody, given);
          await spending.capWallet(await admit(c, visit), 'operator', caps, reason);
          return 'caps';
        },
      },
      caps: {
        act: async (c, visit, { member = '', ...values }) => {
          await spending.setCaps(await admit(c, visit), member || null, capsIn(values));
          return 'caps';
        },
      },
      ...keyForms(async (c, visit, keyId, reason) =>
        organizationKeys.revoke(await admit(c, visit), keyId, reason),
      ),
      add: {
        act: async (c, visit, values) => {
          const userId = await admin.users.named(visit.realmId, values.user ?? '', 'user');
          const { role } = valid(MemberPatch, { role: values.role ?? '' });
          await organizationAdmin.addMember(await admit(c, visit), userId, role);
          return 'added';
        },
      },
      role: {
        act: async (c, visit, { user = '', ...values }) => {
          const { role } = valid(MemberPatch, { role: values[`role.${user}`] ?? '' });
          await organizations.changeRole(await admit(c, visit), user, role);
          return 'role';
        },
      },
      remove: {
        act: async (c, visit, { user = '' }) => {
          await organizations.removeMember(await admit(c, visit), user);
          return 'removed';
        },
      },
      delete: {
        fresh: true,
        act: async (c, visit) => {
          await organizations.delete(await admit(c, visit));
          return c.redirect(visit.view.link(ADMIN_PAGES.organizations, { done: 'deleted' }), 303);
        },
      },
    },
    render: async (c, visit, shown) => {
      const by = await admit(c, visit);
      const data = await readOrganizationData(services, by, {
        after: c.req.query('after'),
        caps: askedMember(c, shown),
      });
      const panel = { visit, data, shown };
      const { name } = by.organization;
      const resources = Object.keys(data.quotas.resources);
      return (
        <AdminFrame visit={visit} page="organizations" title={name} shown={shown}>
          <OrganizationFacts {...panel} />
          <div class="parts">
            <PartTabs {...panel} />
            <div class="halves">
              <div>
                <AdminMembersPanel {...panel} />
                {data.caps && (
                  <MemberCapsPanel
                    view={visit.view}
                    {...data.caps}
                    resources={resources}
                    refused={refusedIn(shown, 'caps')}
                  />
                )}
                <OrganizationSettingsPanel {...panel} />
                <KeyPanel view={visit.view} keys={data.keys} shown={shown} />
                <Panel id="history" title={adminOrganizationsMessages[visit.view.language].history}>
                  <AuditEntries view={visit.view} rows={data.audit.rows} />
                </Panel>
              </div>
              <div>
                <OrganizationPlanPanel {...panel} />
                <UsagePanel {...panel} />
                <SpendingPanel
                  view={visit.view}
                  report={data.report}
                  resources={resources}
                  refused={refusedIn(shown, 'spending')}
                  by="operator"
                >
                  <ReasonField view={visit.view} name="spending_reason" shown={shown} form="spending" />
                </SpendingPanel>
                <CreditsPanel {...panel} />
                <OrganizationAccessPanel {...panel} />
              </div>
            </div>
          </div>
          <BackLink visit={visit} page="organizations" />
        </AdminFrame>
      );
    },
  });
}

/** The parts of the page, each to be shown alone by the fragment of the address. */
function PartTabs({ visit: { view }, data }: OrganizationPanelProps) {
  const text = adminOrganizationsMessages[view.language];
  const { usage, credits } = userMessages[view.language];
  const parts: [id: string, name: string][] = [
    ['all', adminMessages[view.language].all],
    ['members', text.members(String(data.members.total))],
    ['settings', text.settings],
    ['plan-panel', text.plan],
    ['usage', usage],
    ['spending', spendingMessages[view.language].title],
    ['credits', credits],
    ['keys', ownKeysMessages[view.language].title],
    ['history', text.history],
    ['access', text.access],
  ];
  const tabs = parts.map(([id, name]) => ({ href: `#${id}`, name, isCurrent: false }));
  return <Tabs label={text.parts} tabs={tabs} />;
}
