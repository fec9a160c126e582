import type { Child } from 'hono/jsx';
import type { AppContext } from '../../http/context.ts';
import {
  adminMessages,
  adminOrganizationsMessages,
  ownKeysMessages,
  userMessages,
} from '../../languages/messages.ts';
import { MemberPatch, OrganizationAdminPatch } from '../../organizations/schemas.ts';
import { OperatorCapsBody } from '../../usage/spending-schemas.ts';
import { askedMember } from '../account/member-caps.tsx';
import { capsIn, MemberCapsPanel, SpendingPanel } from '../account/spending.tsx';
import { reasonIn, valid } from '../kit/form-data.ts';
import { pageRoutes, refusedIn } from '../kit/page.ts';
import { Panel } from '../kit/panel.tsx';
import { ReasonField } from './act-dialog.tsx';
import { ADMIN_PAGES, AdminFrame } from './frame.tsx';
import { KeyPanel, keyForms } from './key-panel.tsx';
import { limitsOf } from './limits.ts';
import {
  type OrganizationPanelProps,
  type OrganizationTab,
  organizationCredits,
  readHistory,
  readMemberPage,
  readOrganizationPlan,
} from './organization-data.ts';
import {
  AdminMembersPanel,
  OrganizationDangerPanel,
  OrganizationFacts,
  OrganizationNumbersPanel,
  OrganizationPlanPanel,
  OrganizationSettingsPanel,
} from './organization-panels.tsx';
import { askedTab, PageTabs } from './page-tabs.tsx';
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
      const panel = { visit, shown, by };
      const { id, name } = by.organization;
      const { view } = visit;
      const text = adminOrganizationsMessages[view.language];
      // Whose caps are asked for, and who comes after whom, is asked of the members.
      const caps = askedMember(c, shown);
      const isOfMembers = caps !== null || c.req.query('after') !== undefined;
      const tab = askedTab(c, shown, FORMS, isOfMembers ? 'members' : 'overview');
      return (
        <AdminFrame visit={visit} page="organizations" title={name} shown={shown}>
          <OrganizationFacts {...panel} />
          <PageTabs
            view={view}
            path={`${ADMIN_PAGES.organizations}/${id}`}
            label={text.parts}
            current={tab}
            tabs={[
              ['overview', adminMessages[view.language].pages.overview],
              ['members', text.membersTab],
              ['plan', userMessages[view.language].planAndUsage],
              ['credits', userMessages[view.language].credits],
              ['keys', ownKeysMessages[view.language].title],
              ['activity', text.history],
              ['danger', userMessages[view.language].danger],
            ]}
          />
          {await TABS[tab](services, panel, c)}
        </AdminFrame>
      );
    },
  });
}

/** The forms of each tab. */
const FORMS: Record<OrganizationTab, string[]> = {
  overview: ['settings'],
  members: ['add', 'role', 'remove', 'caps'],
  plan: ['plan', 'limits', 'spending'],
  credits: ['credits'],
  keys: ['revoke_key'],
  activity: [],
  danger: ['status', 'delete'],
};

/** What each tab reads and shows. */
const TABS: Record<
  OrganizationTab,
  (services: AdminServices, panel: OrganizationPanelProps, c: AppContext) => Promise<Child>
> = {
  overview: async (_, panel) => (
    <div class="halves">
      <OrganizationSettingsPanel {...panel} />
      <OrganizationNumbersPanel {...panel} />
    </div>
  ),
  members: async (services, panel, c) => {
    const { visit, shown, by } = panel;
    const asked = { after: c.req.query('after'), caps: askedMember(c, shown) };
    const { caps, resources, ...members } = await readMemberPage(services, by, asked);
    return (
      <>
        {caps && (
          <MemberCapsPanel
            view={visit.view}
            {...caps}
            resources={resources}
            refused={refusedIn(shown, 'caps')}
          />
        )}
        <AdminMembersPanel {...panel} {...members} />
      </>
    );
  },
  plan: async (services, panel) => {
    const { visit, shown, by } = panel;
    const { plans, quotas, used, report } = await readOrganizationPlan(services, by);
    return (
      <div class="halves">
        <div>
          <OrganizationPlanPanel {...panel} plans={plans} />
          <SpendingPanel
            view={visit.view}
            report={report}
            resources={Object.keys(quotas.resources)}
            refused={refusedIn(shown, 'spending')}
            by="operator"
          >
            <ReasonField view={visit.view} shown={shown} form="spending" />
          </SpendingPanel>
        </div>
        <div>
          <UsagePanel view={visit.view} quotas={quotas} used={used} />
        </div>
      </div>
    );
  },
  credits: async (services, { visit, shown, by }) => (
    <CreditsPanel view={visit.view} shown={shown} credits={await organizationCredits(services, by)} />
  ),
  keys: async ({ organizationKeys }, { visit, shown, by }) => (
    <KeyPanel view={visit.view} keys={await organizationKeys.list(by)} shown={shown} />
  ),
  activity: async (services, { visit, by }) => (
    <Panel id="history" title={adminOrganizationsMessages[visit.view.language].history}>
      <AuditEntries visit={visit} {...(await readHistory(services, by))} />
    </Panel>
  ),
  danger: async (_, panel) => <OrganizationDangerPanel {...panel} />,
};
